//! The native paths, under `/leasehold/v1`: what the vendors' APIs have no path for.

mod account;
mod attempt;
mod clock;
mod documents;
mod key;
mod name;
mod routes;
mod settings;
mod token;

use http::{HeaderName, StatusCode};
use leasehold_model::SessionId;

use crate::dialect::{Dialect, q};
use crate::request_id::RequestId;

/// The native paths, as the shared machinery knows them.
pub(crate) static DIALECT: Dialect = Dialect {
    title: "Leasehold, native paths",
    about: "Accounts, tokens, environment keys, settings, and the history of work. An account \
            token comes as a bearer token or as `x-api-key`. Answers that hold a secret are not \
            kept under an idempotency key.",
    prefix: "/leasehold/v1",
    takes_api_key: true,
    hides_unknown: false,
    request_id: RequestId::echoed,
    request_id_header: HeaderName::from_static("x-request-id"),
    session_id: SessionId::parse,
    unauthenticated: q::error::UNAUTHENTICATED,
    too_large: (StatusCode::BAD_REQUEST, "invalid_request_error"),
    overloaded: (StatusCode::SERVICE_UNAVAILABLE, "api_error"),
    conflict: "conflict_error",
    refused: q::error::refused,
    envelope: q::error::envelope,
    error: q::error::shape,
    routes: routes::all,
};
