//! Agents as dialect A writes them (agents §2 to §4).

use std::collections::BTreeMap;

use leasehold_model::agent::Agent;
use leasehold_model::agent::definition::Strictness;
use leasehold_model::agent::model_spec::{ModelSpec, Speed};
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
    vendor: "anthropic",
    lists: Lists::Unknown,
    windows: Windows::Unknown,
    policies: &[Policy::AlwaysAllow, Policy::AlwaysAsk, Policy::Auto],
    strictness: Strictness::Tidy,
    efforts: Efforts::FilledIn,
    zero: Zero::Refused,
    null_metadata: NullMetadata::Kept,
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
    /// What it is for; `null` if it was never said.
    description: Option<String>,
    model: ModelWire,
    /// The system prompt; `null` if there is none.
    system: Option<String>,
    tools: Vec<ToolWire>,
    mcp_servers: Vec<ServerWire>,
    skills: Vec<SkillWire>,
    /// Always null: a session is run by one agent here.
    #[schema(value_type = Option<Object>)]
    multiagent: Option<Value>,
    /// What its owner keeps with it.
    metadata: BTreeMap<String, String>,
    execution_identity: IdentityWire,
    /// RFC 3339, to the microsecond.
    created_at: String,
    /// When this version was written; RFC 3339, to the microsecond.
    updated_at: String,
    /// RFC 3339, to the microsecond; `null` while it is in use.
    archived_at: Option<String>,
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
    /// What it is for; `null` if it was never said.
    description: Option<String>,
    model: ModelWire,
    /// The system prompt; `null` if there is none.
    system: Option<String>,
    tools: Vec<ToolWire>,
    mcp_servers: Vec<ServerWire>,
    skills: Vec<SkillWire>,
    /// Always null: a session is run by one agent here.
    #[schema(value_type = Option<Object>)]
    multiagent: Option<Value>,
    #[schema(minimum = 1)]
    version: u32,
    execution_identity: IdentityWire,
}

/// A model and how it is used, what was left to the server filled in.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Model)]
struct ModelWire {
    id: String,
    /// Null if the model does not let itself be told.
    effort: Option<EffortWire>,
    #[schema(pattern = "^(standard|fast)$")]
    speed: &'static str,
    inference_geo: Option<String>,
}

/// How hard a model thinks.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Effort)]
struct EffortWire {
    #[schema(pattern = "^(low|medium|high|xhigh|max)$")]
    r#type: &'static str,
}

/// On whose behalf an agent acts.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ExecutionIdentity)]
struct IdentityWire {
    /// Always `service_account`.
    #[schema(pattern = "^service_account$")]
    r#type: &'static str,
}

const IDENTITY: &str = "service_account";

/// A part of a list of agents, or of the versions of one.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AgentList)]
pub(super) struct AgentList {
    pub(super) data: Vec<AgentWire>,
    /// What the next page is asked for with; null on the last one.
    pub(super) next_page: Option<String>,
}

/// An agent to be made.
#[derive(Deserialize, ToSchema)]
#[schema(as = CreateAgent)]
#[serde(deny_unknown_fields)]
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
    /// Each is named by an `mcp_toolset` of `tools`.
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
    execution_identity: Option<IdentityParams>,
}

/// What to change of an agent. Lists take the place of the stored ones.
#[derive(Deserialize, ToSchema)]
#[schema(as = UpdateAgent)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(super) struct UpdateBody {
    /// The newest version that the client knows; a conflict if there is a newer one.
    #[schema(minimum = 1)]
    version: Option<u32>,
    /// Not only space.
    #[schema(min_length = 1, max_length = 256)]
    #[serde(default)]
    name: String,
    /// An effort that is left out stays as long as the model is the same.
    model: Option<ModelParams>,
    /// Null or an empty text clears it.
    #[schema(max_length = 2048)]
    description: Option<String>,
    /// Null or an empty text clears it.
    #[schema(max_length = 100_000)]
    system: Option<String>,
    /// Null or an empty list clears them.
    #[schema(max_items = 128)]
    tools: Option<Vec<ToolParams>>,
    /// Null or an empty list clears them.
    #[schema(max_items = 20)]
    mcp_servers: Option<Vec<ServerParams>>,
    /// Null or an empty list clears them.
    #[schema(max_items = 20)]
    skills: Option<Vec<SkillParams>>,
    /// Must be null: a session is run by one agent here.
    #[schema(value_type = Option<Object>)]
    multiagent: Option<Value>,
    /// A string sets a key, null removes it.
    metadata: Option<BTreeMap<String, Option<String>>>,
    execution_identity: Option<IdentityParams>,
}

