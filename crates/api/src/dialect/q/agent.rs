//! Agents as dialect Q writes them (agents §2 to §4).

use std::collections::BTreeMap;

use leasehold_model::agent::Agent;
use leasehold_model::agent::definition::Strictness;
use leasehold_model::agent::model_spec::ModelSpec;
use leasehold_model::agent::ops::{CreateAgent, UpdateAgent};
use leasehold_model::agent::snapshot::Snapshot;
use leasehold_model::agent::tool::Policy;
use leasehold_model::{AccountId, AgentId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::agent::{
    Efforts, Lists, Manner, ModelParams, NullMetadata, Reader, ServerParams, ServerWire,
    SkillParams, SkillWire, ToolParams, ToolWire, Windows, Zero,
};
use crate::body::{Invalid, Members};
use crate::time::micros_trim;

/// How this dialect writes agents.
pub(super) static MANNER: Manner = Manner {
    vendor: "qoder",
    lists: Lists::Known,
    windows: Windows::Known,
    policies: &Policy::ALL,
    strictness: Strictness::Bounds,
    efforts: Efforts::AsSaid,
    zero: Zero::Newest,
    null_metadata: NullMetadata::Refused,
};

/// An agent, in one of its versions.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Agent)]
pub(super) struct AgentWire {
    /// `agent_` and 32 hexadecimal digits.
    id: String,
    /// Always `agent`.
    #[schema(pattern = "^agent$")]
    r#type: &'static str,
    /// From 1, and one more with each change.
    #[schema(minimum = 1)]
    version: u32,
    name: String,
    /// Empty if it was never said.
    description: String,
    model: ModelWire,
    /// The system prompt; empty if there is none.
    system: String,
    tools: Vec<ToolWire>,
    mcp_servers: Vec<ServerWire>,
    skills: Vec<SkillWire>,
    /// Always null: a session is run by one agent here.
    #[schema(value_type = Option<Object>)]
    multiagent: Option<Value>,
    /// What its owner keeps with it.
    metadata: BTreeMap<String, String>,
    /// RFC 3339, to the microsecond; `null` while it is in use.
    archived_at: Option<String>,
    /// RFC 3339, to the microsecond.
    created_at: String,
    /// When this version was written; RFC 3339, to the microsecond.
    updated_at: String,
}

/// What a session holds of its agent.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SessionAgent)]
pub(super) struct SnapshotWire {
    id: String,
    /// Always `agent`.
    #[schema(pattern = "^agent$")]
    r#type: &'static str,
    name: String,
    /// Empty if it was never said.
    description: String,
    model: ModelWire,
    /// The system prompt; empty if there is none.
    system: String,
    tools: Vec<ToolWire>,
    mcp_servers: Vec<ServerWire>,
    skills: Vec<SkillWire>,
    /// Always null: a session is run by one agent here.
    #[schema(value_type = Option<Object>)]
    multiagent: Option<Value>,
    #[schema(minimum = 1)]
    version: u32,
}

/// A model: its id alone, or its id and how it is used.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Model)]
#[serde(untagged)]
enum ModelWire {
    /// The model as it is.
    #[schema(title = "PlainModel")]
    Id(String),
    /// The model and how it is used.
    #[schema(title = "ConfiguredModel")]
    Config(ConfigWire),
}

/// A model and how it is used; what was not said is absent.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ModelConfig)]
struct ConfigWire {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(low|medium|high|xhigh|max)$")]
    effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context_window: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(standard|fast)$")]
    speed: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inference_geo: Option<String>,
}

/// A part of a list of agents, or of the versions of one.
#[derive(Serialize, ToSchema)]
#[schema(as = AgentList)]
pub(super) struct AgentList {
    pub(super) data: Vec<AgentWire>,
    pub(super) next_page: Option<String>,
    pub(super) first_id: Option<String>,
    pub(super) last_id: Option<String>,
    pub(super) has_more: bool,
}

/// An agent to be made.
#[derive(Deserialize, ToSchema)]
#[schema(as = CreateAgent)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(super) struct CreateBody {
    /// Not only space.
    #[schema(min_length = 1, max_length = 256)]
    name: String,
    model: ModelParams,
    /// What it is for.
    #[schema(max_length = 2048)]
    description: Option<String>,
    /// The system prompt.
    #[schema(max_length = 100_000)]
    system: Option<String>,
    /// Without any, the model is offered none.
    #[schema(max_items = 128)]
    tools: Option<Vec<ToolParams>>,
    #[schema(max_items = 20)]
    mcp_servers: Option<Vec<ServerParams>>,
    #[schema(max_items = 20)]
    skills: Option<Vec<SkillParams>>,
    /// Must be null: a session is run by one agent here.
    #[schema(value_type = Option<Object>)]
    multiagent: Option<Value>,
    /// At most 16 keys of 64 characters with values of 512.
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

/// What to change of an agent. Lists take the place of the stored ones.
#[derive(Deserialize, ToSchema)]
#[schema(as = UpdateAgent)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(super) struct UpdateBody {
    /// The newest version that the client knows; a conflict if there is a newer one.
    #[schema(minimum = 1)]
    version: Option<u32>,
    #[schema(min_length = 1, max_length = 256, nullable = false)]
    name: Option<String>,
    model: Option<ModelParams>,
    /// `null` or an empty text clears it.
    #[schema(max_length = 2048)]
    description: Option<String>,
    /// `null` or an empty text clears it.
    #[schema(max_length = 100_000)]
    system: Option<String>,
    /// `null` or an empty list clears them.
    #[schema(max_items = 128)]
    tools: Option<Vec<ToolParams>>,
    /// `null` or an empty list clears them.
    #[schema(max_items = 20)]
    mcp_servers: Option<Vec<ServerParams>>,
    /// `null` or an empty list clears them.
    #[schema(max_items = 20)]
    skills: Option<Vec<SkillParams>>,
    /// Must be null: a session is run by one agent here.
    #[schema(value_type = Option<Object>)]
    multiagent: Option<Value>,
    /// A string sets a key, `null` removes it.
    #[serde(default)]
    metadata: BTreeMap<String, Option<String>>,
}

