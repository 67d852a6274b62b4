//! Why a session rests and what a request used, in words of this dialect.

use std::time::Duration;

use leasehold_model::event::{StopReason, Usage};
use serde_json::{Value, json};

use super::MANNER;

fn stop(reason: &StopReason) -> (&'static str, Value) {
    let written = (MANNER.stop)(reason);
    (written.reason, json!(written.details))
}

#[test]
fn why_a_session_rests() {
    let refusal = StopReason::Refusal { category: Some("c".to_owned()), explanation: None };
    let details = json!({"type": "refusal", "category": "c", "explanation": null});
    for (reason, word, details) in [
        (StopReason::EndTurn, "end_turn", Value::Null),
        (StopReason::RequiresAction(Vec::new()), "requires_action", Value::Null),
        (StopReason::RetriesExhausted, "retries_exhausted", Value::Null),
        (StopReason::BudgetReached, "budget_reached", Value::Null),
        (StopReason::Cancelled, "end_turn", Value::Null),
        (refusal, "refusal", details),
    ] {
        assert_eq!(stop(&reason), (word, details));
        assert!((MANNER.stop)(&reason).details.is_some(), "the member is there");
    }
}

#[test]
fn what_a_request_used() {
    let usage = Usage { input_tokens: 1, output_tokens: 2, cost_nanos: 3, ..Usage::default() };
    let written = json!({
        "input_tokens": 1,
        "output_tokens": 2,
        "cache_read_input_tokens": 0,
        "cache_creation_input_tokens": 0,
    });
    assert_eq!(json!((MANNER.usage)(&usage)), written);
}

#[test]
fn what_a_session_has_used_so_far() {
    let written = json!({
        "input_tokens": 1,
        "output_tokens": 2,
        "cache_read_input_tokens": 0,
        "cache_creation": {"ephemeral_1h_input_tokens": 0, "ephemeral_5m_input_tokens": 4},
        "active_seconds": 1.5,
        "list_cost": {"amount": "2.5", "currency": "USD"},
    });
    let usage = Usage {
        input_tokens: 1,
        output_tokens: 2,
        cache_creation_input_tokens: 4,
        cost_nanos: 25_000_000,
        ..Usage::default()
    };
    assert_eq!((MANNER.total)(&usage, Duration::from_millis(1_500)).value(), written);
}
