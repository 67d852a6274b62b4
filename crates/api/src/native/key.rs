//! Environment keys: what the workers of one environment call the Work API with.

use leasehold_model::Timestamp;
use leasehold_model::token::Key;
use leasehold_store::Seen;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::name::{expires_at, name};
use crate::body::{Invalid, Members};
use crate::time::micros_trim;

/// An environment key, without its secret.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = EnvironmentKey)]
pub(crate) struct KeyWire {
    /// `ekey_` and 32 hexadecimal digits.
    id: String,
    /// Always `environment_key`.
    #[schema(pattern = "^environment_key$")]
    r#type: &'static str,
    /// The environment that it is good for.
    environment_id: String,
    name: String,
    /// RFC 3339, to the microsecond.
    created_at: String,
    /// From when on it is refused; `null` if it does not expire.
    expires_at: Option<String>,
    /// Its last use, as far as it is known.
    last_used_at: Option<String>,
    /// When it was revoked.
    revoked_at: Option<String>,
}

/// An environment key and its secret, as it is made.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = IssuedEnvironmentKey)]
pub(crate) struct IssuedKeyWire {
    #[serde(flatten)]
    pub(super) details: KeyWire,
    /// The secret: `ek-` and 43 characters. It is shown this once and not kept.
    pub(super) key: String,
}

impl KeyWire {
    /// The key, with its last use.
    pub(super) fn of(key: &Key, last_used_at: Option<Timestamp>) -> Self {
        Self {
            id: key.id.to_string(),
            r#type: "environment_key",
            environment_id: key.environment.to_string(),
            name: key.name.clone(),
            created_at: micros_trim(key.validity.created_at),
            expires_at: key.validity.expires_at.map(micros_trim),
            last_used_at: last_used_at.map(micros_trim),
            revoked_at: key.validity.revoked_at.map(micros_trim),
        }
    }

    /// The key as a list shows it.
    pub(super) fn seen(seen: &Seen<Key>) -> Self {
        Self::of(&seen.item, seen.last_used_at)
    }
}

/// The body of a create.
#[derive(Debug)]
pub(super) struct Create {
    pub(super) name: String,
    pub(super) expires_at: Option<Timestamp>,
}

/// Reads the body of a create.
pub(super) fn create(body: Value) -> Result<Create, Invalid> {
    let mut members = Members::body(body)?;
    let name = name(members.required("name")?)?;
    let expires_at = expires_at(members.take("expires_at"))?;
    members.finish()?;
    Ok(Create { name, expires_at })
}
