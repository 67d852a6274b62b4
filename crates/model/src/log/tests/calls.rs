//! Calls of tools: who answers, who is asked, who is replaced.

use super::*;

/// A session whose model has just asked for these.
fn asked(room: &mut Room, calls: &[(&str, Permission)]) -> Vec<EventId> {
    room.say("go");
    let said: Vec<Said> = calls.iter().map(|(tool, p)| room.call(tool, *p)).collect();
    room.turn(&said);
    said.iter().map(|said| said.id).collect()
}

use Permission::{Allow, Ask, Deny};

#[test]
fn a_worker_call_makes_the_session_wait_and_its_result_goes_on() {
    let mut room = Room::hosted();
    let calls = asked(&mut room, &[("bash", Allow)]);
    assert_eq!(
        room.told(4),
        ["agent.tool_use", "span.model_request_end", "thread idle", "idle on 1"]
    );
    assert_eq!(room.take(), None);

    room.send(&[result_of(calls[0], "out")]).unwrap();
    assert_eq!(room.told(8), ["user.tool_result", "running", "thread running"]);
    let speech = room.speech("done");
    assert_eq!(room.turn(&[speech]), Step::Over);
    assert_eq!(room.log().fold.stop, Some(StopReason::EndTurn));
}

#[test]
fn each_answer_shortens_the_list_of_what_blocks() {
    let mut room = Room::hosted();
    let calls = asked(&mut room, &[("bash", Allow), ("custom", Allow), ("read", Allow)]);
    room.send(&[custom_result_of(calls[1])]).unwrap();
    assert_eq!(room.told(10), ["user.custom_tool_result", "thread idle", "idle on 2"]);
    room.send(&[result_of(calls[0], "a"), result_of(calls[2], "b")]).unwrap();
    assert_eq!(
        room.told(13),
        ["user.tool_result", "user.tool_result", "running", "thread running"]
    );
}

#[test]
fn answers_that_fit_no_call_are_refused_and_name_their_member() {
    let mut room = Room::hosted();
    let calls = asked(&mut room, &[("bash", Allow), ("custom", Allow)]);
    let stranger = room.id();
    let before = room.told(0);
    for (event, member) in [
        (result_of(stranger, "x"), "tool_use_id"),
        (result_of(calls[1], "x"), "tool_use_id"),
        (custom_result_of(calls[0]), "custom_tool_use_id"),
        (allow(calls[0]), "tool_use_id"),
        (allow(stranger), "tool_use_id"),
    ] {
        // A good event before the bad one does not count either.
        let sent = room.send(&[result_of(calls[0], "fine"), event.clone()]);
        let Err(Refusal::Event(1, objection)) = sent else { panic!("{event:?}: {sent:?}") };
        assert_eq!(objection.member, member, "{event:?}");
        assert_eq!(room.told(0), before);
    }
}

#[test]
fn an_answer_counts_once_and_may_be_repeated_word_for_word() {
    let mut room = Room::hosted();
    let calls = asked(&mut room, &[("bash", Allow)]);
    let first = room.send(&[result_of(calls[0], "out")]).unwrap();
    let told = room.told(0);
    let again = room.send(&[result_of(calls[0], "out")]).unwrap();
    assert_eq!(again[0].id, first[0].id);
    assert_eq!(room.told(0), told, "nothing was written for it");
    let other = room.send(&[result_of(calls[0], "another")]);
    assert!(matches!(other, Err(Refusal::Event(0, _))));

    // The repeat is still known while the model is asked again, and after it.
    let claim = room.take().unwrap();
    let start = room.ask(claim);
    assert_eq!(room.send(&[result_of(calls[0], "out")]).unwrap()[0].id, first[0].id);
    room.conclude(claim, start, answered(&[])).unwrap();
    assert_eq!(room.send(&[result_of(calls[0], "out")]).unwrap()[0].id, first[0].id);
    assert_eq!(room.status(), Status::Idle);
}

#[test]
fn a_call_that_is_asked_about_waits_for_the_word_and_then_for_the_result() {
    let mut room = Room::hosted();
    let calls = asked(&mut room, &[("bash", Ask)]);
    room.send(&[allow(calls[0])]).unwrap();
    assert_eq!(room.told(8), ["user.tool_confirmation"], "the worker may run it now");
    assert_eq!(room.status(), Status::Idle);
    assert!(room.send(&[deny(calls[0])]).is_err(), "the word was given");
    room.send(&[result_of(calls[0], "out")]).unwrap();
    assert_eq!(room.status(), Status::Running);
}

#[test]
fn a_denied_call_is_answered_at_once_and_the_session_goes_on() {
    let mut room = Room::hosted();
    let calls = asked(&mut room, &[("bash", Ask)]);
    room.send(&[deny(calls[0])]).unwrap();
    assert_eq!(
        room.told(8),
        ["user.tool_confirmation", "running", "thread running", "agent.tool_result"]
    );
    assert!(room.send(&[result_of(calls[0], "out")]).is_err(), "it is answered");
}

