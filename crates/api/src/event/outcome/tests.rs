//! Which outcomes are taken, and how they are read.

use leasehold_model::log::send::Incoming;
use serde_json::{Value, json};

use crate::body::Members;
use crate::event::incoming::{read, read_initial};
use crate::event::tests::{LENIENT, STRICT};

fn outcome() -> Value {
    json!({
        "type": "user.define_outcome",
        "description": "A report.",
        "rubric": {"type": "text", "content": "It has a title."},
    })
}

/// An outcome with one member changed.
fn with(member: &str, value: Value) -> Value {
    let mut outcome = outcome();
    outcome[member] = value;
    outcome
}

fn blamed(outcome: &Value) -> [String; 2] {
    [&LENIENT, &STRICT].map(|manner| {
        let read = read(json!({ "events": [outcome] }), manner);
        read.map_or_else(|invalid| invalid.param().to_owned(), |_| String::new())
    })
}

#[test]
fn an_outcome_is_read_as_it_was_written() {
    for (given, meant) in [
        (outcome(), 3),
        (with("max_iterations", Value::Null), 3),
        (with("max_iterations", json!(1)), 1),
        (with("max_iterations", json!(20)), 20),
    ] {
        let read = read(json!({ "events": [given] }), &STRICT);
        let (description, rubric) = ("A report.".to_owned(), "It has a title.".to_owned());
        let outcome = Incoming::DefineOutcome { description, rubric, max_iterations: meant };
        assert_eq!(read, Ok(vec![outcome]));
    }
}

#[test]
fn what_is_wrong_with_an_outcome_is_named() {
    let longest = "ä".repeat(262_144);
    let rubric = |content: &str| json!({"type": "text", "content": content});
    assert_eq!(blamed(&with("rubric", rubric(&longest))), ["", ""]);
    for (outcome, param) in [
        (with("description", json!("")), ".description"),
        (with("description", json!("  ")), ".description"),
        (with("description", json!("a".repeat(16_385))), ".description"),
        (with("rubric", json!("It has a title.")), ".rubric"),
        (with("rubric", json!({})), ".rubric.type"),
        (with("rubric", json!({"type": "text"})), ".rubric.content"),
        (with("rubric", rubric("")), ".rubric.content"),
        (with("rubric", rubric(&format!("{longest}a"))), ".rubric.content"),
        (with("rubric", json!({"type": "file", "file_id": "file_1"})), ".rubric.file_id"),
        (with("rubric", json!({"type": "text", "content": "a", "b": 1})), ".rubric.b"),
        (with("max_iterations", json!(0)), ".max_iterations"),
        (with("max_iterations", json!(21)), ".max_iterations"),
        (with("max_iterations", json!(1.5)), ".max_iterations"),
        (with("max_iterations", json!("3")), ".max_iterations"),
        (with("colour", json!("red")), ".colour"),
        (json!({"type": "user.define_outcome"}), ".description"),
    ] {
        assert_eq!(
            blamed(&outcome),
            [format!("events[0]{param}"), format!("events[0]{param}")],
            "{outcome}"
        );
    }
}

#[test]
fn a_session_is_created_with_one_outcome_at_the_most() {
    let message = json!({"type": "user.message", "content": [{"type": "text", "text": "Hello."}]});
    let initial = |events: Value| {
        let mut members = Members::body(json!({ "initial_events": events })).unwrap();
        read_initial(&mut members, &STRICT)
            .map_or_else(|invalid| invalid.param().to_owned(), |events| events.len().to_string())
    };
    assert_eq!(initial(json!([message, outcome()])), "2");
    assert_eq!(initial(json!([outcome(), message, outcome()])), "initial_events[2].type");
    assert_eq!(initial(json!([{"type": "user.interrupt"}])), "initial_events[0].type");
}
