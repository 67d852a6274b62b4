//! The store: one writer that commits in groups, and views that read beside it.
//!
//! [`Store`] is a handle. A write is an [`Op`] handed to the writer and answered after the commit
//! that it is part of; reads are [`Views`]; waiting for work is [`Store::poll`]. What a backend
//! keeps in memory is its own matter: [`sqlite`] is for use, [`memory`] is the reference that the
//! same conformance suite holds it against. This crate decides nothing: rules live in the model.

mod batch;
mod clock;
mod error;
mod haul;
mod inbox;
mod observer;
mod poll;
mod pollers;
mod previews;
mod tail;
mod timekeeper;
mod views;
mod wakeups;
mod watchers;
mod writer;

pub mod memory;
pub mod sqlite;

use std::sync::Arc;

use leasehold_model::op::Op;
use leasehold_model::{EnvironmentId, Timestamp};
use tokio::sync::mpsc;

pub use clock::Clock;
pub use error::{OpenError, StoreError};
pub use observer::{Batch, Observer, Silent};
pub use poll::Polled;
pub use pollers::Pollers;
pub use previews::{Glimpse, Preview, Previews, Shown, Viewer};
pub use tail::{EDITIONS, Look, Shared, Standing};
pub use views::{
    AgentFilter, Answer, Availability, Credential, CredentialId, Cursor, EnvironmentFilter,
    EventFilter, History, Listing, Order, Page, QueueStats, Seen, SessionFilter, Totals, Views,
};
pub use wakeups::{Subscription, Wakeups};
pub use watchers::{Watch, Watchers};

/// How many operations may wait for the writer before it says that it is overloaded.
pub const QUEUE_DEPTH: usize = 8_192;

/// What every backend is opened with.
#[derive(Clone)]
pub struct Settings {
    /// Where `now` comes from.
    pub clock: Clock,
    /// From what the random parts of ids follow; `None`: from the operating system.
    pub seed: Option<u64>,
    /// Who is told what the writer does.
    pub observer: Arc<dyn Observer>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { clock: Clock::system(), seed: None, observer: Arc::new(Silent) }
    }
}

/// A handle on an open store. Cheap to clone; the store closes when [`Store::close`] is called.
#[derive(Clone)]
pub struct Store {
    writer: mpsc::Sender<writer::Message>,
    views: Arc<dyn Views>,
    wakeups: Wakeups,
    watchers: Watchers,
    previews: Previews,
    pollers: Pollers,
    clock: Clock,
    claim_key: Arc<[u8; 32]>,
    closing: Arc<writer::Closing>,
}

impl Store {
    /// Carries out an operation: decided, committed, then answered.
    ///
    /// # Errors
    /// [`StoreError::Refused`] is the operation's own no; nothing was written.
    /// [`StoreError::Overloaded`] if too many are waiting; nothing was done.
    /// [`StoreError::Unavailable`] if it could not be committed. It has no effect that this process
    /// will ever show, but a crash at that very moment may leave it done.
    pub async fn submit<O: Op>(&self, op: O) -> Result<O::Reply, StoreError> {
        let (ticket, answer) = batch::ticket(op);
        self.writer.try_send(writer::Message::Op(ticket)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => StoreError::closed(),
        })?;
        answer.await.unwrap_or_else(|_| Err(StoreError::closed()))
    }

    /// What can be read.
    pub fn views(&self) -> &dyn Views {
        self.views.as_ref()
    }

    /// The store's present instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The store's clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Who has polled a queue lately.
    pub fn pollers(&self) -> &Pollers {
        &self.pollers
    }

    /// The readers of sessions, woken by every change of theirs.
    pub fn watchers(&self) -> &Watchers {
        &self.watchers
    }

    /// What models are saying right now.
    pub fn previews(&self) -> &Previews {
        &self.previews
    }

    /// Waits until the store begins to close.
    pub async fn closing(&self) {
        self.wakeups.closed().await;
    }

    /// The key that claim tokens are signed with; it is as old as the file.
    pub fn claim_key(&self) -> &[u8; 32] {
        &self.claim_key
    }

    /// How many workers have polled this queue by name within the last 30 s (work §9).
    pub fn workers_polling(&self, environment: EnvironmentId) -> u64 {
        self.pollers.count(environment, self.now())
    }

    /// Answers all blocked polls with nothing; new ones do not block. The first step of a shutdown.
    pub fn release_pollers(&self) {
        self.wakeups.close();
    }

    /// Takes no more operations, commits and answers those that are waiting, closes the file.
    pub async fn close(self) {
        self.wakeups.close();
        self.closing.close().await;
    }
}

/// A seed for the random parts of ids, from the operating system.
fn random_seed() -> std::io::Result<u64> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    Ok(u64::from_le_bytes(bytes))
}

/// A fresh key for claim tokens, from the operating system.
fn random_key() -> std::io::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    Ok(bytes)
}
