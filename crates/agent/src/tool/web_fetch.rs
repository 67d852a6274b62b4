//! `web_fetch`: the text of a page, where the operator and the agent both allow its host.
//!
//! Each redirect is a new address that is checked like the first. [`page`] makes text of what comes.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Response, Url};
use serde_json::Value;

use super::reach::{self, Hosts, Resolver, covers, host};
use super::{SetupError, ToolOutcome};

mod page;

/// How long a fetch may take, redirects included.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The most redirects that are followed.
const MAX_REDIRECTS: usize = 5;
/// The most bytes that are read of a page.
const MAX_BYTES: usize = 5 * 1024 * 1024;
/// The most characters of its text that the model is given.
const MAX_CHARS: usize = 400_000;
/// How many characters count as a token.
const CHARS_PER_TOKEN: u64 = 4;

/// What an agent allows (agents §5.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// These hosts and what is below them alone.
    pub allowed_domains: Option<Vec<String>>,
    /// Not these hosts nor what is below them.
    pub blocked_domains: Option<Vec<String>>,
    /// How much of a page's text the model is given.
    pub max_content_tokens: Option<u64>,
}

/// Fetches pages.
pub(super) struct Client {
    hosts: Hosts,
    resolver: Resolver,
    http: reqwest::Client,
}

/// Why a page is not given, in a sentence for the model.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("web_fetch is not available: the operator of this server has not allowed any host.")]
    Off,
    #[error("web_fetch needs a whole address with http:// or https:// as `url`.")]
    NoUrl,
    #[error("The host {0} may not be fetched from here.")]
    Host(String),
    #[error("The host {0} has a private address, which is not fetched.")]
    Private(String),
    #[error("The page could not be fetched: {0}.")]
    Failed(&'static str),
    #[error("The server answered with status {0}.")]
    Status(u16),
    #[error("The page redirects too often.")]
    Redirects,
    #[error("The page has the type {0}, which is no text.")]
    NoText(String),
}

impl Client {
    pub(super) fn new(hosts: Hosts) -> Result<Self, SetupError> {
        // Who names an address outright, and not a name that may stand for it, means it.
        let resolver = Resolver { private_hosts: hosts.addresses() };
        let http = super::http(resolver.clone())?
            .connect_timeout(Duration::from_secs(10))
            .build()
            .map_err(|error| SetupError(Box::new(error)))?;
        Ok(Self { hosts, resolver, http })
    }

    /// Whether any host may be visited.
    pub(super) fn is_on(&self) -> bool {
        !self.hosts.is_empty()
    }

    pub(super) async fn run(&self, input: &Value, limits: &Limits) -> ToolOutcome {
        let fetch = tokio::time::timeout(TIMEOUT, self.fetch(input, limits));
        let text = fetch.await.unwrap_or(Err(Refusal::Failed("it took too long")));
        match text {
            Ok(text) => ToolOutcome::success(&limits.shorten(&text)),
            Err(refusal) => ToolOutcome::error(&refusal.to_string()),
        }
    }

    async fn fetch(&self, input: &Value, limits: &Limits) -> Result<String, Refusal> {
        if self.hosts.is_empty() {
            return Err(Refusal::Off);
        }
        let url = input.get("url").and_then(Value::as_str).and_then(|url| Url::parse(url).ok());
        let mut url = url.ok_or(Refusal::NoUrl)?;
        for _ in 0..=MAX_REDIRECTS {
            self.check(&url, limits)?;
            let request = self.http.get(url.clone());
            let response = request.send().await.map_err(|error| failed(&url, &error))?;
            match redirect(&url, &response)? {
                Some(next) => url = next,
                None => return text(response).await,
            }
        }
        Err(Refusal::Redirects)
    }

    fn check(&self, url: &Url, limits: &Limits) -> Result<(), Refusal> {
        let fine = matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none();
        if !fine {
            return Err(Refusal::NoUrl);
        }
        let name = host(url);
        if !self.hosts.contains(name) || !limits.allow(name) {
            return Err(Refusal::Host(name.to_owned()));
        }
        self.resolver.check(url).map_err(|_| Refusal::Private(name.to_owned()))
    }
}

impl Limits {
    fn allow(&self, host: &str) -> bool {
        let among = |domains: &Vec<String>| domains.iter().any(|domain| covers(domain, host));
        self.allowed_domains.as_ref().is_none_or(among)
            && !self.blocked_domains.as_ref().is_some_and(among)
    }

    /// The text as far as the model is given it.
    fn shorten(&self, text: &str) -> String {
        let tokens = self.max_content_tokens.unwrap_or(u64::MAX);
        let most = usize::try_from(tokens.saturating_mul(CHARS_PER_TOKEN)).unwrap_or(usize::MAX);
        match text.char_indices().nth(most.min(MAX_CHARS)) {
            None => text.to_owned(),
            Some((end, _)) => {
                format!("{}\n[the rest of the page is cut off]", text.split_at(end).0)
            }
        }
    }
}

/// Where an answer sends the client on to.
fn redirect(url: &Url, response: &Response) -> Result<Option<Url>, Refusal> {
    if !response.status().is_redirection() {
        return Ok(None);
    }
    let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
    let next = location.and_then(|location| url.join(location).ok());
    next.map(Some).ok_or(Refusal::Status(response.status().as_u16()))
}

async fn text(mut response: Response) -> Result<String, Refusal> {
    if !response.status().is_success() {
        return Err(Refusal::Status(response.status().as_u16()));
    }
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = page::Kind::of(kind.unwrap_or("text/plain"));
    let kind = kind.map_err(Refusal::NoText)?;
    let mut bytes = Vec::new();
    while let Some(piece) =
        response.chunk().await.map_err(|_| Refusal::Failed("the connection broke"))?
    {
        bytes.extend_from_slice(&piece);
        if bytes.len() >= MAX_BYTES {
            bytes.truncate(MAX_BYTES);
            break;
        }
    }
    Ok(kind.text(&String::from_utf8_lossy(&bytes)))
}

fn failed(url: &Url, error: &reqwest::Error) -> Refusal {
    if reach::is_private(error) {
        Refusal::Private(host(url).to_owned())
    } else if error.is_timeout() {
        Refusal::Failed("it took too long")
    } else if error.is_connect() {
        Refusal::Failed("the host cannot be reached")
    } else {
        Refusal::Failed("the connection broke")
    }
}
