//! What the model of one turn may call, and how the server carries out its own part of it.
//!
//! Filled at the beginning of a turn, since only MCP servers know what they offer. A server that
//! does not answer costs its tools and not the turn; the log tells why.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use futures_util::future::join_all;
use leasehold_model::Json;
use leasehold_model::agent::snapshot::{Family, Offer, Snapshot};
use leasehold_model::agent::tool::builtin::Builtin;
use leasehold_model::agent::tool::{Extra, Tool};
use leasehold_model::environment::config::Kind as Hosting;
use leasehold_model::event::{Kind, Retry, Trouble, TroubleClass};
use serde_json::Value;

use crate::chat::{Outcome, ToolSpec};
use crate::tool::mcp::{McpError, Server};
use crate::tool::web_fetch::Limits;
use crate::tool::{ServerTools, ToolOutcome, builtin};

/// The most characters of a tool's name that every provider takes.
const MAX_NAME_CHARS: usize = 64;

/// What the model calls a tool of an MCP server: letters, digits, `_` and `-` alone, since providers
/// take nothing else. A name that is too long ends with a digest of the whole.
pub fn mcp_name(server: &str, tool: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let name: String = format!("mcp__{server}__{tool}").chars().map(plain).collect();
    if name.len() <= MAX_NAME_CHARS {
        return name;
    }
    let mut digest = DefaultHasher::new();
    (server, tool).hash(&mut digest);
    let beginning: String = name.chars().take(MAX_NAME_CHARS - 17).collect();
    format!("{beginning}_{:016x}", digest.finish())
}

/// The tools of one turn.
pub struct Toolbox {
    tools: Arc<ServerTools>,
    specs: Vec<ToolSpec>,
    servers: HashMap<String, Server>,
    /// By the model's name of a tool: its server and its name there.
    of_servers: HashMap<String, (String, String)>,
    troubles: Vec<Trouble>,
}

impl Toolbox {
    /// Finds out what an agent may call.
    pub async fn fill(tools: Arc<ServerTools>, agent: &Snapshot, hosting: Hosting) -> Self {
        let mut toolbox = Self {
            specs: specs(&tools, agent, hosting),
            tools,
            servers: HashMap::new(),
            of_servers: HashMap::new(),
            troubles: Vec::new(),
        };
        let asked = named_servers(agent).into_iter().map(|server| {
            let tools = Arc::clone(&toolbox.tools);
            async move { (tools.mcp_tools(&server).await, server) }
        });
        for (offered, server) in join_all(asked).await {
            toolbox.take(agent, server, offered);
        }
        toolbox
    }

    /// What the model is told.
    pub fn specs(&self) -> Vec<ToolSpec> {
        self.specs.clone()
    }

    /// What went wrong while it was found out.
    pub fn troubles(&self) -> &[Trouble] {
        &self.troubles
    }

    /// The MCP server and the tool behind a name that the model uses.
    pub fn find(&self, name: &str) -> Option<(&str, &str)> {
        self.of_servers.get(name).map(|(server, tool)| (server.as_str(), tool.as_str()))
    }

    /// Carries out a call that is the server's own: content blocks, and whether it failed.
    pub async fn carry_out(&self, agent: &Snapshot, call: &Kind) -> (Json, bool) {
        let outcome = if let Kind::AgentMcpToolUse { server, used } = call {
            self.call_server(server, &used.name, &used.input.value()).await
        } else if let Kind::AgentToolUse(used) = call {
            match Builtin::parse(&used.name) {
                Some(Builtin::WebFetch) => {
                    self.tools.web_fetch(&used.input.value(), &limits(agent)).await
                }
                Some(Builtin::WebSearch) => self.tools.web_search(),
                Some(_) | None => ToolOutcome::error("The server does not run this tool."),
            }
        } else {
            ToolOutcome::error("The server does not carry out this call.")
        };
        (Json::of(&outcome.content), outcome.outcome == Outcome::Error)
    }

    async fn call_server(&self, server: &str, tool: &str, input: &Value) -> ToolOutcome {
        let Some(server) = self.servers.get(server) else {
            return ToolOutcome::error(&format!("The MCP server '{server}' does not answer."));
        };
        match self.tools.mcp_call(server, tool, input).await {
            Ok(outcome) => outcome,
            Err(error) => ToolOutcome::error(&error.to_string()),
        }
    }

    fn take(&mut self, agent: &Snapshot, server: Server, offered: Result<Vec<ToolSpec>, McpError>) {
        match offered {
            Ok(offered) => {
                for spec in offered {
                    let enabled = agent
                        .mcp_toolset(&server.name)
                        .is_some_and(|toolset| toolset.setting(&spec.name).enabled);
                    if enabled {
                        let name = mcp_name(&server.name, &spec.name);
                        self.of_servers.insert(name.clone(), (server.name.clone(), spec.name));
                        self.specs.push(ToolSpec { name, ..spec });
                    }
                }
                self.servers.insert(server.name.clone(), server);
            }
            Err(error) => self.troubles.push(trouble(error)),
        }
    }
}

/// The built-in and custom tools. What nobody could carry out is not offered.
fn specs(tools: &ServerTools, agent: &Snapshot, hosting: Hosting) -> Vec<ToolSpec> {
    let offers = agent.offers().into_iter().filter(|offer| match (offer.family(), hosting) {
        (Family::Worker, Hosting::Cloud) => false,
        (Family::Server, _) => offer.name() == "web_fetch" && tools.fetches(),
        (Family::Worker, Hosting::SelfHosted) | (Family::Custom, _) => true,
    });
    offers
        .filter_map(|offer| match offer {
            Offer::Builtin(tool, _) => builtin::spec(tool.as_str()),
            Offer::Custom(custom) => Some(ToolSpec {
                name: custom.name.clone(),
                description: custom.description.clone(),
                input_schema: Value::Object(custom.input_schema.clone()),
            }),
        })
        .collect()
}

/// The servers that a toolset of the agent names.
fn named_servers(agent: &Snapshot) -> Vec<Server> {
    let named = |name: &str| {
        agent.tools.iter().any(|tool| match tool {
            Tool::Mcp(toolset) => toolset.server == name,
            Tool::Builtin(_) | Tool::Custom(_) => false,
        })
    };
    let servers = agent.mcp_servers.iter().filter(|server| named(&server.name));
    servers
        .map(|server| Server { name: server.name.clone(), url: server.url.clone(), token: None })
        .collect()
}

fn limits(agent: &Snapshot) -> Limits {
    let config = agent.toolset().and_then(|toolset| toolset.config(Builtin::WebFetch));
    match config.map(|config| &config.extra) {
        Some(Extra::WebFetch(web)) => Limits {
            allowed_domains: web.domains.allowed.clone(),
            blocked_domains: web.domains.blocked.clone(),
            max_content_tokens: web.max_content_tokens,
        },
        Some(Extra::None | Extra::WebSearch(_)) | None => Limits::default(),
    }
}

fn trouble(error: McpError) -> Trouble {
    let message = error.to_string();
    let class = match error {
        McpError::Connection { server, .. } => TroubleClass::McpConnectionFailed { server },
        McpError::Authentication { server } => TroubleClass::McpAuthenticationFailed { server },
    };
    Trouble { class, message, retry: Retry::Retrying }
}

#[cfg(test)]
mod tests;
