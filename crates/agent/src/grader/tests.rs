//! What a grader is shown, and what it may say.

use leasehold_model::catalogue::{ModelCard, Prices};
use leasehold_model::event::{Answer, Event, Kind, Permission, Place, Use};
use leasehold_model::log::outcome::Verdict;
use leasehold_model::{EventId, Json, Timestamp};
use serde_json::json;

use super::{TOOL, request, verdict};
use crate::chat::{Message, Request, UserPart};

fn card(context_window: u32) -> ModelCard {
    ModelCard {
        id: "m".to_owned(),
        display_name: "M".to_owned(),
        source: "scripted",
        efforts: Vec::new(),
        default_effort: None,
        context_window,
        max_tokens: 100,
        prices: Prices::default(),
    }
}

fn log(kinds: Vec<Kind>) -> Vec<Event> {
    let event = |(seq, kind)| Event {
        id: EventId::from_bytes(u128::from(seq).to_be_bytes()),
        place: Some(Place { seq, at: Timestamp::from_micros(1) }),
        kind,
    };
    (0_u64..).zip(kinds).map(event).collect()
}

fn outcome(description: &str) -> Kind {
    Kind::UserDefineOutcome {
        description: description.to_owned(),
        rubric: "It has a title.".to_owned(),
        max_iterations: 3,
    }
}

fn asked(request: &Request) -> &str {
    let [Message::User(parts)] = request.messages.as_slice() else { panic!("{request:?}") };
    let [UserPart::Block(block)] = parts.as_slice() else { panic!("{request:?}") };
    block["text"].as_str().unwrap()
}

fn work() -> Vec<Event> {
    let used = Use {
        name: "bash".to_owned(),
        input: Json::of(&json!({"command": "cat report"})),
        permission: Permission::Allow,
        model_id: "toolu_1".to_owned(),
    };
    let call = EventId::from_bytes(2_u128.to_be_bytes());
    let image = json!([{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}]);
    log(vec![
        outcome("an old one"),
        outcome("a report"),
        Kind::AgentToolUse(used),
        Kind::UserToolResult(Answer {
            call,
            content: Some(Json::text("# Title")),
            is_error: Some(true),
        }),
        Kind::UserMessage { content: Json::of(&image) },
        Kind::AgentMessage { content: Json::text("Here it is.") },
    ])
}

#[test]
fn a_grader_sees_the_newest_outcome_and_all_that_was_done() {
    let request = request(&work(), &card(10_000), None).unwrap();
    let text = asked(&request);
    for part in [
        "<outcome>\na report\n</outcome>",
        "<rubric>\nIt has a title.\n</rubric>",
        "[agent calls bash]\n{\"command\":\"cat report\"}",
        "[result (an error)]\n# Title",
        "[an image of type image/png that cannot be shown to you]",
        "[agent]\nHere it is.",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    let tools: Vec<_> = request.tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(tools, [TOOL]);
}

#[test]
fn what_does_not_fit_is_left_out_at_the_beginning() {
    let mut events = work();
    events.push(Event {
        kind: Kind::AgentMessage { content: Json::text(&"ä".repeat(5_000)) },
        ..events[0].clone()
    });
    events.push(Event {
        kind: Kind::AgentMessage { content: Json::text("The end.") },
        ..events[0].clone()
    });
    let request = request(&events, &card(1_000), None).unwrap();
    let text = asked(&request);
    assert!(text.len() < 2_200, "{} bytes", text.len());
    assert!(text.contains("[what came before is left out]"));
    assert!(text.contains("The end."));
    assert!(!text.contains("cat report"));
}

#[test]
fn without_an_outcome_there_is_nothing_to_grade() {
    assert_eq!(request(&log(vec![Kind::StatusRunning]), &card(1_000), None), None);
}

#[test]
fn only_a_call_of_its_tool_with_a_known_word_is_a_verdict() {
    let says = |result: &str| json!({"result": result, "explanation": "because"});
    let because = "because".to_owned();
    for (word, meant) in [
        ("satisfied", Verdict::Satisfied),
        ("needs_revision", Verdict::NeedsRevision),
        ("failed", Verdict::Failed),
    ] {
        assert_eq!(verdict(TOOL, &says(word)), Some((meant, because.clone())));
    }
    assert_eq!(verdict("bash", &says("satisfied")), None);
    assert_eq!(verdict(TOOL, &says("max_iterations_reached")), None);
    assert_eq!(verdict(TOOL, &json!({})), None);
    let silent = verdict(TOOL, &json!({"result": "failed"}));
    assert_eq!(silent, Some((Verdict::Failed, String::new())));
}
