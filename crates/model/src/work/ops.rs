//! Operations on work items: poll, ack, heartbeat, stop, metadata, and writing down what time did.

use std::time::Duration;

use super::heartbeat::{Beat, Heartbeat, Unheld};
use super::stop::Stop;
use super::{Body, Caller, Transition, Work, WorkerId};
use crate::id::{EnvironmentId, WorkId};
use crate::log::ops::call_worker_again;
use crate::metadata::MetadataPatch;
use crate::op::{Context, Op};
use crate::refusal::{Refusal, Resource};
use crate::rows::{Keys, Rows};

/// A work item with its body, as the wire shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The head.
    pub work: Work,
    /// The body.
    pub body: Body,
}

/// Takes the oldest available item of a queue (work §6.1).
#[derive(Clone, Debug)]
pub struct Poll {
    /// Whose queue.
    pub environment: EnvironmentId,
    /// For how long a delivery that nobody acked keeps an item back.
    pub window: Duration,
    /// The worker that asks.
    pub worker: Option<WorkerId>,
}

impl Op for Poll {
    /// `None` if nothing was available.
    type Reply = Option<Item>;

    fn needs(&self, keys: &mut Keys) {
        keys.ready.push((self.environment, self.window));
    }

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<Option<Item>, Refusal> {
        let now = context.now();
        let Some(candidates) = rows.candidates.get(&self.environment) else { return Ok(None) };
        let delivered = candidates.iter().find_map(|id| {
            let work = rows.work.get(id)?;
            work.deliver(now, self.window, self.worker.clone())
        });
        let Some(transition) = delivered else { return Ok(None) };
        let work = transition.next.clone();
        rows.advance(transition);
        Ok(Some(Item { body: rows.body(work.id), work }))
    }
}

/// Accepts an item (work §6.2).
#[derive(Clone, Debug)]
pub struct Ack {
    /// The environment through which the item is named.
    pub environment: EnvironmentId,
    /// Which item.
    pub work: WorkId,
    /// Who asks.
    pub caller: Caller,
}

impl Op for Ack {
    type Reply = Item;

    fn needs(&self, keys: &mut Keys) {
        keys.work.push(self.work);
        keys.bodies.push(self.work);
        keys.facts.push(self.environment);
    }

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<Item, Refusal> {
        let limit = rows.facts(self.environment).and_then(|facts| facts.max_attempts);
        let transition =
            find(rows, self.environment, self.work)?.ack(context.now(), &self.caller, limit)?;
        Ok(write(rows, transition))
    }
}

/// Takes or renews the lease of an item (work §7).
#[derive(Clone, Debug)]
pub struct Renew {
    /// The environment through which the item is named.
    pub environment: EnvironmentId,
    /// Which item.
    pub work: WorkId,
    /// The heartbeat; its limit of attempts is filled in from the environment.
    pub heartbeat: Heartbeat,
}

impl Op for Renew {
    type Reply = Beat;

    fn needs(&self, keys: &mut Keys) {
        keys.work.push(self.work);
        match self.heartbeat.unheld {
            Unheld::Refuse => {}
            Unheld::Claim { .. } => keys.facts.push(self.environment),
        }
    }

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<Beat, Refusal> {
        let work = find(rows, self.environment, self.work)?;
        let transition = match self.heartbeat.unheld {
            Unheld::Refuse => work.heartbeat(context.now(), &self.heartbeat)?,
            Unheld::Claim { .. } => {
                let limit = rows.facts(self.environment).and_then(|facts| facts.max_attempts);
                let heartbeat =
                    Heartbeat { unheld: Unheld::Claim { limit }, ..self.heartbeat.clone() };
                work.heartbeat(context.now(), &heartbeat)?
            }
        };
        Ok(rows.advance(transition))
    }
}

/// Stops an item (work §8).
#[derive(Clone, Debug)]
pub struct StopWork {
    /// The environment through which the item is named.
    pub environment: EnvironmentId,
    /// Which item.
    pub work: WorkId,
    /// How it is meant.
    pub how: Stop,
    /// Who asks.
    pub caller: Caller,
}

impl Op for StopWork {
    type Reply = Item;

    fn needs(&self, keys: &mut Keys) {
        keys.work.push(self.work);
        keys.bodies.push(self.work);
        keys.sessions_of_work.push(self.work);
    }

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<Item, Refusal> {
        let work = find(rows, self.environment, self.work)?;
        let was_over = work.settled(context.now()).work.stopped_at().is_some();
        let transition = work.stop(context.now(), self.how, &self.caller)?;
        let item = write(rows, transition);
        if !was_over && item.work.stopped_at().is_some() {
            call_worker_again(rows, context, &item.work);
        }
        Ok(item)
    }
}

/// Patches the metadata of an item, in whatever state it is (work §5.3).
#[derive(Clone, Debug)]
pub struct UpdateWork {
    /// The environment through which the item is named.
    pub environment: EnvironmentId,
    /// Which item.
    pub work: WorkId,
    /// The merge patch; empty changes nothing.
    pub metadata: MetadataPatch,
}

impl Op for UpdateWork {
    type Reply = Item;

    fn needs(&self, keys: &mut Keys) {
        keys.work.push(self.work);
        keys.bodies.push(self.work);
    }

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<Item, Refusal> {
        let work = find(rows, self.environment, self.work)?.settled(context.now()).work;
        let stored = rows.body(self.work);
        let body = Body { metadata: stored.metadata.patched(&self.metadata)?, ..stored.clone() };
        if body != stored {
            rows.bodies.put(self.work, body.clone());
        }
        Ok(Item { work, body })
    }
}

/// Writes down that time has ended items. Nothing about them reads differently for it, but they
/// leave the books of the living, and those that leave calls behind are followed by another item.
#[derive(Clone, Debug)]
pub struct Tidy {
    /// Items that may have ended.
    pub work: Vec<WorkId>,
}

impl Op for Tidy {
    type Reply = ();

    fn needs(&self, keys: &mut Keys) {
        keys.work.extend_from_slice(&self.work);
        keys.sessions_of_work.extend_from_slice(&self.work);
    }

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<(), Refusal> {
        let now = context.now();
        for id in &self.work {
            if let Some(work) = rows.work.get(id).filter(|work| work.ended_by(now)) {
                let settled = work.settled(now);
                let ended = settled.work.clone();
                let transition = Transition { next: settled.work, reply: (), ended: settled.ended };
                rows.advance(transition);
                if ended.was_abandoned() {
                    call_worker_again(rows, context, &ended);
                }
            }
        }
        Ok(())
    }
}

fn find(rows: &Rows, environment: EnvironmentId, work: WorkId) -> Result<&Work, Refusal> {
    rows.work
        .get(&work)
        .filter(|work| work.environment == environment)
        .ok_or(Refusal::NotFound(Resource::Work))
}

fn write(rows: &mut Rows, transition: Transition<()>) -> Item {
    let work = transition.next.clone();
    rows.advance(transition);
    Item { body: rows.body(work.id), work }
}
