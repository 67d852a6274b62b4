//! Read-only connections for the views, each used by one reader at a time.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::file;
use crate::error::StoreError;

/// How many connections there are at the most: as many reads as go on at the same time. Further
/// ones wait for their turn, which takes neither a thread nor a connection.
const MOST: usize = 4;

/// A pool of read-only connections. Cheap to clone.
#[derive(Clone)]
pub(super) struct Readers {
    path: Arc<PathBuf>,
    turns: Arc<Semaphore>,
    idle: Arc<Mutex<Idle>>,
}

#[derive(Default)]
struct Idle {
    connections: Vec<Connection>,
    /// Whether nobody is to come back for one.
    closed: bool,
}

impl Readers {
    pub(super) fn new(path: &Path) -> Self {
        let turns = Arc::new(Semaphore::new(MOST));
        Self { path: Arc::new(path.to_owned()), turns, idle: Arc::default() }
    }

    /// Runs a read beside the writer, on a thread where it may block.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let turn =
            Arc::clone(&self.turns).acquire_owned().await.map_err(StoreError::unavailable)?;
        let readers = self.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let db = match readers.take() {
                Some(db) => db,
                None => file::reader(&readers.path).map_err(StoreError::unavailable)?,
            };
            let result = read(&db);
            readers.give_back(db);
            // Also if nobody waits for the result any more: the read has gone on till here.
            drop(turn);
            result
        });
        reading.await.unwrap_or_else(|error| Err(StoreError::unavailable(error)))
    }

    /// Closes those that nobody uses, and the others as soon as they are given back: SQLite clears
    /// its log away when the last connection to a file is closed.
    pub(super) fn close(&self) {
        let mut idle = self.idle();
        idle.closed = true;
        idle.connections = Vec::new();
    }

    fn take(&self) -> Option<Connection> {
        self.idle().connections.pop()
    }

    fn give_back(&self, db: Connection) {
        let mut idle = self.idle();
        if !idle.closed {
            idle.connections.push(db);
        }
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}
