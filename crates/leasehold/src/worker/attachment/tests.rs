//! A session from the worker's side, against a server that plays it.

use std::sync::Mutex;
use std::time::Duration;

use super::{Attachment, Note};
use crate::worker::shell::Shell;
use crate::worker::stage::{Act, Stage};

/// Carries the session; gives the notes and the requests.
async fn carry(stage: Stage, idle: Duration) -> (Vec<String>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let attachment = Attachment {
        client: stage.client(),
        session: "s".to_owned(),
        shell: Shell::new(folder.path()),
        idle,
    };
    let notes = Mutex::new(Vec::new());
    let report = |note: &Note| notes.lock().unwrap().push(shown(note));
    attachment.run(&report).await.unwrap();
    (notes.into_inner().unwrap(), stage.heard())
}

fn shown(note: &Note) -> String {
    match note {
        Note::Attached => "attached".to_owned(),
        Note::Running { command } => format!("$ {command}"),
        Note::Answered { is_error, text } => format!("{text} ({is_error})"),
        Note::Withdrawn => "withdrawn".to_owned(),
        Note::Trouble(error) => format!("trouble: {error}"),
    }
}

fn session(status: &str) -> Act {
    let agent = r#"{"id":"agent_1","version":1,"name":"n","model":"scripted"}"#;
    Act::Answer(format!(
        r#"{{"id":"s","agent":{agent},"environment_id":"env_1","status":"{status}","title":null,
            "archived_at":null,"created_at":"2026","updated_at":"2026"}}"#
    ))
}

fn page(events: &[&str]) -> Act {
    Act::Answer(format!(r#"{{"data":[{}],"next_page":null}}"#, events.join(",")))
}

fn taken() -> Act {
    page(&[])
}

const LIST: &str = "GET /events?order=asc&limit=1000";
const LONG: Duration = Duration::from_secs(60);
const TERMINATED: &str = "data: {\"id\":\"e9\",\"type\":\"session.status_terminated\"}\n\n";

#[tokio::test]
async fn an_open_call_is_run_and_answered_and_an_answered_one_is_not() {
    let stage = Stage::new(vec![
        session("idle"),
        page(&[
            r#"{"id":"e1","type":"agent.tool_use","name":"bash","input":{"command":"echo one"}}"#,
            r#"{"id":"e2","type":"agent.tool_use","name":"bash","input":{"command":"echo two"}}"#,
            r#"{"id":"e3","type":"user.tool_result","tool_use_id":"e1","processed_at":"2026"}"#,
        ]),
        Act::Stream(""),
        taken(),
        Act::Tell(
            "data: {\"id\":\"e4\",\"type\":\"user.tool_result\",\"tool_use_id\":\"e2\"}\n\n\
             data: {\"id\":\"e5\",\"type\":\"agent.tool_use\",\"name\":\"bash\",\
             \"input\":{\"command\":\"exit 3\"}}\n\n",
        ),
        taken(),
        Act::Tell(TERMINATED),
    ]);
    let (notes, requests) = carry(stage, LONG).await;
    let expected = ["attached", "$ echo two", "two (false)", "$ exit 3", "[exit status: 3] (true)"];
    assert_eq!(notes, expected);
    let post = |call, is_error, text| {
        format!(
            "POST /events {{\"events\":[{{\"type\":\"user.tool_result\",\"tool_use_id\":\"{call}\",\
             \"is_error\":{is_error},\"content\":[{{\"type\":\"text\",\"text\":\"{text}\"}}]}}]}}"
        )
    };
    let expected = [
        "GET".to_owned(),
        LIST.to_owned(),
        "GET /events/stream".to_owned(),
        post("e2", false, "two"),
        post("e5", true, "[exit status: 3]"),
    ];
    assert_eq!(requests, expected);
}

#[tokio::test]
async fn a_call_that_somebody_else_answers_is_given_up() {
    let stage = Stage::new(vec![
        session("running"),
        page(&[r#"{"id":"e1","type":"session.status_running","processed_at":"2026"}"#]),
        Act::Stream(
            "data: {\"id\":\"e2\",\"type\":\"agent.tool_use\",\"name\":\"bash\",\
             \"input\":{\"command\":\"sleep 1000\"},\"processed_at\":\"2026\"}\n\n",
        ),
        Act::Cut,
        Act::Stream(
            "data: {\"id\":\"e3\",\"type\":\"user.tool_result\",\"tool_use_id\":\"e2\",\
             \"is_error\":true}\n\n",
        ),
        Act::Tell(TERMINATED),
    ]);
    let (notes, requests) = carry(stage, LONG).await;
    assert_eq!(notes, ["attached", "$ sleep 1000", "withdrawn"]);
    assert_eq!(requests[2..], ["GET /events/stream", "GET /events/stream"]);
}

#[tokio::test]
async fn it_ends_when_the_session_has_rested_or_is_over() {
    let idle = r#"{"id":"e1","type":"session.status_idle","stop_reason":{"type":"end_turn"},
        "processed_at":"2026"}"#;
    let stage = Stage::new(vec![session("idle"), page(&[idle]), Act::Stream(": here\n\n")]);
    let (notes, _) = carry(stage, Duration::ZERO).await;
    assert_eq!(notes, ["attached"]);
    let (notes, requests) = carry(Stage::new(vec![session("terminated")]), LONG).await;
    assert_eq!((notes.len(), requests.len()), (0, 1));
}
