//! The Anthropic Messages protocol.
//!
//! [`body`] spells a request, [`reader`] reads the stream that answers it; both are pure.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::Provider;
use super::remote::{Protocol, Reach, Remote, SetupError};
use crate::chat::Request;

mod body;
pub(crate) mod reader;

const KEY: HeaderName = HeaderName::from_static("x-api-key");
const VERSION: HeaderName = HeaderName::from_static("anthropic-version");

/// What the protocol must know about a model.
pub(crate) struct Model {
    /// The vendor's name of the model.
    pub(crate) upstream: String,
    /// Whether the model is told to think.
    pub(crate) thinking: Thinking,
}

/// Whether a model is told to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thinking {
    /// Nothing is said: older models do not think then, newer ones decide for themselves.
    Unsaid,
    /// It decides for itself, for each answer. Models before 2026 refuse this.
    Adaptive,
}

/// A model that speaks this protocol.
///
/// # Errors
/// If the connection cannot be prepared; [`HeaderValue`]s of the key were checked before.
pub(crate) fn provider(
    model: Model,
    reach: Reach,
    key: Option<&SecretString>,
) -> Result<impl Provider + 'static, SetupError> {
    let mut headers = HeaderMap::new();
    headers.insert(VERSION, HeaderValue::from_static("2023-06-01"));
    if let Some(mut key) = key.and_then(|key| HeaderValue::from_str(key.expose_secret()).ok()) {
        key.set_sensitive(true);
        headers.insert(KEY, key);
    }
    Remote::new(model, reach, headers)
}

impl Protocol for Model {
    type Reader = reader::Reader;

    const PATH: &'static [&'static str] = &["v1", "messages"];

    fn body(&self, request: &Request) -> Value {
        body::spell(self, request)
    }
}
