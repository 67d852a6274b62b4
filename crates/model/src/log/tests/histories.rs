//! Properties of long histories: whatever happens in whatever order, the log has no gaps, its head
//! is the fold of its events, and a session that can go on can be driven on.

use proptest::prelude::*;

use super::*;
use crate::log::Fold;
use crate::log::ops::GoOnEvaluating;

/// Things that may happen; numbers choose among what there is.
#[derive(Clone, Debug)]
enum Happening {
    Message,
    Result(usize),
    Confirm(usize, bool),
    Interrupt,
    Redirect,
    Cancel,
    Outcome,
    Take,
    Proceed,
    Answer(Vec<u8>),
    Fail(bool),
    HandIn,
    Lapse,
    Grade(u8),
    StillGrade,
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        3 => Just(Happening::Message),
        4 => (0_usize..4).prop_map(Happening::Result),
        3 => (0_usize..4, any::<bool>()).prop_map(|(call, yes)| Happening::Confirm(call, yes)),
        1 => Just(Happening::Interrupt),
        1 => Just(Happening::Redirect),
        1 => Just(Happening::Cancel),
        2 => Just(Happening::Outcome),
        6 => Just(Happening::Take),
        8 => Just(Happening::Proceed),
        8 => prop::collection::vec(0_u8..9, 0..4).prop_map(Happening::Answer),
        1 => any::<bool>().prop_map(Happening::Fail),
        3 => Just(Happening::HandIn),
        1 => Just(Happening::Lapse),
        4 => (0_u8..5).prop_map(Happening::Grade),
        1 => Just(Happening::StillGrade),
    ]
}

#[derive(Default)]
struct Runner {
    claim: Option<Claimed>,
    start: Option<EventId>,
    calls: Vec<EventId>,
    evaluation: Option<EventId>,
}

fn happen(room: &mut Room, runner: &mut Runner, happening: &Happening) {
    room.wait(Duration::from_micros(1));
    let call = |room: &Room, at: usize| room.log().fold.calls.get(at).map(|call| call.id);
    // Refusals are answers; what must hold is checked after each happening.
    match happening {
        Happening::Message => drop(room.send(&[message("m")])),
        Happening::Result(at) => {
            if let Some(call) = call(room, *at) {
                drop(room.send(&[result_of(call, "r")]));
                drop(room.send(&[custom_result_of(call)]));
            }
        }
        Happening::Confirm(at, yes) => {
            if let Some(call) = call(room, *at) {
                drop(room.send(&[if *yes { allow(call) } else { deny(call) }]));
            }
        }
        Happening::Interrupt => drop(room.send(&[Incoming::Interrupt])),
        Happening::Redirect => drop(room.send(&[Incoming::Interrupt, message("n")])),
        Happening::Cancel => room.cancel(),
        Happening::Outcome => drop(room.send(&[outcome(2)])),
        Happening::Take => {
            if let Some(claim) = room.take() {
                *runner = Runner { claim: Some(claim), ..Runner::default() };
            }
        }
        Happening::Proceed => {
            if let Some(claim) = runner.claim {
                match room.proceed(claim) {
                    Ok(Step::Ask { start, .. }) => runner.start = Some(start),
                    Ok(Step::Grade { start, .. }) => runner.evaluation = Some(start),
                    Ok(Step::CarryOut(calls)) => runner.calls = calls,
                    Ok(Step::Wait(_) | Step::Again | Step::Over) | Err(_) => {}
                }
            }
        }
        Happening::Answer(calls) => {
            if let (Some(claim), Some(start)) = (runner.claim, runner.start.take()) {
                let said: Vec<Said> = calls.iter().map(|number| any_call(room, *number)).collect();
                drop(room.conclude(claim, start, answered(&said)));
            }
        }
        Happening::Fail(hopeless) => {
            if let (Some(claim), Some(start)) = (runner.claim, runner.start.take()) {
                let cure = if *hopeless { Cure::NewTurn } else { Cure::Retry(None) };
                drop(room.conclude(claim, start, failed(cure)));
            }
        }
        Happening::HandIn => {
            if let Some(claim) = runner.claim {
                drop(room.hand_in(claim, &runner.calls));
            }
        }
        Happening::Grade(number) => {
            if let (Some(claim), Some(start)) = (runner.claim, runner.evaluation.take()) {
                drop(match number {
                    0 => room.grade(claim, start, Verdict::Satisfied),
                    1 | 2 => room.grade(claim, start, Verdict::NeedsRevision),
                    3 => room.grade(claim, start, Verdict::Failed),
                    _ => room.fail_to_grade(claim, start, Cure::Retry(None)),
                });
            }
        }
        Happening::StillGrade => {
            if let (Some(claim), Some(start)) = (runner.claim, runner.evaluation) {
                let session = room.session.id;
                drop(room.decide(&GoOnEvaluating { session, claim, start }));
            }
        }
        Happening::Lapse => room.wait(Duration::from_secs(11)),
    }
}

fn any_call(room: &mut Room, number: u8) -> Said {
    let tool = ["bash", "mcp", "custom"][usize::from(number % 3)];
    let permission =
        [Permission::Allow, Permission::Ask, Permission::Deny][usize::from(number / 3)];
    room.call(tool, permission)
}

fn check(room: &Room) {
    let log = room.log();
    let mut fold = Fold::default();
    let events = room.events();
    let placed: Vec<&Event> = events.iter().filter(|event| event.place.is_some()).collect();
    for (number, event) in placed.iter().enumerate() {
        let place = event.place.unwrap();
        assert_eq!(usize::try_from(place.seq), Ok(number), "the log has a gap");
        assert!(number == 0 || place.at > fold.at, "instants rise");
        assert_eq!(fold.take_place(place.at), place);
        fold.apply(event.id, &event.kind, place.at);
    }
    assert_eq!(fold, log.fold, "the head is the fold of the log");
    let waiting: Vec<EventId> = events.iter().filter(|e| e.place.is_none()).map(|e| e.id).collect();
    let pending: Vec<EventId> = log.pending.iter().map(|pending| pending.id).collect();
    assert_eq!(waiting, pending, "the head knows what waits");
    if log.fold.status == Status::Idle {
        assert!(log.fold.calls.iter().all(|call| call.answer.is_some() || {
            matches!(log.fold.stop, Some(StopReason::RequiresAction(_)))
        }));
        assert!(!log.has_reason() || !log.fold.blocking().is_empty(), "it rests and has a reason");
    }
    let live = room.work().iter().filter(|work| work.stopped_at().is_none()).count();
    assert!(live <= 1, "{live} live items");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    #[test]
    fn the_head_is_the_fold_of_a_log_without_gaps(
        happenings in prop::collection::vec(happening(), 1..80),
    ) {
        let mut room = Room::hosted();
        let mut runner = Runner::default();
        for happening in &happenings {
            happen(&mut room, &mut runner, happening);
            check(&room);
        }
    }
}
