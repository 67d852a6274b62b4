//! Answers that say no, before a dialect has put them into its envelope.

use std::borrow::Cow;

use http::StatusCode;
use leasehold_model::Refusal;
use leasehold_model::refusal::Resource;
use leasehold_store::StoreError;
use serde_json::Value;

use crate::body::Invalid;

/// Why a request has no answer but an error.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It can be said as it is.
    Problem(Box<Problem>),
    /// The store or the rules say so; the dialect has the words.
    Store(StoreError),
}

/// What an error envelope shows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    /// The HTTP status.
    pub(crate) status: StatusCode,
    /// `error.type`.
    pub(crate) kind: &'static str,
    /// `error.message`: an English sentence.
    pub(crate) message: Cow<'static, str>,
    /// `error.param`, where the dialect has one.
    pub(crate) param: Option<Cow<'static, str>>,
    /// `error.code`, where the dialect has one.
    pub(crate) code: Option<&'static str>,
    /// `error.details`.
    pub(crate) details: Option<Value>,
    /// The `Retry-After` header, in seconds.
    pub(crate) retry_after: Option<u32>,
    /// The `Allow` header of a 405.
    pub(crate) allow: Option<String>,
    /// Whether the connection must end, because a body was not read to its end.
    pub(crate) close: bool,
}

impl Problem {
    /// An error that is all in its sentence.
    pub(crate) fn new(
        status: StatusCode,
        kind: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            kind,
            message: message.into(),
            param: None,
            code: None,
            details: None,
            retry_after: None,
            allow: None,
            close: false,
        }
    }

    /// 400 `invalid_request_error`.
    pub(crate) fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", message)
    }

    /// 401 `authentication_error`; in one dialect deliberately the same for every reason.
    pub(crate) fn unauthenticated(message: &'static str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "authentication_error", message)
    }

    /// 403 `permission_error`.
    pub(crate) fn forbidden() -> Self {
        let message = "You do not have permission to access this resource.";
        Self::new(StatusCode::FORBIDDEN, "permission_error", message)
    }

    /// 404 `not_found_error`.
    pub(crate) fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found_error", message)
    }

    /// With the parameter that is to blame.
    #[must_use]
    pub(crate) fn param(self, param: impl Into<Cow<'static, str>>) -> Self {
        Self { param: Some(param.into()), ..self }
    }

    /// Whether the same request must get the same answer for as long as its idempotency key lives
    /// (conventions §7).
    pub(crate) fn is_deterministic(&self) -> bool {
        self.status.is_client_error()
            && !matches!(
                self.status,
                StatusCode::UNAUTHORIZED
                    | StatusCode::FORBIDDEN
                    | StatusCode::REQUEST_TIMEOUT
                    | StatusCode::TOO_MANY_REQUESTS
            )
    }
}

impl Failure {
    /// There is no such object.
    pub(crate) fn not_found(resource: Resource) -> Self {
        Self::Store(StoreError::Refused(Refusal::NotFound(resource)))
    }

    /// The caller may not do that.
    pub(crate) fn forbidden() -> Self {
        Problem::forbidden().into()
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Store(StoreError::Refused(refusal))
    }
}

impl From<Invalid> for Failure {
    fn from(invalid: Invalid) -> Self {
        match invalid {
            Invalid::Parameter { param, message } => Problem::invalid(message).param(param).into(),
            Invalid::Whole(message) => Problem::invalid(message).into(),
            Invalid::Refused(refusal) => refusal.into(),
        }
    }
}
