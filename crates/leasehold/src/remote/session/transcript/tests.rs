//! What is shown of which events.

use leasehold_client::event::Event;
use serde_json::{Value, json};

use super::Transcript;

fn text(text: &str) -> Value {
    json!([{"type": "text", "text": text}])
}

fn call(id: &str, permission: &str, command: &str) -> Value {
    json!({"id": id, "type": "agent.tool_use", "name": "bash", "input": {"command": command},
        "evaluated_permission": permission})
}

fn result(id: &str, output: &str) -> Value {
    json!({"type": "user.tool_result", "tool_use_id": id, "content": text(output)})
}

fn idle(reason: &Value) -> Value {
    json!({"type": "session.status_idle", "stop_reason": reason})
}

fn message(id: &str, said: &str) -> Value {
    json!({"id": id, "type": "agent.message", "content": text(said)})
}

fn start(id: &str) -> Value {
    json!({"type": "event_start", "event": {"id": id, "type": "agent.message"}})
}

fn delta(id: &str, index: u32, said: &str) -> Value {
    json!({"type": "event_delta", "event_id": id, "delta": {"type": "content_delta",
        "index": index, "content": {"type": "text", "text": said}}})
}

fn of(kind: &str) -> Value {
    json!({"type": kind})
}

/// The pieces of text, one for each event.
fn pieces(events: &[Value]) -> Vec<String> {
    let mut transcript = Transcript::new("sess_1");
    events.iter().map(|event| transcript.tell(&Event::from(event.clone()))).collect()
}

fn check(events: &[Value], expected: &str) {
    assert_eq!(pieces(events).concat(), expected);
}

#[test]
fn a_whole_turn() {
    let waits = idle(&json!({"type": "requires_action", "event_ids": ["evt_3"]}));
    check(
        &[
            of("session.status_running"),
            of("session.thread_status_running"),
            json!({"type": "user.message", "content": text("Say hello.\nTwice.")}),
            of("span.model_request_start"),
            of("agent.thinking"),
            start("evt_2"),
            delta("evt_2", 0, "Let me "),
            delta("evt_2", 0, "see."),
            message("evt_2", "Let me see."),
            call("evt_3", "allow", "echo hello\necho hello"),
            json!({"type": "span.model_request_end", "is_error": false}),
            waits,
            result("evt_3", "hello\nhello\n"),
            of("session.status_running"),
            message("evt_4", "It said hello."),
            idle(&json!({"type": "end_turn"})),
        ],
        "[running]\n\
         > Say hello.\n\
         > Twice.\n\
         Let me see.\n\
         $ echo hello\n  echo hello\n\
         [idle: waits for a worker]\n  \
           | hello\n  | hello\n\
         [running]\n\
         It said hello.\n\
         [idle: end_turn]\n",
    );
}

#[test]
fn a_grader_is_told_from_the_agent() {
    let outcome = |result, explanation| {
        json!({
            "type": "span.outcome_evaluation_end", "result": result, "explanation": explanation,
        })
    };
    check(
        &[
            json!({"type": "user.define_outcome", "description": "A report.\nShort."}),
            message("evt_1", "Done."),
            json!({"type": "span.outcome_evaluation_start", "iteration": 0}),
            outcome("needs_revision", "No title.\nNo end."),
            message("evt_2", "Mended."),
            json!({"type": "span.outcome_evaluation_start", "iteration": 1}),
            outcome("satisfied", ""),
        ],
        "> outcome: A report.\n\
         > Short.\n\
         Done.\n\
         [evaluation 1]\n\
         [needs revision]\n  \
           = No title.\n  = No end.\n\
         Mended.\n\
         [evaluation 2]\n\
         [satisfied]\n",
    );
}

