//! The native paths, under `/leasehold/v1`.

use http::{HeaderName, StatusCode};
use leasehold_model::SessionId;

use crate::dialect::{Dialect, q};
use crate::request_id::RequestId;

/// The native paths, as the shared machinery knows them.
pub(crate) static DIALECT: Dialect = Dialect {
    title: "Leasehold, native paths",
    about: "Accounts, tokens, keys, and the history of work.",
    prefix: "/leasehold/v1",
    takes_api_key: true,
    hides_unknown: false,
    request_id: RequestId::echoed,
    request_id_header: HeaderName::from_static("x-request-id"),
    session_id: SessionId::parse,
    too_large: (StatusCode::BAD_REQUEST, "invalid_request_error"),
    overloaded: (StatusCode::SERVICE_UNAVAILABLE, "api_error"),
    conflict: "conflict_error",
    refused: q::error::refused,
    envelope: q::error::envelope,
    error: q::error::shape,
    routes: Vec::new,
};
