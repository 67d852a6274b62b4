//! When a turn counts as over.

use leasehold_client::Client;
use leasehold_client::event::{Event, StopReason};
use leasehold_client::stream::Start;
use serde_json::{Value, json};

use super::{Audience, Watch, verdict};

fn message(id: &str, processed: bool) -> Value {
    let at = if processed { json!("2026") } else { Value::Null };
    json!({"id": id, "type": "user.message", "content": [], "processed_at": at})
}

fn idle(reason: &str) -> Value {
    json!({"id": "evt_9", "type": "session.status_idle", "stop_reason": {"type": reason},
        "processed_at": "2026"})
}

/// Why the turn is over after these events, if it is.
fn end(events: &[Value], sent: &[&str]) -> Option<String> {
    let client = Client::builder("http://127.0.0.1:1", "pt-x".into()).build().unwrap();
    let mut watch = Watch::open(&client, "s", Audience::Person(Start::Recent)).unwrap();
    watch.present = true;
    watch.waiting.extend(sent.iter().map(|id| (*id).to_owned()));
    events.iter().for_each(|event| watch.take_in(Event::from(event.clone())));
    watch.turn_end().map(|reason| reason.as_str().to_owned())
}

#[test]
fn a_turn_is_over_when_the_agent_waits_for_the_user_alone() {
    let running = json!({"id": "evt_1", "type": "session.status_running", "processed_at": "2026"});
    assert_eq!(end(&[], &[]), None);
    assert_eq!(end(&[idle("end_turn")], &[]).as_deref(), Some("end_turn"));
    assert_eq!(end(&[idle("retries_exhausted")], &[]).as_deref(), Some("retries_exhausted"));
    assert_eq!(end(&[idle("requires_action")], &[]), None);
    assert_eq!(end(&[idle("end_turn"), running], &[]), None);
}

#[test]
fn no_turn_is_over_before_what_was_said_has_been_taken_in() {
    let (queued, taken) = (message("evt_2", false), message("evt_2", true));
    assert_eq!(end(&[queued.clone(), idle("end_turn")], &[]), None);
    assert!(end(&[queued, taken.clone(), idle("end_turn")], &[]).is_some());
    assert_eq!(end(&[idle("end_turn")], &["evt_2"]), None);
    assert!(end(&[taken, idle("end_turn")], &["evt_2"]).is_some());
}

#[test]
fn a_turn_that_failed_is_an_error() {
    assert!(verdict(&StopReason::EndTurn).is_ok());
    let other = |name: &str| verdict(&StopReason::Other { name: name.to_owned() });
    assert!(other("cancelled").is_ok());
    let error = other("retries_exhausted").unwrap_err();
    assert_eq!(error.to_string(), "the turn ended with retries_exhausted");
}