#[test]
fn a_result_before_the_word_waits_for_it() {
    let mut room = Room::hosted();
    let calls = asked(&mut room, &[("bash", Ask), ("bash", Ask)]);
    for call in &calls {
        room.send(&[result_of(*call, "early")]).unwrap();
    }
    assert_eq!(room.told(9), ["(user.tool_result)", "(user.tool_result)"]);
    assert!(room.send(&[result_of(calls[0], "other")]).is_err());
    room.send(&[result_of(calls[0], "early")]).unwrap();

    room.send(&[allow(calls[0])]).unwrap();
    room.send(&[deny(calls[1])]).unwrap();
    assert_eq!(
        room.told(9),
        [
            "user.tool_confirmation",
            "user.tool_result",
            "thread idle",
            "idle on 1",
            "user.tool_confirmation",
            "running",
            "thread running",
            "agent.tool_result"
        ]
    );
}

#[test]
fn a_call_that_the_policy_denies_never_waits() {
    let mut room = Room::hosted();
    room.say("go");
    let claim = room.take().unwrap();
    let call = room.call("bash", Deny);
    assert_eq!(room.answer(claim, &[call]), Step::Again);
    assert_eq!(room.told(4), ["agent.tool_use", "span.model_request_end", "agent.tool_result"]);
    assert_eq!(room.status(), Status::Running);
}

#[test]
fn what_the_server_runs_is_handed_to_the_runner_once_nothing_blocks() {
    let mut room = Room::hosted();
    let calls = asked(&mut room, &[("mcp", Allow), ("web_fetch", Ask), ("bash", Allow)]);
    assert_eq!(room.told(9), ["idle on 2"], "the whole turn is held");
    room.send(&[allow(calls[1]), result_of(calls[2], "out")]).unwrap();
    let claim = room.take().unwrap();
    let step = room.proceed(claim).unwrap();
    assert_eq!(step, Step::CarryOut(vec![calls[0], calls[1]]));
    assert_eq!(room.hand_in(claim, &calls[..2]), Ok(Step::Again));
    assert_eq!(room.told(14), ["agent.mcp_tool_result", "agent.tool_result"]);
    let _ = room.ask(claim);
}

#[test]
fn a_message_while_the_session_waits_for_a_result_waits_too() {
    let mut room = Room::hosted();
    let calls = asked(&mut room, &[("bash", Allow)]);
    room.say("and");
    assert_eq!(room.told(8), ["(user.message)"]);
    room.send(&[result_of(calls[0], "out")]).unwrap();
    let claim = room.take().unwrap();
    let _ = room.ask(claim);
    assert_eq!(room.told(11), ["user.message", "span.model_request_start"]);
}

#[test]
fn a_worker_is_called_when_a_call_needs_one_and_none_is_there() {
    let mut room = Room::hosted();
    room.say("go");
    let claim = room.take().unwrap();
    let start = room.ask(claim);
    let now = room.now;
    let session = room.session.id;
    room.rows.end_work_of(session, now, crate::work::StopReason::Requested);
    let call = room.call("bash", Allow);
    room.conclude(claim, start, answered(&[call])).unwrap();
    let live = room.work().iter().filter(|work| work.stopped_at().is_none()).count();
    assert_eq!((room.work().len(), live), (2, 1));
}

#[test]
fn a_cloud_session_takes_no_results_of_workers_and_calls_none() {
    let mut room = Room::new(Hosting::Cloud);
    let calls = asked(&mut room, &[("custom", Allow)]);
    let Err(Refusal::Event(0, objection)) = room.send(&[result_of(calls[0], "x")]) else {
        panic!("taken")
    };
    assert_eq!(objection.member, "type");
    assert!(room.work().is_empty());
    room.send(&[custom_result_of(calls[0])]).unwrap();
    assert_eq!(room.status(), Status::Running);
}

#[test]
fn a_worker_that_leaves_calls_behind_is_replaced_but_not_in_a_circle() {
    let mut room = Room::hosted();
    let calls = asked(&mut room, &[("bash", Allow), ("bash", Allow)]);
    let mut waited = Vec::new();
    for _ in 0..3 {
        let now = room.now;
        waited.push(room.stop_live_item().since(now).as_secs());
        room.wait(Duration::from_secs(1));
    }
    assert_eq!(waited, [0, 29, 58], "at once, then every thirty seconds");

    room.send(&[result_of(calls[0], "out")]).unwrap();
    let now = room.now;
    assert_eq!(room.stop_live_item(), now, "what waits is not the same any more");
}

#[test]
fn a_worker_that_leaves_nothing_behind_is_not_replaced() {
    let mut room = Room::hosted();
    room.say("go");
    room.turn(&[]);
    let live = room.work()[0].clone();
    room.stop(&live);
    assert_eq!(room.work().len(), 1);
}
