//! The form of what clients send, in a dialect that tolerates and in one that does not.

use leasehold_model::event::{Answer, Verdict};
use leasehold_model::log::send::Incoming;
use leasehold_model::{EventId, Json};
use serde_json::{Value, json};

use super::read;
use crate::body::Invalid;
use crate::event::Manner;
use crate::event::tests::{LENIENT, STRICT};

const CALL: &str = "evt_00000000000070008000000000000000";

fn sent(event: &str, manner: &Manner) -> Result<Vec<Incoming>, Invalid> {
    let event = event.replace("CALL", CALL);
    let event: Value = serde_json::from_str(&event).unwrap_or_else(|_| panic!("{event}"));
    read(json!({ "events": [event] }), manner)
}

/// What is to blame; empty if nothing is.
fn blamed(event: &str, manner: &Manner) -> String {
    sent(event, manner).map_or_else(|invalid| invalid.param().to_owned(), |_| String::new())
}

#[test]
fn what_is_wrong_is_named() {
    for (event, param) in [
        ("1", ""),
        ("{}", ".type"),
        (r#"{"type": 1}"#, ".type"),
        (r#"{"type": "agent.message", "content": []}"#, ".type"),
        (r#"{"type": "user.message"}"#, ".content"),
        (r#"{"type": "user.message", "content": null}"#, ".content"),
        (r#"{"type": "user.message", "content": "Hello"}"#, ".content"),
        (r#"{"type": "user.message", "content": []}"#, ".content"),
        (r#"{"type": "system.message", "content": [{"type": "image"}]}"#, ".content[0].type"),
        (r#"{"type": "user.interrupt", "session_thread_id": 1}"#, ".session_thread_id"),
        (r#"{"type": "user.tool_confirmation", "result": "allow"}"#, ".tool_use_id"),
        (
            r#"{"type": "user.tool_confirmation", "result": "allow", "tool_use_id": "toolu_1"}"#,
            ".tool_use_id",
        ),
        (
            r#"{"type": "user.tool_confirmation", "tool_use_id": "CALL", "result": "maybe"}"#,
            ".result",
        ),
        (r#"{"type": "user.tool_confirmation", "tool_use_id": "CALL"}"#, ".result"),
        (
            r#"{"type": "user.tool_confirmation", "tool_use_id": "CALL", "result": "allow",
                "deny_message": "no"}"#,
            ".deny_message",
        ),
        (
            r#"{"type": "user.tool_confirmation", "tool_use_id": "CALL", "result": "deny",
                "deny_message": 1}"#,
            ".deny_message",
        ),
        (r#"{"type": "user.tool_result"}"#, ".tool_use_id"),
        (r#"{"type": "user.tool_result", "tool_use_id": "CALL", "content": "a"}"#, ".content"),
        (r#"{"type": "user.tool_result", "tool_use_id": "CALL", "is_error": "no"}"#, ".is_error"),
        (r#"{"type": "user.custom_tool_result", "tool_use_id": "CALL"}"#, ".custom_tool_use_id"),
    ] {
        for manner in [&LENIENT, &STRICT] {
            assert_eq!(blamed(event, manner), format!("events[0]{param}"), "{event}");
        }
    }
}

#[test]
fn only_a_strict_dialect_refuses_what_nobody_knows() {
    let known = r#"{"type": "user.interrupt", "session_thread_id": null"#;
    for manner in [&LENIENT, &STRICT] {
        assert_eq!(blamed(&format!("{known}}}"), manner), "");
    }
    let unknown = format!(r#"{known}, "weather": "fine"}}"#);
    assert_eq!(blamed(&unknown, &LENIENT), "");
    assert_eq!(blamed(&unknown, &STRICT), "events[0].weather");
    let body = json!({ "events": [{"type": "user.interrupt"}], "mode": "fast" });
    assert!(read(body.clone(), &LENIENT).is_ok());
    assert_eq!(
        read(body, &STRICT).map_err(|invalid| invalid.param().to_owned()),
        Err("mode".to_owned())
    );
}

#[test]
fn what_is_sent_is_what_is_heard() {
    let call = EventId::parse(CALL).unwrap();
    let answer = |content, is_error| Answer { call, content, is_error };
    for (event, heard) in [
        (
            r#"{"type": "user.message", "content": [{"type": "text", "text": "a"}]}"#,
            Incoming::Message { content: Json::text("a") },
        ),
        (r#"{"type": "user.interrupt", "session_thread_id": "sthr_1"}"#, Incoming::Interrupt),
        (
            r#"{"type": "user.tool_confirmation", "tool_use_id": "CALL", "result": "allow",
                "deny_message": null}"#,
            Incoming::Confirmation { call, verdict: Verdict::Allow },
        ),
        (
            r#"{"type": "user.tool_confirmation", "tool_use_id": "CALL", "result": "deny",
                "deny_message": "no"}"#,
            Incoming::Confirmation {
                call,
                verdict: Verdict::Deny { message: Some("no".to_owned()) },
            },
        ),
        (
            r#"{"type": "user.tool_result", "tool_use_id": "CALL"}"#,
            Incoming::ToolResult(answer(None, None)),
        ),
        (
            r#"{"type": "user.tool_result", "tool_use_id": "CALL", "content": null,
                "is_error": null}"#,
            Incoming::ToolResult(answer(None, None)),
        ),
        (
            r#"{"type": "user.custom_tool_result", "custom_tool_use_id": "CALL", "content": [],
                "is_error": false}"#,
            Incoming::CustomToolResult(answer(Some(Json::of(&[0; 0])), Some(false))),
        ),
    ] {
        assert_eq!(sent(event, &STRICT), Ok(vec![heard]), "{event}");
    }
}

#[test]
fn a_request_has_one_to_a_hundred_events_in_a_list() {
    let event = json!({"type": "user.interrupt"});
    for (events, good) in [
        (json!([]), false),
        (json!([event]), true),
        (json!(vec![event.clone(); 100]), true),
        (json!(vec![event.clone(); 101]), false),
        (event.clone(), false),
        (Value::Null, false),
    ] {
        assert_eq!(read(json!({ "events": events }), &STRICT).is_ok(), good, "{events}");
    }
    assert!(read(event, &LENIENT).is_err(), "an event alone is no request");
}

#[test]
fn a_system_message_comes_once_and_last_behind_what_the_model_is_shown() {
    let text = json!([{"type": "text", "text": "a"}]);
    let event = |letter: char| match letter {
        's' => json!({"type": "system.message", "content": text}),
        'm' => json!({"type": "user.message", "content": text}),
        'r' => json!({"type": "user.tool_result", "tool_use_id": CALL}),
        'c' => json!({"type": "user.custom_tool_result", "custom_tool_use_id": CALL}),
        'i' => json!({"type": "user.interrupt"}),
        _ => json!({"type": "user.tool_confirmation", "tool_use_id": CALL, "result": "allow"}),
    };
    for (batch, good) in [
        ("ms", true),
        ("rs", true),
        ("cs", true),
        ("ims", true),
        ("s", false),
        ("is", false),
        ("as", false),
        ("sm", false),
        ("msm", false),
        ("mss", false),
        ("msms", false),
    ] {
        let events: Vec<Value> = batch.chars().map(event).collect();
        assert_eq!(read(json!({ "events": events }), &STRICT).is_ok(), good, "{batch}");
    }
}
