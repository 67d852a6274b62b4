//! Wake-ups for blocked polls: subscribe, look, wait.
//!
//! A wake-up carries no data and promises nothing; whoever is woken looks again. One item wakes one
//! waiter: if that waiter goes away before it has its item, its wake-up passes to the next.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use leasehold_model::EnvironmentId;
use tokio::sync::{Semaphore, SemaphorePermit, watch};

/// The blocked polls of all queues.
#[derive(Clone)]
pub struct Wakeups {
    queues: Arc<Mutex<HashMap<EnvironmentId, Queue>>>,
    closed: Arc<watch::Sender<bool>>,
}

struct Queue {
    waiters: usize,
    /// One permit for each wake-up that no waiter has taken up yet; never more than waiters.
    bell: Arc<Semaphore>,
}

impl Wakeups {
    pub(crate) fn new() -> Self {
        Self { queues: Arc::default(), closed: Arc::new(watch::Sender::new(false)) }
    }

    /// Registers interest in a queue. Do so before looking: what comes after is not missed.
    pub fn subscribe(&self, environment: EnvironmentId) -> Subscription {
        let mut queues = self.queues.lock().unwrap_or_else(|broken| broken.into_inner());
        let queue = queues
            .entry(environment)
            .or_insert_with(|| Queue { waiters: 0, bell: Arc::new(Semaphore::new(0)) });
        queue.waiters += 1;
        let bell = Arc::clone(&queue.bell);
        Subscription { environment, bell, wakeups: self.clone(), closed: self.closed.subscribe() }
    }

    /// Wakes as many waiters of a queue as it got items.
    pub(crate) fn wake(&self, environment: EnvironmentId, items: u64) {
        let queues = self.queues.lock().unwrap_or_else(|broken| broken.into_inner());
        let Some(queue) = queues.get(&environment) else { return };
        let unwoken = queue.waiters.saturating_sub(queue.bell.available_permits());
        queue.bell.add_permits(usize::try_from(items).unwrap_or(usize::MAX).min(unwoken));
    }

    /// Wakes everybody for good.
    pub(crate) fn close(&self) {
        self.closed.send_replace(true);
    }

    /// Waits until [`Wakeups::close`] is called.
    pub(crate) async fn closed(&self) {
        drop(self.closed.subscribe().wait_for(|closed| *closed).await);
    }
}

/// A registered interest in one queue.
pub struct Subscription {
    environment: EnvironmentId,
    bell: Arc<Semaphore>,
    wakeups: Wakeups,
    closed: watch::Receiver<bool>,
}

/// Why a waiter was woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// There may be an item.
    Look,
    /// There will be none: the store is closing.
    Closed,
}

impl Subscription {
    /// Waits for the next wake-up.
    pub async fn woken(&mut self) -> Woken {
        tokio::select! {
            permit = self.bell.acquire() => {
                // The wake-up is taken up. The bell is never closed, so there is one.
                drop(permit.map(SemaphorePermit::forget));
                Woken::Look
            }
            _ = self.closed.wait_for(|closed| *closed) => Woken::Closed,
        }
    }
}

/// A wake-up that was taken up and passes to another waiter when this is dropped: whoever goes away
/// before it has taken its item leaves it to the next.
pub(crate) struct Relay<'a>(Option<&'a Subscription>);

impl Subscription {
    /// To be held while an item is being taken.
    pub(crate) fn relay(&self) -> Relay<'_> {
        Relay(Some(self))
    }
}

impl Relay<'_> {
    /// The wake-up has been used up, by an item or by finding none.
    pub(crate) fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Relay<'_> {
    fn drop(&mut self) {
        if let Some(subscription) = self.0 {
            subscription.wakeups.wake(subscription.environment, 1);
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut queues = self.wakeups.queues.lock().unwrap_or_else(|broken| broken.into_inner());
        if let Some(queue) = queues.get_mut(&self.environment) {
            queue.waiters -= 1;
            if queue.waiters == 0 {
                queues.remove(&self.environment);
            }
        }
    }
}

#[cfg(test)]
mod interleavings;
#[cfg(test)]
mod tests;
