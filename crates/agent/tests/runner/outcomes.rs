//! Outcomes that are brought about and graded.

use std::time::Duration;

use leasehold_agent::chat::{Chunk, Message, UserPart};
use leasehold_agent::{Fault, ProviderError, Request, Stop, Usage};
use leasehold_model::event::StopReason;
use leasehold_model::log::send::Incoming;
use leasehold_model::session::Status;
use serde_json::json;

use crate::lab::{Lab, Play, words};

fn outcome() -> Incoming {
    Incoming::DefineOutcome {
        description: "a report".to_owned(),
        rubric: "It has a title.".to_owned(),
        max_iterations: 2,
    }
}

/// A verdict of the grader.
fn verdict(result: &str) -> Play {
    let input = json!({"result": result, "explanation": "No title."});
    let (id, name) = ("toolu_9".to_owned(), "report_verdict".to_owned());
    let usage = Usage { input_tokens: 7, ..Usage::default() };
    let call = Chunk::ToolUse { id, name, input };
    Play::Say(vec![Ok(call), Ok(Chunk::Usage(usage)), Ok(Chunk::Done(Stop::ToolUse))])
}

fn last_text(request: &Request) -> &str {
    let Some(Message::User(parts)) = request.messages.last() else { panic!("{request:?}") };
    let Some(UserPart::Block(block)) = parts.last() else { panic!("{request:?}") };
    block["text"].as_str().unwrap()
}

#[tokio::test]
async fn an_outcome_is_worked_on_until_the_grader_is_satisfied() {
    let mut lab = Lab::memory().await;
    lab.run([words("done"), verdict("needs_revision"), words("mended"), verdict("satisfied")]);
    lab.send(vec![outcome()]).await;
    lab.until(|log| log.fold.stop == Some(StopReason::EndTurn)).await;
    assert_eq!(
        lab.told(2).await,
        [
            "user.define_outcome",
            "span.model_request_start",
            "agent.message",
            "span.model_request_end",
            "span.outcome_evaluation_start",
            "span.outcome_evaluation_end",
            "span.model_request_start",
            "agent.message",
            "span.model_request_end",
            "span.outcome_evaluation_start",
            "span.outcome_evaluation_end",
            "session.usage",
            "session.thread_status_idle",
            "session.status_idle",
        ]
    );
    let requests = lab.puppet.requests.lock().unwrap().clone();
    let [work, grading, revision, _] = requests.as_slice() else { panic!("{requests:?}") };
    assert!(last_text(work).contains("a report") && last_text(work).contains("It has a title."));
    assert!(last_text(grading).contains("[agent]\ndone"));
    assert_eq!(grading.messages.len(), 1, "it is a conversation of its own");
    assert!(last_text(revision).contains("No title."));
    assert_eq!(lab.log().await.fold.usage.input_tokens, 14);
}

#[tokio::test]
async fn a_grader_that_gives_no_verdict_is_asked_again() {
    let mut lab = Lab::memory().await;
    let overloaded = ProviderError::new(Fault::Overloaded, "Too much to do.");
    lab.run([
        words("done"),
        words("It looks good to me."),
        Play::Say(vec![Err(overloaded)]),
        verdict("satisfied"),
    ]);
    lab.send(vec![outcome()]).await;
    for failures in 1..=2 {
        let waits = |log: &leasehold_model::Log| {
            log.fold.status == Status::Rescheduling && log.fold.failures == failures
        };
        lab.until(waits).await;
        lab.clock.advance(Duration::from_secs(2));
    }
    let log = lab.until(|log| log.fold.stop == Some(StopReason::EndTurn)).await;
    assert_eq!(log.fold.outcome().unwrap().result(), "satisfied");
}

#[tokio::test(start_paused = true)]
async fn a_slow_grader_gives_signs_of_life_and_can_be_interrupted() {
    let mut lab = Lab::memory().await;
    lab.run([words("done"), Play::Hang(vec![])]);
    lab.send(vec![outcome()]).await;
    lab.until(|log| log.fold.outcome().is_some_and(|o| o.result() == "evaluating")).await;
    let events = lab.events().await.len();
    lab.until(|log| log.fold.next > u64::try_from(events).unwrap()).await;
    assert_eq!(lab.told(events).await[0], "span.outcome_evaluation_ongoing");
    lab.send(vec![Incoming::Interrupt]).await;
    assert_eq!(lab.dropped.recv().await, Some(()), "the agent's answer");
    assert_eq!(lab.dropped.recv().await, Some(()), "the grader is left alone");
    assert_eq!(lab.log().await.fold.outcome().unwrap().result(), "interrupted");
}

#[tokio::test]
async fn the_built_in_script_grades_and_says_that_it_does_not() {
    let mut lab = Lab::of_model("scripted").await;
    lab.run_scripted();
    lab.send(vec![outcome()]).await;
    let log = lab.until(|log| matches!(log.fold.stop, Some(StopReason::RequiresAction(_)))).await;
    lab.answer(log.fold.blocking()[0], "hello").await;
    let log = lab.until(|log| log.fold.stop == Some(StopReason::EndTurn)).await;
    let outcome = log.fold.outcome().unwrap();
    assert_eq!(outcome.result(), "satisfied");
    assert!(outcome.explanation.as_ref().unwrap().contains("scripted"));
}
