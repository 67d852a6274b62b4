//! Events as dialect A writes them (events §7, §8).

use std::time::Duration;

use leasehold_model::Json;
use leasehold_model::agent::snapshot::Snapshot;
use leasehold_model::event::{StopReason, Usage};
use leasehold_model::session::budget::Budget;
use leasehold_model::session::ops::Projection;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::agent::SnapshotWire;
use super::session::budget::BudgetWire;
use crate::event::wire::{EventWire, StopDetailsWire, StopWire, UsageWire};
use crate::event::{Manner, Results, Resume, Unknown};

/// How this dialect writes events.
pub(crate) static MANNER: Manner = Manner {
    prefix: "sevt_",
    edition: 1,
    unknown: Unknown::Refused,
    results: Results::OfWorkers,
    page_limit: 1_000,
    cursors: &["page"],
    resume: Resume::Never,
    stop,
    usage,
    total,
    agent,
    budget,
    projection: Projection::Empty,
};

/// A part of the log of a session.
#[derive(Serialize, ToSchema)]
#[schema(as = SessionEventList)]
pub(super) struct EventList {
    #[schema(value_type = Vec<EventWire<'static>>)]
    pub(super) data: Vec<Box<RawValue>>,
    /// What the next page is asked for with; null on the last one.
    pub(super) next_page: Option<String>,
}

/// Why a session rests. An interrupt ends the turn like any other end.
fn stop(reason: &StopReason) -> StopWire {
    let (reason, details) = match reason {
        StopReason::EndTurn | StopReason::Cancelled => ("end_turn", None),
        StopReason::RequiresAction(_) => ("requires_action", None),
        StopReason::RetriesExhausted => ("retries_exhausted", None),
        StopReason::BudgetReached => ("budget_reached", None),
        StopReason::Refusal { category, explanation } => {
            let (category, explanation) = (category.clone(), explanation.clone());
            ("refusal", Some(StopDetailsWire { r#type: "refusal", category, explanation }))
        }
    };
    StopWire { reason, details: Some(details) }
}

fn usage(usage: &Usage) -> Option<UsageWire> {
    Some(UsageWire::Tokens {
        input_tokens: usage.input_tokens,
        output_tokens: usage.output_tokens,
        cache_read_input_tokens: usage.cache_read_input_tokens,
        cache_creation_input_tokens: usage.cache_creation_input_tokens,
    })
}

fn total(usage: &Usage, active: Duration) -> Json {
    Json::of(&super::session::UsageWire::of(usage, true, active))
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
