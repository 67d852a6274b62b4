//! A model behind HTTP: one request sent, its stream read, both given up in time.
//!
//! Known here: connections, limits of time, repetition. Not known: how an answer is read, and any
//! vendor's words; a [`Protocol`] has them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Proxy, Response, Url, redirect};
use serde_json::Value;
use tokio::time::timeout;

use super::answer::{Answer, Reader};
use super::pause::Retries;
use super::{ChunkStream, Fault, Provider, ProviderError, failure};
use crate::chat::{Chunk, Request};
use crate::tls::{self, Roots};

/// The most bytes of a refusal that are read.
const MAX_REFUSAL_BYTES: usize = 64 * 1024;

/// What a vendor speaks.
pub(super) trait Protocol: Send + Sync + 'static {
    /// Reads one answer.
    type Reader: Reader;

    /// The path of the endpoint below the base address.
    const PATH: &'static [&'static str];

    /// The body of a request.
    fn body(&self, request: &Request) -> Value;
}

/// How a model is reached, whatever it speaks.
pub(crate) struct Reach {
    /// Where the protocol's path begins.
    pub(crate) base_url: Url,
    /// A proxy; `None`: what the environment names, and none towards this machine.
    pub(crate) proxy: Option<Proxy>,
    /// Trusted beside what the machine trusts.
    pub(crate) roots: Roots,
    /// The limits of time.
    pub(crate) timeouts: Timeouts,
    /// How often a request is repeated.
    pub(crate) retries: Retries,
}

/// How long a model may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timeouts {
    /// Until a connection is up.
    pub(crate) connect: Duration,
    /// From the request to the head of the answer, and from there to its first byte.
    pub(crate) first_byte: Duration,
    /// Between two pieces of the answer.
    pub(crate) idle: Duration,
}

/// Why a connection to a model cannot even be prepared.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SetupError {
    /// TLS, most likely the machine's certificates.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    /// The HTTP client.
    #[error("the HTTP client cannot be built")]
    Http(#[from] reqwest::Error),
}

/// A model at an address.
pub(super) struct Remote<P> {
    protocol: P,
    line: Arc<Line>,
}

/// Where requests go, and within which limits.
struct Line {
    http: reqwest::Client,
    url: Url,
    headers: HeaderMap,
    timeouts: Timeouts,
    retries: Retries,
}

impl<P: Protocol> Remote<P> {
    /// A model that is told `headers` with each request. No connection is opened yet.
    pub(super) fn new(protocol: P, reach: Reach, headers: HeaderMap) -> Result<Self, SetupError> {
        let Reach { mut base_url, proxy, roots, timeouts, retries } = reach;
        let tls =
            if base_url.scheme() == "https" { tls::verifying(&roots)? } else { tls::unused()? };
        let mut http = reqwest::Client::builder()
            .connect_timeout(timeouts.connect)
            .redirect(redirect::Policy::none())
            .tcp_nodelay(true)
            .user_agent(concat!("leasehold/", env!("CARGO_PKG_VERSION")))
            .tls_backend_preconfigured(tls);
        if let Some(proxy) = proxy {
            http = http.no_proxy().proxy(proxy);
        } else if is_loopback(&base_url) {
            http = http.no_proxy();
        }
        if let Ok(mut path) = base_url.path_segments_mut() {
            path.pop_if_empty().extend(P::PATH);
        }
        let line = Line { http: http.build()?, url: base_url, headers, timeouts, retries };
        Ok(Self { protocol, line: Arc::new(line) })
    }
}

