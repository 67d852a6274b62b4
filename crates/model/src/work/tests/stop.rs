//! Stop (work §8) and the end of the session (work §10).

use super::*;

/// A stop at the ninth second.
#[track_caller]
fn check(work: &Work, how: Stop, caller: &Caller, expected: &str) {
    let outcome = work.stop(at(9), how, caller);
    assert_eq!(became(outcome), expected, "{how:?} by {caller:?} of {work:#?}");
}

#[test]
fn graceful_and_forced_from_every_state() {
    for (work, graceful) in [
        (queued(), "stopped"),
        (delivered(&nobody()), "stopped"),
        (starting(&nobody()), "stopping"),
        (active(&nobody()), "stopping"),
        (stopping(&nobody()), "stopped"),
        (stopped(&nobody()), "stopped"),
    ] {
        check(&work, Stop::Graceful, &nobody(), graceful);
        check(&work, Stop::Force, &nobody(), "stopped");
    }
}

#[test]
fn the_request_is_stamped_by_the_first_graceful_stop_alone() {
    let stamps = |work: &Work, how| {
        let next = judge(work.stop(at(9), how, &nobody()).unwrap()).next;
        (next.stop_requested_at(), next.stopped_at())
    };
    for work in [queued(), delivered(&nobody())] {
        assert_eq!(stamps(&work, Stop::Graceful), (Some(at(9)), Some(at(9))));
        assert_eq!(stamps(&work, Stop::Force), (None, Some(at(9))));
    }
    for work in [starting(&nobody()), active(&nobody())] {
        assert_eq!(stamps(&work, Stop::Graceful), (Some(at(9)), None));
        assert_eq!(stamps(&work, Stop::Force), (None, Some(at(9))));
    }
    for how in [Stop::Graceful, Stop::Force] {
        assert_eq!(stamps(&stopping(&nobody()), how), (Some(at(3)), Some(at(9))));
        assert_eq!(stamps(&stopped(&nobody()), how), (Some(at(3)), Some(at(4))));
    }
}

#[test]
fn nothing_leaves_stopped_and_a_repeat_changes_no_stamp() {
    let work = stopped(&named("w1"));
    for how in [Stop::Graceful, Stop::Force] {
        for caller in [nobody(), token(1), named("w1"), named("w2")] {
            assert_eq!(work.stop(at(9), how, &caller).unwrap().next, work);
        }
    }
    assert_eq!(work.end(at(9), StopReason::SessionDeleted).next, work);
    assert_eq!(work.settled(at(1_000_000)).work, work);
    assert_eq!(work.deliver(at(1_000_000), Duration::ZERO, None), None);
}

#[test]
fn another_claim_touches_nothing() {
    for how in [Stop::Graceful, Stop::Force] {
        for work in [starting(&named("w1")), active(&named("w1")), stopping(&named("w1"))] {
            check(&work, how, &token(2), "superseded");
            check(&work, how, &token(0), "superseded");
            check(&work, how, &named("w2"), "claimed_by_another");
        }
        check(&queued(), how, &token(1), "superseded");
        check(&delivered(&named("w1")), how, &token(2), "superseded");
        check(&delivered(&named("w1")), how, &named("w2"), "claimed_by_another");
        check(&delivered(&named("w1")), how, &named("w1"), "stopped");
        check(&stopped(&named("w1")), how, &token(2), "superseded");
    }
}

#[test]
fn a_lapsed_claim_cannot_stop_the_item_but_an_operator_can() {
    let work = active(&named("w1"));
    let lapse = work.lease_end().unwrap();
    for how in [Stop::Graceful, Stop::Force] {
        for stale in [token(1), named("w1")] {
            assert_eq!(became(work.stop(lapse, how, &stale)), "superseded");
        }
        for other in [nobody(), named("w2")] {
            let transition = judge(work.stop(lapse, how, &other).unwrap());
            assert_eq!(transition.next.state_name(), StateName::Stopped);
            assert_eq!(transition.ended.unwrap().end, Some((lapse, Outcome::Lapsed)));
            assert_eq!(transition.next.open_attempt(), None);
        }
        let taken = work.deliver(lapse, WINDOW, WorkerId::new("w2")).unwrap().next;
        assert_eq!(became(taken.stop(lapse, how, &token(1))), "superseded");
        assert_eq!(became(taken.stop(lapse, how, &named("w1"))), "claimed_by_another");
    }
}

#[test]
fn the_end_of_the_session_ends_the_item_at_once() {
    for work in one_of_each(&named("w1")) {
        let before = work.stopped_at();
        let next = judge(work.end(at(9), StopReason::SessionArchived)).next;
        assert_eq!(next.state_name(), StateName::Stopped);
        assert_eq!(next.stopped_at(), before.or(Some(at(9))));
        let State::Stopped(stopped) = &next.state else { panic!("not stopped") };
        if before.is_none() {
            assert_eq!(stopped.reason, StopReason::SessionArchived);
        }
        assert_eq!(next.stop_requested_at(), work.stop_requested_at(), "nobody asked for it");
    }
}

#[test]
fn a_stop_closes_the_attempt_that_is_open() {
    let next = judge(active(&named("w1")).stop(at(9), Stop::Force, &nobody()).unwrap()).next;
    let State::Stopped(Stopped { attempt: Some(attempt), .. }) = &next.state else {
        panic!("no attempt in {next:#?}")
    };
    assert_eq!(
        **attempt,
        Attempt {
            number: 1,
            worker: WorkerId::new("w1"),
            delivered_at: Some(at(0)),
            acknowledged_at: Some(at(1)),
            first_beat: Some(at(2)),
            last_beat: Some(at(2)),
            end: Some((at(9), Outcome::Stopped)),
        }
    );
    assert_eq!(next.acknowledged_at(), Some(at(1)));
    assert_eq!(next.started_at(), Some(at(2)));
    assert_eq!(next.beat(), Some(at(2)));
}
