//! A person at a terminal: `leasehold dev`, and the commands that talk to an agent, as processes.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

mod desk;

use desk::Desk;
use serde_json::Value;

/// The id in the first line of what a command printed, `id  …`.
fn id(printed: &str) -> String {
    printed.lines().next().unwrap().strip_prefix("id").unwrap().trim().to_owned()
}

/// The lines of what a command printed, as events.
fn events(printed: &str) -> Vec<Value> {
    printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn types(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

#[test]
fn a_message_has_a_command_run_and_is_answered() {
    let desk = Desk::open();
    let create = ["session", "create", "--message", "Hello.\nYou there.", "--watch"];
    let printed = desk.ran(&[&create, desk.place().as_slice()].concat());
    let session = id(&printed);
    for part in [
        "[running]\n> Hello.\n> You there.\n",
        "\n$ echo ",
        "\n  | hello from ",
        "\n[idle: waits for a worker]\n",
        "\nYour worker answered: hello from ",
    ] {
        assert!(printed.contains(part), "{part:?} in {printed}");
    }
    assert!(printed.ends_with("\n[idle: end_turn]\n"), "{printed}");

    // The past reads the same as the present did, once its pieces are whole.
    let again = desk.ran(&["session", "watch", &session, "--from-start"]);
    assert!(again.starts_with("[running]\n") && printed.ends_with(&again), "{printed}\n{again}");
    assert_eq!(desk.ran(&["session", "watch", &session]), "[idle: end_turn]\n");

    let sent =
        desk.ran(&["session", "send", &session, "And", "again.", "--watch", "--output", "json"]);
    let events = events(&sent);
    let said = events.iter().find(|event| event["type"] == "user.message").unwrap();
    assert_eq!(said["content"][0]["text"], "And again.");
    assert_eq!(*types(&events).last().unwrap(), "session.status_idle");
    assert_eq!(types(&events).iter().filter(|name| **name == "session.status_idle").count(), 2);

    let listed = desk.ran(&["session", "list", "--status", "idle"]);
    assert!(listed.contains(&session), "{listed}");
    assert!(desk.ran(&["session", "show", &session]).contains("\nmodel        scripted\n"));
}

#[test]
fn a_call_waits_for_a_persons_word() {
    let desk = Desk::open();
    let agent =
        id(&desk.ran(&["agent", "create", "asker", "--model", "scripted", "--tools", "ask"]));
    for (word, result) in [("--allow", "  | hello from"), ("--deny", "  ! ")] {
        let place = ["--agent", &agent, "--environment", desk.environment()];
        let session = id(&desk.ran(&[["session", "create"].as_slice(), &place].concat()));
        desk.ran(&["session", "send", &session, "Go."]);
        let watch = ["session", "watch", &session, "--from-start", "--output", "json"];
        let idle = desk.hears(&watch, |event| event["type"] == "session.status_idle");
        assert_eq!(idle["stop_reason"]["type"], "requires_action");
        let call = idle["stop_reason"]["event_ids"][0].as_str().unwrap();
        let shown = desk.ran(&["session", "send", &session, word, call, "--watch"]);
        assert!(shown.contains(result), "{shown}");
        assert!(shown.ends_with("[idle: end_turn]\n"), "{shown}");
    }
}

#[test]
fn what_makes_no_sense_is_refused_in_one_sentence() {
    let desk = Desk::open();
    let nobody = "sess_00000000000070008000000000000001";
    for line in [
        ["session", "watch", nobody, "--follow"],
        ["session", "send", nobody, "hello"],
        ["session", "send", nobody, "--interrupt"],
        ["agent", "show", "agent_1", "--output=json"],
    ] {
        let (code, said) = desk.failed(&line);
        assert_eq!(code, 1, "{line:?}");
        assert!(said.starts_with("error: ") && said.lines().count() == 1, "{line:?}: {said}");
        assert!(said.contains("HTTP 404"), "{line:?}: {said}");
    }
}
