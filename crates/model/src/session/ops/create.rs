//! Making a session.

use std::collections::BTreeMap;

use super::{Held, Projection};
use crate::agent::definition::Strictness;
use crate::agent::ops::owned;
use crate::agent::snapshot::{Overrides, Snapshot};
use crate::catalogue::Models;
use crate::environment::Facts;
use crate::id::{AccountId, AgentId, EnvironmentId};
use crate::log::Log;
use crate::log::ops::call_worker;
use crate::log::send::Incoming;
use crate::log::story::Story;
use crate::metadata::Metadata;
use crate::op::{Context, Op};
use crate::refusal::{BudgetProblem, Refusal, Resource};
use crate::rows::{Keys, Rows};
use crate::session::budget::Budget;
use crate::session::{AgentRef, Session, variables};

/// Makes a session; in a `self_hosted` environment it queues a work item with it (sessions §7).
#[derive(Clone, Debug)]
pub struct CreateSession {
    /// Who will own it.
    pub account: AccountId,
    /// Where it runs.
    pub environment: EnvironmentId,
    /// Which agent it runs.
    pub agent: Choice,
    /// What people call it.
    pub title: Option<String>,
    /// What the client keeps with it.
    pub metadata: Metadata,
    /// What its sandbox finds in its environment (Q).
    pub environment_variables: BTreeMap<String, String>,
    /// What it may cost.
    pub budget: Option<Budget>,
    /// The models on offer; those that have a price can be kept within a budget.
    pub models: Models,
    /// What of the metadata the work item gets; the dialects differ.
    pub projection: Projection,
    /// When it first calls a worker.
    pub enqueue: Enqueue,
    /// What is said to it at once; with it the session runs from the beginning.
    pub initial_events: Vec<Incoming>,
    /// The W3C trace context of the request.
    pub traceparent: Option<Box<str>>,
}

/// When a session of a `self_hosted` environment first calls a worker (sessions §7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Enqueue {
    /// When it is created, as the vendors do. A worker that takes it waits with it for the first
    /// message.
    #[default]
    AtCreation,
    /// When it is first told something, so that small pools of workers are not held by sessions that
    /// do nothing.
    AtFirstEvent,
}

/// The agent that a session is to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Which agent.
    pub id: AgentId,
    /// Which of its versions; `None`: the newest.
    pub version: Option<u32>,
    /// What the session has differently.
    pub overrides: Overrides,
    /// How strictly the result is judged.
    pub strictness: Strictness,
}

impl Choice {
    /// The newest version of an agent, as it is.
    pub fn newest(id: AgentId) -> Self {
        Self { id, version: None, overrides: Overrides::default(), strictness: Strictness::Bounds }
    }

    /// The snapshot, and whether it is that of a version as it is.
    fn resolve(&self, account: AccountId, rows: &Rows) -> Result<(Snapshot, Origin), Refusal> {
        let agent = owned(rows, account, self.id)?;
        if agent.archived_at.is_some() {
            return Err(Refusal::AgentArchived);
        }
        let version = self.version.unwrap_or(agent.version);
        let definition = if version == agent.version {
            &agent.definition
        } else {
            let kept = rows.agent_versions.get(&(self.id, version));
            &kept.ok_or(Refusal::AgentVersionUnknown { version })?.definition
        };
        let plain = Snapshot::of(self.id.to_string(), version, definition);
        if self.overrides.is_empty() {
            return Ok((plain, Origin::Version));
        }
        Ok((plain.overridden(&self.overrides, self.strictness)?, Origin::Session))
    }
}

/// Where a snapshot is kept.
enum Origin {
    /// It is that of a version.
    Version,
    /// It is the session's own.
    Session,
}

impl CreateSession {
    fn hosting(&self, rows: &Rows) -> Result<Facts, Refusal> {
        let facts = rows.facts(self.environment).ok_or(Refusal::NotFound(Resource::Environment))?;
        if facts.account != self.account {
            return Err(Refusal::NotYours(Resource::Environment));
        }
        if facts.archived {
            return Err(Refusal::EnvironmentArchived);
        }
        variables::check(&self.environment_variables, Some(facts.kind))?;
        Ok(facts)
    }

    /// Begins the log if something is said at once; the last that may be refused.
    fn begin(&self, log: Log, context: &mut Context<'_>, rows: &mut Rows) -> Result<(), Refusal> {
        if self.initial_events.is_empty() {
            return Ok(());
        }
        let mut story = Story::of(log, self.budget, context);
        story
            .hear(&self.initial_events)
            .map_err(|(number, objection)| Refusal::Event(number, objection))?;
        story.end(rows);
        Ok(())
    }
}

impl Op for CreateSession {
    type Reply = Held;

    fn needs(&self, keys: &mut Keys) {
        keys.facts.push(self.environment);
        keys.agents.push(self.agent.id);
        keys.agent_versions.extend(self.agent.version.map(|version| (self.agent.id, version)));
    }

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<Held, Refusal> {
        let facts = self.hosting(rows)?;
        let (agent, origin) = self.agent.resolve(self.account, rows)?;
        if self.budget.is_some() && !self.models.is_priced(&agent.model.id) {
            return Err(Refusal::Budget(BudgetProblem::ModelWithoutPrice));
        }
        let now = context.now();
        let session = Session {
            id: context.mint(),
            account: self.account,
            environment: self.environment,
            agent: AgentRef { id: agent.id.clone(), version: agent.version },
            title: self.title.clone(),
            metadata: self.metadata.clone(),
            environment_variables: self.environment_variables.clone(),
            budget: self.budget,
            created_at: now,
            updated_at: now,
            archived_at: None,
        };
        let log = Log::new(session.id, facts.kind, self.projection);
        self.begin(log.clone(), context, rows)?;
        match self.enqueue {
            Enqueue::AtFirstEvent if self.initial_events.is_empty() => {}
            Enqueue::AtCreation | Enqueue::AtFirstEvent => {
                call_worker(rows, context, &session, &log, now, self.traceparent.clone());
            }
        }
        match origin {
            Origin::Version => {}
            Origin::Session => rows.snapshots.put(session.id, agent.clone()),
        }
        rows.sessions.put(session.id, session.clone());
        Ok(Held::of(rows, session, agent))
    }
}
