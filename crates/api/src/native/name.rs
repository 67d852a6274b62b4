//! Names and expiries, as accounts, tokens and keys have them.

use leasehold_model::Timestamp;
use leasehold_model::token::MAX_NAME_CHARS;
use serde_json::Value;

use crate::body::Invalid;
use crate::time;

/// Reads a name: 1–256 characters, not only space.
pub(super) fn name(value: Value) -> Result<String, Invalid> {
    let Value::String(name) = value else {
        return Err(Invalid::new("name", "must be a string"));
    };
    if name.trim().is_empty() {
        return Err(Invalid::new("name", "must not be empty"));
    }
    if name.chars().count() > MAX_NAME_CHARS {
        return Err(Invalid::new("name", "must not be longer than 256 characters"));
    }
    Ok(name)
}

/// Reads the end of a credential; `None`: it does not expire. An instant that has passed is taken
/// and makes a credential that is of no use.
pub(super) fn expires_at(value: Option<Value>) -> Result<Option<Timestamp>, Invalid> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_str()
            .and_then(time::parse)
            .map(Some)
            .ok_or_else(|| Invalid::new("expires_at", "must be an RFC 3339 timestamp or null")),
    }
}

#[cfg(test)]
mod tests;
