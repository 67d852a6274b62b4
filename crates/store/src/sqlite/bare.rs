//! Commits and nothing else: what a heartbeat costs the database, without a server around it.

use std::path::Path;

use leasehold_model::WorkId;
use rusqlite::{Connection, params};

use super::checkpoint::Checkpoints;
use super::{file, journal};
use crate::Clock;
use crate::error::{OpenError, StoreError};

/// A data file that is written to as the writer does it, one heartbeat in each commit. For
/// measurements alone: the heartbeats are nobody's.
pub struct BareCommits {
    db: Connection,
    checkpoints: Checkpoints,
    clock: Clock,
    newest: i64,
    _lock: file::Lock,
}

impl BareCommits {
    /// Makes the file, which must not exist.
    ///
    /// # Errors
    /// [`OpenError`], as for any data file.
    pub fn create(path: &Path) -> Result<Self, OpenError> {
        let clock = Clock::system();
        let (mut db, lock) = file::open(path, clock.now())?;
        let checkpoints =
            Checkpoints::start(path, &mut db).map_err(|error| file::judged(path, error))?;
        Ok(Self { db, checkpoints, clock, newest: 0, _lock: lock })
    }

    /// Commits one heartbeat.
    ///
    /// # Errors
    /// If the database says no.
    pub fn commit(&mut self) -> Result<(), StoreError> {
        self.newest += 1;
        let row = params![self.newest, WorkId::MIN.bytes(), self.clock.now().micros(), 600, 1];
        let run = || {
            self.db.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
            self.db.prepare_cached(journal::APPEND)?.execute(row)?;
            self.db.prepare_cached("COMMIT")?.execute([])
        };
        run().map_err(StoreError::unavailable)?;
        Ok(())
    }

    /// Does what a commit leaves to be done.
    pub fn follow_up(&mut self) {
        self.checkpoints.turn(&self.db);
    }
}
