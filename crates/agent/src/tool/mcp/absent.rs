//! In the place of the protocol, where the program was built without it.

use serde_json::Value;

use super::{McpError, Server};
use crate::chat::ToolSpec;
use crate::tool::ToolOutcome;

const REASON: &str = "this program was built without MCP";

pub(super) async fn tools(
    _http: &reqwest::Client,
    server: &Server,
) -> Result<Vec<ToolSpec>, McpError> {
    std::future::ready(Err(McpError::connection(server, REASON))).await
}

pub(super) async fn call(
    _http: &reqwest::Client,
    server: &Server,
    _tool: &str,
    _input: &Value,
) -> Result<ToolOutcome, McpError> {
    std::future::ready(Err(McpError::connection(server, REASON))).await
}
