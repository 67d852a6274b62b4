//! Tools: what models are told of the built-in ones, and those few that the server itself runs.
//!
//! * [`builtin`] describes the tools of the built-in toolset; workers run all but two of them.
//! * [`mcp`] asks the MCP servers that an agent names.
//! * [`web_fetch`] reads pages, where the operator allows it. Nothing searches the web.
//!
//! Whatever address a client may name goes through [`reach`], which keeps it out of the operator's
//! own network. No tool of a worker ever runs here.

use std::time::Duration;

use serde_json::{Value, json};

use crate::chat::Outcome;
use crate::tls::{self, Roots};

pub mod builtin;
pub mod mcp;
pub mod reach;
pub mod web_fetch;

pub use reach::Hosts;

/// What the operator allows.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What `web_fetch` may visit; nothing: it is off.
    pub web_fetch_hosts: Hosts,
    /// MCP servers that may be called although they have a private address.
    pub mcp_private_hosts: Hosts,
    /// How long a call of an MCP server's tool may take.
    pub mcp_call_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            web_fetch_hosts: Hosts::default(),
            mcp_private_hosts: Hosts::default(),
            mcp_call_timeout: mcp::CALL_TIMEOUT,
        }
    }
}

/// What a tool gave.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolOutcome {
    /// Content blocks (events §2); never an empty text.
    pub content: Vec<Value>,
    /// How it went.
    pub outcome: Outcome,
}

/// The tools that run in the server.
pub struct ServerTools {
    mcp: mcp::Client,
    web: web_fetch::Client,
}

/// Why the tools cannot be prepared.
#[derive(Debug, thiserror::Error)]
#[error("the server's tools cannot speak TLS or HTTP")]
pub struct SetupError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl ServerTools {
    /// The tools within what the operator allows. Opens no connection.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn new(settings: Settings) -> Result<Self, SetupError> {
        let Settings { web_fetch_hosts, mcp_private_hosts, mcp_call_timeout } = settings;
        Ok(Self {
            mcp: mcp::Client::new(mcp_private_hosts, mcp_call_timeout)?,
            web: web_fetch::Client::new(web_fetch_hosts)?,
        })
    }

    /// Whether `web_fetch` may visit anything at all.
    pub fn fetches(&self) -> bool {
        self.web.is_on()
    }

    /// The tools that an MCP server offers.
    ///
    /// # Errors
    /// If the server cannot be reached or does not accept the credential.
    pub async fn mcp_tools(
        &self,
        server: &mcp::Server,
    ) -> Result<Vec<crate::chat::ToolSpec>, mcp::McpError> {
        self.mcp.tools(server).await
    }

    /// Calls a tool of an MCP server. A call that the server refuses is an outcome, not an error.
    ///
    /// # Errors
    /// If the server cannot be reached or does not accept the credential.
    pub async fn mcp_call(
        &self,
        server: &mcp::Server,
        tool: &str,
        input: &Value,
    ) -> Result<ToolOutcome, mcp::McpError> {
        self.mcp.call(server, tool, input).await
    }

    /// Runs `web_fetch` within what the agent allows.
    pub async fn web_fetch(&self, input: &Value, limits: &web_fetch::Limits) -> ToolOutcome {
        self.web.run(input, limits).await
    }

    /// Runs `web_search`, which no server can yet.
    pub fn web_search(&self) -> ToolOutcome {
        ToolOutcome::error("web_search is not available: this server has no search provider.")
    }
}

impl ToolOutcome {
    /// A call that went well.
    pub fn success(text: &str) -> Self {
        Self::new(text, Outcome::Success)
    }

    /// A call that went wrong, in a sentence for the model.
    pub fn error(text: &str) -> Self {
        Self::new(text, Outcome::Error)
    }

    fn new(text: &str, outcome: Outcome) -> Self {
        let text = if text.trim().is_empty() { "(no output)" } else { text };
        Self { content: vec![json!({"type": "text", "text": text})], outcome }
    }
}

/// A client that follows no redirect, uses no proxy and resolves names by `resolver`: through a
/// proxy nobody here would learn the address.
fn http(resolver: reach::Resolver) -> Result<reqwest::ClientBuilder, SetupError> {
    let tls = tls::verifying(&Roots::default()).or_else(|error| {
        // Plain addresses still work, and the server has better things to do than not to start.
        tracing::warn!(%error, "tools cannot speak TLS: this machine trusts nobody");
        tls::unused()
    });
    let tls = tls.map_err(|error| SetupError(Box::new(error)))?;
    Ok(reqwest::Client::builder()
        .dns_resolver(resolver)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("leasehold/", env!("CARGO_PKG_VERSION")))
        .tls_backend_preconfigured(tls))
}
