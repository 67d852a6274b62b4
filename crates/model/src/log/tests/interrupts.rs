//! Interrupts and cancels, whatever is under way.

use super::*;

#[test]
fn an_interrupt_of_a_resting_session_is_written_down_and_changes_nothing() {
    let mut room = Room::hosted();
    room.send(&[Incoming::Interrupt]).unwrap();
    assert_eq!(room.told(0), ["user.interrupt"]);
    assert_eq!(room.status(), Status::Idle);
}

#[test]
fn an_interrupt_closes_the_request_and_shuts_the_runner_out() {
    let mut room = Room::hosted();
    room.say("go");
    let claim = room.take().unwrap();
    let start = room.ask(claim);
    room.send(&[Incoming::Interrupt]).unwrap();
    assert_eq!(
        room.told(4),
        ["span.model_request_end", "user.interrupt", "thread idle", "idle Cancelled"]
    );
    let late = room.speech("late");
    assert_eq!(room.conclude(claim, start, answered(&[late])), Err(Refusal::ClaimOver));
    assert_eq!(room.take(), None);
}

#[test]
fn an_interrupt_answers_every_open_call_in_its_own_family() {
    let mut room = Room::hosted();
    room.say("go");
    let calls =
        [("bash", Permission::Allow), ("mcp", Permission::Ask), ("custom", Permission::Allow)]
            .map(|(tool, permission)| room.call(tool, permission));
    room.turn(&calls);
    room.send(&[Incoming::Interrupt]).unwrap();
    assert_eq!(
        room.told(10),
        [
            "user.tool_result",
            "agent.mcp_tool_result",
            "user.custom_tool_result",
            "user.interrupt",
            "thread idle",
            "idle Cancelled"
        ]
    );
    assert!(room.send(&[result_of(calls[0].id, "late")]).is_err());
}

#[test]
fn an_interrupt_with_a_message_behind_it_redirects() {
    let mut room = Room::hosted();
    room.say("go");
    let old = room.take().unwrap();
    let _ = room.ask(old);
    room.send(&[Incoming::Interrupt, message("rather")]).unwrap();
    assert_eq!(
        room.told(4),
        [
            "span.model_request_end",
            "user.interrupt",
            "thread idle",
            "idle Cancelled",
            "running",
            "thread running",
            "(user.message)"
        ]
    );
    assert_eq!(room.proceed(old), Err(Refusal::ClaimOver), "it is a new turn");
    let new = room.take().unwrap();
    let _ = room.ask(new);
    assert_eq!(room.told(10), ["user.message", "span.model_request_start"]);
}

#[test]
fn an_interrupt_takes_effect_between_two_tries() {
    let mut room = Room::hosted();
    room.say("go");
    let claim = room.take().unwrap();
    let start = room.ask(claim);
    room.conclude(claim, start, failed(Cure::Retry(None))).unwrap();
    room.send(&[Incoming::Interrupt]).unwrap();
    assert_eq!(room.status(), Status::Idle);
    assert_eq!(room.proceed(claim), Err(Refusal::ClaimOver));
}

#[test]
fn a_cancel_ends_what_runs_and_what_waits_with_it() {
    let mut room = Room::hosted();
    room.say("go");
    let claim = room.take().unwrap();
    let _ = room.ask(claim);
    room.say("more");
    room.cancel();
    assert_eq!(
        room.told(4),
        ["span.model_request_end", "user.message", "thread idle", "idle Cancelled"]
    );
    let told = room.told(0);
    room.cancel();
    assert_eq!(room.told(0), told, "a session that rests is left alone");
}

#[test]
fn a_held_result_goes_with_its_call() {
    let mut room = Room::hosted();
    room.say("go");
    let call = room.call("bash", Permission::Ask);
    room.turn(std::slice::from_ref(&call));
    room.send(&[result_of(call.id, "early")]).unwrap();
    room.send(&[Incoming::Interrupt]).unwrap();
    assert!(room.log().pending.is_empty());
    assert!(room.told(0).iter().all(|word| !word.starts_with('(')));
}
