//! The timekeeper: sleeps until time next changes something, then wakes waiters and tidies rows.
//!
//! Nothing about an item is true because it ran: every rule and every view applies lapses by itself.
//! It spares blocked polls from asking, and writes down which items time has ended. One thing follows
//! from that: a worker that is called again for calls which an abandoned item has left behind.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use leasehold_model::work::ops::Tidy;
use leasehold_model::{EnvironmentId, Timestamp, WorkId};
use tokio::sync::Notify;

use crate::observer::Observer;
use crate::{Store, StoreError};

/// How many ended items are written down in one operation.
pub(crate) const TIDY_CHUNK: usize = 256;
/// How long to wait before writing is tried again after a failure.
const RETRY: Duration = Duration::from_secs(1);
/// How often the names of pollers are swept.
const SWEEP: Duration = Duration::from_secs(60);

/// What a backend knows about the times of its items.
pub(crate) trait Timers: Send + Sync {
    /// When time next changes something.
    fn next(&self) -> Option<Timestamp>;
    /// Lets time pass up to `now`: what has changed since the last call.
    fn advance(&self, now: Timestamp) -> Changed;
    /// At most [`TIDY_CHUNK`] items that time has ended and that are not written as stopped.
    fn ended(&self) -> Vec<WorkId>;
    /// Rung when [`Timers::next`] has become earlier.
    fn sooner(&self) -> Arc<Notify>;
}

/// What the passing of time has changed.
#[derive(Debug, Default)]
pub(crate) struct Changed {
    /// How many items became available in which queue.
    pub(crate) ready: HashMap<EnvironmentId, u64>,
    /// How many leases lapsed.
    pub(crate) lapsed: u64,
}

/// Runs until the store closes.
pub(crate) async fn run(store: Store, timers: Arc<dyn Timers>, observer: Arc<dyn Observer>) {
    let sooner = timers.sooner();
    let mut swept_at = store.now();
    loop {
        let rung = sooner.notified();
        tokio::select! {
            () = store.clock.wait_until(timers.next()) => {}
            () = rung => {}
            () = store.wakeups.closed() => return,
        }
        let now = store.now();
        let changed = timers.advance(now);
        for (environment, items) in changed.ready {
            store.wakeups.wake(environment, items);
        }
        if changed.lapsed > 0 {
            observer.lapsed(changed.lapsed);
        }
        if now.since(swept_at) > SWEEP {
            store.pollers.sweep(now);
            swept_at = now;
        }
        tidy(&store, timers.as_ref()).await;
    }
}

async fn tidy(store: &Store, timers: &dyn Timers) {
    loop {
        let work = timers.ended();
        if work.is_empty() {
            return;
        }
        match store.submit(Tidy { work }).await {
            Ok(()) => {}
            Err(StoreError::Overloaded) => tokio::time::sleep(RETRY).await,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "tidying failed");
                tokio::select! {
                    () = tokio::time::sleep(RETRY) => {}
                    () = store.wakeups.closed() => return,
                }
            }
        }
    }
}
