//! Read-only connections for the views, each used by one reader at a time.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rusqlite::Connection;

use super::file;
use crate::error::StoreError;

/// How many connections are kept open.
const KEPT: usize = 4;

/// A pool of read-only connections. Cheap to clone.
#[derive(Clone)]
pub(super) struct Readers {
    path: Arc<PathBuf>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: Arc::new(path.to_owned()), idle: Arc::default() }
    }

    /// Runs a read beside the writer, on a thread where it may block.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let readers = self.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let db = match readers.take() {
                Some(db) => db,
                None => file::reader(&readers.path).map_err(StoreError::unavailable)?,
            };
            let result = read(&db);
            readers.give_back(db);
            result
        });
        reading.await.unwrap_or_else(|error| Err(StoreError::unavailable(error)))
    }

    fn take(&self) -> Option<Connection> {
        self.idle.lock().unwrap_or_else(|broken| broken.into_inner()).pop()
    }

    fn give_back(&self, db: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(|broken| broken.into_inner());
        if idle.len() < KEPT {
            idle.push(db);
        }
    }
}
