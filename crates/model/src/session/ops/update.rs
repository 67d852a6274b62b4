//! Changing a session.

use std::collections::BTreeMap;

use super::{Held, Projection, owned};
use crate::agent::definition::Strictness;
use crate::agent::snapshot::{Overrides, Snapshot};
use crate::catalogue::Models;
use crate::event::{Kind, Update};
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
    /// What of the metadata later work items get, if nothing has happened in the session yet.
    pub projection: Projection,
}

impl UpdateSession {
    /// The agent after the change. It changes between turns alone.
    fn agent(&self, stored: &Snapshot, rows: &Rows) -> Result<Snapshot, Refusal> {
        if self.agent.is_empty() {
            return Ok(stored.clone());
        }
        let runs = rows.logs.get(&self.session).is_some_and(|log| log.fold.status.is_active());
        if runs {
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
        let budget = self.budget.unwrap_or(stored);
        if budget != stored && budget.is_some_and(|budget| budget.is_spent(&log.fold.usage)) {
            return Err(Refusal::Budget(BudgetProblem::NotRaised));
        }
        if budget.is_some() && stored.is_none() {
            return Err(Refusal::Budget(BudgetProblem::CreateOnly));
        }
        if budget.is_some() && !self.models.is_priced(&agent.model.id) {
            return Err(Refusal::Budget(BudgetProblem::ModelWithoutPrice));
        }
        Ok(budget)
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

    /// `updated_at` moves only if something changed.
    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<Held, Refusal> {
        let stored = owned(rows, self.account, self.session)?;
        if stored.archived_at.is_some() {
            return Err(Refusal::SessionArchived);
        }
        if let Some(variables) = &self.environment_variables {
            variables::check(variables, rows.facts(self.environment).map(|facts| facts.kind))?;
        }
        let held = rows.snapshot(&stored);
        let agent = self.agent(&held, rows)?;
        let log = log_of(rows, &stored, self.projection);
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
            let update = changed(&stored, &next, &held, &agent);
            if update != Update::default() {
                let mut story = Story::of(log, next.budget, context);
                story.say(Kind::SessionUpdated(update));
                story.go_on_within(next.budget);
                story.end(rows);
            }
        }
        if agent != held {
            rows.snapshots.put(next.id, agent.clone());
        }
        rows.sessions.put(next.id, next.clone());
        Ok(Held::of(rows, next, agent))
    }
}

/// What an update changed, as its event tells it; nothing, and then there is no event, if that was
/// the environment variables alone. They have no member in it (events §7): they are often secret, and
/// a log is for ever.
fn changed(before: &Session, after: &Session, held: &Snapshot, agent: &Snapshot) -> Update {
    let differs = |differs: bool| differs.then_some(());
    Update {
        title: differs(before.title != after.title).map(|()| after.title.clone()),
        metadata: differs(before.metadata != after.metadata).map(|()| after.metadata.map().clone()),
        agent: differs(held != agent).map(|()| Json::of(agent)),
        budget: differs(before.budget != after.budget).map(|()| Json::of(&after.budget)),
    }
}
