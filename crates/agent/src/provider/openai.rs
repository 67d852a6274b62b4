//! The OpenAI chat-completions protocol, as many servers speak it.
//!
//! [`body`] spells a request, [`reader`] reads the stream that answers it; both are pure.

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::Provider;
use super::remote::{Protocol, Reach, Remote, SetupError};
use crate::chat::Request;

mod body;
pub(crate) mod reader;

/// What the protocol must know about a model.
pub(crate) struct Model {
    /// The server's name of the model.
    pub(crate) upstream: String,
    /// How the limit of an answer is spelt.
    pub(crate) limit: Limit,
}

/// How the limit of an answer is spelt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// As the vendor's own models want it.
    MaxCompletionTokens,
    /// As it was spelt first and as most other servers know it.
    MaxTokens,
}

/// A model that speaks this protocol.
///
/// # Errors
/// If the connection cannot be prepared.
pub(crate) fn provider(
    model: Model,
    reach: Reach,
    key: Option<&SecretString>,
) -> Result<impl Provider + 'static, SetupError> {
    let mut headers = HeaderMap::new();
    let bearer =
        |key: &SecretString| HeaderValue::from_str(&format!("Bearer {}", key.expose_secret())).ok();
    // The catalogue takes no key that is no header value.
    if let Some(mut key) = key.and_then(bearer) {
        key.set_sensitive(true);
        headers.insert(AUTHORIZATION, key);
    }
    Remote::new(model, reach, headers)
}

impl Protocol for Model {
    type Reader = reader::Reader;

    const PATH: &'static [&'static str] = &["chat", "completions"];

    fn body(&self, request: &Request) -> Value {
        body::spell(self, request)
    }
}
