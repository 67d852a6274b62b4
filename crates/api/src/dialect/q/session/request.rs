//! What dialect Q's clients send about sessions (sessions §3, §4).

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
use super::variables;
use crate::agent::{ModelParams, Reader, ServerParams, SkillParams, ToolParams};
use crate::body::{Invalid, Members};
use crate::event::incoming::{self, IncomingBody};
use crate::session::{environment, resources, title, vaults};

/// A session to be made.
#[derive(Deserialize, ToSchema)]
#[schema(as = CreateSession)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(in crate::dialect::q) struct CreateBody {
    agent: AgentBody,
    /// Where it is to run.
    #[schema(min_length = 1)]
    environment_id: String,
    #[schema(max_length = 512)]
    title: Option<String>,
    /// At most 16 keys of 64 characters with values of 512.
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    /// What its sandbox finds in its environment: an object, or `NAME=value` in lines. Not in a
    /// self-hosted environment.
    #[schema(value_type = Option<Object>)]
    environment_variables: Option<Value>,
    /// What it may cost; only if the model has a price.
    budget: Option<BudgetWire>,
    /// Messages that it is told at once; with them it runs from the beginning.
    #[schema(max_items = 50)]
    initial_events: Option<Vec<IncomingBody>>,
}

/// An agent: its id alone, or its id and version, or that and what the session has differently.
#[derive(Deserialize, ToSchema)]
#[schema(as = SessionAgentParams)]
#[serde(untagged)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
enum AgentBody {
    /// The newest version of this agent.
    #[schema(title = "AgentId")]
    Id(String),
    /// A version of an agent.
    #[schema(title = "AgentVersion")]
    Version(Box<AgentVersionBody>),
}

/// A version of an agent; without a number, or with 0, the newest.
#[derive(Deserialize, ToSchema)]
#[schema(as = SessionAgentVersionParams)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
struct AgentVersionBody {
    /// `agent`, or `agent_with_overrides`, which may have the members behind `version`.
    #[schema(pattern = "^(agent|agent_with_overrides)$")]
    r#type: String,
    id: String,
    #[schema(minimum = 0)]
    version: Option<u32>,
    /// Another model.
    model: Option<ModelParams>,
    /// Another system prompt; `null` clears it.
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
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(in crate::dialect::q) struct UpdateBody {
    /// `null` clears it.
    #[schema(max_length = 512)]
    title: Option<String>,
    /// A string sets a key, `null` removes it.
    #[serde(default)]
    metadata: BTreeMap<String, Option<String>>,
    /// What it has differently from now on; not while it is running.
    agent: Option<AgentUpdateBody>,
    /// Takes the place of the stored ones.
    #[schema(value_type = Option<Object>)]
    environment_variables: Option<Value>,
    /// Another budget; `null` removes it. None can be added.
    budget: Option<BudgetWire>,
}

/// What a session has differently from its agent; each member replaces as a whole.
#[derive(Deserialize, ToSchema)]
#[schema(as = SessionAgentUpdate)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
struct AgentUpdateBody {
    model: Option<ModelParams>,
    /// `null` clears it.
    #[schema(max_length = 100_000)]
    system: Option<String>,
    #[schema(max_items = 128)]
    tools: Option<Vec<ToolParams>>,
    #[schema(max_items = 20)]
    mcp_servers: Option<Vec<ServerParams>>,
    #[schema(max_items = 20)]
    skills: Option<Vec<SkillParams>>,
}

/// The body of a create.
#[derive(Debug)]
pub(in crate::dialect::q) struct Create {
    /// Where the session is to run, as it was written; may name nothing.
    pub(in crate::dialect::q) environment: String,
    pub(in crate::dialect::q) agent: Choice,
    pub(in crate::dialect::q) title: Option<String>,
    pub(in crate::dialect::q) metadata: Metadata,
    pub(in crate::dialect::q) environment_variables: BTreeMap<String, String>,
    pub(in crate::dialect::q) budget: Option<Budget>,
    /// What it is told at once.
    pub(in crate::dialect::q) initial_events: Vec<Incoming>,
}

/// The body of an update; what is `None` stays.
#[derive(Debug)]
pub(in crate::dialect::q) struct Update {
    pub(in crate::dialect::q) title: Option<Option<String>>,
    pub(in crate::dialect::q) metadata: Option<MetadataPatch>,
    pub(in crate::dialect::q) agent: Overrides,
    pub(in crate::dialect::q) environment_variables: Option<BTreeMap<String, String>>,
    pub(in crate::dialect::q) budget: Option<Option<Budget>>,
}

/// Reads the body of a create.
pub(in crate::dialect::q) fn create(body: Value, reader: Reader<'_>) -> Result<Create, Invalid> {
    let mut members = Members::body(body)?;
    let agent = reader.choice(members.required("agent")?)?;
    let environment = environment(&mut members)?;
    let title = title(&mut members)?.flatten();
    let metadata = members.metadata()?;
    let environment_variables = variables::read(&mut members)?.unwrap_or_default();
    let budget = members.take("budget").map(budget::read).transpose()?.flatten();
    let initial_events = incoming::read_initial(&mut members, &MANNER)?;
    resources(&mut members)?;
    vaults(&mut members)?;
    Ok(Create {
        environment,
        agent,
        title,
        metadata,
        environment_variables,
        budget,
        initial_events,
    })
}

/// Reads the body of an update. No vault is kept here, so the list of them can only stay empty.
pub(in crate::dialect::q) fn update(body: Value, reader: Reader<'_>) -> Result<Update, Invalid> {
    let mut members = Members::body(body)?;
    let title = title(&mut members)?;
    let metadata = members.metadata_patch()?;
    let agent = match members.take("agent") {
        None | Some(Value::Null) => Overrides::default(),
        Some(agent) => {
            let mut members = Members::of(agent, "agent")?;
            let overrides = reader.overrides(&mut members)?;
            members.finish()?;
            overrides
        }
    };
    let environment_variables = variables::read(&mut members)?;
    let budget = members.take("budget").map(budget::read).transpose()?;
    vaults(&mut members)?;
    Ok(Update { title, metadata, agent, environment_variables, budget })
}

#[cfg(test)]
mod tests;
