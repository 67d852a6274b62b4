//! Operations on agents: create, update, archive, delete.

use super::definition::{Definition, Skill, Strictness};
use super::model_spec::{ModelSpec, UnsaidEffort};
use super::tool::{McpServer, Tool};
use super::{Agent, AgentVersion};
use crate::id::{AccountId, AgentId};
use crate::metadata::MetadataPatch;
use crate::op::{Context, Op};
use crate::refusal::{Refusal, Resource};
use crate::rows::{Keys, Rows};

/// Makes an agent, and its first version.
#[derive(Clone, Debug)]
pub struct CreateAgent {
    /// Who will own it.
    pub account: AccountId,
    /// What it is.
    pub definition: Definition,
    /// How strictly that is judged.
    pub strictness: Strictness,
}

impl Op for CreateAgent {
    type Reply = Agent;

    fn needs(&self, _keys: &mut Keys) {}

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<Agent, Refusal> {
        self.definition.check(self.strictness)?;
        let agent = Agent {
            id: context.mint(),
            account: self.account,
            version: 1,
            definition: self.definition.clone(),
            created_at: context.now(),
            updated_at: context.now(),
            archived_at: None,
        };
        rows.put_agent_version(agent.newest());
        rows.agents.put(agent.id, agent.clone());
        Ok(agent)
    }
}

/// Changes an agent by writing its next version; what is `None` stays (agents §4).
#[derive(Clone, Debug)]
pub struct UpdateAgent {
    /// Who asks.
    pub account: AccountId,
    /// Which agent.
    pub agent: AgentId,
    /// The version that the caller knows; if it has moved on, nothing is changed.
    pub expected: Option<u32>,
    /// What becomes different.
    pub change: Change,
    /// What a model without an effort means.
    pub unsaid_effort: UnsaidEffort,
    /// How strictly the result is judged.
    pub strictness: Strictness,
}

/// A change of a definition: each member replaces as a whole, but metadata, which is patched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// A new name.
    pub name: Option<String>,
    /// A new description; `Some(None)` clears it.
    pub description: Option<Option<String>>,
    /// Another model.
    pub model: Option<ModelSpec>,
    /// A new system prompt; `Some(None)` clears it.
    pub system: Option<Option<String>>,
    /// Other tools.
    pub tools: Option<Vec<Tool>>,
    /// Other MCP servers.
    pub mcp_servers: Option<Vec<McpServer>>,
    /// Other skills.
    pub skills: Option<Vec<Skill>>,
    /// A merge patch of the metadata.
    pub metadata: Option<MetadataPatch>,
}

impl Change {
    /// The definition after the change.
    fn of(&self, stored: &Definition, unsaid: UnsaidEffort) -> Result<Definition, Refusal> {
        fn or<T: Clone>(new: Option<&T>, stored: &T) -> T {
            new.unwrap_or(stored).clone()
        }
        let Self { name, description, model, system, tools, mcp_servers, skills, metadata } = self;
        Ok(Definition {
            name: or(name.as_ref(), &stored.name),
            description: or(description.as_ref(), &stored.description),
            model: match model {
                None => stored.model.clone(),
                Some(model) => model.clone().replacing(&stored.model, unsaid),
            },
            system: or(system.as_ref(), &stored.system),
            tools: or(tools.as_ref(), &stored.tools),
            mcp_servers: or(mcp_servers.as_ref(), &stored.mcp_servers),
            skills: or(skills.as_ref(), &stored.skills),
            metadata: match metadata {
                None => stored.metadata.clone(),
                Some(patch) => stored.metadata.patched(patch)?,
            },
        })
    }
}

impl Op for UpdateAgent {
    type Reply = Agent;

    fn needs(&self, keys: &mut Keys) {
        keys.agents.push(self.agent);
    }

    /// A change that changes nothing writes no version, but must not come too late either.
    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<Agent, Refusal> {
        let stored = owned(rows, self.account, self.agent)?;
        if stored.archived_at.is_some() {
            return Err(Refusal::AgentArchived);
        }
        if let Some(expected) = self.expected.filter(|expected| *expected != stored.version) {
            return Err(Refusal::AgentMoved { expected, newest: stored.version });
        }
        let definition = self.change.of(&stored.definition, self.unsaid_effort)?;
        if definition == stored.definition {
            return Ok(stored);
        }
        definition.check(self.strictness)?;
        let next = Agent {
            version: stored.version.saturating_add(1),
            definition,
            updated_at: context.now(),
            ..stored
        };
        rows.put_agent_version(next.newest());
        rows.agents.put(next.id, next.clone());
        Ok(next)
    }
}

/// Archives an agent; a second time changes nothing (agents §4).
#[derive(Clone, Debug)]
pub struct ArchiveAgent {
    /// Who asks.
    pub account: AccountId,
    /// Which agent.
    pub agent: AgentId,
}

impl Op for ArchiveAgent {
    type Reply = Agent;

    fn needs(&self, keys: &mut Keys) {
        keys.agents.push(self.agent);
    }

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<Agent, Refusal> {
        let mut next = owned(rows, self.account, self.agent)?;
        if next.archived_at.is_none() {
            next.archived_at = Some(context.now());
            next.updated_at = context.now();
            rows.agents.put(next.id, next.clone());
        }
        Ok(next)
    }
}

/// Deletes an agent: nobody can name it any more. Its versions stay for the sessions that hold them.
#[derive(Clone, Debug)]
pub struct DeleteAgent {
    /// Who asks.
    pub account: AccountId,
    /// Which agent.
    pub agent: AgentId,
}

impl Op for DeleteAgent {
    type Reply = ();

    fn needs(&self, keys: &mut Keys) {
        keys.agents.push(self.agent);
    }

    fn decide(&self, _context: &mut Context<'_>, rows: &mut Rows) -> Result<(), Refusal> {
        owned(rows, self.account, self.agent)?;
        rows.agents.delete(self.agent);
        Ok(())
    }
}

/// The agent, if it is the caller's; another account's is as good as none (agents §8).
pub(crate) fn owned(rows: &Rows, account: AccountId, agent: AgentId) -> Result<Agent, Refusal> {
    let stored = rows.agents.get(&agent).filter(|agent| agent.account == account);
    stored.cloned().ok_or(Refusal::NotFound(Resource::Agent))
}

impl Rows {
    fn put_agent_version(&mut self, version: AgentVersion) {
        self.agent_versions.put((version.agent, version.version), version);
    }
}

#[cfg(test)]
mod tests;
