//! Operations on sessions. What they mean for the queue of work is part of the same commit.

mod create;
mod update;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Session;
use crate::agent::snapshot::Snapshot;
use crate::id::{AccountId, SessionId};
use crate::log::Fold;
use crate::op::{Context, Op};
use crate::refusal::{Refusal, Resource};
use crate::rows::{Keys, Rows};
use crate::work::StopReason;

pub use create::{Choice, CreateSession, Enqueue};
pub use update::UpdateSession;

/// A session, what it holds of its agent and what it has come to: what a dialect shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The session.
    pub session: Session,
    /// What it holds of its agent.
    pub agent: Arc<Snapshot>,
    /// What it has come to by its events.
    pub fold: Fold,
}

impl Held {
    /// A session with what the batch knows of it.
    fn of(rows: &Rows, session: Session, agent: Snapshot) -> Self {
        let fold = rows.logs.get(&session.id).map(|log| log.fold.clone()).unwrap_or_default();
        Self { session, agent: Arc::new(agent), fold }
    }
}

/// Whether a work item starts with the metadata of its session (sessions §7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Projection {
    /// It gets a copy (Q).
    Copy,
    /// It starts empty (A).
    Empty,
}

/// Archives a session and stops its live work item.
#[derive(Clone, Debug)]
pub struct ArchiveSession {
    /// Who asks.
    pub account: AccountId,
    /// Which session.
    pub session: SessionId,
    /// What a second time is; the dialects differ (sessions §5).
    pub again: Again,
}

/// What archiving an archived session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// No change (A).
    Unchanged,
    /// A conflict (Q).
    Refused,
}

impl Op for ArchiveSession {
    type Reply = Held;

    fn needs(&self, keys: &mut Keys) {
        keys.sessions.push(self.session);
        keys.snapshots.push(self.session);
        keys.logs.push(self.session);
        keys.live_work.push(self.session);
    }

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<Held, Refusal> {
        let mut next = owned(rows, self.account, self.session)?;
        let agent = rows.snapshot(&next);
        if next.archived_at.is_some() {
            return match self.again {
                Again::Unchanged => Ok(Held::of(rows, next, agent)),
                Again::Refused => Err(Refusal::SessionArchived),
            };
        }
        at_rest(rows, self.session)?;
        next.archived_at = Some(context.now());
        next.updated_at = context.now();
        rows.end_work_of(self.session, context.now(), StopReason::SessionArchived);
        rows.sessions.put(next.id, next.clone());
        Ok(Held::of(rows, next, agent))
    }
}

/// Deletes a session and stops its live work item.
#[derive(Clone, Debug)]
pub struct DeleteSession {
    /// Who asks.
    pub account: AccountId,
    /// Which session.
    pub session: SessionId,
}

impl Op for DeleteSession {
    type Reply = ();

    fn needs(&self, keys: &mut Keys) {
        keys.sessions.push(self.session);
        keys.logs.push(self.session);
        keys.live_work.push(self.session);
    }

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<(), Refusal> {
        owned(rows, self.account, self.session)?;
        at_rest(rows, self.session)?;
        rows.end_work_of(self.session, context.now(), StopReason::SessionDeleted);
        rows.sessions.delete(self.session);
        Ok(())
    }
}

/// A session that runs is not ended under its turn: it is interrupted first (sessions §5).
fn at_rest(rows: &Rows, session: SessionId) -> Result<(), Refusal> {
    match rows.logs.get(&session) {
        Some(log) if log.fold.status.is_active() => Err(Refusal::SessionRunning),
        Some(_) | None => Ok(()),
    }
}

fn owned(rows: &Rows, account: AccountId, session: SessionId) -> Result<Session, Refusal> {
    let stored = rows.sessions.get(&session).ok_or(Refusal::NotFound(Resource::Session))?;
    if stored.account != account {
        return Err(Refusal::NotYours(Resource::Session));
    }
    Ok(stored.clone())
}
