//! The heartbeat as a fencing token: it rises for ever, and a lost answer can be asked for again.

use super::*;

fn echo(work: &Work, now: Timestamp, expected: Expected, caller: Caller) -> &'static str {
    match work.heartbeat(now, &beat(expected, caller, Unheld::Refuse)) {
        Err(refusal) => refusal.name(),
        Ok(transition) if transition.next == *work => "again",
        Ok(transition) => judge(transition).next.state_name().as_str(),
    }
}

#[test]
fn a_holder_that_proves_its_claim_may_ask_again_for_an_answer_that_it_lost() {
    for prover in [token(1), named("w1")] {
        let first = beaten(&starting(&named("w1")), at(2), &prover);
        assert_eq!(echo(&first, at(3), Expected::NoHeartbeat, prover.clone()), "again");
        let second = beaten(&first, at(4), &prover);
        assert_eq!(echo(&second, at(5), Expected::Beat(at(2)), prover.clone()), "again");
        let same = beat(Expected::Beat(at(2)), prover.clone(), Unheld::Refuse);
        let reply = second.heartbeat(at(5), &same).unwrap().reply;
        let stored =
            Beat { beat: Some(at(4)), extended: true, state: StateName::Active, ttl: Ttl::DEFAULT };
        assert_eq!(reply, stored);
        let third = beaten(&second, at(6), &prover);
        for older in [Expected::NoHeartbeat, Expected::Beat(at(2)), Expected::Never] {
            assert_eq!(echo(&third, at(7), older, prover.clone()), "beat_mismatch");
        }
    }
}

#[test]
fn without_a_proof_the_old_echo_is_refused() {
    let second = beaten(&beaten(&starting(&named("w1")), at(2), &token(1)), at(4), &token(1));
    assert_eq!(echo(&second, at(5), Expected::Beat(at(2)), nobody()), "beat_mismatch");
    let unnamed = beaten(&active(&nobody()), at(4), &token(1));
    assert_eq!(echo(&unnamed, at(5), Expected::Beat(at(2)), named("w1")), "beat_mismatch");
}

#[test]
fn a_beat_that_somebody_else_sent_is_not_repeated_to_the_holder() {
    let first = beaten(&starting(&named("w1")), at(2), &nobody());
    for prover in [token(1), named("w1")] {
        assert_eq!(echo(&first, at(3), Expected::NoHeartbeat, prover.clone()), "beat_mismatch");
        let second = beaten(&beaten(&starting(&named("w1")), at(2), &prover), at(4), &nobody());
        assert_eq!(echo(&second, at(5), Expected::Beat(at(2)), prover), "beat_mismatch");
    }
}

#[test]
fn a_name_that_an_ack_gave_to_the_delivery_of_another_repeats_nothing_to_it() {
    // Delivered to nobody by name, who has its token; acked by name by a worker that came late.
    let acked = judge(delivered(&nobody()).ack(at(1), &named("w1"), None).unwrap()).next;
    let by_token = beaten(&acked, at(2), &token(1));
    assert_eq!(echo(&by_token, at(3), Expected::NoHeartbeat, named("w1")), "beat_mismatch");
    assert_eq!(echo(&by_token, at(3), Expected::NoHeartbeat, token(1)), "again");
    let by_name = beaten(&acked, at(2), &named("w1"));
    assert_eq!(echo(&by_name, at(3), Expected::NoHeartbeat, token(1)), "beat_mismatch");
    assert_eq!(echo(&by_name, at(3), Expected::NoHeartbeat, named("w1")), "again");
}

#[test]
fn a_lapsed_holder_cannot_ask_again() {
    let work = beaten(&starting(&named("w1")), at(2), &token(1));
    let lapse = work.lease_end().unwrap();
    for prover in [token(1), named("w1"), nobody()] {
        for expected in [Expected::NoHeartbeat, Expected::Beat(at(2))] {
            assert_eq!(echo(&work, lapse, expected, prover.clone()), "not_held");
            assert_eq!(
                echo(&work, just_before(lapse), Expected::Beat(at(2)), prover.clone()),
                "active"
            );
        }
    }
}

#[test]
fn heartbeats_rise_though_the_clock_stands_still_or_goes_back() {
    let mut work = starting(&nobody());
    let mut last = work.floor;
    for now in [at(5), at(5), at(5), at(4), at(0), Timestamp::ZERO, at(6)] {
        work = beaten(&work, now, &nobody());
        assert!(work.floor > last, "{:?} after {last:?} at {now:?}", work.floor);
        assert_eq!(work.beat(), Some(work.floor));
        last = work.floor;
    }
    assert_eq!(last, at(6), "and follow the clock where it leads");
}

#[test]
fn the_floor_outlives_the_claim() {
    let first = active(&named("w1"));
    let lapse = first.lease_end().unwrap();
    let taken = first.deliver(lapse, WINDOW, WorkerId::new("w2")).unwrap().next;
    assert_eq!(taken.floor, first.floor);
    let acked = taken.ack(lapse, &named("w2"), None).unwrap().next;
    // The clock of the store was set back to before the first claim's heartbeat.
    let second = beaten(&acked, at(0), &named("w2"));
    assert!(second.floor > first.floor);
    assert_eq!(echo(&second, at(1), Expected::Beat(first.floor), nobody()), "beat_mismatch");
}

#[test]
fn replaying_a_journal_gives_the_same_head() {
    let before = starting(&named("w1"));
    let (mut head, mut journal) = (before.clone(), Vec::new());
    for (now, by) in [(2, token(1)), (3, nobody()), (9, named("w1")), (9, token(1))] {
        let next = beaten(&head, at(now), &by);
        journal.push(next.beat_since(&head).unwrap());
        head = next;
    }
    let replay = |from: &Work| journal.iter().fold(from.clone(), |work, beat| work.replayed(*beat));
    assert_eq!(replay(&before), head);
    assert_eq!(replay(&head), head, "a journal may overlap with the row that it was folded into");
    assert_eq!(head.beat_since(&before), None, "several beats are not one");
}

#[test]
fn only_a_heartbeat_is_journaled_and_only_on_a_held_item() {
    let work = active(&nobody());
    let later = at(9);
    for next in [
        work.clone(),
        work.stop(later, Stop::Graceful, &nobody()).unwrap().next,
        work.stop(later, Stop::Force, &nobody()).unwrap().next,
        work.deliver(work.lease_end().unwrap(), WINDOW, None).unwrap().next,
    ] {
        assert_eq!(next.beat_since(&work), None, "{next:#?}");
    }
    assert_eq!(work.beat_since(&delivered(&nobody())), None, "an ack on the way");
    let record = BeatRecord { at: at(99), ttl: Ttl::DEFAULT, proof: None };
    for closed in [queued(), delivered(&nobody()), stopping(&nobody()), stopped(&nobody())] {
        assert_eq!(closed.replayed(record), closed);
    }
}
