//! The SQLite backend: one file, one writer, readers beside it.
//!
//! * [`mod@file`] opens the file and refuses what is not ours; [`migrations`] keeps its schema.
//! * [`load`] and [`save`] are the two ends of a batch; [`journal`] spares heartbeats their rows.
//! * [`books`], [`directory`] and [`recent`] are what is held in memory; [`views`] reads them.
//! * [`checkpoint`] keeps the log short without making anybody wait; [`mod@log`] is its file.
//! * [`mod@backup`] copies and checks a file; [`bare`] is for measurements alone.

mod backup;
mod bare;
mod books;
mod checkpoint;
mod codec;
mod directory;
mod events;
mod file;
mod head;
mod journal;
mod list;
mod load;
mod log;
mod migrations;
mod readers;
mod recent;
mod save;
mod slab;
mod sweep;
mod views;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use leasehold_model::id::Mint;
use leasehold_model::rows::{Keys, Rows};
use leasehold_model::{Timestamp, WorkId};
use rusqlite::{Connection, OptionalExtension};
use tokio::sync::Notify;

use crate::error::{OpenError, StoreError};
use crate::timekeeper::{self, Changed, TIDY_CHUNK, Timers};
use crate::views::{Credential, Views};
use crate::wakeups::Wakeups;
use crate::watchers::Watchers;
use crate::writer::{Backend, Housekeeping, Writer};
use crate::{Clock, Pollers, Previews, Settings, Store};
use books::Books;
use checkpoint::Checkpoints;
use directory::{Directory, Uses};
use journal::{Journal, Pace, Step};
use readers::Readers;
use recent::Recent;

pub use backup::{backup, check};
pub use bare::BareCommits;

/// Opens a data file, creating it if there is none. Must be called within a runtime.
///
/// # Errors
/// [`OpenError`]; the file has not been changed.
pub fn open(path: &Path, settings: Settings) -> Result<Store, OpenError> {
    let (mut db, lock) = file::open(path, settings.clock.now())?;
    let judged = |error| file::judged(path, error);
    let io = |error: std::io::Error| file::io(path, error);

    let claim_key = claim_key(&db, crate::random_key().map_err(io)?).map_err(judged)?;
    let shared = Arc::new(Shared::new(settings.clock.clone()));
    let mut mint = Mint::new(match settings.seed {
        Some(seed) => seed,
        None => crate::random_seed().map_err(io)?,
    });
    start_after_newest(&db, &mut mint, &settings.clock).map_err(judged)?;
    fill_directory(&db, &mut shared.directory()).map_err(judged)?;
    let journal = fill_books(&db, &shared).map_err(judged)?;
    let sweep = sweep::Sweep::resume(&db).map_err(judged)?;
    let checkpoints = Checkpoints::start(path, &mut db).map_err(judged)?;

    let wakeups = Wakeups::new();
    let watchers = Watchers::default();
    let previews = Previews::default();
    let writer = Writer {
        clock: settings.clock.clone(),
        mint,
        wakeups: wakeups.clone(),
        watchers: watchers.clone(),
        previews: previews.clone(),
        observer: Arc::clone(&settings.observer),
    };
    let readers = Readers::new(path);
    let views = Sqlite { shared: Arc::clone(&shared), readers: readers.clone() };
    let (shared_here, _lock) = (Arc::clone(&shared), lock);
    let backend = Single { db, shared: shared_here, journal, sweep, checkpoints, readers, _lock };
    let (inbox, closing, _thread) = writer.start(backend, crate::QUEUE_DEPTH).map_err(io)?;
    let store = Store {
        writer: inbox,
        views: Arc::new(views) as Arc<dyn Views>,
        wakeups,
        watchers,
        previews,
        pollers: Pollers::default(),
        clock: settings.clock,
        claim_key: Arc::new(claim_key),
        closing: Arc::new(closing),
    };
    tokio::spawn(timekeeper::run(store.clone(), shared, settings.observer));
    Ok(store)
}

/// What the writer, the views and the timekeeper share.
struct Shared {
    books: Mutex<Books>,
    directory: Mutex<Directory>,
    recent: Mutex<Recent>,
    uses: Mutex<Uses>,
    clock: Clock,
    sooner: Arc<Notify>,
}

