//! Turns from a message to its answer, and what may come between.

use std::time::Duration;

use leasehold_agent::chat::{AssistantPart, Message, UserPart};
use leasehold_agent::{Fault, ProviderError};
use leasehold_model::event::{Kind, StopReason};
use leasehold_model::log::send::Incoming;
use leasehold_model::session::Status;
use leasehold_store::Preview;

use crate::lab::{Lab, Play, calls_bash, piece, spoken, words};

#[tokio::test]
async fn a_message_is_answered() {
    let mut lab = Lab::memory().await;
    lab.run([words("hi")]);
    lab.say("hello").await;
    lab.until(|log| log.fold.stop == Some(StopReason::EndTurn)).await;
    assert_eq!(
        lab.told(0).await,
        [
            "session.status_running",
            "session.thread_status_running",
            "user.message",
            "span.model_request_start",
            "agent.message",
            "span.model_request_end",
            "session.thread_status_idle",
            "session.status_idle",
        ]
    );
    let requests = lab.puppet.requests.lock().unwrap().clone();
    assert_eq!(requests[0].system.as_deref(), Some("Be kind."));
    assert_eq!(requests[0].max_tokens, 100);
    let tools: Vec<&str> = requests[0].tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(tools, ["bash", "read", "write", "edit", "glob", "grep"]);
}

#[tokio::test]
async fn a_call_waits_for_its_worker_and_the_model_is_told_the_result() {
    let mut lab = Lab::memory().await;
    lab.run([calls_bash(), words("done")]);
    lab.say("list").await;
    let log = lab.until(|log| matches!(log.fold.stop, Some(StopReason::RequiresAction(_)))).await;
    lab.answer(log.fold.blocking()[0], "a.txt").await;
    lab.until(|log| log.fold.stop == Some(StopReason::EndTurn)).await;
    let requests = lab.puppet.requests.lock().unwrap().clone();
    let [_, Message::Assistant(said), Message::User(answered)] = requests[1].messages.as_slice()
    else {
        panic!("{requests:?}")
    };
    assert!(matches!(&said[0], AssistantPart::ToolUse { name, .. } if name == "bash"));
    assert!(matches!(&answered[0], UserPart::ToolResult { call, .. } if call == "toolu_1"));
}

#[tokio::test]
async fn viewers_see_the_words_before_the_event() {
    let mut lab = Lab::memory().await;
    let (mut viewer, _) = lab.store.previews().subscribe(lab.session.id);
    lab.run([Play::Hang(vec![piece("Hel"), piece("lo")])]);
    lab.say("hello").await;
    let started = spoken(&mut viewer).await;
    let Preview::MessageStarted(event) = started else { panic!("{started:?}") };
    for text in ["Hel", "lo"] {
        let index = 0;
        let shown = spoken(&mut viewer).await;
        assert_eq!(shown, Preview::Text { event, index, text: text.into() });
    }
    assert_eq!(lab.told(4).await, [] as [&str; 0], "nothing is said yet");
}

#[tokio::test]
async fn a_failure_is_told_and_tried_again_when_its_time_has_come() {
    let mut lab = Lab::memory().await;
    let overloaded = ProviderError::new(Fault::Overloaded, "Too much to do.");
    lab.run([Play::Say(vec![Ok(piece("Hal")), Err(overloaded)]), words("hi")]);
    lab.say("hello").await;
    lab.until(|log| log.fold.status == Status::Rescheduling).await;
    assert_eq!(
        lab.told(4).await,
        [
            "span.model_request_end",
            "session.error",
            "session.thread_status_rescheduled",
            "session.status_rescheduled",
        ],
        "half an answer leaves nothing behind"
    );
    lab.clock.advance(Duration::from_secs(1));
    lab.until(|log| log.fold.stop == Some(StopReason::EndTurn)).await;
    assert_eq!(lab.log().await.fold.failures, 0);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_answer() {
    let mut lab = Lab::memory().await;
    lab.run([Play::Say(vec![Ok(piece("Hal"))])]);
    lab.say("hello").await;
    lab.until(|log| log.fold.status == Status::Rescheduling).await;
}

#[tokio::test]
async fn what_the_operator_has_to_mend_ends_the_turn_and_not_the_session() {
    let mut lab = Lab::memory().await;
    let locked = ProviderError::new(Fault::Authentication, "The key was not accepted.");
    lab.run([Play::Say(vec![Err(locked)]), words("hi")]);
    lab.say("hello").await;
    lab.until(|log| log.fold.stop == Some(StopReason::RetriesExhausted)).await;
    lab.say("again").await;
    lab.until(|log| log.fold.stop == Some(StopReason::EndTurn)).await;
}

#[tokio::test]
async fn a_conversation_that_is_too_long_ends_the_session_and_says_why() {
    let mut lab = Lab::memory().await;
    lab.run([]);
    lab.say(&"word ".repeat(4_000)).await;
    lab.until(|log| log.fold.status == Status::Terminated).await;
    let events = lab.events().await;
    let trouble = events.iter().find(|event| event.kind.as_str() == "session.error");
    let Some(Kind::SessionError(trouble)) = trouble.map(|event| &event.kind) else {
        panic!("{events:?}")
    };
    assert!(trouble.message.contains("1000 tokens"), "{}", trouble.message);
}

#[tokio::test]
async fn what_the_model_is_not_told_takes_no_room_in_its_window() {
    let mut lab = Lab::memory().await;
    lab.run([words("hi")]);
    for _ in 0..10 {
        lab.send(vec![Incoming::Interrupt; 100]).await;
    }
    lab.say("hello").await;
    lab.until(|log| log.fold.stop == Some(StopReason::EndTurn)).await;
    let requests = lab.puppet.requests.lock().unwrap().clone();
    assert_eq!(requests[0].messages.len(), 1);
}

#[tokio::test]
async fn a_model_that_is_not_there_ends_the_turn_and_says_so() {
    let mut lab = Lab::of_model("gone").await;
    lab.run([]);
    lab.say("hello").await;
    lab.until(|log| log.fold.stop == Some(StopReason::RetriesExhausted)).await;
    assert_eq!(lab.told(5).await[0], "session.error");
}
