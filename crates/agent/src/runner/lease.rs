//! Holding a turn: heartbeats beside the work, by the rules of every other lease.

use leasehold_model::log::TURN_QUEUE;
use leasehold_model::log::ops::{Taken, heartbeat};
use leasehold_model::work::heartbeat::Expected;
use leasehold_model::work::ops::Renew;
use leasehold_store::StoreError;
use tokio::time::Instant;

use super::Shared;

/// Renews the lease of a turn for as long as it is held; returns once it is lost.
pub(super) async fn keep(shared: &Shared, taken: &Taken) {
    let ttl = shared.ttl.duration();
    let mut beat = taken.beat;
    let mut held_until = Instant::now() + ttl;
    loop {
        tokio::time::sleep(ttl / 3).await;
        let renew = Renew {
            environment: TURN_QUEUE,
            work: taken.claim.work,
            heartbeat: heartbeat(taken.claim, Expected::Beat(beat), shared.ttl),
        };
        match shared.store.submit(renew).await {
            Ok(renewed) => {
                beat = renewed.beat.unwrap_or(beat);
                held_until = Instant::now() + ttl;
            }
            Err(StoreError::Refused(_)) => return,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a turn's lease was not renewed"
                );
                if Instant::now() > held_until {
                    return;
                }
            }
        }
    }
}
