//! Ack (work §6.2).

use super::*;

#[track_caller]
fn check(work: &Work, caller: &Caller, expected: &str) {
    let outcome = work.ack(at(4), caller, None);
    if let Ok(transition) = &outcome
        && work.settled(at(4)).work.state_name() != StateName::Queued
    {
        assert_eq!(transition.next, *work, "a repeated ack changes nothing");
    }
    assert_eq!(became(outcome), expected, "{caller:?} of {work:#?}");
}

#[test]
fn a_queued_item_is_accepted() {
    for caller in [nobody(), named("w1")] {
        check(&queued(), &caller, "starting");
    }
    for caller in [nobody(), named("w1"), token(1)] {
        check(&delivered(&named("w1")), &caller, "starting");
    }
    check(&delivered(&nobody()), &named("w2"), "starting");
}

#[test]
fn a_queued_item_that_another_was_handed_is_not() {
    check(&delivered(&named("w1")), &named("w2"), "claimed_by_another");
    check(&queued(), &token(1), "superseded");
    check(&delivered(&named("w1")), &token(2), "superseded");
    let again = delivered(&named("w1")).deliver(at(3), Duration::ZERO, None).unwrap().next;
    check(&again, &token(1), "superseded");
    check(&again, &token(2), "starting");
}

#[test]
fn a_held_item_answers_its_holder_again_and_refuses_others() {
    for work in [starting(&named("w1")), active(&named("w1"))] {
        let name = work.state_name().as_str();
        for holder in [nobody(), named("w1"), token(1)] {
            check(&work, &holder, name);
        }
        check(&work, &named("w2"), "claimed_by_another");
        check(&work, &token(2), "superseded");
    }
    for work in [starting(&nobody()), active(&nobody())] {
        check(&work, &named("w2"), work.state_name().as_str());
    }
}

#[test]
fn an_item_on_its_way_out_cannot_be_accepted() {
    for work in [stopping(&named("w1")), stopped(&named("w1"))] {
        for caller in [nobody(), named("w1"), named("w2"), token(1)] {
            check(&work, &caller, "wrong_state");
        }
        check(&work, &token(2), "superseded");
    }
}

#[test]
fn a_lapsed_item_is_accepted_anew_but_not_by_the_token_of_the_lapsed_claim() {
    let work = active(&named("w1"));
    let lapse = work.lease_end().unwrap();
    assert_eq!(became(work.ack(lapse, &token(1), None)), "superseded");
    for caller in [nobody(), named("w1"), named("w2")] {
        let transition = judge(work.ack(lapse, &caller, None).unwrap());
        assert_eq!(transition.next.acknowledged_at(), Some(lapse));
        assert_eq!(transition.next.deliveries, 2, "it has a number, so it has a token");
        assert_eq!(transition.ended.unwrap().end, Some((lapse, Outcome::Lapsed)));
    }
}

#[test]
fn an_ack_takes_its_worker_from_the_caller_else_from_the_poll() {
    let holder = |delivered_to: &Caller, caller: &Caller| {
        let work = delivered(delivered_to).ack(at(1), caller, None).unwrap().next;
        work.open_attempt().unwrap().worker
    };
    assert_eq!(holder(&named("w1"), &nobody()), WorkerId::new("w1"));
    assert_eq!(holder(&nobody(), &named("w2")), WorkerId::new("w2"));
    assert_eq!(holder(&nobody(), &nobody()), None);
    let both = Caller { claim: Some(1), worker: WorkerId::new("w2") };
    assert_eq!(holder(&named("w1"), &both), WorkerId::new("w2"), "the token counts, not the name");
}

#[test]
fn an_ack_is_stamped_once_and_counted_once() {
    let work = starting(&nobody());
    assert_eq!(work.acknowledged_at(), Some(at(1)));
    assert_eq!((work.deliveries, work.accepted), (1, 1));
    let again = judge(work.ack(at(60), &nobody(), None).unwrap()).next;
    assert_eq!(again, work);
    let undelivered = judge(queued().ack(at(1), &nobody(), None).unwrap()).next;
    assert_eq!((undelivered.deliveries, undelivered.accepted), (1, 1));
    assert_eq!(undelivered.open_attempt().unwrap().delivered_at, None);
}
