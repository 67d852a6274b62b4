//! The truth table of the heartbeat (work §7.3), for both dialects, and who may beat.

use super::*;

/// What a row of the table says.
#[derive(Debug, PartialEq)]
enum Said {
    /// 200, extended.
    Extended,
    /// 200, not extended; nothing is written.
    NotExtended,
    /// Refused by this name.
    Refused(&'static str),
}
use Said::{Extended, NotExtended, Refused};

#[track_caller]
fn check(work: &Work, heartbeat: &Heartbeat, expected: &Said) {
    let before = work.settled(at(4)).work;
    let said = match work.heartbeat(at(4), heartbeat) {
        Err(refusal) => Refused(refusal.name()),
        Ok(transition) => {
            let Transition { next, reply, ended: _ } = judge(transition);
            assert_eq!(reply.beat, next.beat());
            assert_eq!(reply.state, next.state_name());
            assert_eq!(reply.ttl, next.ttl);
            if reply.extended {
                assert_eq!(next.state_name(), StateName::Active);
                assert_eq!(next.beat(), Some(at(4)));
                assert_eq!(next.floor, at(4));
                assert_eq!(next.started_at(), before.started_at().or(Some(at(4))));
                assert_eq!(next.ttl, heartbeat.ttl);
                assert_eq!(next.lease_end(), Some(at(4).plus(heartbeat.ttl.duration())));
                Extended
            } else {
                assert_eq!(next, *work, "a beat that does not extend writes nothing");
                NotExtended
            }
        }
    };
    assert_eq!(said, *expected, "{heartbeat:?} on {work:#?}");
}

/// One row for a caller that shows nothing: by expectation, in Q and in A.
#[track_caller]
fn check_row(work: &Work, row: [(Expected, Said, Said); 4]) {
    for (expected, in_q, in_a) in row {
        check(work, &beat(expected, nobody(), Unheld::Refuse), &in_q);
        check(work, &beat(expected, nobody(), CLAIMS), &in_a);
    }
}

const OTHER: Expected = Expected::Beat(START);

#[test]
fn a_queued_item_is_held_by_nobody() {
    for work in [queued(), delivered(&nobody()), delivered(&named("w1"))] {
        check_row(
            &work,
            [
                (Expected::Any, Refused("not_held"), Extended),
                (Expected::NoHeartbeat, Refused("not_held"), Refused("not_held")),
                (OTHER, Refused("not_held"), Refused("not_held")),
                (Expected::Never, Refused("not_held"), Refused("not_held")),
            ],
        );
    }
}

#[test]
fn a_starting_item_takes_its_first_heartbeat() {
    check_row(
        &starting(&named("w1")),
        [
            (Expected::Any, Extended, Extended),
            (Expected::NoHeartbeat, Extended, Extended),
            (OTHER, Refused("beat_mismatch"), Refused("beat_mismatch")),
            (Expected::Never, Refused("beat_mismatch"), Refused("beat_mismatch")),
        ],
    );
}

#[test]
fn an_active_item_takes_the_echo_of_its_newest_heartbeat() {
    for work in [active(&named("w1")), beaten(&active(&nobody()), at(3), &nobody())] {
        let newest = Expected::Beat(work.beat().unwrap());
        check_row(
            &work,
            [
                (Expected::Any, Extended, Extended),
                (Expected::NoHeartbeat, Refused("beat_mismatch"), Refused("beat_mismatch")),
                (newest, Extended, Extended),
                (OTHER, Refused("beat_mismatch"), Refused("beat_mismatch")),
            ],
        );
        for near in [just_before(work.floor), work.floor.next()] {
            let off_by_one = beat(Expected::Beat(near), nobody(), Unheld::Refuse);
            check(&work, &off_by_one, &Refused("beat_mismatch"));
        }
        check(&work, &beat(Expected::Never, nobody(), Unheld::Refuse), &Refused("beat_mismatch"));
    }
}

#[test]
fn a_stopping_item_answers_without_extending_whatever_is_expected() {
    let never_beaten = starting(&nobody()).stop(at(2), Stop::Graceful, &nobody()).unwrap().next;
    for work in [stopping(&nobody()), never_beaten] {
        check_row(
            &work,
            [
                (Expected::Any, NotExtended, NotExtended),
                (Expected::NoHeartbeat, NotExtended, NotExtended),
                (Expected::Beat(work.floor), NotExtended, NotExtended),
                (OTHER, NotExtended, NotExtended),
            ],
        );
    }
}

#[test]
fn a_stopped_item_is_closed_to_heartbeats() {
    let never_held = queued().stop(at(1), Stop::Force, &nobody()).unwrap().next;
    for work in [stopped(&nobody()), never_held] {
        check_row(
            &work,
            [
                (Expected::Any, Refused("finished"), Refused("finished")),
                (Expected::NoHeartbeat, Refused("finished"), Refused("finished")),
                (Expected::Beat(work.floor), Refused("finished"), Refused("finished")),
                (OTHER, Refused("finished"), Refused("finished")),
            ],
        );
    }
}

#[test]
fn the_refusal_says_where_the_item_stands() {
    let work = active(&nobody());
    let echo = beat(OTHER, nobody(), Unheld::Refuse);
    let current = Current { state: StateName::Active, beat: Some(at(2)), ttl: Ttl::DEFAULT };
    assert_eq!(
        work.heartbeat(at(4), &echo),
        Err(Refusal::BeatMismatch { work: work.id, expected: OTHER, current })
    );
    let lapse = work.lease_end().unwrap();
    let current = Current { state: StateName::Queued, beat: None, ttl: Ttl::STARTUP };
    assert_eq!(
        work.heartbeat(lapse, &echo),
        Err(Refusal::NotHeld { work: work.id, expected: OTHER, current })
    );
}

#[test]
fn another_claim_is_refused_in_every_state_that_knows_one() {
    for work in [starting(&named("w1")), active(&named("w1")), stopping(&named("w1"))] {
        for expected in [Expected::Any, Expected::Beat(work.floor)] {
            for unheld in [Unheld::Refuse, CLAIMS] {
                check(&work, &beat(expected, token(2), unheld), &Refused("superseded"));
                check(&work, &beat(expected, token(0), unheld), &Refused("superseded"));
                let stranger = beat(expected, named("w2"), unheld);
                check(&work, &stranger, &Refused("claimed_by_another"));
            }
        }
    }
    let beat_by = |caller| beat(Expected::Any, caller, CLAIMS);
    check(&queued(), &beat_by(token(1)), &Refused("superseded"));
    check(&delivered(&named("w1")), &beat_by(token(2)), &Refused("superseded"));
    check(&delivered(&named("w1")), &beat_by(named("w2")), &Refused("not_held"));
    check(&stopped(&named("w1")), &beat_by(token(2)), &Refused("superseded"));
    check(&stopped(&named("w1")), &beat_by(token(1)), &Refused("finished"));
}

#[test]
fn the_claim_itself_may_beat_by_token_by_name_or_without_either() {
    let work = active(&named("w1"));
    for caller in [nobody(), named("w1"), token(1)] {
        check(&work, &beat(Expected::Beat(at(2)), caller, Unheld::Refuse), &Extended);
    }
    let both = Caller { claim: Some(1), worker: WorkerId::new("w2") };
    check(&work, &beat(Expected::Beat(at(2)), both, Unheld::Refuse), &Extended);
}

#[test]
fn each_beat_takes_its_own_ttl() {
    let ttl = |wish| Heartbeat {
        ttl: Ttl::clamped(wish),
        ..beat(Expected::Any, nobody(), Unheld::Refuse)
    };
    let work = starting(&nobody()).heartbeat(at(4), &ttl(10)).unwrap().next;
    assert_eq!(work.lease_end(), Some(at(14)));
    let work = work.heartbeat(at(5), &ttl(600)).unwrap().next;
    assert_eq!(work.lease_end(), Some(at(605)));
    let stopping = work.stop(at(6), Stop::Graceful, &nobody()).unwrap().next;
    let reply = stopping.heartbeat(at(7), &ttl(10)).unwrap().reply;
    assert_eq!(reply.ttl.seconds(), 600, "the TTL last granted");
}

#[test]
fn an_unconditional_beat_in_a_accepts_on_the_way() {
    let limited = beat(Expected::Any, named("w1"), Unheld::Claim { limit: Some(1) });
    let Transition { next, .. } = judge(queued().heartbeat(at(4), &limited).unwrap());
    assert_eq!(next.acknowledged_at(), Some(at(4)));
    assert_eq!(next.started_at(), Some(at(4)));
    assert_eq!((next.deliveries, next.accepted), (1, 1));
    let end = next.lease_end().unwrap();
    assert_eq!(next.settled(end).work.state_name(), StateName::Stopped, "the limit holds");
}
