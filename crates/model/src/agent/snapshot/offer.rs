//! Which tools a model is offered, and what becomes of a call (agents §5.5, §6).

use std::borrow::Cow;

use super::Snapshot;
use crate::agent::tool::builtin::Builtin;
use crate::agent::tool::{CustomTool, McpToolset, Policy, Setting, Tool, Toolset};

pub use crate::event::Permission;

/// Who runs a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// A worker, in a self-hosted environment.
    Worker,
    /// The server.
    Server,
    /// The client.
    Custom,
}

/// A tool that the model is offered. Those of MCP servers are not among them: their servers know
/// them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer<'a> {
    /// One of the built-in tools.
    Builtin(Builtin, Family),
    /// A tool that the client runs.
    Custom(&'a CustomTool),
}

impl<'a> Offer<'a> {
    /// The name that the model and the events know it by.
    pub fn name(&self) -> &'a str {
        match self {
            Self::Builtin(tool, _) => tool.as_str(),
            Self::Custom(custom) => &custom.name,
        }
    }

    /// Who runs it.
    pub const fn family(&self) -> Family {
        match self {
            Self::Builtin(_, family) => *family,
            Self::Custom(_) => Family::Custom,
        }
    }
}

/// What becomes of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement<'a> {
    /// The tool's one name; as the model wrote it if there is no such tool.
    pub name: Cow<'a, str>,
    /// Who runs it; of a call that nobody can run, the server, which answers it with an error.
    pub family: Family,
    /// Whether it may.
    pub permission: Permission,
}

impl Setting {
    /// What becomes of a call under this setting. A tool that is not there is refused; `auto` asks,
    /// see [`Policy::Auto`].
    pub const fn permission(self) -> Permission {
        match self {
            Self { enabled: false, .. } => Permission::Deny,
            Self { policy: Policy::AlwaysAllow, .. } => Permission::Allow,
            Self { policy: Policy::AlwaysAsk | Policy::Auto, .. } => Permission::Ask,
            Self { policy: Policy::AlwaysDeny, .. } => Permission::Deny,
        }
    }
}

impl Snapshot {
    /// The built-in and custom tools that the model is offered, in the order of the list.
    pub fn offers(&self) -> Vec<Offer<'_>> {
        let mut offers = Vec::new();
        for tool in &self.tools {
            match tool {
                Tool::Builtin(toolset) => {
                    let enabled = Builtin::ALL.into_iter().filter(|t| toolset.setting(*t).enabled);
                    offers.extend(enabled.filter_map(|t| Some(Offer::Builtin(t, t.family()?))));
                }
                Tool::Custom(custom) => offers.push(Offer::Custom(custom)),
                Tool::Mcp(_) => {}
            }
        }
        offers
    }

    /// What becomes of a call of a built-in or custom tool, however the model spells it.
    pub fn judge<'a>(&self, name: &'a str) -> Judgement<'a> {
        let custom = |tool: &Tool| matches!(tool, Tool::Custom(custom) if custom.name == name);
        if self.tools.iter().any(custom) {
            return Judgement {
                name: name.into(),
                family: Family::Custom,
                permission: Permission::Allow,
            };
        }
        let known = Builtin::parse(name).and_then(|tool| Some((tool, tool.family()?)));
        match (known, self.toolset()) {
            (Some((tool, family)), Some(toolset)) => Judgement {
                name: tool.as_str().into(),
                family,
                permission: toolset.setting(tool).permission(),
            },
            (Some(_) | None, None) | (None, Some(_)) => Judgement {
                name: name.into(),
                family: Family::Server,
                permission: Permission::Deny,
            },
        }
    }

    /// What becomes of a call of a tool of an MCP server.
    pub fn judge_mcp(&self, server: &str, tool: &str) -> Permission {
        match self.mcp_toolset(server) {
            Some(toolset) => toolset.setting(tool).permission(),
            None => Permission::Deny,
        }
    }

    /// The built-in toolset, if the agent has it.
    pub fn toolset(&self) -> Option<&Toolset> {
        self.tools.iter().find_map(|tool| match tool {
            Tool::Builtin(toolset) => Some(toolset),
            Tool::Mcp(_) | Tool::Custom(_) => None,
        })
    }

    /// The toolset of an MCP server, if the agent has it.
    pub fn mcp_toolset(&self, server: &str) -> Option<&McpToolset> {
        self.tools.iter().find_map(|tool| match tool {
            Tool::Mcp(toolset) if toolset.server == server => Some(toolset),
            Tool::Mcp(_) | Tool::Builtin(_) | Tool::Custom(_) => None,
        })
    }
}
