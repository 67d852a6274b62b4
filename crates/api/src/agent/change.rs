//! What a body says of an agent: the whole of a new one, a change of an old one, or what a session
//! has differently (agents §3, §4, sessions §3.2).

use leasehold_model::agent::definition::{Definition, Skill};
use leasehold_model::agent::model_spec::{ModelSpec, UnsaidEffort};
use leasehold_model::agent::ops::Change;
use leasehold_model::agent::snapshot::Overrides;
use leasehold_model::agent::tool::{McpServer, Tool};
use leasehold_model::catalogue::Models;
use leasehold_model::refusal::Resource;
use leasehold_model::session::ops::Choice;
use leasehold_model::{AgentId, Refusal};
use serde_json::Value;

use super::{Efforts, Manner, NullMetadata, Zero, model, part, tool};
use crate::body::{Invalid, Members};

/// Reads what a body says, in the manner of a dialect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    /// The dialect's manner.
    pub(crate) manner: &'static Manner,
    /// The models that may be named.
    pub(crate) models: &'a Models,
}

impl Reader<'_> {
    /// The whole of a new agent.
    pub(crate) fn definition(self, members: &mut Members) -> Result<Definition, Invalid> {
        refuse_multiagent(members)?;
        let name = members.required_word("name")?;
        let mut model = self.named_model(members.required("model")?, "model")?;
        match self.manner.efforts {
            Efforts::AsSaid => {}
            Efforts::FilledIn => {
                model.effort = model.effort.or_else(|| model::default_effort(self.models, &model));
            }
        }
        Ok(Definition {
            name,
            description: text(members, "description")?.flatten(),
            model,
            system: text(members, "system")?.flatten(),
            tools: self.tools(members)?.unwrap_or_default(),
            mcp_servers: servers(members)?.unwrap_or_default(),
            skills: self.skills(members)?.unwrap_or_default(),
            metadata: members.metadata()?,
        })
    }

    /// A change of an agent.
    pub(crate) fn change(self, members: &mut Members) -> Result<Change, Invalid> {
        refuse_multiagent(members)?;
        Ok(Change {
            name: members.take("name").map(|name| word(name, "name")).transpose()?,
            description: text(members, "description")?,
            model: self.model(members)?,
            system: text(members, "system")?,
            tools: self.tools(members)?,
            mcp_servers: servers(members)?,
            skills: self.skills(members)?,
            metadata: match self.manner.null_metadata {
                NullMetadata::Refused => members.metadata_patch()?,
                NullMetadata::Kept => members.metadata_patch_or_null()?,
            },
        })
    }

    /// The version that an update knows.
    pub(crate) fn version(self, members: &mut Members) -> Result<Option<u32>, Invalid> {
        let version = members.optional_count("version")?;
        // A number that is beyond all versions is that of none.
        Ok(version.map(|version| u32::try_from(version).unwrap_or(u32::MAX)))
    }

    /// What a model that an update names without an effort means.
    pub(crate) fn unsaid(self, model: Option<&ModelSpec>) -> UnsaidEffort {
        match self.manner.efforts {
            Efforts::AsSaid => UnsaidEffort::Cleared,
            Efforts::FilledIn => {
                let otherwise = model.and_then(|model| model::default_effort(self.models, model));
                UnsaidEffort::Kept { otherwise }
            }
        }
    }

    /// The agent that a session is to run: its id, or its id and version, or that and what the
    /// session has differently (sessions §3, §3.2).
    pub(crate) fn choice(self, value: Value) -> Result<Choice, Invalid> {
        if let Value::String(id) = &value {
            return Ok(Choice::newest(agent_id(id, "agent")?));
        }
        let mut members = Members::of(value, "agent")
            .map_err(|_| Invalid::new("agent", "must be an agent's id or an object"))?;
        let kind = members.required_word("type")?;
        let id = agent_id(&members.required_word("id")?, "agent.id")?;
        let version = self.pinned(&mut members)?;
        let overrides = match kind.as_str() {
            "agent" => Overrides::default(),
            "agent_with_overrides" => self.overrides(&mut members)?,
            _ => {
                let problem = "must be 'agent' or 'agent_with_overrides'";
                return Err(Invalid::new("agent.type", problem));
            }
        };
        members.finish()?;
        Ok(Choice { id, version, overrides, strictness: self.manner.strictness })
    }

    /// The version that a session asks for; `None` is the newest.
    fn pinned(self, members: &mut Members) -> Result<Option<u32>, Invalid> {
        let problem = match self.manner.zero {
            Zero::Newest => "must be an integer from 0",
            Zero::Refused => "must be a positive integer",
        };
        let wrong = || Invalid::new("agent.version", problem);
        let number = match members.take("version") {
            None | Some(Value::Null) => return Ok(None),
            Some(number) => number.as_u64().ok_or_else(wrong)?,
        };
        match self.manner.zero {
            Zero::Newest if number == 0 => Ok(None),
            Zero::Refused if number == 0 => Err(wrong()),
            // A number that is beyond all versions is that of none.
            Zero::Newest | Zero::Refused => Ok(Some(u32::try_from(number).unwrap_or(u32::MAX))),
        }
    }

    /// What a session has differently from its agent.
    pub(crate) fn overrides(self, members: &mut Members) -> Result<Overrides, Invalid> {
        if members.is_null("model") {
            return Err(Refusal::AgentModelRequired.into());
        }
        let mut model = self.model(members)?;
        let default_effort = match self.manner.efforts {
            Efforts::AsSaid => None,
            Efforts::FilledIn => model.as_mut().and_then(|model| {
                model.effort = None;
                model::default_effort(self.models, model)
            }),
        };
        Ok(Overrides {
            model,
            default_effort,
            system: text(members, "system")?,
            tools: self.tools(members)?,
            mcp_servers: servers(members)?,
            skills: self.skills(members)?,
        })
    }

    /// A model that stays if it is not named; it cannot be cleared.
    fn model(self, members: &mut Members) -> Result<Option<ModelSpec>, Invalid> {
        let path = members.name("model");
        members.take("model").map(|model| self.named_model(model, &path)).transpose()
    }

    fn named_model(self, value: Value, path: &str) -> Result<ModelSpec, Invalid> {
        let model = model::read(value, path, self.manner)?;
        model::check(self.models, &model, path)?;
        Ok(model)
    }

    /// Tools; `null` is an empty list.
    pub(crate) fn tools(self, members: &mut Members) -> Result<Option<Vec<Tool>>, Invalid> {
        list(members, "tools", |value, path| tool::read(value, path, self.manner))
    }

    fn skills(self, members: &mut Members) -> Result<Option<Vec<Skill>>, Invalid> {
        list(members, "skills", |value, path| part::skill(value, path, self.manner))
    }
}

