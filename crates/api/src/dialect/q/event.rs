//! Events as dialect Q writes them (events §7, §8).

use std::time::Duration;

use leasehold_model::Json;
use leasehold_model::agent::snapshot::Snapshot;
use leasehold_model::event::{StopReason, Usage};
use leasehold_model::session::budget::Budget;
use leasehold_model::session::ops::Projection;
use serde::Serialize;
use utoipa::ToSchema;

use super::agent::SnapshotWire;
use super::session::budget::BudgetWire;
use crate::event::wire::{EventWire, StopWire, UsageWire};
use crate::event::{Manner, Results, Resume, Unknown};

/// How this dialect writes events.
pub(crate) static MANNER: Manner = Manner {
    prefix: "evt_",
    edition: 0,
    unknown: Unknown::Dropped,
    results: Results::OfAnybody,
    page_limit: 20,
    cursors: &["page", "after_id", "before_id"],
    resume: Resume::ById,
    stop,
    usage,
    total,
    agent,
    budget,
    projection: Projection::Copy,
};

/// A part of the log of a session.
#[derive(Serialize, ToSchema)]
#[schema(as = SessionEventList)]
pub(super) struct EventList {
    data: Vec<EventWire<'static>>,
    next_page: Option<String>,
    first_id: Option<String>,
    last_id: Option<String>,
    has_more: bool,
}

/// Why a session rests. A model that refuses ends its turn here.
fn stop(reason: &StopReason) -> StopWire {
    let reason = match reason {
        StopReason::EndTurn | StopReason::Refusal { .. } => "end_turn",
        StopReason::RequiresAction(_) => "requires_action",
        StopReason::RetriesExhausted => "retries_exhausted",
        StopReason::BudgetReached => "budget_reached",
        StopReason::Cancelled => "cancelled",
    };
    StopWire { reason, details: None }
}

/// Credits: dollars of the operator's price list. Without prices nothing is known.
fn usage(usage: &Usage) -> Option<UsageWire> {
    const NANOS: f64 = 1e9;
    (usage.cost_nanos > 0).then(|| UsageWire::Credits { credits: usage.cost_nanos as f64 / NANOS })
}

fn total(usage: &Usage, _active: Duration) -> Json {
    Json::of(&super::session::UsageWire::of(usage))
}

/// The agent, which comes as it is stored.
fn agent(stored: &Json) -> Json {
    match stored.read::<Snapshot>() {
        Some(snapshot) => Json::of(&SnapshotWire::from(&snapshot)),
        None => stored.clone(),
    }
}

/// The budget, which comes as it is stored.
fn budget(stored: &Json) -> Json {
    match stored.read::<Option<Budget>>() {
        Some(budget) => Json::of(&budget.map(BudgetWire::from)),
        None => stored.clone(),
    }
}

#[cfg(test)]
mod tests;
