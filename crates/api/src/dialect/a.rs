//! Dialect A: Claude Managed Agents, under `/v1`.
//!
//! Its clients send the query parameter `beta=true` and headers of the vendor's own; nothing here
//! looks at them. Unlike dialect Q it refuses members of a body that it does not know.

mod agent;
mod config;
mod environment;
mod error;
pub(crate) mod event;
mod list;
mod model;
mod queue;
mod routes;
mod session;
mod work;

use http::{HeaderName, StatusCode};

use crate::dialect::Dialect;
use crate::request_id::RequestId;
use crate::route::Shape;

/// Dialect A, as the shared machinery knows it.
pub(crate) static DIALECT: Dialect = Dialect {
    title: "Leasehold, dialect A",
    about: "Environments, work and sessions as clients of Claude Managed Agents expect them. An \
            account token comes as a bearer token or as `x-api-key`; environment keys and claim \
            tokens come as bearer tokens.",
    prefix: "/v1",
    takes_api_key: true,
    hides_unknown: true,
    request_id: RequestId::minted,
    request_id_header: HeaderName::from_static("request-id"),
    session_id: session::parse_session_id,
    unauthenticated: "Invalid bearer token",
    too_large: (StatusCode::PAYLOAD_TOO_LARGE, "request_too_large"),
    overloaded: (error::OVERLOADED, "overloaded_error"),
    conflict: error::INVALID,
    refused: error::refused,
    envelope: error::envelope,
    error: Shape::of::<error::ErrorWire<'static>>,
    routes: routes::all,
};
