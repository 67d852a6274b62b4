//! What can go wrong with a call.

use std::time::Duration;

use leasehold_sse::TooLong;
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;

/// Why a call gave no value.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The client itself could not be made.
    #[error("{reason}")]
    Setup {
        /// What was wrong, in a few words; never the token.
        reason: String,
        /// The cause, where there is one.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// An argument that cannot be put into a request; nothing was sent.
    #[error("{value:?} cannot be used as {name}")]
    Argument {
        /// Which argument.
        name: &'static str,
        /// Its value.
        value: String,
    },
    /// The server's answer did not arrive. Whether the request did is unknown, unless `fault` is
    /// [`TransportFault::Connect`].
    #[error("no answer from {url}: {fault}")]
    Transport {
        /// What happened.
        fault: TransportFault,
        /// The server's address.
        url: String,
        /// The cause.
        #[source]
        source: reqwest::Error,
    },
    /// The server refused the request or failed.
    #[error(transparent)]
    Api(Box<ApiError>),
    /// A stream of events cannot be read on.
    #[error("the stream of events cannot be read on: {fault}")]
    Stream {
        /// What happened.
        #[source]
        fault: StreamFault,
    },
    /// The server accepted the request, but its answer is not what was expected.
    #[error("the answer with status {status} cannot be read")]
    Decode {
        /// The HTTP status.
        status: u16,
        /// The id under which the server logged the request, if it gave one.
        request_id: Option<String>,
        /// The cause.
        #[source]
        source: serde_json::Error,
    },
}

/// How a connection failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportFault {
    /// No connection came up; nothing was sent.
    Connect,
    /// The time-out ran out.
    Timeout,
    /// The connection broke.
    Broken,
}

impl std::fmt::Display for TransportFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Connect => "no connection came up",
            Self::Timeout => "the time ran out",
            Self::Broken => "the connection broke",
        })
    }
}

/// How a stream of events failed.
#[derive(Debug, thiserror::Error)]
pub enum StreamFault {
    /// Nothing came for so long, not even a sign of life.
    #[error("nothing came for {} s", time.as_secs())]
    Silent {
        /// How long.
        time: Duration,
    },
    /// The server reported an accident on the stream itself (events §5).
    #[error("{message} ({kind})")]
    Reported {
        /// The class, such as `api_error`.
        kind: String,
        /// A sentence for people.
        message: String,
    },
    /// A frame is too long.
    #[error(transparent)]
    TooLong(#[from] TooLong),
    /// A frame is not an event.
    #[error("a frame is not an event")]
    NotAnEvent(#[source] serde_json::Error),
    /// The answer is not a stream at all, as from something else in between.
    #[error("the answer is of the type {content_type:?}")]
    NotAStream {
        /// Its type, or nothing.
        content_type: String,
    },
}

/// A refusal in the server's words (conventions §4).
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message} (HTTP {status})")]
pub struct ApiError {
    /// The HTTP status, 300..=599.
    pub status: u16,
    /// The class of the error, such as `not_found_error`; `unknown` if the answer was not in the
    /// server's form, as from a proxy in between.
    pub kind: String,
    /// A sentence for people.
    pub message: String,
    /// The parameter at fault, dotted for nested ones.
    pub param: Option<String>,
    /// The id under which the server logged the request.
    pub request_id: Option<String>,
    /// More facts, such as the present lease of an item (work §7.8).
    pub details: Option<Value>,
    /// How long the server asks to be left alone.
    pub retry_after: Option<Duration>,
}

impl ApiError {
    /// The machine-readable code in `details`, such as `heartbeat_precondition_failed`.
    pub fn code(&self) -> Option<&str> {
        self.details.as_ref()?.get("error_code")?.as_str()
    }

    /// A member of the item's present state in `details`, as text (work §7.8).
    pub fn current_state(&self, member: &str) -> Option<&str> {
        self.details.as_ref()?.get("current_state")?.get(member)?.as_str()
    }
}

impl Error {
    /// The server's refusal, if this is one.
    pub fn api(&self) -> Option<&ApiError> {
        if let Self::Api(error) = self { Some(error) } else { None }
    }

    /// The status of the answer, if there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Api(error) => Some(error.status),
            Self::Decode { status, .. } => Some(*status),
            Self::Setup { .. }
            | Self::Argument { .. }
            | Self::Transport { .. }
            | Self::Stream { .. } => None,
        }
    }

    /// Whether the same call may well succeed in a while: nobody answered in time, or the server
    /// asks for patience (worker protocol §7). A conflict is none of these; who calls may know
    /// better.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Transport { .. } => true,
            Self::Api(error) => matches!(error.status, 408 | 429 | 500..),
            Self::Stream { fault } => match fault {
                StreamFault::Silent { .. } | StreamFault::Reported { .. } => true,
                StreamFault::TooLong(_)
                | StreamFault::NotAnEvent(_)
                | StreamFault::NotAStream { .. } => false,
            },
            Self::Setup { .. } | Self::Argument { .. } | Self::Decode { .. } => false,
        }
    }

    /// The id under which the server logged the request, if it gave one.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Api(error) => error.request_id.as_deref(),
            Self::Decode { request_id, .. } => request_id.as_deref(),
            Self::Setup { .. }
            | Self::Argument { .. }
            | Self::Transport { .. }
            | Self::Stream { .. } => None,
        }
    }
}

#[derive(Deserialize)]
struct Envelope {
    request_id: Option<String>,
    error: Body,
}

#[derive(Deserialize)]
struct Body {
    #[serde(rename = "type")]
    kind: String,
    message: String,
    param: Option<String>,
    details: Option<Value>,
}

/// The error that an answer outside 200..=299 stands for.
pub(crate) fn refusal(
    status: StatusCode,
    request_id: Option<String>,
    retry_after: Option<Duration>,
    body: &[u8],
) -> Error {
    let error = match serde_json::from_slice::<Envelope>(body) {
        Ok(Envelope { request_id: inner, error }) => ApiError {
            status: status.as_u16(),
            kind: error.kind,
            message: error.message,
            param: error.param,
            request_id: request_id.or(inner),
            details: error.details,
            retry_after,
        },
        Err(_) => ApiError {
            status: status.as_u16(),
            kind: "unknown".to_owned(),
            message: status.canonical_reason().unwrap_or("The answer has no reason").to_owned(),
            param: None,
            request_id,
            details: None,
            retry_after,
        },
    };
    Error::Api(Box::new(error))
}
