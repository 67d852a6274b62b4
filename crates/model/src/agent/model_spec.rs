//! Which model an agent thinks with, and how (agents §3.1).
//!
//! Which models there are is not known here: a deployment configures them.

use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;

/// The most characters of a model's id.
pub const MAX_MODEL_CHARS: usize = 256;
/// The most characters of a region.
pub const MAX_GEO_CHARS: usize = 64;

/// A model and how it is to be used. What is `None` is left to the model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelSpec {
    /// Its id, as the client wrote it.
    pub id: String,
    /// How hard it thinks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effort: Option<Effort>,
    /// How fast it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed: Option<Speed>,
    /// How many tokens it may look at (Q).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_window: Option<u64>,
    /// Where it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inference_geo: Option<String>,
}

/// How hard a model thinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it all")]
pub enum Effort {
    Low,
    Medium,
    High,
    Xhigh,
    Max,
}

impl Effort {
    /// All of them, least first.
    pub const ALL: [Self; 5] = [Self::Low, Self::Medium, Self::High, Self::Xhigh, Self::Max];

    /// The wire's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Xhigh => "xhigh",
            Self::Max => "max",
        }
    }

    /// Reads the wire's word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|effort| effort.as_str() == word)
    }
}

/// How fast a model answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speed {
    /// As usual.
    Standard,
    /// Faster, for a higher price.
    Fast,
}

impl Speed {
    /// The wire's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Fast => "fast",
        }
    }

    /// Reads the wire's word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Standard, Self::Fast].into_iter().find(|speed| speed.as_str() == word)
    }
}

impl ModelSpec {
    /// A model by its id alone.
    pub fn named(id: impl Into<String>) -> Self {
        Self { id: id.into(), effort: None, speed: None, context_window: None, inference_geo: None }
    }

    /// Whether nothing is said but the id.
    pub const fn is_plain(&self) -> bool {
        self.effort.is_none()
            && self.speed.is_none()
            && self.context_window.is_none()
            && self.inference_geo.is_none()
    }

    /// This model in the place of `stored`: wholly, but for an effort that is not named (agents §3.1).
    #[must_use]
    pub fn replacing(self, stored: &Self, effort: UnsaidEffort) -> Self {
        let kept = match effort {
            UnsaidEffort::Kept { .. } if self.id == stored.id => stored.effort,
            UnsaidEffort::Kept { otherwise } => otherwise,
            UnsaidEffort::Cleared => None,
        };
        Self { effort: self.effort.or(kept), ..self }
    }

    /// Checks the bounds.
    ///
    /// # Errors
    /// [`Refusal::Unfit`] with the first member that is not acceptable.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.id.is_empty() || self.id.chars().any(char::is_control) {
            return Err(Refusal::unfit("model", "must name a model"));
        }
        if self.id.chars().count() > MAX_MODEL_CHARS {
            return Err(Refusal::unfit("model", "must not be longer than 256 characters"));
        }
        if self.context_window == Some(0) {
            return Err(Refusal::unfit("model.context_window", "must be a positive integer"));
        }
        let fits = |geo: &String| (1..=MAX_GEO_CHARS).contains(&geo.chars().count());
        if !self.inference_geo.as_ref().is_none_or(fits) {
            return Err(Refusal::unfit("model.inference_geo", "must have 1 to 64 characters"));
        }
        Ok(())
    }
}

/// What an update means that names a model without an effort; the dialects differ (agents §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnsaidEffort {
    /// The stored one stays as long as the model is the same (A).
    Kept {
        /// What holds for another model: its default, as far as it is known.
        otherwise: Option<Effort>,
    },
    /// It is left to the model (Q).
    Cleared,
}
