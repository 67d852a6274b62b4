//! Logs, and the conversations that models are told of them.

use leasehold_model::event::{Answer, Event, Kind, Permission, Place, StopReason, Use};
use leasehold_model::{EventId, Json, Timestamp};
use serde_json::{Value, json};

use super::conversation;
use crate::chat::{AssistantPart, Message, Outcome, UserPart};

fn event(seq: u64, kind: Kind) -> Event {
    let place = Some(Place { seq, at: Timestamp::from_micros(1) });
    Event { id: id(seq), place, kind }
}

fn id(seq: u64) -> EventId {
    EventId::from_bytes(u128::from(seq).to_be_bytes())
}

fn text(words: &str) -> Value {
    json!({ "type": "text", "text": words })
}

fn used(name: &str, model_id: &str) -> Use {
    let input = Json::of(&json!({ "command": "ls" }));
    Use {
        name: name.to_owned(),
        input,
        permission: Permission::Allow,
        model_id: model_id.to_owned(),
    }
}

fn result(call: u64, words: &str, is_error: Option<bool>) -> Answer {
    Answer { call: id(call), content: Some(Json::text(words)), is_error }
}

#[test]
fn a_turn_with_tools_is_told_as_the_model_said_it() {
    let events = [
        event(0, Kind::StatusRunning),
        event(1, Kind::UserMessage { content: Json::text("list") }),
        event(2, Kind::ModelRequestStart),
        event(3, Kind::AgentThinking { opaque: Some(Json::of(&json!({ "type": "thinking" }))) }),
        event(4, Kind::AgentMessage { content: Json::text("so be it") }),
        event(5, Kind::AgentToolUse(used("bash", "toolu_1"))),
        event(
            6,
            Kind::AgentMcpToolUse { server: "wiki".to_owned(), used: used("find", "toolu_2") },
        ),
        event(7, Kind::StatusIdle(StopReason::RequiresAction(vec![id(5)]))),
        event(8, Kind::UserToolResult(result(5, "a b", None))),
        event(9, Kind::AgentMcpToolResult(result(6, "none", Some(true)))),
        event(10, Kind::UserMessage { content: Json::text("and now?") }),
    ];
    let call = |id: &str, name: &str| AssistantPart::ToolUse {
        id: id.to_owned(),
        name: name.to_owned(),
        input: json!({ "command": "ls" }),
    };
    let answer = |call: &str, words, outcome| UserPart::ToolResult {
        call: call.to_owned(),
        content: vec![text(words)],
        outcome,
    };
    assert_eq!(
        conversation(&events),
        [
            Message::User(vec![UserPart::Block(text("list"))]),
            Message::Assistant(vec![
                AssistantPart::Thinking(json!({ "type": "thinking" })),
                AssistantPart::Text("so be it".to_owned()),
                call("toolu_1", "bash"),
                call("toolu_2", "mcp__wiki__find"),
            ]),
            Message::User(vec![
                answer("toolu_1", "a b", Outcome::Success),
                answer("toolu_2", "none", Outcome::Error),
                UserPart::Block(text("and now?")),
            ]),
        ]
    );
}

#[test]
fn what_waits_is_not_told() {
    let mut waiting = event(1, Kind::UserMessage { content: Json::text("later") });
    waiting.place = None;
    assert_eq!(conversation(&[waiting]), []);
}

#[test]
fn a_system_message_says_what_it_is() {
    let told = conversation(&[event(0, Kind::SystemMessage { content: Json::text("be brief") })]);
    let expected = "<system-message>\nbe brief\n</system-message>";
    assert_eq!(told, [Message::User(vec![UserPart::Block(text(expected))])]);
}

#[test]
fn an_answer_to_no_call_is_left_out() {
    let stray = event(0, Kind::UserToolResult(result(9, "x", None)));
    assert_eq!(conversation(&[stray]), []);
}
