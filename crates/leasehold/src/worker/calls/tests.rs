//! Which calls are run, given what was seen.

use leasehold_client::event::Event;
use serde_json::{Value, json};

use super::Calls;

fn call(id: &str, permission: &str) -> Value {
    json!({"id": id, "type": "agent.tool_use", "name": "bash", "input": {"command": id},
        "evaluated_permission": permission})
}

fn confirmation(id: &str, result: &str) -> Value {
    json!({"type": "user.tool_confirmation", "tool_use_id": id, "result": result})
}

fn result(id: &str) -> Value {
    json!({"type": "user.tool_result", "tool_use_id": id})
}

fn idle(reason: &str) -> Value {
    json!({"type": "session.status_idle", "stop_reason": {"type": reason}})
}

fn after(events: &[Value]) -> Calls {
    let mut calls = Calls::default();
    events.iter().for_each(|event| calls.see(&Event::from(event.clone())));
    calls
}

/// The calls that are run after these events, each answered before the next.
fn run(events: &[Value]) -> Vec<String> {
    let mut calls = after(events);
    let mut run = Vec::new();
    while let Some(call) = calls.next() {
        assert_eq!(call.command.as_deref(), Some(call.id.as_str()));
        calls.settle(&call.id);
        run.push(call.id);
    }
    run
}

#[test]
fn the_gate_fails_closed() {
    let verdicts = [None, Some("allow"), Some("deny")];
    for (permission, expected) in [
        ("allow", [true, true, false]),
        ("ask", [false, true, false]),
        ("deny", [false, false, false]),
        ("perhaps", [false, false, false]),
    ] {
        for (verdict, expected) in verdicts.into_iter().zip(expected) {
            let mut events = vec![call("1", permission)];
            events.extend(verdict.map(|verdict| confirmation("1", verdict)));
            assert_eq!(!run(&events).is_empty(), expected, "{permission} {verdict:?}");
            // The person may have been faster.
            events.reverse();
            assert_eq!(!run(&events).is_empty(), expected, "{verdict:?} {permission}");
        }
    }
    let mut silent = call("1", "");
    silent.as_object_mut().unwrap().remove("evaluated_permission");
    assert_eq!(run(&[silent]), ["1"]);
}

#[test]
fn calls_run_in_order_and_those_that_are_held_hold_up_no_other() {
    let events = [call("1", "ask"), call("2", "allow"), call("3", "deny"), call("4", "allow")];
    assert_eq!(run(&events), ["2", "4"]);
    let events = [events.as_slice(), &[confirmation("1", "allow")]].concat();
    assert_eq!(run(&events), ["1", "2", "4"]);
}

#[test]
fn a_call_is_run_once_however_often_it_is_seen() {
    assert_eq!(run(&[call("1", "allow"), call("1", "allow")]), ["1"]);
    assert_eq!(run(&[call("1", "allow"), result("1"), call("1", "allow")]), [""; 0]);
    // A page of the history may bring the answer first.
    assert_eq!(run(&[result("1"), call("1", "allow")]), [""; 0]);
}

#[test]
fn an_answer_of_the_server_counts_too() {
    let synthetic = json!({"type": "agent.tool_result", "tool_use_id": "1", "is_error": true});
    let calls = after(&[call("1", "allow"), synthetic]);
    assert!(calls.is_settled("1"));
}

#[test]
fn other_tools_are_left_to_others() {
    let mut read = call("1", "allow");
    read["name"] = "read".into();
    let custom = json!({"id": "2", "type": "agent.custom_tool_use", "name": "bash", "input": {}});
    assert_eq!(run(&[read, custom]), [""; 0]);
}

#[test]
fn a_call_without_a_command_is_run_to_fail() {
    for input in [json!({}), json!({"restart": true}), json!({"command": 1})] {
        let mut calls = after(&[json!({
            "id": "1", "type": "agent.tool_use", "name": "bash", "input": input,
        })]);
        assert_eq!(calls.next().unwrap().command, None);
    }
}

#[test]
fn the_calls_of_a_thread_end_with_it() {
    let mut child = call("1", "allow");
    child["session_thread_id"] = "sthr_1".into();
    let ended = json!({"type": "session.thread_status_terminated", "session_thread_id": "sthr_1"});
    assert_eq!(run(&[child.clone(), call("2", "allow"), ended.clone()]), ["2"]);
    assert!(after(&[child, ended]).is_settled("1"));
}

#[test]
fn the_turn_is_over_when_the_agent_waits_for_nobody() {
    let running = json!({"type": "session.status_running"});
    let message = json!({"type": "user.message", "content": []});
    let thread = json!({"type": "session.thread_status_terminated", "session_thread_id": "x"});
    let all = [idle("end_turn"), running, idle("requires_action"), message, thread];
    let [done, running, waiting, message, thread] = all;
    for (events, expected) in [
        (vec![], false),
        (vec![&done], true),
        (vec![&done, &running], false),
        (vec![&done, &message], false),
        (vec![&waiting], false),
        (vec![&done, &waiting], false),
        // These say nothing about the turn.
        (vec![&done, &confirmation("1", "deny"), &thread], true),
        (vec![&running, &thread], false),
        // A call that waits for a person, and one that they have denied.
        (vec![&call("1", "ask"), &done], false),
        (vec![&call("1", "ask"), &done, &result("1")], false),
        (vec![&call("1", "ask"), &result("1"), &done], true),
        (vec![&idle("retries_exhausted")], true),
    ] {
        let events: Vec<_> = events.into_iter().cloned().collect();
        assert_eq!(after(&events).are_over(), expected, "{events:?}");
    }
}