impl Shared {
    fn new(clock: Clock) -> Self {
        Self {
            books: Mutex::default(),
            directory: Mutex::default(),
            recent: Mutex::default(),
            uses: Mutex::default(),
            clock,
            sooner: Arc::new(Notify::new()),
        }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    fn directory(&self) -> MutexGuard<'_, Directory> {
        self.directory.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    fn uses(&self) -> MutexGuard<'_, Uses> {
        self.uses.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    /// The books, caught up with time.
    fn current_books(&self) -> MutexGuard<'_, Books> {
        let mut books = self.books();
        self.advance(&mut books, self.clock.now());
        books
    }

    /// Catches the books up with time; if that changed anything, the timekeeper hears of it.
    fn advance(&self, books: &mut Books, now: Timestamp) {
        if books.advance(now) {
            self.sooner.notify_one();
        }
    }
}

/// The views of a SQLite file.
struct Sqlite {
    shared: Arc<Shared>,
    readers: Readers,
}

impl Timers for Shared {
    fn next(&self) -> Option<Timestamp> {
        self.books().next_timer()
    }

    fn advance(&self, now: Timestamp) -> Changed {
        let mut books = self.books();
        books.advance(now);
        books.take_changed()
    }

    fn ended(&self) -> Vec<WorkId> {
        self.books().ended(TIDY_CHUNK)
    }

    fn sooner(&self) -> Arc<Notify> {
        Arc::clone(&self.sooner)
    }
}

/// The writer's side: the only connection that writes.
struct Single {
    db: Connection,
    shared: Arc<Shared>,
    journal: Journal,
    sweep: sweep::Sweep,
    checkpoints: Checkpoints,
    readers: Readers,
    _lock: file::Lock,
}

impl Backend for Single {
    fn load(&mut self, keys: &Keys, now: Timestamp, rows: &mut Rows) -> Result<(), StoreError> {
        load::load(&self.db, &self.shared, keys, now, rows).map_err(StoreError::unavailable)
    }

    fn save(&mut self, rows: &Rows, now: Timestamp) -> Result<(), StoreError> {
        let uses = self.shared.uses().unwritten();
        let pace = self.journal.is_due().then_some(Pace::Busy);
        let step = self.transaction(pace, |this, step| {
            let beats = save::save(&this.db, rows)?;
            save::save_uses(&this.db, &uses)?;
            this.journal.append(&this.db, &beats, step)
        })?;
        self.shared.uses().mark_written(&uses);
        self.shared.directory().apply(rows);
        self.shared.recent().apply(rows);
        for change in rows.environments.changes().filter(|change| change.now.is_none()) {
            self.sweep.add(*change.key);
        }
        for change in rows.sessions.changes().filter(|change| change.now.is_none()) {
            self.sweep.add_session(*change.key);
        }
        let mut books = self.shared.books();
        let armed = books.next_timer();
        for work in rows.work.changes().filter_map(|change| change.now) {
            books.put(work.clone(), now);
        }
        self.journal.committed(step, &mut books);
        let sooner = match (armed, books.next_timer()) {
            (Some(armed), Some(next)) => next < armed,
            (None, Some(_)) => true,
            (Some(_) | None, None) => false,
        };
        drop(books);
        if sooner {
            self.shared.sooner.notify_one();
        }
        Ok(())
    }

    fn follow_up(&mut self) {
        self.checkpoints.turn(&self.db);
    }

    fn tidy(&mut self, now: Timestamp) -> Result<Housekeeping, StoreError> {
        if !self.journal.is_empty() {
            let step = self.transaction(Some(Pace::Idle), |this, step| {
                this.journal.append(&this.db, &[], step)
            })?;
            self.journal.committed(step, &mut self.shared.books());
            self.checkpoints.turn(&self.db);
            return Ok(Housekeeping::More);
        }
        let swept =
            self.sweep.step(&mut self.db, now, &self.shared).map_err(StoreError::unavailable)?;
        Ok(swept)
    }

