//! The runner: takes turns that wait, drives each to its end, as many at a time as it may.
//!
//! What a turn has come to stands in the log alone. A runner that dies loses the answer that was
//! streaming and nothing else; the next one takes the turn up where the log says.

mod grading;
mod lease;
mod turn;

use std::sync::Arc;
use std::time::Duration;

use leasehold_model::log::ops::TakeTurn;
use leasehold_model::work::{Ttl, WorkerId};
use leasehold_store::{Store, StoreError};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};

use crate::catalogue::Catalogue;
use crate::tool::ServerTools;

/// How long the lease of a turn is: what a session waits at the most after its runner has died.
const TTL_SECONDS: u64 = 10;
/// How long to leave a store alone that could not answer.
const BREATH: Duration = Duration::from_secs(1);

/// What an operator may set.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How many turns are driven at the same time; further ones wait in their queue.
    pub turns_at_once: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { turns_at_once: 256 }
    }
}

/// A runner at work.
pub struct Runner {
    running: JoinHandle<()>,
}

/// What all turns of a runner share.
struct Shared {
    store: Store,
    catalogue: Arc<Catalogue>,
    tools: Arc<ServerTools>,
    ttl: Ttl,
}

impl Runner {
    /// Starts one on an open store, under a name of its own. It ends with the store: see
    /// [`Runner::ended`].
    pub fn start(
        store: Store,
        catalogue: Arc<Catalogue>,
        tools: Arc<ServerTools>,
        name: WorkerId,
        settings: Settings,
    ) -> Self {
        let ttl = Ttl::clamped(TTL_SECONDS);
        let shared = Arc::new(Shared { store, catalogue, tools, ttl });
        Self { running: tokio::spawn(run(shared, name, settings)) }
    }

    /// Ends it where it stands, as the end of its process would: its turns wait for their leases to
    /// lapse.
    pub fn abort(self) {
        self.running.abort();
    }

    /// Waits until it has given back the turns that it drives. To be called before the store is
    /// closed, once its pollers have been released.
    pub async fn ended(self) {
        if let Err(error) = self.running.await {
            tracing::error!(%error, "the runner of turns did not end well");
        }
    }
}

async fn run(shared: Arc<Shared>, runner: WorkerId, settings: Settings) {
    let places = Arc::new(Semaphore::new(settings.turns_at_once));
    let mut turns = JoinSet::new();
    loop {
        while turns.try_join_next().is_some() {}
        let place = tokio::select! {
            place = Arc::clone(&places).acquire_owned() => place,
            () = shared.store.closing() => break,
        };
        let take = TakeTurn { runner: runner.clone(), ttl: shared.ttl };
        match shared.store.take_turn(take).await {
            Ok(Some(taken)) => {
                let shared = Arc::clone(&shared);
                turns.spawn(async move {
                    turn::drive(&shared, taken).await;
                    drop(place);
                });
            }
            Ok(None) => break,
            Err(StoreError::Refused(refusal)) => {
                tracing::error!(refusal = refusal.name(), "a turn could not be taken");
                tokio::time::sleep(BREATH).await;
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "no turn was taken");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
    while turns.join_next().await.is_some() {}
}
