//! Which reply is played, and what of it arrives.

use futures_util::FutureExt as _;
use futures_util::StreamExt as _;

use super::*;
use crate::chat::{AssistantPart, Message, Outcome, ToolSpec, UserPart};
use crate::provider::Fault;

fn user(text: &str) -> Message {
    Message::User(vec![UserPart::Block(json!({"type": "text", "text": text}))])
}

fn called() -> Message {
    let (id, name) = ("scripted_1_1".to_owned(), "bash".to_owned());
    Message::Assistant(vec![AssistantPart::ToolUse { id, name, input: json!({}) }])
}

fn result(text: &str) -> Message {
    Message::User(vec![UserPart::ToolResult {
        call: "scripted_1_1".to_owned(),
        content: vec![json!({"type": "text", "text": text})],
        outcome: Outcome::Success,
    }])
}

fn request(messages: &[Message], tools: &[&str]) -> Request {
    let spec = |name: &&str| ToolSpec {
        name: (*name).to_owned(),
        description: String::new(),
        input_schema: json!({"type": "object"}),
    };
    Request {
        system: None,
        messages: messages.to_vec(),
        tools: tools.iter().map(spec).collect(),
        max_tokens: 100,
        effort: None,
    }
}

/// An answer on one line: words, then `name(input)` of calls, then how it ended.
fn played(model: &Scripted, request: Request) -> String {
    let pieces = model.stream(request).collect::<Vec<_>>().now_or_never().unwrap();
    let mut line = String::new();
    for piece in pieces {
        match piece {
            Ok(Chunk::TextDelta { text, .. }) => line.push_str(&text),
            Ok(Chunk::ThinkingFinished { block }) => {
                line.push_str(&format!("<{}> ", block["text"]));
            }
            Ok(Chunk::ToolUse { id, name, input }) => {
                line.push_str(&format!(" {id}:{name}({input})"));
            }
            Ok(Chunk::Done(stop)) => line.push_str(&format!(" | {stop:?}")),
            Ok(Chunk::TextStarted { .. } | Chunk::ThinkingStarted | Chunk::Usage(_)) => {}
            Err(error) => line.push_str(&format!(" | {:?}: {error}", error.fault)),
        }
    }
    line
}

fn model(script: &str) -> Scripted {
    Scripted::new(toml::from_str(script).unwrap())
}

#[test]
fn the_built_in_script_says_what_it_is_calls_bash_and_reports() {
    let model = Scripted::new(Script::built_in());
    let first = played(&model, request(&[user("hi")], &["bash"]));
    assert!(first.contains("scripted model"), "{first}");
    assert!(first.contains("scripted_1_1:bash({\"command\":\"echo "), "{first}");
    assert!(first.ends_with("| ToolUse"), "{first}");

    let second = played(&model, request(&[user("hi"), called(), result("hello\n")], &["bash"]));
    assert!(second.starts_with("Your worker answered: hello\nThis was a scripted"), "{second}");
    assert!(second.ends_with("| EndTurn"), "{second}");

    let without_tools = played(&model, request(&[user("hi")], &[]));
    assert!(without_tools.contains("scripted model"), "{without_tools}");
    assert!(without_tools.ends_with("You said: hi | EndTurn"), "{without_tools}");
}

#[test]
fn a_reply_is_chosen_by_turn_step_words_and_tools() {
    let model = model(
        r#"
        [[reply]]
        when = "weather"
        text = "rain"
        [[reply]]
        turn = 2
        text = "second"
        [[reply]]
        step = 2
        text = "after {{last_result}}"
        [[reply]]
        offered = "bash"
        text = "with bash"
        "#,
    );
    let play = |messages: &[Message], tools: &[&str]| played(&model, request(messages, tools));
    assert_eq!(play(&[user("the weather?")], &[]), "rain | EndTurn");
    assert_eq!(play(&[user("a"), called(), user("b")], &[]), "second | EndTurn");
    assert_eq!(play(&[user("a"), called(), result("x")], &[]), "after x | EndTurn");
    assert_eq!(play(&[user("a")], &["bash"]), "with bash | EndTurn");
    assert_eq!(play(&[user("a")], &[]), format!("{NO_REPLY} | EndTurn"));
}

#[test]
fn a_reply_may_hold_everything_that_a_model_may_say() {
    let model = model(
        r#"
        [[reply]]
        thinking = "hm {{last_text}}"
        text = "so"
        stop = "refusal"
        category = "cyber"
        [[reply.tool]]
        name = "write"
        input = { file_path = "a", content = "{{last_text}}", deep = ["{{last_text}}", 1] }
        "#,
    );
    assert_eq!(
        played(&model, request(&[user("x")], &[])),
        r#"<"hm x"> so scripted_1_1:write({"content":"x","deep":["x",1],"file_path":"a"}) | Refusal { category: Some("cyber"), explanation: None }"#
    );
}

#[test]
fn failures_come_as_often_as_the_script_says() {
    let model = model(
        r#"
        [[reply]]
        when = "start"
        text = "done"
        error = { kind = "overloaded", message = "busy", times = 2 }
        [[reply]]
        text = "half "
        error = { kind = "request_failed", at = "end" }
        "#,
    );
    let play = |text: &str| played(&model, request(&[user(text)], &[]));
    let starts = [play("start"), play("start"), play("start")];
    assert_eq!(starts, [" | Overloaded: busy", " | Overloaded: busy", "done | EndTurn"]);
    assert_eq!(play("x"), "half  | RequestFailed: The script says that this request fails");
    assert_eq!(play("x"), "half  | RequestFailed: The script says that this request fails");
}

#[tokio::test(start_paused = true)]
async fn somebody_who_watches_sees_words_come_one_by_one() {
    let model = model("delay_ms = 50\n[[reply]]\ntext = 'one two three'");
    let begin = tokio::time::Instant::now();
    let mut stream = model.stream(request(&[user("x")], &[]));
    let mut seen = Vec::new();
    while let Some(Ok(piece)) = stream.next().await {
        if let Chunk::TextDelta { text, .. } = piece {
            seen.push((text, begin.elapsed().as_millis()));
        }
    }
    assert_eq!(
        seen,
        [("one ".to_owned(), 50), ("two ".to_owned(), 100), ("three".to_owned(), 150)]
    );
}

#[test]
fn every_kind_of_failure_has_a_name() {
    for (kind, fault) in [
        ("overloaded", Fault::Overloaded),
        ("rate_limited", Fault::RateLimited),
        ("request_failed", Fault::RequestFailed),
        ("authentication", Fault::Authentication),
        ("billing", Fault::Billing),
        ("context_too_long", Fault::ContextTooLong),
        ("invalid_request", Fault::InvalidRequest),
    ] {
        let model = model(&format!("[[reply]]\nerror = {{ kind = '{kind}' }}"));
        let line = played(&model, request(&[user("x")], &[]));
        assert!(line.starts_with(&format!(" | {fault:?}")), "{line}");
    }
}
