//! What both dialects read alike of a session's body (sessions §3).

use leasehold_model::session::MAX_TITLE_CHARS;
use serde_json::Value;

use crate::body::{Invalid, Members};

/// A title; `Some(None)` clears it.
pub(crate) fn title(members: &mut Members) -> Result<Option<Option<String>>, Invalid> {
    match members.take("title") {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(None)),
        Some(Value::String(title)) if title.chars().count() <= MAX_TITLE_CHARS => {
            Ok(Some(Some(title)))
        }
        Some(Value::String(_)) => {
            Err(Invalid::new("title", "must not be longer than 512 characters"))
        }
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Err(Invalid::new("title", "must be a string or null"))
        }
    }
}

/// Where a session is to run, as it was written; may name nothing.
pub(crate) fn environment(members: &mut Members) -> Result<String, Invalid> {
    match members.required("environment_id")? {
        Value::String(id) if !id.is_empty() => Ok(id),
        Value::String(_)
        | Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::Array(_)
        | Value::Object(_) => Err(Invalid::new("environment_id", "must be a non-empty string")),
    }
}

/// No resource can be mounted: nothing is kept here that could be.
pub(crate) fn resources(members: &mut Members) -> Result<(), Invalid> {
    empty(members, "resources", "must be empty: this server mounts no files or repositories")
}

/// No vault is kept here, so none is found.
pub(crate) fn vaults(members: &mut Members) -> Result<(), Invalid> {
    match members.optional_strings("vault_ids")?.as_deref() {
        None | Some([]) => Ok(()),
        Some([id, ..]) => {
            Err(Invalid::said("vault_ids", format!("There is no vault '{id}' here.")))
        }
    }
}

/// A list that must be empty; `null` is.
pub(crate) fn empty(members: &mut Members, name: &str, problem: &str) -> Result<(), Invalid> {
    match members.take(name) {
        None | Some(Value::Null) => Ok(()),
        Some(Value::Array(items)) if items.is_empty() => Ok(()),
        Some(Value::Array(_)) => Err(Invalid::new(name, problem)),
        Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
            Err(Invalid::new(name, "must be an array"))
        }
    }
}
