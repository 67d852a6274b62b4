//! Delivery (work §6.1).

use super::*;

/// Whether a poll at `now` with `window` gets the item.
#[track_caller]
fn check(work: &Work, now: Timestamp, window: Duration, gets: bool) {
    let transition = work.deliver(now, window, WorkerId::new("p"));
    assert_eq!(transition.is_some(), gets, "{work:#?} at {now:?}");
    assert_eq!(work.available(now, window), gets);
    let Some(transition) = transition else { return };
    let before = work.settled(now).work;
    let after = judge(transition).next;
    assert_eq!(after.state_name(), StateName::Queued, "a delivery changes no state");
    assert_eq!(after.deliveries, before.deliveries + 1);
    assert_eq!(after.accepted, before.accepted, "a delivery is no attempt yet");
    assert_eq!(after.queued_at, before.queued_at);
    assert_eq!(after.state, State::Queued(Some(Delivery { at: now, worker: WorkerId::new("p") })));
}

#[test]
fn an_item_that_was_never_delivered_is_there_for_any_window() {
    for window in [Duration::ZERO, WINDOW, Duration::from_secs(86_400)] {
        check(&queued(), START, window, true);
    }
}

#[test]
fn the_window_of_the_poll_that_asks_keeps_a_delivery_back() {
    let work = delivered(&named("w1"));
    check(&work, START, Duration::ZERO, true);
    check(&work, just_before(at(5)), WINDOW, false);
    check(&work, at(5), WINDOW, true);
    check(&work, just_before(at(7)), Duration::from_secs(7), false);
    check(&work, at(7), Duration::from_secs(7), true);
}

#[test]
fn an_item_that_is_held_or_over_is_not_delivered() {
    let holder = named("w1");
    for work in [starting(&holder), active(&holder), stopping(&holder), stopped(&holder)] {
        check(&work, at(5), Duration::ZERO, false);
    }
}

#[test]
fn a_stopping_item_never_comes_back() {
    let work = stopping(&nobody());
    check(&work, work.lease_end().unwrap(), Duration::ZERO, false);
    check(&work, at(1_000_000), Duration::ZERO, false);
}

#[test]
fn the_instant_of_availability_is_the_first_at_which_a_poll_gets_the_item() {
    let holder = named("w1");
    for work in one_of_each(&holder) {
        for window in [Duration::ZERO, WINDOW, Duration::from_secs(60)] {
            match work.available_at(window) {
                None => assert!(!work.available(at(1_000_000), window)),
                Some(first) => {
                    check(&work, first, window, true);
                    if first > work.queued_at {
                        check(&work, just_before(first), window, false);
                    }
                }
            }
        }
    }
}

#[test]
fn standing_follows_the_default_window() {
    let work = delivered(&named("w1"));
    assert_eq!(queued().standing(START), Standing::Ready);
    assert_eq!(work.standing(just_before(at(5))), Standing::Pending);
    assert_eq!(work.standing(at(5)), Standing::Ready);
    for held in [starting(&nobody()), active(&nobody()), stopping(&nobody())] {
        assert_eq!(held.standing(at(5)), Standing::Held);
    }
    assert_eq!(stopped(&nobody()).standing(at(5)), Standing::Done);
    let abandoned = stopping(&nobody());
    let end = abandoned.lease_end().unwrap();
    assert_eq!(abandoned.standing(just_before(end)), Standing::Held);
    assert_eq!(abandoned.standing(end), Standing::Done);
    assert!(abandoned.ended_by(end));
    assert!(!abandoned.ended_by(just_before(end)));
    assert!(!stopped(&nobody()).ended_by(end), "its row says so already");
}

#[test]
fn a_hand_out_over_another_ends_the_other() {
    let again = delivered(&named("w1")).deliver(at(6), WINDOW, None).unwrap();
    let ended = again.ended.clone().unwrap();
    assert_eq!(ended.number, 1);
    assert_eq!(ended.worker, WorkerId::new("w1"));
    assert_eq!(ended.end, Some((at(6), Outcome::Superseded)));
    assert_eq!(judge(again).next.open_attempt().unwrap().number, 2);
}
