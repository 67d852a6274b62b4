//! Operations on sessions. What they mean for the queue of work is part of the same commit.

use serde::{Deserialize, Serialize};

use super::{AgentRef, Session};
use crate::environment::config::Kind;
use crate::id::{AccountId, EnvironmentId, SessionId};
use crate::metadata::{Metadata, MetadataPatch};
use crate::op::{Context, Op};
use crate::refusal::{Refusal, Resource};
use crate::rows::{Keys, Rows};
use crate::work::{Body, StopReason, Work};

/// Makes a session; in a `self_hosted` environment it queues a work item with it (sessions §7).
#[derive(Clone, Debug)]
pub struct CreateSession {
    /// Who will own it.
    pub account: AccountId,
    /// Where it runs.
    pub environment: EnvironmentId,
    /// Which agent it runs.
    pub agent: AgentRef,
    /// What people call it.
    pub title: Option<String>,
    /// What the client keeps with it.
    pub metadata: Metadata,
    /// What of the metadata the work item gets; the dialects differ.
    pub projection: Projection,
    /// The W3C trace context of the request.
    pub traceparent: Option<Box<str>>,
}

/// Whether a work item starts with the metadata of its session (sessions §7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Projection {
    /// It gets a copy (Q).
    Copy,
    /// It starts empty (A).
    Empty,
}

impl Op for CreateSession {
    type Reply = Session;

    fn needs(&self, keys: &mut Keys) {
        keys.facts.push(self.environment);
    }

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<Session, Refusal> {
        let facts = rows.facts(self.environment).ok_or(Refusal::NotFound(Resource::Environment))?;
        if facts.account != self.account {
            return Err(Refusal::NotYours(Resource::Environment));
        }
        if facts.archived {
            return Err(Refusal::EnvironmentArchived);
        }
        let now = context.now();
        let session = Session {
            id: context.mint(),
            account: self.account,
            environment: self.environment,
            agent: self.agent.clone(),
            title: self.title.clone(),
            metadata: self.metadata.clone(),
            environment_variables: std::collections::BTreeMap::new(),
            budget: None,
            created_at: now,
            updated_at: now,
            archived_at: None,
        };
        match facts.kind {
            Kind::Cloud => {}
            Kind::SelfHosted => {
                let body = Body {
                    metadata: match self.projection {
                        Projection::Copy => self.metadata.clone(),
                        Projection::Empty => Metadata::default(),
                    },
                    traceparent: self.traceparent.clone(),
                };
                rows.enqueue(Work::queued(context.mint(), self.environment, session.id, now), body);
            }
        }
        rows.sessions.put(session.id, session.clone());
        Ok(session)
    }
}

/// Changes a session's title or metadata; what is `None` stays. Work items that exist keep what
/// they have (sessions §4).
#[derive(Clone, Debug)]
pub struct UpdateSession {
    /// Who asks.
    pub account: AccountId,
    /// Which session.
    pub session: SessionId,
    /// A new title; `Some(None)` clears it.
    pub title: Option<Option<String>>,
    /// A merge patch of the metadata.
    pub metadata: Option<MetadataPatch>,
}

impl Op for UpdateSession {
    type Reply = Session;

    fn needs(&self, keys: &mut Keys) {
        keys.sessions.push(self.session);
    }

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<Session, Refusal> {
        let stored = owned(rows, self.account, self.session)?;
        if stored.archived_at.is_some() {
            return Err(Refusal::SessionArchived);
        }
        let mut next = Session {
            title: self.title.clone().unwrap_or_else(|| stored.title.clone()),
            metadata: match &self.metadata {
                None => stored.metadata.clone(),
                Some(patch) => stored.metadata.patched(patch)?,
            },
            ..stored.clone()
        };
        if next != stored {
            next.updated_at = context.now();
        }
        rows.sessions.put(next.id, next.clone());
        Ok(next)
    }
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
    type Reply = Session;

    fn needs(&self, keys: &mut Keys) {
        keys.sessions.push(self.session);
        keys.live_work.push(self.session);
    }

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<Session, Refusal> {
        let mut next = owned(rows, self.account, self.session)?;
        if next.archived_at.is_some() {
            return match self.again {
                Again::Unchanged => Ok(next),
                Again::Refused => Err(Refusal::SessionArchived),
            };
        }
        next.archived_at = Some(context.now());
        next.updated_at = context.now();
        rows.end_work_of(self.session, context.now(), StopReason::SessionArchived);
        rows.sessions.put(next.id, next.clone());
        Ok(next)
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
        keys.live_work.push(self.session);
    }

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<(), Refusal> {
        owned(rows, self.account, self.session)?;
        rows.end_work_of(self.session, context.now(), StopReason::SessionDeleted);
        rows.sessions.delete(self.session);
        Ok(())
    }
}

fn owned(rows: &Rows, account: AccountId, session: SessionId) -> Result<Session, Refusal> {
    let stored = rows.sessions.get(&session).ok_or(Refusal::NotFound(Resource::Session))?;
    if stored.account != account {
        return Err(Refusal::NotYours(Resource::Session));
    }
    Ok(stored.clone())
}
