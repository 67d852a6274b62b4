//! The client: where the server is, who is calling, how long to wait.
//!
//! This file builds addresses and sends requests. It does not know any endpoint; those are in the
//! files of their nouns.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Method, RequestBuilder, Response, Url, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, StreamFault, TransportFault};
use crate::reply::Reply;
use crate::{Result, error, reply, tls};

#[cfg(test)]
mod tests;

/// How long a connection may take to come up, unless set otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a whole request may take, unless set otherwise. The longest that a server holds one
/// back on purpose is 999 ms (work §6.1).
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Which of the two vendors' trees the calls go to. Leasehold's own tree serves both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Qoder Cloud Agents, `/api/v1/cloud`.
    Q,
    /// Claude Managed Agents, `/v1`. Environment keys and claim tokens are at home here.
    A,
}

impl Dialect {
    /// The path segments in front of every resource.
    const fn prefix(self) -> &'static [&'static str] {
        match self {
            Self::Q => &["api", "v1", "cloud"],
            Self::A => &["v1"],
        }
    }

    /// The header in which a worker gives its name.
    pub(crate) const fn worker_header(self) -> &'static str {
        match self {
            Self::Q => "worker-id",
            Self::A => "anthropic-worker-id",
        }
    }
}

/// Leasehold's own tree, for what the vendors have no path for.
const NATIVE: &[&str] = &["leasehold", "v1"];

/// A connection pool, a server's address and a credential. Clones share the pool.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    authorization: HeaderValue,
    dialect: Dialect,
    request_timeout: Duration,
}

/// Settings of a [`Client`] that is to be.
#[derive(Clone, Debug)]
pub struct Builder {
    base_url: String,
    token: SecretString,
    dialect: Dialect,
    connect_timeout: Duration,
    request_timeout: Duration,
}

impl Builder {
    /// The dialect that the calls use; Q if never set.
    #[must_use]
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// How long a connection may take to come up; 5 s if never set.
    #[must_use]
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// How long a request may take, its answer included; 30 s if never set. Of a stream it limits
    /// how long the answer may take to begin.
    #[must_use]
    pub fn request_timeout(mut self, limit: Duration) -> Self {
        self.request_timeout = limit;
        self
    }

    /// Makes the client; opens no connection yet.
    ///
    /// Redirects are not followed, so the credential goes to the given address alone. The proxy
    /// variables of the environment are honoured except towards this machine itself.
    ///
    /// # Errors
    /// [`Error::Setup`] if the address is not an `http` or `https` one without user, query and
    /// fragment, if the token cannot be put into a header, or if TLS cannot be set up.
    pub fn build(self) -> Result<Client> {
        let base = parse_base(&self.base_url)?;
        let tls = if base.scheme() == "https" { tls::verifying()? } else { tls::unused()? };
        let mut http = reqwest::Client::builder()
            .connect_timeout(self.connect_timeout)
            .redirect(redirect::Policy::none())
            .tcp_nodelay(true)
            .user_agent(concat!("leasehold-client/", env!("CARGO_PKG_VERSION")))
            .tls_backend_preconfigured(tls);
        if is_loopback(&base) {
            http = http.no_proxy();
        }
        Ok(Client {
            http: http.build().map_err(|source| Error::Setup {
                reason: "the HTTP client cannot be built".to_owned(),
                source: Some(Box::new(source)),
            })?,
            base,
            authorization: bearer(&self.token)?,
            dialect: self.dialect,
            request_timeout: self.request_timeout,
        })
    }
}

impl Client {
    /// Starts a client of the server at `base_url`, which may have a path of its own, as behind a
    /// reverse proxy.
    pub fn builder(base_url: impl Into<String>, token: SecretString) -> Builder {
        Builder {
            base_url: base_url.into(),
            token,
            dialect: Dialect::Q,
            connect_timeout: CONNECT_TIMEOUT,
            request_timeout: REQUEST_TIMEOUT,
        }
    }

    /// The same server and pool under another credential, such as a claim token.
    ///
    /// # Errors
    /// [`Error::Setup`] if the token cannot be put into a header.
    pub fn with_token(&self, token: &SecretString) -> Result<Self> {
        Ok(Self { authorization: bearer(token)?, ..self.clone() })
    }

    /// The same server, pool and credential in another dialect.
    #[must_use]
    pub fn with_dialect(&self, dialect: Dialect) -> Self {
        Self { dialect, ..self.clone() }
    }

    /// The dialect in use.
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The server's address, as it was understood.
    pub fn base_url(&self) -> &str {
        self.base.as_str()
    }

