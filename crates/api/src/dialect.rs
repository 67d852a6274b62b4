//! A dialect: how one family of clients writes what the house does.
//!
//! The dialects never import each other. What the shared machinery needs to know of one is here.

pub(crate) mod a;
pub(crate) mod q;

use http::{HeaderMap, HeaderName, StatusCode};
use leasehold_model::{Refusal, SessionId};

use crate::failure::Problem;
use crate::request_id::RequestId;
use crate::route::{Route, Shape};

/// What tells one dialect from another, as far as the shared machinery is concerned.
pub(crate) struct Dialect {
    /// The title of its OpenAPI document.
    pub(crate) title: &'static str,
    /// What its OpenAPI document says first.
    pub(crate) about: &'static str,
    /// What its paths begin with.
    pub(crate) prefix: &'static str,
    /// Whether an account token may come as `x-api-key` as well.
    pub(crate) takes_api_key: bool,
    /// Whether a key or a claim learns of no environment but its own: 403 for all others, known or
    /// not (conventions §3).
    pub(crate) hides_unknown: bool,
    /// How a request is named.
    pub(crate) request_id: fn(&HeaderMap) -> RequestId,
    /// The header of a response that names the request.
    pub(crate) request_id_header: HeaderName,
    /// Reads a session's id as it is written here.
    pub(crate) session_id: fn(&str) -> Option<SessionId>,
    /// What is said to a caller that has shown no credential which holds, for whatever reason.
    pub(crate) unauthenticated: &'static str,
    /// The status and type of a body that is too long.
    pub(crate) too_large: (StatusCode, &'static str),
    /// The status and type of a server that has too much to do.
    pub(crate) overloaded: (StatusCode, &'static str),
    /// The type of a conflict of idempotency keys.
    pub(crate) conflict: &'static str,
    /// What is said to a refusal of the rules.
    pub(crate) refused: fn(&Refusal) -> Problem,
    /// The body of an error.
    pub(crate) envelope: fn(&Problem, request_id: &str) -> Vec<u8>,
    /// The shape of that body.
    pub(crate) error: fn() -> Shape,
    /// The dialect's rows of the route table.
    pub(crate) routes: fn() -> Vec<Route>,
}
