//! Who has polled which queue lately (work §6.1, §9).
//!
//! Kept in memory alone, so an idle worker costs no commit; after a restart the count is right
//! again within one round of polls.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use leasehold_model::work::WorkerId;
use leasehold_model::{EnvironmentId, Timestamp};

/// A worker counts as polling for this long after a poll.
pub(crate) const POLLING_WINDOW: Duration = Duration::from_secs(30);

/// The workers that have polled by name.
#[derive(Clone, Default)]
pub struct Pollers(Arc<Mutex<HashMap<EnvironmentId, Queue>>>);

#[derive(Default)]
struct Queue {
    workers: HashMap<WorkerId, Timestamp>,
    swept_at: Timestamp,
}

impl Pollers {
    /// Notes a poll and gives the worker's name, shared with its other polls.
    pub fn note(&self, environment: EnvironmentId, worker: &WorkerId, now: Timestamp) -> WorkerId {
        let mut queues = self.0.lock().unwrap_or_else(|broken| broken.into_inner());
        let queue = queues.entry(environment).or_default();
        if now.since(queue.swept_at) > POLLING_WINDOW {
            queue.workers.retain(|_, polled_at| now.since(*polled_at) < POLLING_WINDOW);
            queue.swept_at = now;
        }
        let name =
            queue.workers.get_key_value(worker).map_or_else(|| worker.clone(), |(k, _)| k.clone());
        queue.workers.insert(name.clone(), now);
        name
    }

    /// How many workers have polled the queue within [`POLLING_WINDOW`].
    pub fn count(&self, environment: EnvironmentId, now: Timestamp) -> u64 {
        let queues = self.0.lock().unwrap_or_else(|broken| broken.into_inner());
        let polling = queues.get(&environment).map_or(0, |queue| {
            queue.workers.values().filter(|at| now.since(**at) < POLLING_WINDOW).count()
        });
        u64::try_from(polling).unwrap_or(u64::MAX)
    }

    /// Forgets queues that nobody has polled for a while, so that deleted ones do not pile up.
    pub(crate) fn sweep(&self, now: Timestamp) {
        let mut queues = self.0.lock().unwrap_or_else(|broken| broken.into_inner());
        queues.retain(|_, queue| {
            queue.workers.retain(|_, polled_at| now.since(*polled_at) < POLLING_WINDOW);
            !queue.workers.is_empty()
        });
    }
}
