//! The history of attempts, and their limit.

use super::*;

/// Carries a transition out and keeps the attempt that it ended.
#[track_caller]
fn step<R>(transition: Transition<R>, history: &mut Vec<Attempt>) -> Work {
    let Transition { next, ended, .. } = judge(transition);
    history.extend(ended);
    next
}

#[test]
fn every_hand_out_is_in_the_history_once_and_numbered_without_a_gap() {
    let mut history = Vec::new();
    let work = delivered(&named("w1"));
    // Nobody accepts; handed out again; accepted; lapses; handed out; accepted; stopped.
    let work = step(work.deliver(at(6), WINDOW, WorkerId::new("w2")).unwrap(), &mut history);
    let work = step(work.ack(at(7), &named("w2"), None).unwrap(), &mut history);
    let work = step(work.deliver(at(127), WINDOW, WorkerId::new("w3")).unwrap(), &mut history);
    let work = step(work.ack(at(128), &named("w3"), None).unwrap(), &mut history);
    let work = beaten(&work, at(129), &named("w3"));
    assert_eq!(work.newest_attempt(at(130)).unwrap().end, None);
    assert_eq!(work.newest_attempt(at(429)).unwrap().end, Some((at(429), Outcome::Lapsed)));
    let work = step(work.stop(at(130), Stop::Force, &nobody()).unwrap(), &mut history);
    history.extend(work.newest_attempt(at(130)));

    let told: Vec<_> = history
        .iter()
        .map(|a| (a.number, a.worker.as_ref().map_or("", WorkerId::as_str), a.end.unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            (1, "w1", (at(6), Outcome::Superseded)),
            (2, "w2", (at(127), Outcome::Lapsed)),
            (3, "w3", (at(130), Outcome::Stopped)),
        ]
    );
}

#[test]
fn a_lapse_that_an_ack_or_a_beat_writes_down_is_in_the_history_once() {
    let work = active(&named("w1"));
    let lapse = work.lease_end().unwrap();
    let mut history = Vec::new();
    let acked = step(work.ack(lapse, &nobody(), None).unwrap(), &mut history);
    let acked = step(acked.ack(lapse, &nobody(), None).unwrap(), &mut history);
    assert_eq!(history.len(), 1);
    assert_eq!(acked.newest_attempt(lapse).unwrap().number, 2);
    let claims = beat(Expected::Any, named("w2"), CLAIMS);
    let mut history = Vec::new();
    let beaten = step(work.heartbeat(lapse, &claims).unwrap(), &mut history);
    assert_eq!(history.len(), 1);
    assert_eq!(beaten.newest_attempt(lapse).unwrap().number, 2);
}

#[test]
fn the_attempt_that_reaches_the_limit_ends_the_item_if_it_lapses() {
    for (limit, passes) in [(1, 1), (2, 2), (3, 3)] {
        let mut work = queued();
        let mut now = START;
        for pass in 1..=passes {
            work = work.deliver(now, WINDOW, None).unwrap().next;
            work = judge(work.ack(now, &nobody(), Some(limit)).unwrap()).next;
            let end = work.lease_end().unwrap();
            let settled = work.settled(end).work;
            assert_eq!(settled.check(), Ok(()));
            let over = settled.state_name() == StateName::Stopped;
            assert_eq!(over, pass == passes, "pass {pass} of {limit}");
            assert_eq!(work.available_at(WINDOW).is_none(), over);
            now = end;
        }
        let State::Stopped(stopped) = work.settled(now).work.state else { panic!("it goes on") };
        assert_eq!(stopped.reason, StopReason::AttemptsExhausted);
        assert_eq!(stopped.at, now);
        assert_eq!(stopped.attempt.unwrap().number, limit);
    }
}

#[test]
fn a_hand_out_that_nobody_accepts_does_not_count() {
    let mut work = queued();
    for seconds in [0, 10, 20, 30] {
        work = work.deliver(at(seconds), WINDOW, None).unwrap().next;
    }
    let work = work.ack(at(31), &nobody(), Some(2)).unwrap().next;
    assert_eq!((work.deliveries, work.accepted), (4, 1));
    assert_eq!(work.settled(at(1_000)).work.state_name(), StateName::Queued);
}

#[test]
fn a_limit_that_was_lowered_counts_from_the_next_ack_on() {
    let work = starting(&nobody());
    let again = work.ack(at(2), &nobody(), Some(1)).unwrap().next;
    assert_eq!(again, work, "a repeated ack does not change the claim that runs");
    let lapse = work.lease_end().unwrap();
    let next = work.ack(lapse, &nobody(), Some(1)).unwrap().next;
    let end = next.lease_end().unwrap();
    assert_eq!(next.settled(end).work.state_name(), StateName::Stopped);
}

#[test]
fn a_stop_of_the_last_attempt_is_a_stop_like_any_other() {
    let last = delivered(&nobody()).ack(at(1), &nobody(), Some(1)).unwrap().next;
    let next = judge(last.stop(at(2), Stop::Force, &nobody()).unwrap()).next;
    let State::Stopped(stopped) = next.state else { panic!("not stopped") };
    assert_eq!(stopped.reason, StopReason::Requested);
}
