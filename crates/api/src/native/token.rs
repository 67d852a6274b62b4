//! Account tokens: what people and programs call the API with.

use leasehold_model::token::{Scope, Scopes, Token};
use leasehold_model::{AccountId, Timestamp};
use leasehold_store::Seen;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::name::{expires_at, name};
use crate::body::{Invalid, Members};
use crate::time::micros_trim;

/// An account token, without its secret.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Token)]
pub(crate) struct TokenWire {
    /// `tok_` and 32 hexadecimal digits.
    id: String,
    /// Always `token`.
    #[schema(pattern = "^token$")]
    r#type: &'static str,
    /// The account that it acts for.
    account_id: String,
    name: String,
    /// What it may be used for.
    scopes: Vec<&'static str>,
    /// RFC 3339, to the microsecond.
    created_at: String,
    /// From when on it is refused; `null` if it does not expire.
    expires_at: Option<String>,
    /// Its last use, as far as it is known.
    last_used_at: Option<String>,
    /// When it was revoked.
    revoked_at: Option<String>,
}

/// An account token and its secret, as it is made.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = IssuedToken)]
pub(crate) struct IssuedTokenWire {
    #[serde(flatten)]
    pub(super) details: TokenWire,
    /// The secret: `pt-` and 43 characters. It is shown this once and not kept.
    pub(super) token: String,
}

impl TokenWire {
    /// The token, with its last use.
    pub(super) fn of(token: &Token, last_used_at: Option<Timestamp>) -> Self {
        Self {
            id: token.id.to_string(),
            r#type: "token",
            account_id: token.account.to_string(),
            name: token.name.clone(),
            scopes: token.scopes.iter().map(Scope::as_str).collect(),
            created_at: micros_trim(token.validity.created_at),
            expires_at: token.validity.expires_at.map(micros_trim),
            last_used_at: last_used_at.map(micros_trim),
            revoked_at: token.validity.revoked_at.map(micros_trim),
        }
    }

    /// The token as a list shows it.
    pub(super) fn seen(seen: &Seen<Token>) -> Self {
        Self::of(&seen.item, seen.last_used_at)
    }
}

/// The body of a create.
#[derive(Debug)]
pub(super) struct Create {
    pub(super) name: String,
    /// For which account; `None`: the caller's own.
    pub(super) account: Option<AccountId>,
    pub(super) scopes: Scopes,
    pub(super) expires_at: Option<Timestamp>,
}

/// Reads the body of a create. Without scopes a token gets all but `admin`.
pub(super) fn create(body: Value) -> Result<Create, Invalid> {
    let mut members = Members::body(body)?;
    let name = name(members.required("name")?)?;
    let account = match members.take("account_id") {
        None | Some(Value::Null) => None,
        Some(value) => Some(account(&value)?),
    };
    let scopes = members.optional_strings("scopes")?.map_or(Ok(Scopes::ordinary()), |words| {
        words.iter().map(|word| scope(word)).collect::<Result<Scopes, Invalid>>()
    })?;
    let expires_at = expires_at(members.take("expires_at"))?;
    members.finish()?;
    Ok(Create { name, account, scopes, expires_at })
}

fn account(value: &Value) -> Result<AccountId, Invalid> {
    value
        .as_str()
        .and_then(AccountId::parse)
        .ok_or_else(|| Invalid::new("account_id", "must be an account's id"))
}

fn scope(word: &str) -> Result<Scope, Invalid> {
    Scope::parse(word).ok_or_else(|| {
        Invalid::new(
            "scopes",
            "must hold 'environments:read', 'environments:write', 'agents:read', \
             'agents:write', 'sessions:read', 'sessions:write', 'work:read', 'work:write' or \
             'admin'",
        )
    })
}

#[cfg(test)]
mod tests;
