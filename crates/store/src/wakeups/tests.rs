//! One item wakes one waiter, and no wake-up is lost.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use leasehold_model::id::Id;

use super::*;

fn queue() -> EnvironmentId {
    Id::MIN
}

/// Whether a waiter that looks now is woken now.
fn is_woken(waiter: &mut Subscription) -> bool {
    let woken = pin!(waiter.woken());
    match woken.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(woken) => {
            assert_eq!(woken, Woken::Look);
            true
        }
        Poll::Pending => false,
    }
}

fn woken_of(waiters: &mut [Subscription]) -> usize {
    waiters.iter_mut().map(is_woken).filter(|woken| *woken).count()
}

#[test]
fn as_many_are_woken_as_there_are_items() {
    let wakeups = Wakeups::new();
    let mut waiters: Vec<_> = (0..5).map(|_| wakeups.subscribe(queue())).collect();
    assert_eq!(woken_of(&mut waiters), 0);
    // They have looked and do not wait yet: what comes in between counts.
    wakeups.wake(queue(), 1);
    wakeups.wake(queue(), 2);
    assert_eq!(woken_of(&mut waiters), 3);
    assert_eq!(woken_of(&mut waiters), 0, "each once");
    wakeups.wake(queue(), 1_000_000);
    assert_eq!(woken_of(&mut waiters), 5);
    assert_eq!(woken_of(&mut waiters), 0, "and not in advance");
}

#[test]
fn a_waiter_that_goes_away_passes_its_wake_up_on() {
    let wakeups = Wakeups::new();
    let mut first = wakeups.subscribe(queue());
    let mut second = wakeups.subscribe(queue());
    {
        let mut waiting = Box::pin(first.woken());
        let mut context = Context::from_waker(Waker::noop());
        assert_eq!(waiting.as_mut().poll(&mut context), Poll::Pending);
        let mut behind = Box::pin(second.woken());
        assert_eq!(behind.as_mut().poll(&mut context), Poll::Pending);
        wakeups.wake(queue(), 1);
        drop(waiting);
        assert_eq!(behind.as_mut().poll(&mut context), Poll::Ready(Woken::Look));
    }
    drop(first);
    wakeups.wake(queue(), 1);
    assert!(is_woken(&mut second));
}

#[test]
fn queues_are_apart_and_leave_nothing_behind() {
    let wakeups = Wakeups::new();
    let other = Id::from_bytes([1; 16]);
    let mut here = wakeups.subscribe(queue());
    let mut there = wakeups.subscribe(other);
    wakeups.wake(other, 1);
    assert!(!is_woken(&mut here));
    assert!(is_woken(&mut there));
    wakeups.wake(other, 1);
    drop((here, there));
    assert!(wakeups.queues.lock().unwrap().is_empty());
    let mut late = wakeups.subscribe(other);
    assert!(!is_woken(&mut late), "what came before it subscribed is not for it");
}

#[test]
fn closing_wakes_everybody_for_good() {
    let wakeups = Wakeups::new();
    let mut before = wakeups.subscribe(queue());
    wakeups.close();
    let mut after = wakeups.subscribe(queue());
    for waiter in [&mut before, &mut after] {
        let woken = pin!(waiter.woken());
        let woken = woken.poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(woken, Poll::Ready(Woken::Closed));
    }
}