impl From<&Agent> for AgentWire {
    fn from(agent: &Agent) -> Self {
        let words = &agent.definition;
        Self {
            id: agent.id.to_string(),
            r#type: "agent",
            version: agent.version,
            name: words.name.clone(),
            description: words.description.clone().unwrap_or_default(),
            model: (&words.model).into(),
            system: words.system.clone().unwrap_or_default(),
            tools: words.tools.iter().map(|tool| ToolWire::of(tool, &MANNER)).collect(),
            mcp_servers: words.mcp_servers.iter().map(Into::into).collect(),
            skills: words.skills.iter().map(|skill| SkillWire::of(skill, &MANNER)).collect(),
            multiagent: None,
            metadata: words.metadata.map().clone(),
            archived_at: agent.archived_at.map(micros_trim),
            created_at: micros_trim(agent.created_at),
            updated_at: micros_trim(agent.updated_at),
        }
    }
}

impl From<&Snapshot> for SnapshotWire {
    fn from(agent: &Snapshot) -> Self {
        Self {
            id: agent.id.clone(),
            r#type: "agent",
            name: agent.name.clone(),
            description: agent.description.clone().unwrap_or_default(),
            model: (&agent.model).into(),
            system: agent.system.clone().unwrap_or_default(),
            tools: agent.tools.iter().map(|tool| ToolWire::of(tool, &MANNER)).collect(),
            mcp_servers: agent.mcp_servers.iter().map(Into::into).collect(),
            skills: agent.skills.iter().map(|skill| SkillWire::of(skill, &MANNER)).collect(),
            multiagent: None,
            version: agent.version,
        }
    }
}

impl From<&ModelSpec> for ModelWire {
    fn from(model: &ModelSpec) -> Self {
        if model.is_plain() {
            return Self::Id(model.id.clone());
        }
        Self::Config(ConfigWire {
            id: model.id.clone(),
            effort: model.effort.map(leasehold_model::agent::model_spec::Effort::as_str),
            context_window: model.context_window,
            speed: model.speed.map(leasehold_model::agent::model_spec::Speed::as_str),
            inference_geo: model.inference_geo.clone(),
        })
    }
}

/// Reads the body of a create.
pub(super) fn create(
    account: AccountId,
    body: Value,
    reader: Reader<'_>,
) -> Result<CreateAgent, Invalid> {
    let definition = reader.definition(&mut Members::body(body)?)?;
    Ok(CreateAgent { account, definition, strictness: MANNER.strictness })
}

/// Reads the body of an update.
pub(super) fn update(
    account: AccountId,
    agent: AgentId,
    body: Value,
    reader: Reader<'_>,
) -> Result<UpdateAgent, Invalid> {
    let mut members = Members::body(body)?;
    let expected = reader.version(&mut members)?;
    let change = reader.change(&mut members)?;
    let unsaid_effort = reader.unsaid(change.model.as_ref());
    let strictness = MANNER.strictness;
    Ok(UpdateAgent { account, agent, expected, change, unsaid_effort, strictness })
}
