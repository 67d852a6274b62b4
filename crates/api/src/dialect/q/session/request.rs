//! What dialect Q's clients send about sessions (sessions §3, §4).

use std::collections::BTreeMap;

use leasehold_model::session::{AgentRef, MAX_TITLE_CHARS};
use leasehold_model::{Metadata, MetadataPatch};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::body::{Invalid, Members};

/// The most characters of an agent's id behind its prefix.
const MAX_AGENT_CHARS: usize = 64;
const AGENT_PREFIX: &str = "agent_";

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
}

/// An agent: its id alone, or its id and version.
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
    Version(AgentVersionBody),
}

/// A version of an agent; without a number, or with 0, the newest.
#[derive(Deserialize, ToSchema)]
#[schema(as = SessionAgentVersionParams)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
struct AgentVersionBody {
    /// Always `agent`.
    #[schema(pattern = "^agent$")]
    r#type: String,
    #[schema(pattern = "^agent_[A-Za-z0-9_-]{1,64}$")]
    id: String,
    #[schema(minimum = 0)]
    version: Option<u32>,
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
}

/// The body of a create.
#[derive(Debug)]
pub(in crate::dialect::q) struct Create {
    /// Where the session is to run, as it was written; may name nothing.
    pub(in crate::dialect::q) environment: String,
    pub(in crate::dialect::q) agent: AgentRef,
    pub(in crate::dialect::q) title: Option<String>,
    pub(in crate::dialect::q) metadata: Metadata,
}

/// The body of an update; what is `None` stays.
#[derive(Debug)]
pub(in crate::dialect::q) struct Update {
    pub(in crate::dialect::q) title: Option<Option<String>>,
    pub(in crate::dialect::q) metadata: Option<MetadataPatch>,
}

/// Reads the body of a create.
pub(in crate::dialect::q) fn create(body: Value) -> Result<Create, Invalid> {
    let mut members = Members::body(body)?;
    let agent = agent(members.required("agent")?)?;
    let environment = match members.required("environment_id")?.as_str() {
        Some(id) if !id.is_empty() => id.to_owned(),
        Some(_) | None => {
            return Err(Invalid::new("environment_id", "must be a non-empty string"));
        }
    };
    let title = members.take("title").as_ref().map(title).transpose()?.flatten();
    let metadata = members.metadata()?;
    refuse_unsupported(&mut members)?;
    Ok(Create { environment, agent, title, metadata })
}

/// Reads the body of an update.
pub(in crate::dialect::q) fn update(body: Value) -> Result<Update, Invalid> {
    let mut members = Members::body(body)?;
    let title = members.take("title").as_ref().map(title).transpose()?;
    let metadata = members.metadata_patch()?;
    if members.take("agent").is_some_and(|agent| !agent.is_null()) {
        return Err(Invalid::new("agent", "cannot be changed: agents are not kept here"));
    }
    refuse_unsupported(&mut members)?;
    Ok(Update { title, metadata })
}

/// What this server keeps nothing for may be absent, `null` or empty.
fn refuse_unsupported(members: &mut Members) -> Result<(), Invalid> {
    for name in ["initial_events", "resources", "vault_ids", "budget", "environment_variables"] {
        let empty = match members.take(name) {
            None | Some(Value::Null) => true,
            Some(Value::Array(items)) => items.is_empty(),
            Some(Value::Object(map)) => map.is_empty() && name != "budget",
            Some(Value::String(text)) => text.is_empty() && name == "environment_variables",
            Some(Value::Bool(_) | Value::Number(_)) => false,
        };
        if !empty {
            return Err(Invalid::new(name, "must be empty: this server does not support it"));
        }
    }
    Ok(())
}

fn title(value: &Value) -> Result<Option<String>, Invalid> {
    if value.is_null() {
        return Ok(None);
    }
    let Some(title) = value.as_str() else {
        return Err(Invalid::new("title", "must be a string or null"));
    };
    if title.chars().count() > MAX_TITLE_CHARS {
        return Err(Invalid::new("title", "must not be longer than 512 characters"));
    }
    Ok(Some(title.to_owned()))
}

fn agent(value: Value) -> Result<AgentRef, Invalid> {
    if let Some(id) = value.as_str() {
        return Ok(AgentRef { id: agent_id(id, "agent")?, version: 1 });
    }
    let mut members = Members::of(value, "agent")
        .map_err(|_| Invalid::new("agent", "must be an agent's id or an object"))?;
    match members.required("type")?.as_str() {
        Some("agent") => {}
        Some("agent_with_overrides") => {
            let problem = "must be 'agent': overrides are not supported";
            return Err(Invalid::new("agent.type", problem));
        }
        Some(_) | None => return Err(Invalid::new("agent.type", "must be 'agent'")),
    }
    let id = members.required("id")?;
    let id = agent_id(id.as_str().unwrap_or_default(), "agent.id")?;
    let wrong = || Invalid::new("agent.version", "must be an integer from 0 to 4294967295");
    let version = match members.take("version") {
        None | Some(Value::Null) => 1,
        Some(version) => version.as_u64().and_then(|v| u32::try_from(v).ok()).ok_or_else(wrong)?,
    };
    Ok(AgentRef { id, version: version.max(1) })
}

fn agent_id(id: &str, param: &str) -> Result<String, Invalid> {
    let known = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    let fits = id
        .strip_prefix(AGENT_PREFIX)
        .is_some_and(|rest| (1..=MAX_AGENT_CHARS).contains(&rest.len()) && rest.bytes().all(known));
    if !fits {
        return Err(Invalid::new(param, "must be an agent's id"));
    }
    Ok(id.to_owned())
}

#[cfg(test)]
mod tests;
