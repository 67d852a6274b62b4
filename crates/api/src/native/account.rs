//! Accounts: who owns environments, sessions and tokens. Made and seen by administrators.

use leasehold_model::token::Account;
use leasehold_model::token::ops::CreateAccount;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::name::name;
use crate::body::{Invalid, Members};
use crate::time::micros_trim;

/// An account.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub(crate) struct AccountWire {
    /// `acct_` and 32 hexadecimal digits.
    id: String,
    /// Always `account`.
    #[schema(pattern = "^account$")]
    r#type: &'static str,
    name: String,
    /// RFC 3339, to the microsecond.
    created_at: String,
}

impl From<&Account> for AccountWire {
    fn from(account: &Account) -> Self {
        Self {
            id: account.id.to_string(),
            r#type: "account",
            name: account.name.clone(),
            created_at: micros_trim(account.created_at),
        }
    }
}

/// Reads the body of a create.
pub(super) fn create(body: Value) -> Result<CreateAccount, Invalid> {
    let mut members = Members::body(body)?;
    let name = name(members.required("name")?)?;
    members.finish()?;
    Ok(CreateAccount { name })
}