impl<P: Protocol> Provider for Remote<P> {
    fn stream(&self, request: Request) -> ChunkStream {
        let exchange: Exchange<P::Reader> = Exchange {
            line: Arc::clone(&self.line),
            body: self.protocol.body(&request).to_string().into(),
            answer: None,
            repetitions: 0,
            given: false,
        };
        Box::pin(stream::unfold(Some(exchange), async |exchange| {
            let mut exchange = exchange?;
            let item = exchange.next().await;
            let over = matches!(item, Err(_) | Ok(Chunk::Done(_)));
            Some((item, (!over).then_some(exchange)))
        }))
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// A request, its repetitions and the answer to the last of them.
struct Exchange<R> {
    line: Arc<Line>,
    body: Bytes,
    answer: Option<Incoming<R>>,
    repetitions: u32,
    /// Something of the answer was handed on, so that it cannot be begun afresh.
    given: bool,
}

impl<R: Reader> Exchange<R> {
    async fn next(&mut self) -> Result<Chunk, ProviderError> {
        loop {
            match self.piece().await {
                Ok(chunk) => {
                    // Usage is replaced by what a repetition uses.
                    self.given |= !matches!(chunk, Chunk::Usage(_));
                    return Ok(chunk);
                }
                Err(error) => {
                    let pause = self.line.retries.pause(&error, self.repetitions, fastrand::f64());
                    let Some(pause) = pause.filter(|_| !self.given) else { return Err(error) };
                    tracing::info!(%error, ?pause, "a request to a model is repeated");
                    self.answer = None;
                    self.repetitions += 1;
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }

    async fn piece(&mut self) -> Result<Chunk, ProviderError> {
        let answer = match &mut self.answer {
            Some(answer) => answer,
            None => self.answer.insert(self.line.ask(self.body.clone()).await?),
        };
        answer.next().await
    }
}

impl Line {
    async fn ask<R: Reader>(&self, body: Bytes) -> Result<Incoming<R>, ProviderError> {
        let Timeouts { connect: _, first_byte, idle } = self.timeouts;
        let request = self
            .http
            .post(self.url.clone())
            .headers(self.headers.clone())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .body(body);
        let response = timeout(first_byte, request.send())
            .await
            .map_err(|_| silent(first_byte))?
            .map_err(broken)?;
        if !response.status().is_success() {
            return Err(self.refusal(response).await);
        }
        let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if let Some(kind) = kind.filter(|kind| !kind.starts_with("text/event-stream")) {
            let message = format!("The model's provider answered with {kind:?}, not with a stream");
            return Err(ProviderError::new(Fault::RequestFailed, message));
        }
        Ok(Incoming { response, answer: Answer::new(), patience: first_byte, idle })
    }

    /// What an answer outside 200..=299 says, as far as it comes in time.
    async fn refusal(&self, mut response: Response) -> ProviderError {
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        let whole = async {
            while let Ok(Some(bytes)) = response.chunk().await {
                body.extend_from_slice(&bytes);
                if body.len() >= MAX_REFUSAL_BYTES {
                    break;
                }
            }
        };
        if timeout(self.timeouts.idle, whole).await.is_err() {
            tracing::debug!(%status, "the body of a model's refusal did not arrive");
        }
        failure::from_answer(status, &headers, &body)
    }
}

/// The answer of a connection.
struct Incoming<R> {
    response: Response,
    answer: Answer<R>,
    /// How long the next bytes may take.
    patience: Duration,
    idle: Duration,
}

impl<R: Reader> Incoming<R> {
    async fn next(&mut self) -> Result<Chunk, ProviderError> {
        loop {
            if let Some(chunk) = self.answer.next()? {
                return Ok(chunk);
            }
            let bytes = timeout(self.patience, self.response.chunk())
                .await
                .map_err(|_| silent(self.patience))?
                .map_err(broken)?;
            let Some(bytes) = bytes else { return self.answer.end() };
            self.patience = self.idle;
            self.answer.feed(bytes)?;
        }
    }
}

fn silent(limit: Duration) -> ProviderError {
    let message = format!("The model's provider sent nothing for {limit:?}");
    ProviderError::new(Fault::RequestFailed, message)
}

/// A connection failed. What exactly is for the operator's log: it may name addresses.
#[expect(clippy::needless_pass_by_value, reason = "the form of `map_err`")]
fn broken(error: reqwest::Error) -> ProviderError {
    let message = if error.is_connect() {
        "The model's provider cannot be reached"
    } else {
        "The connection to the model's provider broke"
    };
    tracing::warn!(error = &error as &dyn std::error::Error, "{message}");
    ProviderError::new(Fault::RequestFailed, message)
}
