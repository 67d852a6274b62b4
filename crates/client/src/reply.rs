//! An answer of the server.

use std::ops::Deref;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Error, Result};

/// A decoded answer, together with what the server sent. It reads as the value itself.
#[derive(Clone)]
pub struct Reply<T> {
    value: T,
    status: u16,
    request_id: Option<String>,
    body: Vec<u8>,
}

impl<T> Reply<T> {
    /// The value alone.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The HTTP status, 200..=299.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The id under which the server logged the request, if it gave one.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// The body as JSON, with every member that the server sent, in its order.
    pub fn json(&self) -> Value {
        // It was decoded once already, so it is JSON.
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

impl<T> Deref for Reply<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// Shows the value; the body is left out, for it may hold a secret that the value hides.
impl<T: std::fmt::Debug> std::fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reply")
            .field("value", &self.value)
            .field("status", &self.status)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

pub(crate) fn decode<T: DeserializeOwned>(
    status: u16,
    request_id: Option<String>,
    body: Vec<u8>,
) -> Result<Reply<T>> {
    match serde_json::from_slice(&body) {
        Ok(value) => Ok(Reply { value, status, request_id, body }),
        Err(source) => Err(Error::Decode { status, request_id, source }),
    }
}
