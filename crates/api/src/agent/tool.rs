//! Tools: what a client writes, and the resolved form that it is shown (agents §5).

mod read;
mod shown;
mod web;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

pub(super) use read::read;
use web::{UserLocationParams, UserLocationWire};

/// A tool of an agent, with every default filled in.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AgentTool)]
#[serde(tag = "type")]
pub(crate) enum ToolWire {
    /// The built-in tools.
    #[serde(rename = "agent_toolset_20260401")]
    #[schema(title = "AgentToolset")]
    Builtin {
        default_config: SettingWire,
        configs: Vec<ConfigWire>,
        /// If there are any, no other tool is offered.
        #[serde(skip_serializing_if = "Option::is_none")]
        enabled_tools: Option<Vec<String>>,
        /// Never offered.
        #[serde(skip_serializing_if = "Option::is_none")]
        disallowed_tools: Option<Vec<String>>,
    },
    /// The tools of an MCP server.
    #[serde(rename = "mcp_toolset")]
    #[schema(title = "McpToolset")]
    Mcp { mcp_server_name: String, default_config: SettingWire, configs: Vec<McpConfigWire> },
    /// A tool that the client runs.
    #[serde(rename = "custom")]
    #[schema(title = "CustomTool")]
    Custom {
        name: String,
        description: String,
        /// A JSON schema of an object.
        #[schema(value_type = Object)]
        input_schema: Map<String, Value>,
    },
}

/// Whether a tool is offered, and who must agree to a call.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = ToolSetting)]
pub(crate) struct SettingWire {
    enabled: bool,
    permission_policy: PolicyWire,
}

/// Who must agree to a call.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = PermissionPolicy)]
pub(crate) struct PolicyWire {
    /// `always_allow`, `always_ask`, `always_deny` or `auto`.
    #[schema(pattern = "^(always_allow|always_ask|always_deny|auto)$")]
    r#type: &'static str,
}

/// The configuration of a built-in tool.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ToolConfig)]
pub(crate) struct ConfigWire {
    /// The tool's one name.
    r#type: &'static str,
    /// The tool's name.
    name: String,
    #[serde(flatten)]
    setting: SettingWire,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_domains: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked_domains: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_content_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    url_sources: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_location: Option<UserLocationWire>,
}

/// The configuration of a tool of an MCP server.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = McpToolConfig)]
pub(crate) struct McpConfigWire {
    name: String,
    #[serde(flatten)]
    setting: SettingWire,
}

/// A tool, as a client writes it.
#[derive(Deserialize, ToSchema)]
#[schema(as = AgentToolParams)]
#[serde(tag = "type")]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(crate) enum ToolParams {
    /// The built-in tools.
    #[serde(rename = "agent_toolset_20260401")]
    #[schema(title = "AgentToolsetParams")]
    Builtin {
        /// Of tools that `configs` does not name.
        default_config: Option<SettingParams>,
        configs: Option<Vec<ConfigParams>>,
        /// If there are any, no other tool is offered. Dialect Q alone.
        enabled_tools: Option<Vec<String>>,
        /// Never offered. Dialect Q alone.
        disallowed_tools: Option<Vec<String>>,
    },
    /// The tools of an MCP server.
    #[serde(rename = "mcp_toolset")]
    #[schema(title = "McpToolsetParams")]
    Mcp {
        /// The name of one of `mcp_servers`.
        #[schema(min_length = 1, max_length = 255)]
        mcp_server_name: String,
        /// Of tools that `configs` does not name.
        default_config: Option<SettingParams>,
        configs: Option<Vec<McpConfigParams>>,
    },
    /// A tool that the client runs.
    #[serde(rename = "custom")]
    #[schema(title = "CustomToolParams")]
    Custom {
        #[schema(pattern = "^[A-Za-z0-9_-]{1,128}$")]
        name: String,
        #[schema(min_length = 1)]
        description: String,
        /// A JSON schema of an object.
        #[schema(value_type = Object)]
        input_schema: Value,
    },
}

/// Whether a tool is offered, and who must agree; what is absent is left to the default.
#[derive(Deserialize, ToSchema)]
#[schema(as = ToolSettingParams)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(crate) struct SettingParams {
    enabled: Option<bool>,
    permission_policy: Option<PolicyParams>,
}

/// Who must agree to a call.
#[derive(Deserialize, ToSchema)]
#[schema(as = PermissionPolicyParams)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(crate) struct PolicyParams {
    /// `always_allow`, `always_ask`, `always_deny` (dialect Q alone) or `auto`.
    #[schema(pattern = "^(always_allow|always_ask|always_deny|auto)$")]
    r#type: String,
}

/// The configuration of a built-in tool.
#[derive(Deserialize, ToSchema)]
#[schema(as = ToolConfigParams)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(crate) struct ConfigParams {
    /// The tool's name, in any of its spellings.
    name: String,
    /// The same as the name, if it is there.
    r#type: Option<String>,
    enabled: Option<bool>,
    permission_policy: Option<PolicyParams>,
    /// Of `web_fetch` and `web_search`: these hosts alone.
    #[schema(min_items = 1, max_items = 64)]
    allowed_domains: Option<Vec<String>>,
    /// Of `web_fetch` and `web_search`: not these hosts.
    #[schema(min_items = 1, max_items = 64)]
    blocked_domains: Option<Vec<String>>,
    /// Of `web_fetch`: how much text of one page.
    #[schema(minimum = 1)]
    max_content_tokens: Option<u64>,
    /// Of `web_fetch`: where its addresses may come from.
    #[schema(value_type = Option<Object>)]
    url_sources: Option<Value>,
    /// Of `web_search`: where the user is, roughly.
    user_location: Option<UserLocationParams>,
}

/// The configuration of a tool of an MCP server.
#[derive(Deserialize, ToSchema)]
#[schema(as = McpToolConfigParams)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(crate) struct McpConfigParams {
    #[schema(min_length = 1, max_length = 128)]
    name: String,
    enabled: Option<bool>,
    permission_policy: Option<PolicyParams>,
}
