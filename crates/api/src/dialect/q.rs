//! Dialect Q: Qoder Cloud Agents, under `/api/v1/cloud`.
//!
//! Its clients tolerate more than they send, so members of a body that nobody knows are passed
//! over, except within the configuration of an environment.

mod agent;
mod config;
mod environment;
pub(crate) mod error;
pub(crate) mod event;
pub(crate) mod list;
mod model;
mod routes;
mod session;
mod work;

use http::{HeaderName, StatusCode};
use leasehold_model::SessionId;

use crate::dialect::Dialect;
use crate::request_id::RequestId;

/// Dialect Q, as the shared machinery knows it.
pub(crate) static DIALECT: Dialect = Dialect {
    title: "Leasehold, dialect Q",
    about: "Environments, work and sessions as clients of Qoder Cloud Agents expect them. Every \
            credential comes as a bearer token.",
    prefix: "/api/v1/cloud",
    takes_api_key: false,
    hides_unknown: false,
    request_id: RequestId::echoed,
    request_id_header: HeaderName::from_static("x-request-id"),
    session_id: SessionId::parse,
    unauthenticated: error::UNAUTHENTICATED,
    too_large: (StatusCode::BAD_REQUEST, "invalid_request_error"),
    overloaded: (StatusCode::SERVICE_UNAVAILABLE, "api_error"),
    conflict: "conflict_error",
    refused: error::refused,
    envelope: error::envelope,
    error: error::shape,
    routes: routes::all,
};
