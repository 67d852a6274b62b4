//! One request, built up and awaited.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::response::Parts;
use http::{HeaderName, HeaderValue, Method};
use http_body_util::combinators::{BoxBody, UnsyncBoxBody};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body, Frame};
use serde_json::Value;
use tower::ServiceExt as _;

use crate::{EventStream, Reply, TestServer};

/// A request that is sent by awaiting it.
#[derive(Clone)]
pub struct Request<'a> {
    server: &'a TestServer,
    method: Method,
    uri: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
    rest: Rest,
}

/// What comes after the bytes of a body.
#[derive(Clone, Copy)]
enum Rest {
    /// Its end.
    End,
    /// More, which never comes.
    Silence,
}

impl<'a> Request<'a> {
    pub(crate) fn new(server: &'a TestServer, method: Method, uri: String) -> Self {
        let (headers, body) = (Vec::new(), Bytes::new());
        Self { server, method, uri, headers, body, rest: Rest::End }
    }

    /// With a bearer token instead of the present one.
    #[must_use]
    pub fn bearer(mut self, token: &str) -> Self {
        self.headers.retain(|(name, _)| name != http::header::AUTHORIZATION);
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// With one more header, even if there is one of this name.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_bytes(value.as_bytes()).expect("a header's value");
        self.headers.push((HeaderName::from_static(name), value));
        self
    }

    /// With an idempotency key.
    #[must_use]
    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// From a worker of this name.
    #[must_use]
    pub fn worker(self, name: &str) -> Self {
        self.header("worker-id", name)
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    /// With any body.
    #[must_use]
    pub fn body(self, body: impl Into<Bytes>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// Whose body never ends.
    #[must_use]
    pub fn unfinished(self) -> Self {
        Self { rest: Rest::Silence, ..self }
    }

    async fn send(self) -> Reply {
        let (asked, parts, body) = self.begin().await;
        let bytes = body.collect().await.expect("a body in memory").to_bytes();
        Reply { asked, status: parts.status.as_u16(), headers: parts.headers, bytes }
    }

    /// Sends it; the answer must be a stream of events.
    pub async fn stream(self) -> EventStream {
        let (asked, parts, body) = self.begin().await;
        let stream = EventStream::new(asked, parts.headers, body);
        assert_eq!(parts.status, 200);
        assert_eq!(stream.header("content-type"), Some("text/event-stream"));
        assert_eq!(stream.header("cache-control"), Some("no-store"));
        assert_eq!(stream.header("x-accel-buffering"), Some("no"));
        stream
    }

    async fn begin(self) -> (String, Parts, UnsyncBoxBody<Bytes, String>) {
        let asked = format!("{} {}", self.method, self.uri);
        let mut request = http::Request::new(self.rest.after(self.body));
        *request.method_mut() = self.method;
        *request.uri_mut() = self.uri.parse().expect("a URI");
        for (name, value) in self.headers {
            request.headers_mut().append(name, value);
        }
        let Ok(response) = self.server.api().router().oneshot(request).await;
        let (parts, body) = response.into_parts();
        (asked, parts, body.map_err(|error| error.to_string()).boxed_unsync())
    }
}

impl<'a> IntoFuture for Request<'a> {
    type Output = Reply;
    type IntoFuture = Pin<Box<dyn Future<Output = Reply> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl Rest {
    fn after(self, bytes: Bytes) -> BoxBody<Bytes, Infallible> {
        match self {
            Self::End => Full::new(bytes).boxed(),
            Self::Silence => Unfinished(Some(bytes)).boxed(),
        }
    }
}

/// A body whose first bytes come and whose end does not.
struct Unfinished(Option<Bytes>);

impl Body for Unfinished {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.0.take() {
            Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            None => Poll::Pending,
        }
    }
}
