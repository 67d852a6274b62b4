//! Why a session rests and what a request cost, in words of this dialect.

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
    let refusal = StopReason::Refusal { category: None, explanation: None };
    for (reason, word) in [
        (StopReason::EndTurn, "end_turn"),
        (StopReason::RequiresAction(Vec::new()), "requires_action"),
        (StopReason::RetriesExhausted, "retries_exhausted"),
        (StopReason::BudgetReached, "budget_reached"),
        (StopReason::Cancelled, "cancelled"),
        (refusal, "end_turn"),
    ] {
        assert_eq!(stop(&reason), (word, Value::Null));
        assert!((MANNER.stop)(&reason).details.is_none(), "the member is not there");
    }
}

#[test]
fn what_a_request_cost() {
    let written = |cost_nanos| json!((MANNER.usage)(&Usage { cost_nanos, ..Usage::default() }));
    assert_eq!(written(0), Value::Null);
    assert_eq!(written(1_234_000_000), json!({"credits": 1.234}));
}

#[test]
fn what_a_session_has_used_so_far() {
    let usage = Usage { input_tokens: 1, cost_nanos: 1_259_999_999, ..Usage::default() };
    let written =
        json!({"total_credits": 1.25, "model_credits": 1.25, "sandbox_runtime_credits": 0.0});
    assert_eq!((MANNER.total)(&usage, Duration::from_millis(1_500)).value(), written);
}
