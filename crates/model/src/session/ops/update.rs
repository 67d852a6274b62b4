//! Changing a session.

use std::collections::BTreeMap;

use super::{Held, owned};
use crate::agent::definition::Strictness;
use crate::agent::snapshot::{Overrides, Snapshot};
use crate::catalogue::Models;
use crate::event::{Kind as Event, Update};
use crate::id::{AccountId, EnvironmentId, SessionId};
use crate::json::Json;
use crate::log::Log;
use crate::log::ops::log_of;
use crate::log::story::Story;
use crate::metadata::MetadataPatch;
use crate::op::{Context, Op};
use crate::refusal::{BudgetProblem, Refusal};
use crate::rows::{Keys, Rows};
use crate::session::budget::Budget;
use crate::session::{Session, variables};

/// Changes a session; what is `None` stays. Work items that exist keep what they have
/// (sessions §4).
#[derive(Clone, Debug)]
pub struct UpdateSession {
    /// Who asks.
    pub account: AccountId,
    /// Which session.
    pub session: SessionId,
    /// Where it runs.
    pub environment: EnvironmentId,
    /// A new title; `Some(None)` clears it.
    pub title: Option<Option<String>>,
    /// A merge patch of the metadata.
    pub metadata: Option<MetadataPatch>,
    /// What it has differently from now on; each member replaces as a whole.
    pub agent: Overrides,
    /// How strictly the resulting agent is judged.
    pub strictness: Strictness,
    /// What its sandbox finds in its environment, as a whole (Q).
    pub environment_variables: Option<BTreeMap<String, String>>,
    /// Another budget; `Some(None)` removes it.
    pub budget: Option<Option<Budget>>,
    /// The models on offer; those that have a price can be kept within a budget.
    pub models: Models,
}

impl UpdateSession {
    /// The agent after the change. It changes between turns alone.
    fn agent(&self, stored: &Snapshot, log: &Log) -> Result<Snapshot, Refusal> {
        if self.agent.is_empty() {
            return Ok(stored.clone());
        }
        if log.fold.status.is_active() {
            return Err(Refusal::SessionRunning);
        }
        stored.overridden(&self.agent, self.strictness)
    }

    /// A budget is given at creation alone: it can be changed and removed, but not added.
    fn budget(
        &self,
        stored: Option<Budget>,
        agent: &Snapshot,
        log: &Log,
    ) -> Result<Option<Budget>, Refusal> {
        let no = |problem| Err(Refusal::Budget(problem));
        let Some(budget) = self.budget.unwrap_or(stored) else { return Ok(None) };
        if stored.is_none() {
            return no(BudgetProblem::CreateOnly);
        }
        if !self.models.is_priced(&agent.model.id) {
            return no(BudgetProblem::ModelWithoutPrice);
        }
        if self.budget.is_some() && budget.is_used_up_by(log.fold.usage.cost_nanos) {
            return no(BudgetProblem::NotRaised);
        }
        Ok(Some(budget))
    }
}

impl Op for UpdateSession {
    type Reply = Held;

    fn needs(&self, keys: &mut Keys) {
        keys.sessions.push(self.session);
        keys.snapshots.push(self.session);
        keys.facts.push(self.environment);
        keys.logs.push(self.session);
    }

    /// `updated_at` moves only if something changed; the log tells what it was.
    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<Held, Refusal> {
        let stored = owned(rows, self.account, self.session)?;
        if stored.archived_at.is_some() {
            return Err(Refusal::SessionArchived);
        }
        if let Some(variables) = &self.environment_variables {
            variables::check(variables, rows.facts(self.environment).map(|facts| facts.kind))?;
        }
        let held = rows.snapshot(&stored);
        let log = log_of(rows, &stored);
        let agent = self.agent(&held, &log)?;
        let mut next = Session {
            title: self.title.clone().unwrap_or_else(|| stored.title.clone()),
            metadata: match &self.metadata {
                None => stored.metadata.clone(),
                Some(patch) => stored.metadata.patched(patch)?,
            },
            environment_variables: self
                .environment_variables
                .clone()
                .unwrap_or_else(|| stored.environment_variables.clone()),
            budget: self.budget(stored.budget, &agent, &log)?,
            ..stored.clone()
        };
        if next != stored || agent != held {
            next.updated_at = context.now();
        }
        if agent != held {
            rows.snapshots.put(next.id, agent.clone());
        }
        rows.sessions.put(next.id, next.clone());
        let update = Update {
            title: (next.title != stored.title).then(|| next.title.clone()),
            metadata: (next.metadata != stored.metadata).then(|| next.metadata.map().clone()),
            agent: (agent != held).then(|| Json::of(&agent)),
            budget: (next.budget != stored.budget).then(|| Json::of(&next.budget)),
        };
        if update != Update::default() {
            let mut story = Story::of(log, context);
            story.say(Event::SessionUpdated(update));
            story.end(rows);
        }
        Ok(Held { session: next, agent })
    }
}