    fn close(&mut self, _now: Timestamp) -> Result<(), StoreError> {
        // The connection of the writer is closed last and clears the log away.
        self.readers.close();
        self.checkpoints.end();
        let uses = self.shared.uses().unwritten();
        if !uses.is_empty() {
            save::save_uses(&self.db, &uses).map_err(StoreError::unavailable)?;
        }
        Ok(())
    }
}

impl Single {
    /// Runs a transaction: a share of the fold if one is due, then the rest. Rolled back as a whole
    /// on any error.
    fn transaction(
        &mut self,
        pace: Option<Pace>,
        write: impl FnOnce(&mut Self, &mut Step) -> rusqlite::Result<()>,
    ) -> Result<Step, StoreError> {
        let mut step = Step::default();
        let run = || {
            self.db.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
            if let Some(pace) = pace {
                let books = self.shared.books.lock().unwrap_or_else(|broken| broken.into_inner());
                self.journal.fold(&self.db, &books, pace, &mut step)?;
            }
            write(self, &mut step)?;
            self.db.prepare_cached("COMMIT")?.execute([])?;
            Ok(())
        };
        match run() {
            Ok(()) => Ok(step),
            Err(error) => {
                if !self.db.is_autocommit()
                    && let Err(error) = self.db.execute_batch("ROLLBACK")
                {
                    tracing::error!(error = &error as &dyn std::error::Error, "rollback failed");
                }
                let error: rusqlite::Error = error;
                Err(StoreError::unavailable(error))
            }
        }
    }
}

/// The key for claim tokens: as old as the file.
fn claim_key(db: &Connection, fresh: [u8; 32]) -> rusqlite::Result<[u8; 32]> {
    db.execute("INSERT OR IGNORE INTO settings (name, value) VALUES ('claim_key', ?1)", [fresh])?;
    db.query_row("SELECT value FROM settings WHERE name = 'claim_key'", [], |row| row.get(0))
}

/// Ids and instants go on behind the newest in the file, whatever the clock says.
fn start_after_newest(db: &Connection, mint: &mut Mint, clock: &Clock) -> rusqlite::Result<()> {
    for table in [
        "accounts",
        "tokens",
        "environment_keys",
        "environments",
        "agents",
        "sessions",
        "events",
        "work",
    ] {
        let newest: Option<[u8; 16]> = db
            .query_row(&format!("SELECT max(id) FROM {table}"), [], |row| row.get(0))
            .optional()?
            .flatten();
        if let Some(bytes) = newest {
            let id = WorkId::from_bytes(bytes);
            mint.start_after(id);
            clock.start_after(id.minted_at());
        }
    }
    Ok(())
}

fn fill_directory(db: &Connection, directory: &mut Directory) -> rusqlite::Result<()> {
    let mut statement = db.prepare(&format!("SELECT {} FROM environments", codec::FACTS))?;
    for row in statement.query_map([], codec::facts)? {
        let (id, facts) = row?;
        directory.put_facts(id, facts);
    }
    let mut statement = db.prepare(&format!("SELECT {} FROM tokens", codec::TOKEN))?;
    for row in statement.query_map([], codec::token)? {
        directory.put_credential(Credential::Token(row?.0));
    }
    let mut statement = db.prepare(&format!(
        "SELECT {} FROM environment_keys WHERE environment IN (SELECT id FROM environments)",
        codec::KEY
    ))?;
    for row in statement.query_map([], codec::key)? {
        directory.put_credential(Credential::Key(row?.0));
    }
    Ok(())
}

/// Reads the heads of all live items. The index of live items would find them too, but one by one;
/// reading the table from end to end is quicker.
fn fill_books(db: &Connection, shared: &Shared) -> rusqlite::Result<Journal> {
    let now = shared.clock.now();
    let live: usize = db.query_row("SELECT count(*) FROM work WHERE state < 4", [], |row| {
        row.get::<_, i64>(0).map(|live| usize::try_from(live).unwrap_or(0))
    })?;
    let mut statement =
        db.prepare(&format!("SELECT {} FROM work NOT INDEXED WHERE state < 4", head::HEAD))?;
    let mut books = shared.books();
    *books = Books::fill(statement.query_map([], head::head)?, live, now)?;
    let journal = Journal::replay(db, &mut books, now)?;
    shared.clock.start_after(books.newest_instant());
    Ok(journal)
}
