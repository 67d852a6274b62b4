//! What messages and results are made of.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A block of content.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Block {
    /// Text.
    Text {
        /// The text.
        text: String,
    },
    /// Any other kind, such as `image`, as it was written.
    #[serde(untagged)]
    Other(Value),
}

impl Block {
    /// A block of text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }

    /// The kind, as on the wire; empty if it has none.
    pub fn kind(&self) -> &str {
        match self {
            Self::Text { .. } => "text",
            Self::Other(value) => value.get("type").and_then(Value::as_str).unwrap_or_default(),
        }
    }
}