/// On whose behalf an agent acts.
#[derive(Deserialize, ToSchema)]
#[schema(as = ExecutionIdentityParams)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
struct IdentityParams {
    /// Always `service_account`.
    #[schema(pattern = "^service_account$")]
    r#type: String,
}

impl From<&Agent> for AgentWire {
    fn from(agent: &Agent) -> Self {
        let words = &agent.definition;
        Self {
            id: agent.id.to_string(),
            r#type: "agent",
            version: agent.version,
            name: words.name.clone(),
            description: words.description.clone(),
            model: (&words.model).into(),
            system: words.system.clone(),
            tools: words.tools.iter().map(|tool| ToolWire::of(tool, &MANNER)).collect(),
            mcp_servers: words.mcp_servers.iter().map(Into::into).collect(),
            skills: words.skills.iter().map(|skill| SkillWire::of(skill, &MANNER)).collect(),
            multiagent: None,
            metadata: words.metadata.map().clone(),
            execution_identity: IdentityWire { r#type: IDENTITY },
            created_at: micros_trim(agent.created_at),
            updated_at: micros_trim(agent.updated_at),
            archived_at: agent.archived_at.map(micros_trim),
        }
    }
}

impl From<&Snapshot> for SnapshotWire {
    fn from(agent: &Snapshot) -> Self {
        Self {
            id: agent.id.clone(),
            r#type: "agent",
            name: agent.name.clone(),
            description: agent.description.clone(),
            model: (&agent.model).into(),
            system: agent.system.clone(),
            tools: agent.tools.iter().map(|tool| ToolWire::of(tool, &MANNER)).collect(),
            mcp_servers: agent.mcp_servers.iter().map(Into::into).collect(),
            skills: agent.skills.iter().map(|skill| SkillWire::of(skill, &MANNER)).collect(),
            multiagent: None,
            version: agent.version,
            execution_identity: IdentityWire { r#type: IDENTITY },
        }
    }
}

impl From<&ModelSpec> for ModelWire {
    fn from(model: &ModelSpec) -> Self {
        Self {
            id: model.id.clone(),
            effort: model.effort.map(|effort| EffortWire { r#type: effort.as_str() }),
            speed: model.speed.unwrap_or(Speed::Standard).as_str(),
            inference_geo: model.inference_geo.clone(),
        }
    }
}

/// Reads the body of a create.
pub(super) fn create(
    account: AccountId,
    body: Value,
    reader: Reader<'_>,
) -> Result<CreateAgent, Invalid> {
    let mut members = Members::body(body)?;
    let definition = reader.definition(&mut members)?;
    identity(&mut members)?;
    members.finish()?;
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
    identity(&mut members)?;
    members.finish()?;
    let unsaid_effort = reader.unsaid(change.model.as_ref());
    let strictness = MANNER.strictness;
    Ok(UpdateAgent { account, agent, expected, change, unsaid_effort, strictness })
}

/// There is one identity here, and it is the default.
fn identity(members: &mut Members) -> Result<(), Invalid> {
    let Some(value) = members.take("execution_identity").filter(|value| !value.is_null()) else {
        return Ok(());
    };
    let mut members = Members::of(value, "execution_identity")?;
    if members.required_word("type")? != IDENTITY {
        return Err(Invalid::new("execution_identity.type", "must be 'service_account'"));
    }
    members.finish()
}
