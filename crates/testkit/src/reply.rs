//! One answer, and what tests demand of it.

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

/// What the server answered.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Method and URI of the request, for messages.
    pub asked: String,
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub bytes: Bytes,
}

impl Reply {
    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        let parsed = serde_json::from_slice(&self.bytes);
        assert!(parsed.is_ok(), "{}: not JSON: {}", self.asked, self.text());
        parsed.unwrap_or_default()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// A header's value, if it is there.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body, which must come with this status and as JSON.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}: {}", self.asked, self.text());
        assert_eq!(self.header("content-type"), Some("application/json"), "{}", self.asked);
        self.json()
    }

    /// The body of any 2xx.
    #[track_caller]
    pub fn success(&self) -> Value {
        assert!(
            (200..300).contains(&self.status),
            "{}: {} {}",
            self.asked,
            self.status,
            self.text()
        );
        self.expect(self.status)
    }

    /// The `error` member, which must be of this status and type in a whole envelope: `type`,
    /// `request_id` as in the response's header, a sentence (conventions §4).
    #[track_caller]
    pub fn refused(&self, status: u16, kind: &str) -> Value {
        let body = self.expect(status);
        assert_eq!(body["type"], "error", "{}: {body}", self.asked);
        let id = self.header("x-request-id").or_else(|| self.header("request-id"));
        assert!(id.is_some_and(|id| body["request_id"] == id), "{}: {id:?} {body}", self.asked);
        let error = &body["error"];
        assert_eq!(error["type"], kind, "{}: {body}", self.asked);
        let sentence = error["message"].as_str().unwrap_or_default();
        assert!(sentence.len() > 8, "{}: {body}", self.asked);
        error.clone()
    }

    /// A 400 that names this parameter.
    #[track_caller]
    pub fn invalid(&self, param: &str) -> Value {
        let error = self.refused(400, "invalid_request_error");
        assert_eq!(error["param"], param, "{}: {error}", self.asked);
        error
    }

    /// A 404.
    #[track_caller]
    pub fn not_found(&self) -> Value {
        self.refused(404, "not_found_error")
    }

    /// A 403.
    #[track_caller]
    pub fn forbidden(&self) -> Value {
        self.refused(403, "permission_error")
    }

    /// A 401 with its challenge.
    #[track_caller]
    pub fn unauthenticated(&self) -> Value {
        assert_eq!(self.header("www-authenticate"), Some("Bearer"), "{}", self.asked);
        self.refused(401, "authentication_error")
    }
}
