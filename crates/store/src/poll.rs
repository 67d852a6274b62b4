//! The long poll: a poll that waits for an item without asking again and again.

use std::time::Duration;

use leasehold_model::work::ops::{Item, Poll};
use tokio::time::Instant;

use crate::Store;
use crate::error::StoreError;
use crate::views::Availability;
use crate::wakeups::Woken;

/// What a poll brought, and what it took.
#[derive(Debug)]
pub struct Polled {
    /// The item, if there was one in time.
    pub item: Option<Item>,
    /// How long the poll was blocked.
    pub waited: Duration,
}

impl Store {
    /// Takes the oldest available item of a queue, waiting for one for at most `block`.
    ///
    /// While the queue is empty this costs a look at the books in memory and no transaction. The
    /// waiter is woken by a new item, by a lapse, or at the instant at which a delivery that nobody
    /// acked falls back. If the future is dropped, no item is taken.
    ///
    /// # Errors
    /// As [`Store::submit`].
    pub async fn poll(&self, poll: Poll, block: Duration) -> Result<Polled, StoreError> {
        let began = Instant::now();
        let deadline = began + block;
        let mut subscription = self.wakeups.subscribe(poll.environment);
        loop {
            let available = self.views.availability(poll.environment, poll.window).await?;
            if available == Availability::Now {
                let item = self.submit(poll.clone()).await?;
                if item.is_some() {
                    return Ok(Polled { item, waited: began.elapsed() });
                }
            }
            let next = match available {
                Availability::At(at) => Some(at),
                Availability::Now | Availability::Nothing => None,
            };
            let woken = tokio::select! {
                woken = subscription.woken() => woken,
                () = self.clock.wait_until(next), if next.is_some() => Woken::Look,
                () = tokio::time::sleep_until(deadline) => Woken::Closed,
            };
            if woken == Woken::Closed {
                return Ok(Polled { item: None, waited: began.elapsed() });
            }
        }
    }
}
