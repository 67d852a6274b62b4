//! One conversation with an MCP server, by way of `rmcp`.
//!
//! Newer servers are asked without a handshake, older ones after one; the library finds out. What
//! comes back is taken as JSON, so that a new kind of content is no new kind of failure.

use std::error::Error;

use rmcp::RoleClient;
use rmcp::model::{
    CallToolRequestParams, ClientCapabilities, ClientConfig, Implementation,
    PaginatedRequestParams, ProtocolVersion,
};
use rmcp::service::{
    ClientInitializeError, ClientLifecycleMode, ClientServiceExt as _, RunningService, ServiceError,
};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::{
    StreamableHttpClientTransportConfig, StreamableHttpError,
};
use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::{McpError, PRIVATE, Server, content};
use crate::chat::ToolSpec;
use crate::tool::{ToolOutcome, reach};

/// The most tools that are taken from a server, and the most pages that are asked for.
const MAX_TOOLS: usize = 512;
const MAX_PAGES: usize = 32;
/// The most bytes of a message of the server.
const MAX_MESSAGE_BYTES: usize = 8 * 1024 * 1024;

type Session = RunningService<RoleClient, ClientConfig>;

/// What a server offers.
pub(super) async fn tools(
    http: &reqwest::Client,
    server: &Server,
) -> Result<Vec<ToolSpec>, McpError> {
    let session = open(http, server).await?;
    let (mut tools, mut cursor) = (Vec::new(), None);
    for _ in 0..MAX_PAGES {
        let page = PaginatedRequestParams::default().with_cursor(cursor);
        let page = session.list_tools(Some(page)).await.map_err(|error| failed(server, &error))?;
        tools.extend(page.tools.into_iter().map(|tool| ToolSpec {
            name: tool.name.into_owned(),
            description: tool.description.unwrap_or_default().into_owned(),
            input_schema: Value::Object((*tool.input_schema).clone()),
        }));
        cursor = page.next_cursor;
        if cursor.is_none() || tools.len() >= MAX_TOOLS {
            break;
        }
    }
    close(session).await;
    tools.truncate(MAX_TOOLS);
    Ok(tools)
}

/// What a call gives.
pub(super) async fn call(
    http: &reqwest::Client,
    server: &Server,
    tool: &str,
    input: &Value,
) -> Result<ToolOutcome, McpError> {
    let session = open(http, server).await?;
    let mut params = CallToolRequestParams::new(tool.to_owned());
    params.arguments = input.as_object().cloned();
    let answer = session.call_tool(params).await;
    let outcome = match answer {
        Ok(result) => Ok(content::outcome(&serde_json::to_value(&result).unwrap_or_default())),
        Err(ServiceError::McpError(error)) => {
            Ok(ToolOutcome::error(&format!("The tool failed: {}", error.message)))
        }
        Err(error) => Err(failed(server, &error)),
    };
    close(session).await;
    outcome
}

async fn open(http: &reqwest::Client, server: &Server) -> Result<Session, McpError> {
    let mut config = StreamableHttpClientTransportConfig::with_uri(server.url.as_str())
        .max_sse_event_size(MAX_MESSAGE_BYTES)
        .max_json_response_size(MAX_MESSAGE_BYTES);
    if let Some(token) = &server.token {
        config = config.auth_header(token.expose_secret());
    }
    let transport = StreamableHttpClientTransport::with_client(http.clone(), config);
    let us = Implementation::new("leasehold", env!("CARGO_PKG_VERSION"));
    let client = ClientConfig::new(ClientCapabilities::default(), us);
    let lifecycle = ClientLifecycleMode::Auto {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
        legacy_version: None,
    };
    client.serve_with_lifecycle(transport, lifecycle).await.map_err(|error| refused(server, &error))
}

/// Tells the server that nothing follows. Whether it hears that is its matter.
async fn close(session: Session) {
    if let Err(error) = session.cancel().await {
        tracing::debug!(%error, "a conversation with an MCP server did not end well");
    }
}

/// Why no conversation began.
fn refused(server: &Server, error: &ClientInitializeError) -> McpError {
    if error.is_authorization_required() || error.auth_challenge().is_some() {
        return McpError::Authentication { server: server.name.clone() };
    }
    unusable(server, transport(error))
}

/// Why a conversation broke off.
fn failed(server: &Server, error: &ServiceError) -> McpError {
    if error.auth_challenge().is_some() {
        return McpError::Authentication { server: server.name.clone() };
    }
    let cause: &(dyn Error + 'static) =
        if let ServiceError::TransportSend(sent) = error { sent.error.as_ref() } else { error };
    unusable(server, cause)
}

/// What the transport said, which the library does not name as a cause.
fn transport(error: &ClientInitializeError) -> &(dyn Error + 'static) {
    if let ClientInitializeError::LegacyFallbackFailed { fallback, .. } = error {
        transport(fallback)
    } else if let ClientInitializeError::TransportError { error, .. } = error {
        error.error.as_ref()
    } else {
        error
    }
}

fn unusable(server: &Server, error: &(dyn Error + 'static)) -> McpError {
    tracing::info!(server = server.name, error, "an MCP server could not be used");
    let words = error.to_string();
    let request = match error.downcast_ref::<StreamableHttpError<reqwest::Error>>() {
        Some(StreamableHttpError::Client(request)) => Some(request),
        _ => None,
    };
    // A refusal without a challenge comes as its status in words.
    if words.contains("HTTP 401") || words.contains("HTTP 403") {
        McpError::Authentication { server: server.name.clone() }
    } else if request.is_some_and(|request| reach::is_private(request)) {
        McpError::connection(server, PRIVATE)
    } else {
        McpError::connection(server, "it cannot be reached, or does not speak the protocol")
    }
}
