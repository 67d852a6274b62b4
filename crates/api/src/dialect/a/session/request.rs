//! What dialect A's clients send to make or change a session (sessions §3, §4).

use std::collections::BTreeMap;

use leasehold_model::agent::snapshot::Overrides;
use leasehold_model::log::send::Incoming;
use leasehold_model::session::budget::Budget;
use leasehold_model::session::ops::Choice;
use leasehold_model::{Metadata, MetadataPatch};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::super::event::MANNER;
use super::budget::{self, BudgetWire};
use crate::agent::{ModelParams, Reader, ServerParams, SkillParams, ToolParams, servers};
use crate::body::{Invalid, Members};
use crate::event::incoming::{self, IncomingBody};
use crate::session::{environment, resources, title, vaults};

/// A session to be made.
#[derive(Deserialize, ToSchema)]
#[schema(as = CreateSession)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(in crate::dialect::a) struct CreateBody {
    agent: AgentBody,
    /// Where it is to run.
    #[schema(min_length = 1)]
    environment_id: String,
    #[schema(max_length = 512)]
    title: Option<String>,
    /// At most 16 keys of 64 characters with values of 512.
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    /// Messages that it is told at once; with them it runs from the beginning.
    #[schema(max_items = 50)]
    initial_events: Option<Vec<IncomingBody>>,
    /// Must be empty: this server mounts no files or repositories.
    #[schema(max_items = 0, value_type = Option<Vec<Object>>)]
    resources: Option<Vec<Value>>,
    /// Must be empty: this server keeps no vaults.
    #[schema(max_items = 0)]
    vault_ids: Option<Vec<String>>,
    /// What it may cost; only if the model has a price.
    budget: Option<BudgetWire>,
}

/// An agent: its id alone, or its id and version, or that and what the session has differently.
#[derive(Deserialize, ToSchema)]
#[schema(as = AgentParams)]
#[serde(untagged)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(in crate::dialect::a) enum AgentBody {
    /// Its newest version.
    Id(String),
    /// A certain version.
    Version(Box<AgentVersionBody>),
}

/// A version of an agent.
#[derive(Deserialize, ToSchema)]
#[schema(as = AgentVersionParams)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(in crate::dialect::a) struct AgentVersionBody {
    /// `agent`, or `agent_with_overrides`, which may have the members behind `version`.
    #[schema(pattern = "^(agent|agent_with_overrides)$")]
    r#type: String,
    id: String,
    /// The newest if absent.
    #[schema(minimum = 1)]
    version: Option<u32>,
    /// Another model, with the effort that it has by default.
    model: Option<ModelParams>,
    /// Another system prompt; null clears it.
    #[schema(max_length = 100_000)]
    system: Option<String>,
    /// Other tools.
    #[schema(max_items = 128)]
    tools: Option<Vec<ToolParams>>,
    /// Other MCP servers.
    #[schema(max_items = 20)]
    mcp_servers: Option<Vec<ServerParams>>,
    /// Other skills.
    #[schema(max_items = 20)]
    skills: Option<Vec<SkillParams>>,
}

/// What to change of a session.
#[derive(Deserialize, ToSchema)]
#[schema(as = UpdateSession)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(in crate::dialect::a) struct UpdateBody {
    /// Null clears it.
    #[schema(max_length = 512)]
    title: Option<String>,
    /// A string sets a key, null removes it.
    #[serde(default)]
    metadata: BTreeMap<String, Option<String>>,
    /// What it has differently from now on; not while it is running.
    agent: Option<AgentUpdateBody>,
    /// Another budget; null removes it. None can be added.
    budget: Option<BudgetWire>,
}

/// What a session has differently from its agent; each list replaces the present one.
#[derive(Deserialize, ToSchema)]
#[schema(as = SessionAgentUpdate)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
struct AgentUpdateBody {
    #[schema(max_items = 128)]
    tools: Option<Vec<ToolParams>>,
    #[schema(max_items = 20)]
    mcp_servers: Option<Vec<ServerParams>>,
}

/// The body of a create.
#[derive(Debug)]
pub(in crate::dialect::a) struct Create {
    /// Where the session is to run, as it was written; may name nothing.
    pub(in crate::dialect::a) environment: String,
    pub(in crate::dialect::a) agent: Choice,
    pub(in crate::dialect::a) title: Option<String>,
    pub(in crate::dialect::a) metadata: Metadata,
    pub(in crate::dialect::a) budget: Option<Budget>,
    /// What it is told at once.
    pub(in crate::dialect::a) initial_events: Vec<Incoming>,
}

/// The body of an update; what is `None` stays.
#[derive(Debug)]
pub(in crate::dialect::a) struct Update {
    pub(in crate::dialect::a) title: Option<Option<String>>,
    pub(in crate::dialect::a) metadata: Option<MetadataPatch>,
    pub(in crate::dialect::a) agent: Overrides,
    pub(in crate::dialect::a) budget: Option<Option<Budget>>,
}

/// Reads the body of a create.
pub(in crate::dialect::a) fn create(body: Value, reader: Reader<'_>) -> Result<Create, Invalid> {
    let mut members = Members::body(body)?;
    let agent = reader.choice(members.required("agent")?)?;
    let environment = environment(&mut members)?;
    let title = title(&mut members)?.flatten();
    let metadata = members.metadata()?;
    let budget = members.take("budget").map(budget::read).transpose()?.flatten();
    let initial_events = incoming::read_initial(&mut members, &MANNER)?;
    resources(&mut members)?;
    vaults(&mut members)?;
    members.finish()?;
    Ok(Create { environment, agent, title, metadata, budget, initial_events })
}

/// Reads the body of an update. `vault_ids` is refused in whatever form (sessions §4).
pub(in crate::dialect::a) fn update(body: Value, reader: Reader<'_>) -> Result<Update, Invalid> {
    let mut members = Members::body(body)?;
    let title = title(&mut members)?;
    let metadata = members.metadata_patch()?;
    if members.take("vault_ids").is_some() {
        return Err(Invalid::new("vault_ids", "must not be given: an update is not yet supported"));
    }
    let budget = members.take("budget").map(budget::read).transpose()?;
    let agent = match members.take("agent") {
        None | Some(Value::Null) => Overrides::default(),
        Some(change) => {
            let mut members = Members::of(change, "agent")?;
            let (tools, mcp_servers) = (reader.tools(&mut members)?, servers(&mut members)?);
            members.finish()?;
            Overrides { tools, mcp_servers, ..Overrides::default() }
        }
    };
    members.finish()?;
    Ok(Update { title, metadata, agent, budget })
}

#[cfg(test)]
mod tests;
