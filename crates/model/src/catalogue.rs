//! The models that the operator offers, as agents and clients see them.
//!
//! Not known here: how a model is reached. That is the agent crate's matter.

use std::sync::Arc;

/// How hard a model shall think (agents §3.1), from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effort {
    /// `low`
    Low,
    /// `medium`
    Medium,
    /// `high`
    High,
    /// `xhigh`
    Xhigh,
    /// `max`
    Max,
}

impl Effort {
    /// All of them, from least to most.
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
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|effort| effort.as_str() == text)
    }
}

/// One model, as far as it is anybody's business.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelCard {
    /// The name that agents use.
    pub id: String,
    /// The name for people.
    pub display_name: String,
    /// What it speaks: `anthropic`, `openai` or `scripted`.
    pub source: &'static str,
    /// What an agent may ask for; empty if the model does not let itself be told.
    pub efforts: Vec<Effort>,
    /// What holds if the agent does not say; one of `efforts`.
    pub default_effort: Option<Effort>,
    /// How many tokens a conversation may have, the answer included.
    pub context_window: u32,
    /// The most tokens of one answer.
    pub max_tokens: u32,
    /// What a token costs, if the operator says.
    pub prices: Prices,
}

/// Prices in USD per million tokens; `None`: not said.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Prices {
    /// Of tokens read afresh.
    pub input: Option<f64>,
    /// Of tokens written by the model.
    pub output: Option<f64>,
    /// Of tokens read from the provider's cache.
    pub cache_read: Option<f64>,
    /// Of tokens written to the provider's cache.
    pub cache_write: Option<f64>,
}

/// All models on offer, in the operator's order. Clones share the list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Models(Arc<[ModelCard]>);

impl Models {
    /// The model of a name.
    pub fn get(&self, id: &str) -> Option<&ModelCard> {
        self.0.iter().find(|card| card.id == id)
    }

    /// All of them, in the operator's order.
    pub fn iter(&self) -> std::slice::Iter<'_, ModelCard> {
        self.0.iter()
    }
}

impl FromIterator<ModelCard> for Models {
    fn from_iter<I: IntoIterator<Item = ModelCard>>(cards: I) -> Self {
        Self(cards.into_iter().collect())
    }
}

impl<'a> IntoIterator for &'a Models {
    type Item = &'a ModelCard;
    type IntoIter = std::slice::Iter<'a, ModelCard>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
