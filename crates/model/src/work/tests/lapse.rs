//! Lapses (work §10): predicates on now, exact to the microsecond.

use super::*;

/// The item is what it was just before `end`, and `becomes` at `end` and ever after.
#[track_caller]
fn check(work: &Work, end: Timestamp, becomes: &str) {
    assert_eq!(work.lease_end(), Some(end));
    assert_eq!(work.next_change(), Some(end));
    assert!(!work.lapsed(just_before(end)));
    assert_eq!(work.settled(just_before(end)), Settled { work: work.clone(), ended: None });
    for now in [end, end.next(), end.plus(Duration::from_secs(86_400))] {
        assert!(work.lapsed(now));
        let settled = work.settled(now).work;
        assert_eq!(settled.check(), Ok(()));
        assert_eq!(settled.state_name().as_str(), becomes);
        assert_eq!(settled, work.settled(end).work, "it does not matter when anybody looks");
        assert_eq!(settled.settled(now).work, settled);
    }
}

#[test]
fn a_starting_item_waits_120_seconds_for_its_first_heartbeat() {
    check(&starting(&nobody()), at(121), "queued");
}

#[test]
fn an_active_item_lapses_a_ttl_after_its_newest_heartbeat() {
    check(&active(&nobody()), at(302), "queued");
    let short =
        Heartbeat { ttl: Ttl::clamped(10), ..beat(Expected::Any, nobody(), Unheld::Refuse) };
    check(&active(&nobody()).heartbeat(at(3), &short).unwrap().next, at(13), "queued");
}

#[test]
fn a_stopping_item_has_its_lease_and_at_least_60_seconds() {
    check(&stopping(&nobody()), at(302), "stopped");
    let short =
        Heartbeat { ttl: Ttl::clamped(10), ..beat(Expected::Any, nobody(), Unheld::Refuse) };
    let beaten = starting(&nobody()).heartbeat(at(3), &short).unwrap().next;
    check(&beaten.stop(at(4), Stop::Graceful, &nobody()).unwrap().next, at(64), "stopped");
    let never = starting(&nobody()).stop(at(2), Stop::Graceful, &nobody()).unwrap().next;
    check(&never, at(121), "stopped");
    let late = starting(&nobody()).stop(at(100), Stop::Graceful, &nobody()).unwrap().next;
    check(&late, at(160), "stopped");
}

#[test]
fn what_is_not_held_does_not_lapse() {
    for work in [queued(), delivered(&nobody()), stopped(&nobody())] {
        assert_eq!(work.lease_end(), None);
        assert!(!work.lapsed(at(1_000_000)));
        assert_eq!(work.settled(at(1_000_000)).work, work);
    }
}

#[test]
fn a_lapsed_item_is_queued_anew_with_everything_cleared() {
    let work = active(&named("w1"));
    let Settled { work: settled, ended } = work.settled(at(302));
    assert_eq!(
        settled,
        Work { queued_at: at(302), ttl: Ttl::STARTUP, state: State::Queued(None), ..work.clone() }
    );
    assert_eq!(settled.acknowledged_at(), None);
    assert_eq!(settled.started_at(), None);
    assert_eq!(settled.beat(), None);
    assert_eq!(settled.floor, work.floor, "but heartbeats go on rising");
    let ended = ended.unwrap();
    assert_eq!(ended.end, Some((at(302), Outcome::Lapsed)));
    assert_eq!((ended.first_beat, ended.last_beat), (Some(at(2)), Some(at(2))));
}

#[test]
fn an_abandoned_item_ends_with_its_attempt_and_says_why() {
    let settled = stopping(&named("w1")).settled(at(999));
    assert_eq!(settled.ended, None, "the attempt goes with the item");
    let State::Stopped(stopped) = settled.work.state else { panic!("not stopped") };
    assert_eq!(stopped.reason, StopReason::Abandoned);
    assert_eq!(stopped.at, at(302));
    assert_eq!(stopped.requested_at, Some(at(3)));
    assert_eq!(stopped.attempt.unwrap().end, Some((at(302), Outcome::Lapsed)));
}

#[test]
fn every_verb_starts_from_the_settled_item() {
    let work = active(&named("w1"));
    let settled = work.settled(at(302)).work;
    let ack = |w: &Work| w.ack(at(302), &nobody(), None).map(|t| t.next);
    let stop = |w: &Work| w.stop(at(302), Stop::Force, &nobody()).map(|t| t.next);
    let deliver = |w: &Work| w.deliver(at(302), WINDOW, None).map(|t| t.next);
    let renew =
        |w: &Work| w.heartbeat(at(302), &beat(Expected::Any, nobody(), CLAIMS)).map(|t| t.next);
    assert_eq!(ack(&work), ack(&settled));
    assert_eq!(stop(&work), stop(&settled));
    assert_eq!(deliver(&work), deliver(&settled));
    assert_eq!(renew(&work), renew(&settled));
    assert_eq!(work.end(at(302), StopReason::Requested).next, {
        settled.end(at(302), StopReason::Requested).next
    });
}
