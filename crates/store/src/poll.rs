//! The long poll: waiting for an item without asking again and again.

use std::time::Duration;

use leasehold_model::EnvironmentId;
use leasehold_model::log::TURN_QUEUE;
use leasehold_model::log::ops::{TakeTurn, Taken};
use leasehold_model::op::Op;
use leasehold_model::work::RECLAIM_WINDOW;
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
    /// acked falls back. If the future is dropped before the writer has come to it, no item is taken
    /// and the next waiter looks.
    ///
    /// # Errors
    /// As [`Store::submit`].
    pub async fn poll(&self, poll: Poll, block: Duration) -> Result<Polled, StoreError> {
        let began = Instant::now();
        let deadline = Some(began + block);
        let item = self.wait_and_take(poll.environment, poll.window, poll, deadline).await?;
        Ok(Polled { item, waited: began.elapsed() })
    }

    /// Takes the oldest turn that no runner drives, waiting for one as long as it takes; `None` once
    /// the store closes.
    ///
    /// # Errors
    /// As [`Store::submit`].
    pub async fn take_turn(&self, take: TakeTurn) -> Result<Option<Taken>, StoreError> {
        self.wait_and_take(TURN_QUEUE, RECLAIM_WINDOW, take, None).await
    }

    async fn wait_and_take<T, O: Op<Reply = Option<T>> + Clone>(
        &self,
        queue: EnvironmentId,
        window: Duration,
        take: O,
        deadline: Option<Instant>,
    ) -> Result<Option<T>, StoreError> {
        let mut subscription = self.wakeups.subscribe(queue);
        loop {
            let available = self.views.availability(queue, window).await?;
            if available == Availability::Now {
                let relay = subscription.relay();
                let taken = self.submit(take.clone()).await?;
                relay.keep();
                if taken.is_some() {
                    return Ok(taken);
                }
            }
            let next = match available {
                Availability::At(at) => Some(at),
                Availability::Now | Availability::Nothing => None,
            };
            let woken = tokio::select! {
                woken = subscription.woken() => woken,
                () = self.clock.wait_until(next), if next.is_some() => Woken::Look,
                () = until(deadline) => Woken::Closed,
            };
            if woken == Woken::Closed {
                return Ok(None);
            }
        }
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