#[test]
fn a_message_comes_piece_by_piece_and_its_rest_with_the_whole() {
    let whole = |said| message("evt_1", said);
    let begun = [start("evt_1"), delta("evt_1", 0, "Hel"), delta("evt_1", 0, "lo")];
    assert_eq!(pieces(&begun), ["", "Hel", "lo"]);
    for (last, expected) in [
        (whole("Hello"), "Hello\n"),
        (whole("Hello, you.\n"), "Hello, you.\n"),
        // The pieces were not what came of it in the end.
        (whole("Help"), "Hello\nHelp\n"),
        (message("evt_2", "Hello"), "Hello\nHello\n"),
        (json!({"type": "span.model_request_end", "is_error": true}), "Hello\n[cut off]\n"),
        (of("user.interrupt"), "Hello\n[interrupt]\n"),
    ] {
        check(&[begun.as_slice(), &[last]].concat(), expected);
    }
}

#[test]
fn pieces_that_come_again_are_shown_once() {
    let (whole, half) = (message("evt_1", "Hello!"), delta("evt_1", 0, "Hel"));
    check(
        &[
            start("evt_1"),
            half.clone(),
            start("evt_1"),
            half.clone(),
            delta("evt_1", 0, "lo"),
            whole.clone(),
        ],
        "Hello!\n",
    );
    // Some were lost, and some have no beginning.
    check(&[start("evt_1"), half.clone(), whole.clone()], "Hello!\n");
    check(&[half, whole], "Hello!\n");
}

#[test]
fn blocks_of_a_message_are_lines() {
    let said = json!([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]);
    let whole = json!({"id": "evt_1", "type": "agent.message", "content": said});
    check(
        &[start("evt_1"), delta("evt_1", 0, "a"), delta("evt_1", 1, "b"), whole.clone()],
        "a\nb\n",
    );
    check(&[whole], "a\nb\n");
    check(&[json!({"type": "user.message", "content": [{"type": "image"}]})], "> [image]\n");
    check(&[json!({"type": "agent.message", "content": []})], "");
}

#[test]
fn tools_of_every_kind_are_named() {
    check(
        &[
            json!({"type": "agent.tool_use", "name": "read", "input": {"file_path": "a.rs"}}),
            json!({"type": "agent.custom_tool_use", "name": "weather", "input": {"in": "Rome"}}),
            json!({"type": "agent.mcp_tool_use", "mcp_server_name": "wiki", "name": "find",
                "input": {}}),
            json!({"type": "agent.tool_use", "name": "bash", "input": {"restart": true}}),
            call("evt_1", "deny", "rm -rf /"),
        ],
        "* read {\"file_path\":\"a.rs\"}\n\
         * weather {\"in\":\"Rome\"}\n\
         * wiki/find {}\n\
         * bash {\"restart\":true}\n\
         $ rm -rf /\n  [not permitted]\n",
    );
}

#[test]
fn a_result_is_cut_to_what_a_screen_takes() {
    let lines = |count: usize| (1..=count).map(|line| line.to_string()).collect::<Vec<_>>();
    let shown = |output: &[String]| pieces(&[result("1", &output.join("\n"))]).concat();
    let twelve: String = lines(12).iter().map(|line| format!("  | {line}\n")).collect();
    assert_eq!(shown(&lines(12)), twelve);
    assert_eq!(shown(&lines(13)), format!("{twelve}  | … 1 more line\n"));
    assert_eq!(shown(&lines(99)), format!("{twelve}  | … 87 more lines\n"));
    assert_eq!(shown(&["ä".repeat(161)]), format!("  | {}…\n", "ä".repeat(160)));
    assert_eq!(shown(&[]), "  | (no output)\n");
    let failed = json!({"type": "agent.tool_result", "tool_use_id": "1", "is_error": true,
        "content": text("no\n[exit status: 1]")});
    check(&[failed], "  ! no\n  ! [exit status: 1]\n");
}

