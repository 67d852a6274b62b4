//! MCP servers over streamable HTTP: what they offer, and calls of it.
//!
//! A conversation with a server is opened for each question and closed after it: a session here may
//! rest for days between two calls, and another node may make the next one. [`session`] is the only
//! file that knows the protocol's library.

use std::time::Duration;

use secrecy::SecretString;
use serde_json::Value;

use super::reach::{Hosts, Resolver};
use super::{SetupError, ToolOutcome};
use crate::chat::ToolSpec;

#[cfg(feature = "mcp")]
mod content;
#[cfg_attr(not(feature = "mcp"), path = "mcp/absent.rs")]
mod session;

/// How long a server may take to say what it offers.
const LIST_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a tool may take, unless the operator says something else.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(120);

/// Why a server is not asked.
const PRIVATE: &str = "it has a private address, which this server does not visit";

/// A server that an agent names.
#[derive(Clone, Debug)]
pub struct Server {
    /// What the agent calls it.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// The bearer token that it wants.
    pub token: Option<SecretString>,
}

/// A server gave no answer at all (events §8).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum McpError {
    /// It cannot be reached, or speaks something else.
    #[error("the MCP server {server:?} cannot be used: {reason}")]
    Connection {
        /// The agent's name for it.
        server: String,
        /// A clause for people, without address or token.
        reason: String,
    },
    /// It does not accept the credential, or wants one.
    #[error("the MCP server {server:?} does not accept the credential that it was given")]
    Authentication {
        /// The agent's name for it.
        server: String,
    },
}

/// Asks servers.
pub(super) struct Client {
    resolver: Resolver,
    http: reqwest::Client,
    call_timeout: Duration,
}

impl Client {
    pub(super) fn new(private_hosts: Hosts, call_timeout: Duration) -> Result<Self, SetupError> {
        let resolver = Resolver { private_hosts };
        let http = super::http(resolver.clone())?
            .connect_timeout(Duration::from_secs(10))
            // An answer that was not read to its end must not hold up the next request.
            .pool_max_idle_per_host(0)
            .build()
            .map_err(|error| SetupError(Box::new(error)))?;
        Ok(Self { resolver, http, call_timeout })
    }

    /// What a server offers.
    pub(super) async fn tools(&self, server: &Server) -> Result<Vec<ToolSpec>, McpError> {
        self.check(server)?;
        match tokio::time::timeout(LIST_TIMEOUT, session::tools(&self.http, server)).await {
            Ok(tools) => tools,
            Err(_) => Err(McpError::slow(server, LIST_TIMEOUT)),
        }
    }

    /// What a call gives.
    pub(super) async fn call(
        &self,
        server: &Server,
        tool: &str,
        input: &Value,
    ) -> Result<ToolOutcome, McpError> {
        self.check(server)?;
        let call = session::call(&self.http, server, tool, input);
        match tokio::time::timeout(self.call_timeout, call).await {
            Ok(outcome) => outcome,
            Err(_) => {
                let limit = self.call_timeout;
                Ok(ToolOutcome::error(&format!("The tool gave no answer within {limit:?}.")))
            }
        }
    }

    fn check(&self, server: &Server) -> Result<(), McpError> {
        let url = reqwest::Url::parse(&server.url).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = url.ok_or_else(|| McpError::connection(server, "its address is not a URL"))?;
        self.resolver.check(&url).map_err(|_| McpError::connection(server, PRIVATE))
    }
}

impl McpError {
    fn connection(server: &Server, reason: &str) -> Self {
        Self::Connection { server: server.name.clone(), reason: reason.to_owned() }
    }

    fn slow(server: &Server, limit: Duration) -> Self {
        Self::connection(server, &format!("it gave no answer within {limit:?}"))
    }
}
