//! Waiters, wakers and those who go away, in thousands of orders: no wake-up is lost, and one item
//! wakes one waiter.
//!
//! Each waiter is a thread of shuttle, which runs one at a time and changes between them wherever
//! one locks, yields or waits. A wake-up that is lost leaves a waiter that nobody will ever wake, and
//! shuttle reports the deadlock.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use leasehold_model::id::Id;
use shuttle::future::block_on;
use shuttle::sync::Mutex;
use shuttle::thread::{self, JoinHandle, yield_now};

use super::*;

/// How many orders of each scene are tried.
const ORDERS: usize = 2_000;

/// One queue, the number of its items, and how many wake-ups were taken up.
#[derive(Clone)]
struct Scene {
    wakeups: Wakeups,
    items: Arc<Mutex<u64>>,
    looks: Arc<Mutex<u64>>,
}

impl Scene {
    fn new() -> Self {
        Self { wakeups: Wakeups::new(), items: Arc::default(), looks: Arc::default() }
    }

    fn subscribe(&self) -> Subscription {
        self.wakeups.subscribe(Id::MIN)
    }

    /// One more item, and a waiter is woken.
    fn enqueue(&self) {
        *self.items.lock().unwrap() += 1;
        yield_now();
        self.wakeups.wake(Id::MIN, 1);
    }

    fn take(&self) -> bool {
        let mut items = self.items.lock().unwrap();
        let found = *items > 0;
        *items -= u64::from(found);
        found
    }

    /// Subscribes, looks, waits, until it has an item or the store closes.
    fn stays(&self) -> JoinHandle<bool> {
        let scene = self.clone();
        thread::spawn(move || {
            let mut subscription = scene.subscribe();
            while !scene.take() {
                match block_on(subscription.woken()) {
                    Woken::Look => *scene.looks.lock().unwrap() += 1,
                    Woken::Closed => return false,
                }
            }
            true
        })
    }

    /// Subscribes, looks, waits for a moment and goes away; if it finds an item, then while it is
    /// taking it.
    fn leaves(&self) -> JoinHandle<()> {
        let scene = self.clone();
        thread::spawn(move || {
            let mut subscription = scene.subscribe();
            yield_now();
            {
                let mut woken = pin!(subscription.woken());
                for _ in 0..3 {
                    let context = &mut Context::from_waker(Waker::noop());
                    if woken.as_mut().poll(context) != Poll::Pending {
                        break;
                    }
                    yield_now();
                }
            }
            let relay = subscription.relay();
            yield_now();
            drop(relay);
        })
    }
}

#[test]
fn whoever_stays_gets_an_item_whoever_leaves() {
    let scene = || {
        let scene = Scene::new();
        let leavers = [scene.leaves(), scene.leaves()];
        let stayers = [scene.stays(), scene.stays(), scene.stays()];
        for _ in &stayers {
            scene.enqueue();
        }
        for leaver in leavers {
            leaver.join().unwrap();
        }
        for stayer in stayers {
            assert!(stayer.join().unwrap());
        }
        assert!(scene.wakeups.queues.lock().unwrap().is_empty());
    };
    shuttle::check_random(scene, ORDERS);
    shuttle::check_pct(scene, ORDERS, 3);
}

#[test]
fn an_item_wakes_no_more_than_one_and_closing_wakes_the_rest() {
    let scene = || {
        let scene = Scene::new();
        let waiters: Vec<_> = (0..4).map(|_| scene.stays()).collect();
        scene.enqueue();
        scene.enqueue();
        while *scene.items.lock().unwrap() > 0 {
            yield_now();
        }
        scene.wakeups.close();
        let served = waiters.into_iter().map(|waiter| waiter.join().unwrap());
        assert_eq!(served.filter(|served| *served).count(), 2);
        assert!(*scene.looks.lock().unwrap() <= 2);
    };
    shuttle::check_random(scene, ORDERS);
    shuttle::check_pct(scene, ORDERS, 3);
}
