//! The rules of the lease, row by row as the contract states them.
//!
//! A row is an item in some state, a command, and what becomes of it; [`judge`] also checks that
//! the item is one that may be written.

mod ack;
mod attempts;
mod delivery;
mod echo;
mod heartbeat;
mod lapse;
mod stop;

use std::time::Duration;

use super::attempt::Attempt;
use super::heartbeat::{Beat, BeatRecord, Current, Expected, Heartbeat, Unheld};
use super::stop::Stop;
use super::*;
use crate::id::{Id, Mint};
use crate::refusal::Refusal;

/// When the items of these tests are made.
const START: Timestamp = Timestamp::from_micros(1_782_983_722_000_000);
const WINDOW: Duration = RECLAIM_WINDOW;
const CLAIMS: Unheld = Unheld::Claim { limit: None };

/// `seconds` after the start.
fn at(seconds: u64) -> Timestamp {
    START.plus(Duration::from_secs(seconds))
}

fn just_before(instant: Timestamp) -> Timestamp {
    instant.minus(Duration::from_micros(1))
}

fn nobody() -> Caller {
    Caller::default()
}

fn token(claim: u32) -> Caller {
    Caller { claim: Some(claim), worker: None }
}

fn named(worker: &str) -> Caller {
    Caller { claim: None, worker: WorkerId::new(worker) }
}

fn beat(expected: Expected, caller: Caller, unheld: Unheld) -> Heartbeat {
    Heartbeat { expected, ttl: Ttl::DEFAULT, caller, unheld }
}

fn queued() -> Work {
    Work::queued(Mint::new(1).next(START), Id::MIN, Id::MIN, START)
}

/// Delivered at the start.
fn delivered(to: &Caller) -> Work {
    judge(queued().deliver(START, WINDOW, to.worker.clone()).unwrap()).next
}

/// Delivered at the start, acked a second later.
fn starting(by: &Caller) -> Work {
    judge(delivered(by).ack(at(1), by, None).unwrap()).next
}

/// Then one heartbeat a second later, for the default TTL.
fn active(by: &Caller) -> Work {
    beaten(&starting(by), at(2), by)
}

/// Then asked to stop a second later.
fn stopping(by: &Caller) -> Work {
    judge(active(by).stop(at(3), Stop::Graceful, by).unwrap()).next
}

/// Then stopped a second later.
fn stopped(by: &Caller) -> Work {
    judge(stopping(by).stop(at(4), Stop::Graceful, by).unwrap()).next
}

fn beaten(work: &Work, now: Timestamp, by: &Caller) -> Work {
    let unconditional = beat(Expected::Any, by.clone(), Unheld::Refuse);
    judge(work.heartbeat(now, &unconditional).unwrap()).next
}

/// One item of each state, held by `by` where it is held.
fn one_of_each(by: &Caller) -> [Work; 6] {
    [queued(), delivered(by), starting(by), active(by), stopping(by), stopped(by)]
}

/// Passes a transition on if its item is one that may be written.
#[track_caller]
fn judge<R>(transition: Transition<R>) -> Transition<R> {
    assert_eq!(transition.next.check(), Ok(()), "{:#?}", transition.next);
    transition
}

/// The refusal's name, or what became of the item.
#[track_caller]
fn became<R>(outcome: Result<Transition<R>, Refusal>) -> &'static str {
    match outcome {
        Ok(transition) => judge(transition).next.state_name().as_str(),
        Err(refusal) => refusal.name(),
    }
}

#[test]
fn the_check_of_an_item_finds_what_must_not_be() {
    let broken = |change: fn(&mut Work)| {
        let mut work = beaten(&active(&nobody()), at(9), &nobody());
        change(&mut work);
        work.check()
    };
    assert_eq!(broken(|_| {}), Ok(()));
    assert!(broken(|w| w.floor = w.floor.minus(Duration::from_micros(1))).is_err());
    assert!(broken(|w| w.deliveries = 0).is_err());
    assert!(broken(|w| w.accepted = 2).is_err());
    assert!(broken(|w| w.state = State::Queued(None)).is_err());
    assert!(
        broken(|w| {
            let State::Active(_, beating) = &mut w.state else { panic!("not active") };
            beating.started_at = beating.beat.next();
        })
        .is_err()
    );
    assert!(
        broken(|w| {
            let State::Active(_, beating) = &mut w.state else { panic!("not active") };
            beating.previous = Some(beating.beat);
        })
        .is_err()
    );
}

#[test]
fn a_ttl_is_clamped_without_a_word() {
    for (wish, granted) in
        [(1, 10), (9, 10), (10, 10), (11, 11), (600, 600), (601, 600), (9_999, 600)]
    {
        assert_eq!(Ttl::clamped(wish).seconds(), granted, "{wish}");
    }
    assert_eq!(Ttl::clamped(u64::MAX).seconds(), 600);
    assert_eq!(Ttl::clamped(0).seconds(), 10);
}

#[test]
fn a_worker_names_itself_in_1_to_256_visible_ascii_characters() {
    let long = "w".repeat(256);
    for name in ["w", "host-1:worker/7", "~!", long.as_str()] {
        assert_eq!(WorkerId::new(name).as_ref().map(WorkerId::as_str), Some(name));
    }
    let too_long = "w".repeat(257);
    for name in ["", "a b", " w", "w\t", "wörker", "w\u{7f}", too_long.as_str()] {
        assert_eq!(WorkerId::new(name), None, "{name:?}");
    }
}