    /// A request to a resource of the dialect; each segment is percent-encoded.
    pub(crate) fn cloud(&self, method: Method, segments: &[&str]) -> Result<RequestBuilder> {
        self.request(method, self.dialect.prefix(), segments)
    }

    /// A request to a resource of Leasehold's own tree; each segment is percent-encoded.
    pub(crate) fn native(&self, method: Method, segments: &[&str]) -> Result<RequestBuilder> {
        self.request(method, NATIVE, segments)
    }

    fn request(
        &self,
        method: Method,
        prefix: &[&str],
        segments: &[&str],
    ) -> Result<RequestBuilder> {
        // A URL has no spelling for these three as a segment: they would be dropped silently and
        // another resource would be addressed.
        if let Some(bad) = segments.iter().find(|segment| matches!(**segment, "" | "." | "..")) {
            return Err(Error::Argument { name: "id", value: (*bad).to_owned() });
        }
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(prefix).extend(segments);
        }
        let request = self.http.request(method, url);
        Ok(request.header(AUTHORIZATION, self.authorization.clone()))
    }

    /// Sends a request and decodes its answer.
    pub(crate) async fn send<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
    ) -> Result<Reply<T>> {
        let request = request.timeout(self.request_timeout);
        let response = request.send().await.map_err(|source| self.transport(source))?;
        if !response.status().is_success() {
            return Err(self.refusal(response).await);
        }
        let (status, request_id) = (response.status().as_u16(), request_id(response.headers()));
        let body = response.bytes().await.map_err(|source| self.transport(source))?;
        reply::decode(status, request_id, body.into())
    }

    /// Sends a request whose answer has no end of its own, and gives it as soon as it begins.
    pub(crate) async fn open(&self, request: RequestBuilder) -> Result<Response> {
        let begin = async {
            let response = request.send().await.map_err(|source| self.transport(source))?;
            if response.status().is_success() {
                Ok(response)
            } else {
                Err(self.refusal(response).await)
            }
        };
        let time = self.request_timeout;
        let begun = tokio::time::timeout(time, begin).await;
        begun.unwrap_or(Err(Error::Stream { fault: StreamFault::Silent { time } }))
    }

    /// The error that an answer outside 200..=299 stands for.
    async fn refusal(&self, response: Response) -> Error {
        let status = response.status();
        let (request_id, retry_after) =
            (request_id(response.headers()), retry_after(response.headers()));
        match response.bytes().await {
            Ok(body) => error::refusal(status, request_id, retry_after, &body),
            Err(source) => self.transport(source),
        }
    }

    /// Sends a request with a JSON body and decodes its answer.
    pub(crate) async fn send_json<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        body: &(impl Serialize + Sync),
    ) -> Result<Reply<T>> {
        self.send(request.json(body)).await
    }

    pub(crate) fn transport(&self, source: reqwest::Error) -> Error {
        let fault = if source.is_timeout() {
            TransportFault::Timeout
        } else if source.is_connect() {
            TransportFault::Connect
        } else {
            TransportFault::Broken
        };
        Error::Transport { fault, url: self.base.to_string(), source: source.without_url() }
    }
}

fn parse_base(text: &str) -> Result<Url> {
    let setup = |reason: &str| Error::Setup { reason: reason.to_owned(), source: None };
    if text.contains('@') {
        // The text is not repeated: it may hold a password.
        return Err(setup("the server's address must not hold a user name or a password"));
    }
    let url = Url::parse(text).map_err(|source| Error::Setup {
        reason: format!("the server's address is not a URL: {text:?}"),
        source: Some(Box::new(source)),
    })?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        let reason = "the server's address must start with http:// or https://";
        return Err(setup(&format!("{reason}: {text:?}")));
    }
    if url.query().is_some() || url.fragment().is_some() {
        let reason = "the server's address must not have a query or a fragment";
        return Err(setup(&format!("{reason}: {text:?}")));
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn bearer(token: &SecretString) -> Result<HeaderValue> {
    let token = token.expose_secret();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        let reason = "the token is empty or has characters that no token has".to_owned();
        return Err(Error::Setup { reason, source: None });
    }
    let mut value =
        HeaderValue::from_str(&format!("Bearer {token}")).map_err(|source| Error::Setup {
            reason: "the token cannot be put into a header".to_owned(),
            source: Some(Box::new(source)),
        })?;
    value.set_sensitive(true);
    Ok(value)
}

/// The id under which the server logged the request (conventions §5); the second name is A's.
fn request_id(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("x-request-id").or_else(|| headers.get("request-id"))?;
    value.to_str().ok().map(str::to_owned)
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get("retry-after")?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}
