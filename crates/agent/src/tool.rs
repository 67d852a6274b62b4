//! Tools: what the model is told of them, and the few that the server itself carries out.
//!
//! No tool of the toolset runs in this process but `web_fetch`, which an operator must switch on;
//! everything else is a worker's, a client's or an MCP server's.

mod builtin;

use std::collections::HashMap;

use leasehold_model::Json;
use leasehold_model::agent::snapshot::{Family, Offer, Snapshot};
use leasehold_model::environment::config::Kind as Hosting;
use leasehold_model::event::Trouble;
use serde_json::Value;

use crate::chat::ToolSpec;

/// What the model calls a tool of an MCP server.
pub fn mcp_name(server: &str, tool: &str) -> String {
    format!("mcp__{server}__{tool}")
}

/// The tools that the server carries out, as far as the operator lets it. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct ServerTools {}

/// What the MCP servers of an agent offer, found out at the beginning of a turn.
#[derive(Debug, Default)]
pub struct Mcp {
    specs: Vec<ToolSpec>,
    /// By the model's name of a tool: its server and its name there.
    tools: HashMap<String, (String, String)>,
    troubles: Vec<Trouble>,
}

impl Mcp {
    /// The server and the tool behind a name that the model uses.
    pub fn find(&self, name: &str) -> Option<(&str, &str)> {
        self.tools.get(name).map(|(server, tool)| (server.as_str(), tool.as_str()))
    }

    /// What went wrong while they were found out.
    pub fn troubles(&self) -> &[Trouble] {
        &self.troubles
    }
}

impl ServerTools {
    /// What the model is told that it may call.
    pub fn specs(&self, agent: &Snapshot, hosting: Hosting, mcp: &Mcp) -> Vec<ToolSpec> {
        let mut specs: Vec<ToolSpec> = agent
            .offers()
            .into_iter()
            .filter(|offer| match (offer.family(), hosting) {
                (Family::Worker, Hosting::Cloud) | (Family::Server, _) => false,
                (Family::Worker, Hosting::SelfHosted) | (Family::Custom, _) => true,
            })
            .map(|offer| match offer {
                Offer::Builtin(tool, _) => builtin::spec(tool),
                Offer::Custom(custom) => ToolSpec {
                    name: custom.name.clone(),
                    description: custom.description.clone(),
                    input_schema: Value::Object(custom.input_schema.clone()),
                },
            })
            .collect();
        specs.extend(mcp.specs.iter().cloned());
        specs
    }

    /// Finds out what the MCP servers of an agent offer.
    pub async fn mcp(&self, _agent: &Snapshot) -> Mcp {
        Mcp::default()
    }

    /// Calls a tool of an MCP server; content blocks, and whether it failed.
    pub async fn call_mcp(&self, _mcp: &Mcp, server: &str, tool: &str, _: &Json) -> (Json, bool) {
        let why = format!("The MCP server '{server}' has no tool '{tool}' that can be called.");
        (Json::text(&why), true)
    }

    /// Carries out a call of a built-in tool that is the server's; content blocks, and whether it
    /// failed.
    pub async fn call(&self, _agent: &Snapshot, tool: &str, _input: &Json) -> (Json, bool) {
        let why = format!("The tool '{tool}' is not switched on on this server.");
        (Json::text(&why), true)
    }
}
