//! Bodies and lists as the OpenAPI document shows them; the code reads and writes them member by
//! member.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::account::AccountWire;
use super::key::KeyWire;
use super::token::TokenWire;

/// An account to be made.
#[derive(Deserialize, ToSchema)]
#[schema(as = CreateAccount)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(super) struct CreateAccount {
    /// Not only space.
    #[schema(min_length = 1, max_length = 256)]
    name: String,
}

/// A token to be made.
#[derive(Deserialize, ToSchema)]
#[schema(as = CreateToken)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(super) struct CreateToken {
    /// Not only space.
    #[schema(min_length = 1, max_length = 256)]
    name: String,
    /// For which account; administrators alone may name another than their own.
    account_id: Option<String>,
    /// What it may be used for; all but `admin` if absent.
    scopes: Option<Vec<String>>,
    /// RFC 3339; from when on it is refused.
    expires_at: Option<String>,
}

/// A key to be made.
#[derive(Deserialize, ToSchema)]
#[schema(as = CreateEnvironmentKey)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(super) struct CreateKey {
    /// Not only space.
    #[schema(min_length = 1, max_length = 256)]
    name: String,
    /// RFC 3339; from when on it is refused.
    expires_at: Option<String>,
}

/// Settings to be made.
#[derive(Deserialize, ToSchema)]
#[schema(as = UpdateEnvironmentSettings)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(super) struct UpdateSettings {
    /// `null` lifts the limit.
    #[schema(minimum = 1, maximum = 1000, required = true)]
    max_attempts: Option<u32>,
}

/// How far to move the clock.
#[derive(Deserialize, ToSchema)]
#[schema(as = AdvanceClock)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(super) struct Advance {
    /// Seconds, with a fraction if need be.
    #[schema(minimum = 0, maximum = 315360000)]
    seconds: f64,
}

/// A part of the list of accounts.
#[derive(Serialize, ToSchema)]
#[schema(as = AccountList)]
pub(super) struct AccountList {
    data: Vec<AccountWire>,
    next_page: Option<String>,
    first_id: Option<String>,
    last_id: Option<String>,
    has_more: bool,
}

/// A part of the list of tokens.
#[derive(Serialize, ToSchema)]
#[schema(as = TokenList)]
pub(super) struct TokenList {
    data: Vec<TokenWire>,
    next_page: Option<String>,
    first_id: Option<String>,
    last_id: Option<String>,
    has_more: bool,
}

/// A part of the list of environment keys.
#[derive(Serialize, ToSchema)]
#[schema(as = EnvironmentKeyList)]
pub(super) struct KeyList {
    data: Vec<KeyWire>,
    next_page: Option<String>,
    first_id: Option<String>,
    last_id: Option<String>,
    has_more: bool,
}
