//! A session: who owns it, where it runs, what it carries. What happens in it is its [log](crate::log).

pub mod budget;
pub mod ops;
pub mod variables;

use serde::{Deserialize, Serialize};

use std::collections::BTreeMap;

use crate::agent::AgentVersion;
use crate::agent::snapshot::Snapshot;
use crate::id::{AccountId, EnvironmentId, SessionId};
use crate::log::Fold;
use crate::metadata::Metadata;
use crate::time::Timestamp;
use budget::Budget;

/// The most characters of a title.
pub const MAX_TITLE_CHARS: usize = 512;

/// A session (sessions §2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Who owns it.
    pub account: AccountId,
    /// Where it runs.
    pub environment: EnvironmentId,
    /// Which agent it runs.
    pub agent: AgentRef,
    /// What people call it.
    pub title: Option<String>,
    /// What the client keeps with it.
    pub metadata: Metadata,
    /// What its sandbox finds in its environment (Q).
    pub environment_variables: BTreeMap<String, String>,
    /// What it may cost; `None`: whatever it takes.
    pub budget: Option<Budget>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was archived; it takes no change from then on.
    pub archived_at: Option<Timestamp>,
}

/// The agent that a session was created with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentRef {
    /// Its id, as the client wrote it.
    pub id: String,
    /// Its version, from 1.
    pub version: u32,
}

impl AgentRef {
    /// What a session holds that has nothing of its own: the version, if there is one. A session that
    /// is older than agents may name one that never was.
    pub fn snapshot(&self, kept: Option<&AgentVersion>) -> Snapshot {
        match kept {
            Some(kept) => Snapshot::of(self.id.as_str(), self.version, &kept.definition),
            None => Snapshot::unknown(&self.id, self.version),
        }
    }
}

impl Session {
    /// When it ended: nothing happens in it any more. `None` while it goes on.
    pub fn last_instant(&self, fold: &Fold) -> Option<Timestamp> {
        match (self.archived_at, fold.status) {
            (Some(_), _) => Some(self.updated_at.max(fold.at)),
            (None, Status::Terminated) => Some(fold.at),
            (None, Status::Idle | Status::Running | Status::Rescheduling) => None,
        }
    }

    /// The status: what its log says, unless it is archived, which reads as over (sessions §5).
    pub fn status(&self, fold: &Fold) -> Status {
        if self.archived_at.is_some() { Status::Terminated } else { fold.status }
    }
}

/// What a session is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Status {
    /// `idle`
    Idle,
    /// `running`
    Running,
    /// `rescheduling`
    Rescheduling,
    /// `terminated`
    Terminated,
}

impl Status {
    /// Whether a turn is under way.
    pub const fn is_active(self) -> bool {
        match self {
            Self::Running | Self::Rescheduling => true,
            Self::Idle | Self::Terminated => false,
        }
    }

    /// The wire's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Running => "running",
            Self::Rescheduling => "rescheduling",
            Self::Terminated => "terminated",
        }
    }
}
