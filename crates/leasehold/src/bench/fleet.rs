//! Many connections at once on the generator's one thread, and what they share.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::Result;
use tokio::task::JoinSet;

use super::measure::{Latency, Progress, Rate, Recorder, Window};
use super::report;

/// Runs all tasks to their end and returns what they return, in no particular order. The first
/// failure ends them all.
pub(crate) async fn run<T, F>(tasks: impl IntoIterator<Item = F>) -> Result<Vec<T>>
where
    F: Future<Output = Result<T>> + Send + 'static,
    T: Send + 'static,
{
    let mut set: JoinSet<Result<T>> = tasks.into_iter().collect();
    let mut results = Vec::with_capacity(set.len());
    while let Some(result) = set.join_next().await {
        results.push(result??);
    }
    Ok(results)
}

/// A recorder that all connections write to. One histogram for all stays in the cache, where one for
/// each would not; the lock is never contended, since there is one thread.
#[derive(Clone)]
pub(crate) struct SharedRecorder(Arc<Mutex<Recorder>>);

impl SharedRecorder {
    /// An empty recorder for one window.
    pub(crate) fn new(window: Window) -> Result<Self> {
        Ok(Self(Arc::new(Mutex::new(Recorder::new(window)?))))
    }

    /// Takes a request from `sent` to `done`; says whether the window has ended.
    pub(crate) fn record(&self, sent: Instant, done: Instant) -> Progress {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).record(sent, done)
    }

    /// Latencies so far.
    pub(crate) fn latency(&self) -> Latency {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).latency()
    }

    /// Forgets what was recorded.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Throughput over the whole window.
    pub(crate) fn rate(&self) -> Rate {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).rate()
    }
}

/// A number of units of work that a fleet shares out among itself.
#[derive(Clone)]
pub(crate) struct Quota {
    taken: Arc<AtomicU64>,
    total: u64,
    what: &'static str,
}

impl Quota {
    /// How often a long set-up says how far it is, in units.
    const NOTE_EVERY: u64 = 100_000;

    /// `what` is said with the number in the notes of a long set-up, such as `items held`.
    pub(crate) fn new(total: u64, what: &'static str) -> Self {
        Self { taken: Arc::default(), total, what }
    }

    /// Takes one unit; false when none is left.
    pub(crate) fn take(&self) -> bool {
        let taken = self.taken.fetch_add(1, Ordering::Relaxed);
        if taken > 0 && taken < self.total && taken.is_multiple_of(Self::NOTE_EVERY) {
            report::note(&format!("{taken} of {} {}", self.total, self.what));
        }
        taken < self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_handed_out_once() {
        let quota = Quota::new(3, "units");
        let other = quota.clone();
        let taken = [quota.take(), other.take(), quota.take(), other.take(), quota.take()];
        assert_eq!(taken, [true, true, true, false, false]);
    }

    #[test]
    fn the_first_failure_ends_the_fleet() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let result = runtime.block_on(run((0..3).map(|number| async move {
            if number == 1 {
                anyhow::bail!("number {number} failed");
            }
            if number == 2 {
                std::future::pending::<()>().await;
            }
            Ok(number)
        })));
        assert_eq!(result.unwrap_err().to_string(), "number 1 failed");
    }
}