#[test]
fn who_is_waited_for() {
    let waits = |ids: &[&str]| idle(&json!({"type": "requires_action", "event_ids": ids}));
    let calls = [
        call("evt_1", "allow", "a"),
        call("evt_2", "ask", "b"),
        call("evt_3", "ask", "c"),
        json!({"id": "evt_4", "type": "agent.custom_tool_use", "name": "d", "input": {}}),
    ];
    let shown = |more: &[Value]| pieces(&[calls.as_slice(), more].concat()).pop().unwrap();
    let worker = "[idle: waits for a worker]\n";
    let person = "[idle: waits for your word: leasehold session send sess_1 --allow evt_2 \
                  --allow evt_3  (or --deny)]\n";
    let client = "[idle: waits for another client: evt_4]\n";
    assert_eq!(shown(&[waits(&["evt_1"])]), worker);
    assert_eq!(shown(&[waits(&["evt_2", "evt_3"])]), person);
    assert_eq!(
        shown(&[waits(&["evt_1", "evt_2", "evt_3", "evt_4"])]),
        format!("{worker}{person}{client}")
    );
    // Whoever has their word waits for the worker now; of an unknown call nothing is known.
    let allowed =
        |id| json!({"type": "user.tool_confirmation", "tool_use_id": id, "result": "allow"});
    assert_eq!(shown(&[allowed("evt_2"), waits(&["evt_2"])]), worker);
    assert_eq!(shown(&[waits(&["evt_9"])]), client.replace('4', "9"));
    assert_eq!(shown(&[waits(&[])]), "[idle: requires_action]\n");
}

#[test]
fn what_becomes_of_a_session_is_told() {
    let error = |retry: Value| {
        json!({"type": "session.error", "error": {"type": "model_overloaded_error",
            "message": "Busy.", "retry_status": retry}})
    };
    let word = |result, message: Value| {
        json!({"type": "user.tool_confirmation", "tool_use_id": "evt_1", "result": result,
            "deny_message": message})
    };
    let kind = |kind| json!({"type": kind});
    let busy = "[error: Busy. (model_overloaded_error)";
    for (event, expected) in [
        (word("allow", Value::Null), "[allowed evt_1]\n".to_owned()),
        (word("deny", json!("not here")), "[denied evt_1: not here]\n".to_owned()),
        (error(kind("retrying")), format!("{busy}; it is tried again]\n")),
        (error(kind("exhausted")), format!("{busy}; the turn is over]\n")),
        (error(kind("terminal")), format!("{busy}; the session is over]\n")),
        (error(Value::Null), format!("{busy}]\n")),
        (of("session.status_rescheduled"), "[rescheduled]\n".to_owned()),
        (of("session.status_terminated"), "[terminated]\n".to_owned()),
        (of("session.deleted"), "[deleted]\n".to_owned()),
        (idle(&kind("retries_exhausted")), "[idle: retries_exhausted]\n".to_owned()),
        (of("agent.dreams"), String::new()),
    ] {
        check(std::slice::from_ref(&event), &expected);
    }
}

#[test]
fn nothing_that_is_said_can_steer_the_terminal() {
    let evil = "\u{1b}[2J\u{7}\r";
    let events = [
        json!({"type": "user.message", "content": text(evil)}),
        message(evil, evil),
        start("evt_1"),
        delta("evt_1", 0, evil),
        message("evt_1", &format!("{evil}{evil}")),
        call(evil, "ask", evil),
        json!({"type": "agent.tool_use", "name": evil, "input": {evil: evil}}),
        result(evil, evil),
        idle(&json!({"type": "requires_action", "event_ids": [evil, "x"]})),
        idle(&json!({"type": evil})),
        json!({"type": "user.tool_confirmation", "tool_use_id": evil, "result": "deny",
            "deny_message": evil}),
        json!({"type": "session.error", "error": {"type": evil, "message": evil}}),
    ];
    let shown = pieces(&events).concat();
    assert!(!shown.contains(|c: char| c.is_control() && c != '\n'), "{shown:?}");
}
