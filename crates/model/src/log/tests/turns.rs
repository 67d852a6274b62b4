//! Turns: what a model says, what it refuses, what fails.

use super::*;

#[test]
fn a_message_makes_a_session_run_and_the_model_is_shown_it() {
    let mut room = Room::hosted();
    room.say("hello");
    assert_eq!(room.told(0), ["running", "thread running", "(user.message)"]);
    assert_eq!(room.status(), Status::Running);
    assert_eq!(room.work().len(), 1, "a worker is called");

    let claim = room.take().unwrap();
    let start = room.ask(claim);
    assert_eq!(room.told(2), ["user.message", "span.model_request_start"]);

    let speech = room.speech("hi");
    assert_eq!(room.conclude(claim, start, answered(&[speech])), Ok(Step::Over));
    assert_eq!(
        room.told(4),
        ["agent.message", "span.model_request_end", "thread idle", "idle EndTurn"]
    );
    assert_eq!(room.status(), Status::Idle);
    assert_eq!(room.take(), None, "its turn is over");
}

#[test]
fn a_message_during_a_turn_is_shown_to_the_model_in_the_same_turn() {
    let mut room = Room::hosted();
    room.say("one");
    let claim = room.take().unwrap();
    let start = room.ask(claim);
    room.say("two");
    let speech = room.speech("hi");
    assert_eq!(room.conclude(claim, start, answered(&[speech])), Ok(Step::Again));
    let _ = room.ask(claim);
    assert_eq!(
        room.told(4),
        ["agent.message", "span.model_request_end", "user.message", "span.model_request_start"]
    );
}

#[test]
fn an_empty_answer_ends_the_turn_without_a_message() {
    let mut room = Room::hosted();
    room.say("hello");
    assert_eq!(room.turn(&[]), Step::Over);
    assert_eq!(room.told(4), ["span.model_request_end", "thread idle", "idle EndTurn"]);
}

#[test]
fn a_refusal_of_the_model_ends_the_turn_and_says_so() {
    let mut room = Room::hosted();
    room.say("hello");
    let claim = room.take().unwrap();
    let start = room.ask(claim);
    let refusal = Some(StopReason::Refusal { category: None, explanation: None });
    let outcome = Outcome::Answered { said: Vec::new(), refusal, usage: Usage::default() };
    room.conclude(claim, start, outcome).unwrap();
    assert!(matches!(room.log().fold.stop, Some(StopReason::Refusal { .. })));
}

#[test]
fn what_fails_is_tried_again_later_each_time_and_then_given_up() {
    let mut room = Room::hosted();
    room.say("hello");
    let claim = room.take().unwrap();
    let mut waits = Vec::new();
    loop {
        let start = room.ask(claim);
        let step = room.conclude(claim, start, failed(Cure::Retry(None))).unwrap();
        let Step::Wait(until) = step else {
            assert_eq!(step, Step::Over);
            break;
        };
        waits.push(until.since(room.now).as_secs());
        assert_eq!(room.status(), Status::Rescheduling);
    }
    assert_eq!(waits, [1, 2, 4, 8]);
    assert_eq!(room.log().fold.stop, Some(StopReason::RetriesExhausted));
    assert_eq!(
        room.told(4).iter().take(5).map(String::as_str).collect::<Vec<_>>(),
        ["span.model_request_end", "error", "thread rescheduled", "rescheduled", "running"]
    );

    room.say("again");
    let claim = room.take().unwrap();
    let start = room.ask(claim);
    let step = room.conclude(claim, start, failed(Cure::Retry(None))).unwrap();
    let soon = room.now.plus(Duration::from_secs(1));
    assert_eq!(step, Step::Wait(soon), "a new turn counts anew");
}

#[test]
fn a_provider_that_asks_for_patience_gets_it_within_reason() {
    let mut room = Room::hosted();
    room.say("hello");
    let claim = room.take().unwrap();
    for (asked, given) in [(30, 30), (3_600, 60)] {
        let start = room.ask(claim);
        let cure = Cure::Retry(Some(Duration::from_secs(asked)));
        let step = room.conclude(claim, start, failed(cure)).unwrap();
        assert_eq!(step, Step::Wait(room.now.plus(Duration::from_secs(given))));
    }
}

#[test]
fn a_hopeless_error_ends_the_session_and_its_work() {
    let mut room = Room::hosted();
    room.say("hello");
    let claim = room.take().unwrap();
    let start = room.ask(claim);
    room.say("and more");
    assert_eq!(room.conclude(claim, start, failed(Cure::None)), Ok(Step::Over));
    assert_eq!(room.told(4), ["span.model_request_end", "error", "user.message", "terminated"]);
    assert!(room.work().iter().all(|work| work.stopped_at().is_some()));
    assert_eq!(room.send(&[message("hello?")]), Err(Refusal::SessionTerminated));
}

#[test]
fn a_runner_whose_lease_lapsed_writes_nothing() {
    let mut room = Room::hosted();
    room.say("hello");
    let first = room.take().unwrap();
    let start = room.ask(first);
    assert_eq!(room.take(), None, "a turn has one runner");
    room.wait(Duration::from_secs(10));

    let before = room.told(0);
    let late = room.speech("late");
    assert_eq!(room.conclude(first, start, answered(&[late])), Err(Refusal::ClaimOver));
    assert_eq!(room.proceed(first), Err(Refusal::ClaimOver));
    let second = room.take().expect("another runner takes it");
    assert_eq!(room.proceed(first), Err(Refusal::ClaimOver));
    assert_eq!(room.told(0), before);

    let again = room.ask(second);
    assert_ne!(again, start);
    assert_eq!(room.told(4), ["span.model_request_end", "span.model_request_start"]);
}

#[test]
fn too_many_waiting_events_are_refused_as_a_whole() {
    let mut room = Room::hosted();
    let many = vec![message("hello"); 600];
    room.send(&many).unwrap();
    let before = room.told(0).len();
    let Err(Refusal::Event(number, objection)) = room.send(&many) else { panic!("taken") };
    assert_eq!((number, objection.member), (400, "type"));
    assert_eq!(room.told(0).len(), before, "nothing of it was kept");
}

#[test]
fn usage_is_told_at_the_end_of_a_turn_that_used_something() {
    let mut room = Room::hosted();
    room.say("go");
    let call = room.call("bash", Permission::Allow);
    let claim = room.take().unwrap();
    let start = room.ask(claim);
    let used = |said: Said| Outcome::Answered {
        said: vec![said],
        refusal: None,
        usage: Usage { input_tokens: 3, ..Usage::default() },
    };
    room.conclude(claim, start, used(call.clone())).unwrap();
    assert_eq!(room.told(6), ["thread idle", "idle on 1"], "a turn that waits has not ended");
    room.send(&[result_of(call.id, "out"), Incoming::Interrupt]).unwrap();
    assert_eq!(room.told(9), ["user.interrupt", "thread idle", "idle Cancelled"]);
    room.say("again");
    let speech = room.speech("done");
    room.turn(&[speech]);
    assert_eq!(room.told(18), ["usage", "thread idle", "idle EndTurn"], "{:?}", room.told(0));
    room.say("once more");
    let speech = room.speech("done");
    room.turn(&[speech]);
    assert_eq!(room.told(27), ["thread idle", "idle EndTurn"], "nothing new was used");
}
