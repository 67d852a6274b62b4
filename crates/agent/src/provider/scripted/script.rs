//! A script: which reply is given to which conversation, as it is written in a file.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::scene::Scene;
use crate::provider::{Fault, ProviderError};

/// What is played if the operator has no script of his own.
const BUILT_IN: &str = include_str!("built_in.toml");

/// A list of replies. The first one that fits a conversation is given.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Script {
    /// The pause before each piece of a text, for people who watch.
    #[serde(default)]
    delay_ms: u64,
    /// In the order in which they are tried.
    #[serde(default, rename = "reply")]
    pub(super) replies: Vec<Reply>,
}

/// How a script is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Toml,
    Json,
}

/// One answer, and when it is given: if all that is said about it holds.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reply {
    /// The number of the user's message, from 1.
    turn: Option<usize>,
    /// The number of the answer to that message, from 1: tool calls make several.
    step: Option<usize>,
    /// What the user's last text contains.
    when: Option<String>,
    /// A tool that the model may call.
    offered: Option<String>,
    /// What is thought first.
    pub(super) thinking: Option<String>,
    /// What is said.
    #[serde(default)]
    pub(super) text: String,
    /// What is called then.
    #[serde(default, rename = "tool")]
    pub(super) tools: Vec<Call>,
    /// Why the answer ends; if not said, as the calls have it.
    pub(super) stop: Option<StopWord>,
    /// For `stop = "refusal"`.
    pub(super) category: Option<String>,
    /// For `stop = "refusal"`.
    pub(super) explanation: Option<String>,
    /// A failure instead of the answer, or in the middle of it.
    pub(super) error: Option<Failure>,
}

/// A tool call.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Call {
    pub(super) name: String,
    #[serde(default)]
    pub(super) input: Map<String, Value>,
}

/// Why an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StopWord {
    EndTurn,
    ToolUse,
    MaxTokens,
    Refusal,
}

/// A failure that is played.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Failure {
    kind: Kind,
    #[serde(default = "Failure::default_message")]
    message: String,
    retry_after_ms: Option<u64>,
    /// How often it comes before the reply succeeds; always, if not said.
    pub(super) times: Option<u32>,
    /// Where it comes.
    #[serde(default)]
    pub(super) at: Place,
}

/// Where in an answer something happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Place {
    /// Before its first piece.
    #[default]
    Start,
    /// Instead of its end.
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Overloaded,
    RateLimited,
    RequestFailed,
    Authentication,
    Billing,
    ContextTooLong,
    InvalidRequest,
}

impl Script {
    /// The script that needs no file: it says that it is one, calls `bash` and reports.
    pub(crate) fn built_in() -> Self {
        // A test reads it, so nobody ever meets the empty one.
        toml::from_str(BUILT_IN).unwrap_or_default()
    }

    /// Reads a script; what is wrong with it, in a sentence, if it is none.
    pub(crate) fn read(text: &str, form: Form) -> Result<Self, String> {
        match form {
            Form::Toml => toml::from_str(text).map_err(|error| {
                let start = error.span().map_or(0, |span| span.start);
                let line = 1 + text.bytes().take(start).filter(|byte| *byte == b'\n').count();
                format!("at line {line}: {}", error.message().replace('\n', ", "))
            }),
            Form::Json => serde_json::from_str(text).map_err(|error| error.to_string()),
        }
    }

    /// The reply to a conversation, with its number.
    pub(super) fn reply(&self, scene: &Scene<'_>) -> Option<(usize, &Reply)> {
        self.replies.iter().enumerate().find(|(_, reply)| reply.fits(scene))
    }

    /// The pause before each piece of a text.
    pub(super) const fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms)
    }
}

impl Reply {
    fn fits(&self, scene: &Scene<'_>) -> bool {
        let Self { turn, step, when, offered, .. } = self;
        turn.is_none_or(|turn| turn == scene.turn())
            && step.is_none_or(|step| step == scene.step())
            && when.as_ref().is_none_or(|when| scene.last_text().contains(when))
            && offered.as_ref().is_none_or(|tool| scene.offers(tool))
    }
}

impl Failure {
    fn default_message() -> String {
        "The script says that this request fails".to_owned()
    }

    pub(super) fn error(&self) -> ProviderError {
        let fault = match self.kind {
            Kind::Overloaded => Fault::Overloaded,
            Kind::RateLimited => Fault::RateLimited,
            Kind::RequestFailed => Fault::RequestFailed,
            Kind::Authentication => Fault::Authentication,
            Kind::Billing => Fault::Billing,
            Kind::ContextTooLong => Fault::ContextTooLong,
            Kind::InvalidRequest => Fault::InvalidRequest,
        };
        ProviderError {
            fault,
            message: self.message.clone(),
            retry_after: self.retry_after_ms.map(Duration::from_millis),
        }
    }
}
