//! Two manners that differ in everything that the shared code asks.

use leasehold_model::Json;
use leasehold_model::session::ops::Projection;

use super::{Manner, Results, Resume, Unknown};
use crate::event::wire::{StopWire, UsageWire};

/// One that tolerates.
pub(crate) const LENIENT: Manner = Manner {
    prefix: "evt_",
    edition: 0,
    unknown: Unknown::Dropped,
    results: Results::OfAnybody,
    projection: Projection::Copy,
    page_limit: 20,
    cursors: &["page", "after_id", "before_id"],
    resume: Resume::ById,
    stop: |_| StopWire { reason: "end_turn", details: None },
    usage: |_| None,
    total: |_, _| Json::of(&()),
    agent: Clone::clone,
    budget: Clone::clone,
};

/// One that does not.
pub(crate) const STRICT: Manner = Manner {
    edition: 1,
    unknown: Unknown::Refused,
    results: Results::OfWorkers,
    projection: Projection::Empty,
    page_limit: 1_000,
    cursors: &["page"],
    resume: Resume::Never,
    stop: |_| StopWire { reason: "end_turn", details: Some(None) },
    usage: |usage| {
        Some(UsageWire::Tokens {
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            cache_read_input_tokens: usage.cache_read_input_tokens,
            cache_creation_input_tokens: usage.cache_creation_input_tokens,
        })
    },
    ..LENIENT
};