/// An id that is not well formed names no agent.
fn agent_id(text: &str, param: &str) -> Result<AgentId, Invalid> {
    if text.is_empty() {
        return Err(Invalid::new(param, "must not be empty"));
    }
    AgentId::parse(text).ok_or(Invalid::Refused(Refusal::NotFound(Resource::Agent)))
}

/// MCP servers; `null` is an empty list.
pub(crate) fn servers(members: &mut Members) -> Result<Option<Vec<McpServer>>, Invalid> {
    list(members, "mcp_servers", part::server)
}

/// A list; `null` is an empty one.
fn list<T>(
    members: &mut Members,
    member: &str,
    read: impl Fn(Value, &str) -> Result<T, Invalid>,
) -> Result<Option<Vec<T>>, Invalid> {
    let path = members.name(member);
    let items = match members.take(member) {
        None => return Ok(None),
        Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items,
        Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
            return Err(Invalid::new(path, "must be an array"));
        }
    };
    let read = |(place, item)| read(item, &format!("{path}.{place}"));
    items.into_iter().enumerate().map(read).collect::<Result<_, _>>().map(Some)
}

/// A text that `null` and an empty string clear.
fn text(members: &mut Members, member: &str) -> Result<Option<Option<String>>, Invalid> {
    let param = members.name(member);
    match members.take(member) {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(None)),
        Some(Value::String(text)) => Ok(Some(Some(text).filter(|text| !text.is_empty()))),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Err(Invalid::new(param, "must be a string or null"))
        }
    }
}

fn word(value: Value, param: &str) -> Result<String, Invalid> {
    match value {
        Value::String(text) => Ok(text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Err(Invalid::new(param, "must be a string"))
        }
    }
}

/// One agent runs a session here (agents §7).
fn refuse_multiagent(members: &mut Members) -> Result<(), Invalid> {
    match members.take("multiagent") {
        None | Some(Value::Null) => Ok(()),
        Some(_) => {
            Err(Invalid::new("multiagent", "must be null: a session is run by one agent here"))
        }
    }
}
