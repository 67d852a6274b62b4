//! What is read from an event, and what is written of one.

use serde_json::{Value, json};

use super::{Event, Kind, NewEvent, Permission, StopReason, Verdict};
use crate::content::Block;

fn kind(json: Value) -> Kind {
    Event::from(json).kind
}

#[test]
fn a_call_is_read_with_its_permission() {
    for (said, expected) in [
        (json!("allow"), Some(Permission::Allow)),
        (json!("ask"), Some(Permission::Ask)),
        (json!("deny"), Some(Permission::Deny)),
        (json!("perhaps"), Some(Permission::Other("perhaps".to_owned()))),
        (Value::Null, None),
    ] {
        let event = Event::from(json!({
            "id": "evt_1", "type": "agent.tool_use", "processed_at": "2026-07-02T09:20:00.004310Z",
            "name": "bash", "input": {"command": "ls"}, "evaluated_permission": said,
        }));
        assert_eq!(event.id.as_deref(), Some("evt_1"));
        assert_eq!(event.processed_at.as_deref(), Some("2026-07-02T09:20:00.004310Z"));
        assert_eq!(event.name(), "agent.tool_use");
        let Kind::ToolUse(call) = event.kind else { panic!("{event:?}") };
        assert_eq!(call.name, "bash");
        assert_eq!(call.input, json!({"command": "ls"}));
        assert_eq!(call.evaluated_permission, expected);
    }
}

#[test]
fn an_answer_is_one_whoever_gave_it() {
    let members = [
        ("user.tool_result", "tool_use_id"),
        ("agent.tool_result", "tool_use_id"),
        ("agent.mcp_tool_result", "mcp_tool_use_id"),
        ("user.custom_tool_result", "custom_tool_use_id"),
    ];
    for (name, member) in members {
        let Kind::Answered(answer) = kind(json!({"type": name, member: "evt_1"})) else {
            panic!("{name}");
        };
        assert_eq!((answer.tool_use_id.as_str(), answer.is_error), ("evt_1", None), "{name}");
        assert!(answer.content.is_empty());
    }
}

#[test]
fn why_the_agent_waits() {
    for (reason, expected, text) in [
        (json!({"type": "end_turn"}), StopReason::EndTurn, "end_turn"),
        (
            json!({"type": "requires_action", "event_ids": ["evt_1"]}),
            StopReason::RequiresAction { event_ids: vec!["evt_1".to_owned()] },
            "requires_action",
        ),
        (
            json!({"type": "retries_exhausted"}),
            StopReason::Other { name: "retries_exhausted".to_owned() },
            "retries_exhausted",
        ),
    ] {
        let Kind::Idle { stop_reason } =
            kind(json!({"type": "session.status_idle", "stop_reason": reason}))
        else {
            panic!("{text}");
        };
        assert_eq!(stop_reason.as_str(), text);
        assert_eq!(stop_reason, expected);
    }
}

#[test]
fn a_preview_is_no_event_of_the_log() {
    let start = Event::from(json!({
        "type": "event_start", "event": {"id": "evt_1", "type": "agent.message"},
    }));
    assert_eq!(start.id, None);
    assert!(matches!(start.kind, Kind::PreviewStart { event } if event.id == "evt_1"));
    let delta = kind(json!({
        "type": "event_delta", "event_id": "evt_1",
        "delta": {"type": "content_delta", "index": 2, "content": {"type": "text", "text": "Hel"}},
    }));
    let Kind::PreviewDelta { event_id, delta } = delta else { panic!("{delta:?}") };
    assert_eq!((event_id.as_str(), delta.index), ("evt_1", 2));
    assert_eq!(delta.content, Block::text("Hel"));
}

#[test]
fn what_is_not_known_is_kept_as_it_came() {
    for json in [
        json!({"id": "evt_1", "type": "agent.dreams", "of": [1, 2]}),
        json!({"id": "evt_1", "type": "agent.tool_use", "name": 5}),
        json!({"id": "evt_1", "type": "session.status_idle"}),
        json!({"id": 7}),
        json!([1]),
    ] {
        let event = Event::from(json.clone());
        assert_eq!(event.kind, Kind::Other);
        assert_eq!(event.json(), &json);
    }
}

#[test]
fn blocks_of_other_kinds_are_kept() {
    let image = json!({"type": "image", "source": {"type": "url", "url": "http://h/"}});
    let content = json!([{"type": "text", "text": "see"}, image]);
    let Kind::UserMessage { content } = kind(json!({"type": "user.message", "content": content}))
    else {
        panic!("no message");
    };
    assert_eq!(content, [Block::text("see"), Block::Other(image)]);
    assert_eq!(content.iter().map(Block::kind).collect::<Vec<_>>(), ["text", "image"]);
}

#[test]
fn what_is_sent_has_the_members_of_its_kind_and_no_others() {
    let call = || "evt_1".to_owned();
    let confirmation = |result, deny_message: Option<&str>| NewEvent::Confirmation {
        tool_use_id: call(),
        result,
        deny_message: deny_message.map(str::to_owned),
    };
    let result = NewEvent::ToolResult {
        tool_use_id: call(),
        is_error: false,
        content: vec![Block::text("out")],
    };
    for (event, expected) in [
        (
            NewEvent::message("hello"),
            json!({"type": "user.message", "content": [{"type": "text", "text": "hello"}]}),
        ),
        (NewEvent::Interrupt, json!({"type": "user.interrupt"})),
        (
            confirmation(Verdict::Allow, None),
            json!({"type": "user.tool_confirmation", "tool_use_id": "evt_1", "result": "allow"}),
        ),
        (
            confirmation(Verdict::Deny, Some("no")),
            json!({"type": "user.tool_confirmation", "tool_use_id": "evt_1", "result": "deny",
                "deny_message": "no"}),
        ),
        (
            result,
            json!({"type": "user.tool_result", "tool_use_id": "evt_1", "is_error": false,
                "content": [{"type": "text", "text": "out"}]}),
        ),
    ] {
        assert_eq!(serde_json::to_value(&event).unwrap(), expected);
    }
}
