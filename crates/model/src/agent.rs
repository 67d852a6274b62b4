//! An agent: a definition that is kept in versions.
//!
//! The row of an agent is its head; what it says is a version, and a version never changes. A
//! session holds a [`Snapshot`](snapshot::Snapshot) of one, so a change of the agent is nothing that
//! a session could notice (agents §4).

pub mod definition;
pub mod model_spec;
pub mod ops;
pub mod snapshot;
pub mod tool;

use crate::id::{AccountId, AgentId};
use crate::time::Timestamp;
use definition::Definition;

/// An agent as it is now (agents §2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// Its id.
    pub id: AgentId,
    /// Who owns it.
    pub account: AccountId,
    /// The number of its newest version, from 1.
    pub version: u32,
    /// What the newest version says.
    pub definition: Definition,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its newest version was written, or when it was archived.
    pub updated_at: Timestamp,
    /// When it was archived; it takes no change and no new session from then on.
    pub archived_at: Option<Timestamp>,
}

/// One version of an agent: written once, never changed. It outlives its agent, since sessions name
/// it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentVersion {
    /// Of which agent.
    pub agent: AgentId,
    /// Its number, from 1.
    pub version: u32,
    /// What it says.
    pub definition: Definition,
    /// When it was written.
    pub written_at: Timestamp,
}

impl Agent {
    /// The newest version as a row of its own.
    pub fn newest(&self) -> AgentVersion {
        AgentVersion {
            agent: self.id,
            version: self.version,
            definition: self.definition.clone(),
            written_at: self.updated_at,
        }
    }

    /// The agent as it was in a version: its words and its stamp; whether it is archived is told as
    /// of now (agents §2).
    #[must_use]
    pub fn at(self, version: AgentVersion) -> Self {
        Self {
            version: version.version,
            definition: version.definition,
            updated_at: version.written_at,
            ..self
        }
    }
}
