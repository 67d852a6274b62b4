//! The tools of an agent: the built-in toolset, toolsets of MCP servers, and tools that a client
//! runs itself (agents §5).
//!
//! What a tool does is not known here; who runs it and who must agree is.

pub mod builtin;
pub mod web;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use builtin::{Builtin, ToolName};
use web::{WebFetch, WebSearch};

/// An entry of an agent's list of tools.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Tool {
    /// The built-in tools.
    Builtin(Toolset),
    /// The tools of an MCP server.
    Mcp(McpToolset),
    /// A tool that the client runs.
    Custom(CustomTool),
}

/// Whether a tool is there, and who must agree to a call of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// Whether the model is offered it.
    pub enabled: bool,
    /// Who must agree.
    pub policy: Policy,
}

/// A setting as far as it was said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Whether the model is offered the tool.
    pub enabled: Option<bool>,
    /// Who must agree.
    pub policy: Option<Policy>,
}

impl Said {
    /// The setting, where `default` says what was left open (agents §6).
    pub fn over(self, default: Setting) -> Setting {
        Setting {
            enabled: self.enabled.unwrap_or(default.enabled),
            policy: self.policy.unwrap_or(default.policy),
        }
    }
}

/// Who must agree to a call (agents §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Nobody: it runs at once.
    AlwaysAllow,
    /// The client, each time.
    AlwaysAsk,
    /// Nobody can: it never runs (Q).
    AlwaysDeny,
    /// The server judges each call. This server has no judge of its own, so it asks the client:
    /// whatever it could have allowed, a person sees first.
    Auto,
}

impl Policy {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::AlwaysAllow, Self::AlwaysAsk, Self::AlwaysDeny, Self::Auto];

    /// The wire's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AlwaysAllow => "always_allow",
            Self::AlwaysAsk => "always_ask",
            Self::AlwaysDeny => "always_deny",
            Self::Auto => "auto",
        }
    }

    /// Reads the wire's word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.as_str() == word)
    }
}

/// The built-in toolset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Toolset {
    /// Of tools that are not configured.
    pub default: Setting,
    /// Of single tools, resolved.
    pub configs: Vec<ToolConfig>,
    /// If there are any, no other tool is offered (Q).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub enabled_tools: Vec<ToolName>,
    /// Never offered (Q).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disallowed_tools: Vec<ToolName>,
}

/// The configuration of one built-in tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolConfig {
    /// Which tool.
    pub name: ToolName,
    /// Its setting.
    pub setting: Setting,
    /// What only some tools have.
    #[serde(default, skip_serializing_if = "Extra::is_none")]
    pub extra: Extra,
}

/// What only some tools have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extra {
    /// Nothing.
    #[default]
    None,
    /// Of `web_fetch`.
    WebFetch(WebFetch),
    /// Of `web_search`.
    WebSearch(WebSearch),
}

impl Extra {
    const fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

impl Toolset {
    /// The setting of a built-in toolset that says nothing.
    pub const DEFAULT: Setting = Setting { enabled: true, policy: Policy::AlwaysAllow };

    /// The configuration of a tool, if it has one.
    pub fn config(&self, tool: Builtin) -> Option<&ToolConfig> {
        self.configs.iter().find(|config| config.name.tool() == tool)
    }

    /// A tool's setting, the lists of names taken in.
    pub fn setting(&self, tool: Builtin) -> Setting {
        let setting = self.config(tool).map_or(self.default, |config| config.setting);
        let listed = |names: &[ToolName]| names.iter().any(|name| name.tool() == tool);
        let named = self.enabled_tools.is_empty() || listed(&self.enabled_tools);
        let enabled = setting.enabled && named && !listed(&self.disallowed_tools);
        Setting { enabled, ..setting }
    }
}

/// The tools of one MCP server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct McpToolset {
    /// The server, as the agent's list of servers calls it.
    pub server: String,
    /// Of tools that are not configured.
    pub default: Setting,
    /// Of single tools, resolved.
    pub configs: Vec<McpToolConfig>,
}

/// The configuration of one tool of an MCP server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct McpToolConfig {
    /// Which tool, as the server calls it.
    pub name: String,
    /// Its setting.
    pub setting: Setting,
}

impl McpToolset {
    /// The setting of an MCP toolset that says nothing: what a stranger's server offers is asked for
    /// (agents §5.2).
    pub const DEFAULT: Setting = Setting { enabled: true, policy: Policy::AlwaysAsk };

    /// A tool's setting.
    pub fn setting(&self, tool: &str) -> Setting {
        let config = self.configs.iter().find(|config| config.name == tool);
        config.map_or(self.default, |config| config.setting)
    }
}

/// An MCP server: where it is. Its credential comes from a vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct McpServer {
    /// What toolsets call it.
    pub name: String,
    /// Where it listens for streamable HTTP.
    pub url: String,
}

/// A tool that the client runs. No policy holds for it: the client is asked anyway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomTool {
    /// What the model calls it.
    pub name: String,
    /// What the model is told about it.
    pub description: String,
    /// A JSON schema of an object, as the client wrote it.
    pub input_schema: Map<String, Value>,
}
