//! What a session holds of an agent: a copy that nothing changes but the session itself
//! (sessions §3.1, §3.2).
//!
//! It also answers what the agent loop asks: which tools the model is offered, and what becomes of a
//! call.

mod offer;

use serde::{Deserialize, Serialize};

use super::definition::{Definition, Parts, Skill, Strictness, check_skills_have_tools};
use super::model_spec::{Effort, ModelSpec, UnsaidEffort};
use super::tool::{McpServer, Tool};
use crate::refusal::Refusal;

pub use offer::{Family, Judgement, Offer, Permission};

/// The agent of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Its id. Text, since sessions that are older than agents name some that never were.
    pub id: String,
    /// The version that was copied.
    pub version: u32,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The model it thinks with.
    pub model: ModelSpec,
    /// Its system prompt.
    pub system: Option<String>,
    /// Its tools.
    pub tools: Vec<Tool>,
    /// The MCP servers that its toolsets name.
    pub mcp_servers: Vec<McpServer>,
    /// Its skills.
    pub skills: Vec<Skill>,
}

/// What a session has differently from its agent: each member replaces as a whole, `None` inherits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// Another model.
    pub model: Option<ModelSpec>,
    /// What its effort is by default, as far as that is known.
    pub default_effort: Option<Effort>,
    /// Another system prompt; `Some(None)` clears it.
    pub system: Option<Option<String>>,
    /// Other tools; an empty list clears them.
    pub tools: Option<Vec<Tool>>,
    /// Other MCP servers; an empty list clears them.
    pub mcp_servers: Option<Vec<McpServer>>,
    /// Other skills; an empty list clears them.
    pub skills: Option<Vec<Skill>>,
}

impl Overrides {
    /// Whether nothing is different.
    pub const fn is_empty(&self) -> bool {
        let Self { model, default_effort: _, system, tools, mcp_servers, skills } = self;
        model.is_none()
            && system.is_none()
            && tools.is_none()
            && mcp_servers.is_none()
            && skills.is_none()
    }
}

impl Snapshot {
    /// A copy of a version.
    pub fn of(id: impl Into<String>, version: u32, definition: &Definition) -> Self {
        let Definition {
            name,
            description,
            model,
            system,
            tools,
            mcp_servers,
            skills,
            metadata: _,
        } = definition.clone();
        let id = id.into();
        Self { id, version, name, description, model, system, tools, mcp_servers, skills }
    }

    /// What is known of an agent that never was: its id and its version.
    pub fn unknown(id: &str, version: u32) -> Self {
        Self {
            id: id.to_owned(),
            version,
            name: id.to_owned(),
            description: None,
            model: ModelSpec::named(""),
            system: None,
            tools: Vec::new(),
            mcp_servers: Vec::new(),
            skills: Vec::new(),
        }
    }

    /// Whether it is that of an agent that never was: it has no model to think with.
    pub const fn is_unknown(&self) -> bool {
        self.model.id.is_empty()
    }

    /// This snapshot with what a session has differently (sessions §3.2, §4). The result must be
    /// acceptable as an agent.
    ///
    /// # Errors
    /// [`Refusal::Unfit`] with the member of `agent` that is not acceptable.
    pub fn overridden(
        &self,
        overrides: &Overrides,
        strictness: Strictness,
    ) -> Result<Self, Refusal> {
        let Overrides { model, default_effort, system, tools, mcp_servers, skills } =
            overrides.clone();
        let unsaid = UnsaidEffort::Kept { otherwise: default_effort };
        let model = model.map(|model| model.replacing(&self.model, unsaid));
        let next = Self {
            model: model.unwrap_or_else(|| self.model.clone()),
            system: system.unwrap_or_else(|| self.system.clone()),
            tools: tools.unwrap_or_else(|| self.tools.clone()),
            mcp_servers: mcp_servers.unwrap_or_else(|| self.mcp_servers.clone()),
            skills: skills.unwrap_or_else(|| self.skills.clone()),
            ..self.clone()
        };
        let parts = Parts {
            model: &next.model,
            system: next.system.as_deref(),
            tools: &next.tools,
            mcp_servers: &next.mcp_servers,
            skills: &next.skills,
        };
        parts
            .check(strictness)
            .and_then(|()| check_skills_have_tools(&next.tools, &next.skills))
            .map_err(|refusal| refusal.within("agent"))?;
        Ok(next)
    }
}

#[cfg(test)]
mod tests;
