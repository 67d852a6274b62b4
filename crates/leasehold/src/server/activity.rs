//! What a connection is doing, so that one that does nothing, or is too slow, can be ended.
//!
//! hyper's own limit for the head of a request also runs between requests, so it cannot tell a slow
//! head from a client that keeps its connection for later. This can: it watches the bytes come in.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Frame, SizeHint};
use hyper::service::Service;
use hyper::{Request, Response};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

/// How long a connection may be in each phase.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// From the first byte of a request to the end of its head.
    pub(crate) head: Duration,
    /// Between requests.
    pub(crate) idle: Duration,
    /// Without taking a byte of what is being written: a client that reads a stream and stops.
    pub(crate) write: Duration,
}

impl Patience {
    /// The shortest of them.
    pub(super) fn least(self) -> Duration {
        self.head.min(self.idle).min(self.write)
    }
}

/// What a connection does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// No byte of a next request has come.
    Idle,
    /// A head is coming in.
    Head,
    /// A request is being answered; its own limits hold.
    Request,
}

/// The phase of one connection and since when it lasts. Shared by its parts, which all run in one
/// task.
#[derive(Clone)]
pub(super) struct Activity(Arc<Inner>);

struct Inner {
    opened: Instant,
    /// Milliseconds since `opened`, and the phase in the two lowest bits.
    state: AtomicU64,
    /// One more than the milliseconds after `opened` at which the client stopped to take bytes; 0
    /// while it takes them.
    blocked: AtomicU64,
}

impl Activity {
    /// A new connection owes a request at once, so it counts as sending a head.
    pub(super) fn new() -> Self {
        let (state, blocked) = (AtomicU64::new(0), AtomicU64::new(0));
        let inner = Inner { opened: Instant::now(), state, blocked };
        let activity = Self(Arc::new(inner));
        activity.enter(Phase::Head);
        activity
    }

    pub(super) fn enter(&self, phase: Phase) {
        let millis = self.millis();
        let bits = match phase {
            Phase::Idle => 0,
            Phase::Head => 1,
            Phase::Request => 2,
        };
        self.0.state.store(millis << 2 | bits, Ordering::Relaxed);
    }

    pub(super) fn phase(&self) -> Phase {
        match self.0.state.load(Ordering::Relaxed) & 3 {
            0 => Phase::Idle,
            1 => Phase::Head,
            _ => Phase::Request,
        }
    }

    /// When the present phase will have lasted too long; `None` while a request is being answered.
    pub(super) fn deadline(&self, patience: Patience) -> Option<Instant> {
        let since =
            self.0.opened + Duration::from_millis(self.0.state.load(Ordering::Relaxed) >> 2);
        match self.phase() {
            Phase::Idle => Some(since + patience.idle),
            Phase::Head => Some(since + patience.head),
            Phase::Request => None,
        }
    }

    /// Whether the client has taken nothing for too long.
    pub(super) fn is_stalled(&self, patience: Patience) -> bool {
        let since = self.0.blocked.load(Ordering::Relaxed);
        since > 0
            && Duration::from_millis(self.millis().saturating_sub(since - 1)) >= patience.write
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.0.opened.elapsed().as_millis()).unwrap_or(0)
    }

    /// What came of an attempt to write.
    fn wrote(&self, polled: &Poll<io::Result<usize>>) {
        if polled.is_ready() {
            self.0.blocked.store(0, Ordering::Relaxed);
        } else if self.0.blocked.load(Ordering::Relaxed) == 0 {
            self.0.blocked.store(self.millis() + 1, Ordering::Relaxed);
        }
    }

    fn received(&self) {
        if self.phase() == Phase::Idle {
            self.enter(Phase::Head);
        }
    }
}

/// A stream that tells when bytes come in, and when none go out that should.
pub(super) struct WatchedStream {
    pub(super) stream: TcpStream,
    pub(super) activity: Activity,
}

impl AsyncRead for WatchedStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let polled = Pin::new(&mut this.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            this.activity.received();
        }
        polled
    }
}

impl AsyncWrite for WatchedStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_write(cx, bytes);
        this.activity.wrote(&polled);
        polled
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_write_vectored(cx, slices);
        this.activity.wrote(&polled);
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// A service that tells when a request begins, and when its answer has been handed over.
#[derive(Clone)]
pub(super) struct WatchedService<S> {
    pub(super) service: S,
    pub(super) activity: Activity,
}

impl<S, R, B> Service<Request<R>> for WatchedService<S>
where
    S: Service<Request<R>, Response = Response<B>>,
    S::Future: Send + 'static,
    S::Error: 'static,
    B: 'static,
{
    type Response = Response<WatchedBody<B>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn call(&self, request: Request<R>) -> Self::Future {
        self.activity.enter(Phase::Request);
        let answered = Answered(self.activity.clone());
        #[cfg(feature = "otel")]
        let span = crate::telemetry::request_span(&request);
        let answer = self.service.call(request);
        #[cfg(feature = "otel")]
        let answer = traced(answer, span);
        Box::pin(async move { Ok(answer.await?.map(|body| WatchedBody { body, answered })) })
    }
}

/// Answers within a span, and notes the status on it.
#[cfg(feature = "otel")]
async fn traced<B, E>(
    answer: impl Future<Output = Result<Response<B>, E>>,
    span: tracing::Span,
) -> Result<Response<B>, E> {
    use tracing::Instrument as _;
    let answered = answer.instrument(span.clone()).await;
    if let Ok(response) = &answered {
        span.record("http.response.status_code", response.status().as_u16());
    }
    answered
}

/// The body of an answer; once it is gone, so is the request.
pub(super) struct WatchedBody<B> {
    body: B,
    #[expect(dead_code, reason = "is there to be dropped")]
    answered: Answered,
}

struct Answered(Activity);

impl Drop for Answered {
    fn drop(&mut self) {
        self.0.enter(Phase::Idle);
    }
}

impl<B: Body + Unpin> Body for WatchedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
