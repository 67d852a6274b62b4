//! The native rows of the route table.

mod accounts;
mod clock;
mod environments;
mod tokens;

use leasehold_model::token::Scope;

use crate::auth::Principal;
use crate::call::Call;
use crate::failure::Failure;
use crate::page::{Above, LimitRule};
use crate::route::Route;

/// A wish for more than a hundred is an error.
const LIMIT: LimitRule = LimitRule { most: 100, above: Above::Refused };

/// All of them.
pub(super) fn all() -> Vec<Route> {
    [accounts::routes(), tokens::routes(), environments::routes(), clock::routes()]
        .into_iter()
        .flatten()
        .collect()
}

/// Whether the caller is an administrator.
fn is_admin(call: &Call) -> bool {
    match call.principal {
        Principal::Account { scopes, .. } => scopes.contains(Scope::Admin),
        Principal::Key { .. } | Principal::Claim(_) => false,
    }
}

/// The system has no randomness to give: nothing that a client could mend.
fn no_randomness(error: &getrandom::Error) -> Failure {
    tracing::error!(%error, "the system gives no random bytes");
    let message = "The server cannot make a secret at the moment; try again later.";
    crate::failure::Problem::new(http::StatusCode::SERVICE_UNAVAILABLE, "api_error", message).into()
}
