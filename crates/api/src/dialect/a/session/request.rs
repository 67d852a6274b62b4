//! What dialect A's clients send to make or change a session (sessions §3, §4).

use std::collections::BTreeMap;

use leasehold_model::session::{AgentRef, MAX_TITLE_CHARS};
use leasehold_model::{Metadata, MetadataPatch};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::body::{Invalid, Members};

/// The most characters of an agent's id.
const MAX_AGENT_CHARS: usize = 128;

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
    /// Must be empty: this server keeps no events.
    #[schema(max_items = 0, value_type = Option<Vec<Object>>)]
    initial_events: Option<Vec<Value>>,
    /// Must be empty: this server keeps no resources.
    #[schema(max_items = 0, value_type = Option<Vec<Object>>)]
    resources: Option<Vec<Value>>,
    /// Must be empty: this server keeps no vaults.
    #[schema(max_items = 0)]
    vault_ids: Option<Vec<String>>,
}

/// An agent: its id alone, or its id and version.
#[derive(Deserialize, ToSchema)]
#[schema(as = AgentParams)]
#[serde(untagged)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(in crate::dialect::a) enum AgentBody {
    /// Its first version.
    Id(String),
    /// A certain version.
    Version(AgentVersionBody),
}

/// A version of an agent.
#[derive(Deserialize, ToSchema)]
#[schema(as = AgentVersionParams)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(in crate::dialect::a) struct AgentVersionBody {
    /// Always `agent`.
    #[schema(pattern = "^agent$")]
    r#type: String,
    #[schema(pattern = "^agent_[A-Za-z0-9_]{1,122}$")]
    id: String,
    /// The first if absent.
    #[schema(minimum = 1)]
    version: Option<u32>,
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
}

/// The body of a create.
#[derive(Debug)]
pub(in crate::dialect::a) struct Create {
    /// Where the session is to run, as it was written; may name nothing.
    pub(in crate::dialect::a) environment: String,
    pub(in crate::dialect::a) agent: AgentRef,
    pub(in crate::dialect::a) title: Option<String>,
    pub(in crate::dialect::a) metadata: Metadata,
}

/// Reads the body of a create. What this server keeps nothing for (events, resources, vaults, a
/// budget) may be absent or empty.
pub(in crate::dialect::a) fn create(body: Value) -> Result<Create, Invalid> {
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
    for name in ["initial_events", "resources", "vault_ids"] {
        must_be_empty(name, members.take(name))?;
    }
    match members.take("budget") {
        None | Some(Value::Null) => {}
        Some(_) => return Err(Invalid::new("budget", "must be null: budgets are not kept here")),
    }
    members.finish()?;
    Ok(Create { environment, agent, title, metadata })
}

/// The body of an update; what is `None` stays.
#[derive(Debug)]
pub(in crate::dialect::a) struct Update {
    pub(in crate::dialect::a) title: Option<Option<String>>,
    pub(in crate::dialect::a) metadata: Option<MetadataPatch>,
}

/// Reads the body of an update. `vault_ids` is refused in whatever form (sessions §4); a budget
/// cannot be added to a session that has none.
pub(in crate::dialect::a) fn update(body: Value) -> Result<Update, Invalid> {
    let mut members = Members::body(body)?;
    let title = members.take("title").as_ref().map(title).transpose()?;
    let metadata = members.metadata_patch()?;
    if members.take("vault_ids").is_some() {
        return Err(Invalid::new("vault_ids", "must not be given: an update is not yet supported"));
    }
    match members.take("budget") {
        None | Some(Value::Null) => {}
        Some(_) => {
            return Err(Invalid::new("budget", "must be null: it is set at creation alone"));
        }
    }
    if let Some(change) = members.take("agent") {
        let mut members = Members::of(change, "agent")?;
        for name in ["tools", "mcp_servers"] {
            must_be_empty(&format!("agent.{name}"), members.take(name))?;
        }
        members.finish()?;
    }
    members.finish()?;
    Ok(Update { title, metadata })
}

/// An agent by its id, or by id and version; without one it is the first.
fn agent(value: Value) -> Result<AgentRef, Invalid> {
    let Value::Object(_) = value else {
        return Ok(AgentRef { id: agent_id(&value, "agent")?, version: 1 });
    };
    let mut members = Members::of(value, "agent")?;
    match members.optional_word("type")?.as_deref() {
        None => return Err(Invalid::missing("agent.type")),
        Some("agent") => {}
        Some(_) => return Err(Invalid::new("agent.type", "must be 'agent'")),
    }
    let id = agent_id(&members.required("id")?, "agent.id")?;
    let version = match members.take("version") {
        None | Some(Value::Null) => 1,
        Some(version) => version
            .as_u64()
            .and_then(|version| u32::try_from(version).ok())
            .filter(|version| *version > 0)
            .ok_or_else(|| Invalid::new("agent.version", "must be a positive integer"))?,
    };
    members.finish()?;
    Ok(AgentRef { id, version })
}

fn agent_id(value: &Value, param: &str) -> Result<String, Invalid> {
    let well_formed = |id: &str| {
        id.len() <= MAX_AGENT_CHARS
            && id.strip_prefix("agent_").is_some_and(|tail| {
                !tail.is_empty() && tail.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            })
    };
    match value.as_str().filter(|id| well_formed(id)) {
        Some(id) => Ok(id.to_owned()),
        None => Err(Invalid::new(param, "must be an agent's id: 'agent_' and letters or digits")),
    }
}

fn title(value: &Value) -> Result<Option<String>, Invalid> {
    match value.as_str() {
        None if value.is_null() => Ok(None),
        None => Err(Invalid::new("title", "must be a string or null")),
        Some(title) if title.chars().count() <= MAX_TITLE_CHARS => Ok(Some(title.to_owned())),
        Some(_) => Err(Invalid::new("title", "must not be longer than 512 characters")),
    }
}

fn must_be_empty(param: &str, value: Option<Value>) -> Result<(), Invalid> {
    match value {
        None | Some(Value::Null) => Ok(()),
        Some(Value::Array(items)) if items.is_empty() => Ok(()),
        Some(Value::Array(_)) => Err(Invalid::new(param, "must be empty: none are kept here")),
        Some(_) => Err(Invalid::new(param, "must be an array")),
    }
}

#[cfg(test)]
mod tests;
