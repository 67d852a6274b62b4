//! The memory backend: the reference that the others are held against.
//!
//! It keeps every table as a map and answers every question by looking at all rows, so that it is
//! plainly right. It takes faults by injection and is what tests of the layers above run on.

mod load;
mod save;
mod tables;
mod views;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use leasehold_model::id::Mint;
use leasehold_model::rows::{Keys, Rows};
use leasehold_model::{Timestamp, WorkId};
use tokio::sync::Notify;

use crate::error::StoreError;
use crate::timekeeper::{self, Changed, TIDY_CHUNK, Timers};
use crate::wakeups::Wakeups;
use crate::watchers::Watchers;
use crate::writer::{Backend, Housekeeping, Writer};
use crate::{Clock, Pollers, Previews, Settings, Store};
use tables::Tables;

/// Opens an empty store in memory. Must be called within a runtime.
///
/// # Errors
/// If the operating system gives no thread or no random bytes.
pub fn open(settings: Settings) -> std::io::Result<Store> {
    open_with_faults(settings).map(|(store, _)| store)
}

/// Opens an empty store in memory whose commits can be made to fail.
///
/// # Errors
/// As [`open`].
pub fn open_with_faults(settings: Settings) -> std::io::Result<(Store, Faults)> {
    let shared = Arc::new(Shared {
        tables: Mutex::new(Tables::default()),
        advanced_to: Mutex::new(Timestamp::ZERO),
        sooner: Arc::new(Notify::new()),
        clock: settings.clock.clone(),
    });
    let faults = Faults::default();
    let wakeups = Wakeups::new();
    let watchers = Watchers::default();
    let previews = Previews::default();
    let seed = match settings.seed {
        Some(seed) => seed,
        None => crate::random_seed()?,
    };
    let writer = Writer {
        clock: settings.clock.clone(),
        mint: Mint::new(seed),
        wakeups: wakeups.clone(),
        watchers: watchers.clone(),
        previews: previews.clone(),
        observer: Arc::clone(&settings.observer),
    };
    let backend = Memory { shared: Arc::clone(&shared), faults: faults.clone() };
    let (inbox, closing, _thread) = writer.start(backend, crate::QUEUE_DEPTH)?;
    let store = Store {
        writer: inbox,
        views: Arc::clone(&shared) as Arc<dyn crate::Views>,
        wakeups,
        watchers,
        previews,
        pollers: Pollers::default(),
        clock: settings.clock,
        claim_key: Arc::new(crate::random_key()?),
        closing: Arc::new(closing),
    };
    tokio::spawn(timekeeper::run(store.clone(), shared, settings.observer));
    Ok((store, faults))
}

/// Makes commits fail, as a full or broken disk would.
#[derive(Clone, Default)]
pub struct Faults(Arc<AtomicU32>);

impl Faults {
    /// The next `commits` commits fail.
    pub fn fail_commits(&self, commits: u32) {
        self.0.store(commits, Ordering::SeqCst);
    }

    fn strike(&self) -> bool {
        self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
    }
}

/// What the writer, the views and the timekeeper share.
struct Shared {
    tables: Mutex<Tables>,
    advanced_to: Mutex<Timestamp>,
    sooner: Arc<Notify>,
    clock: Clock,
}

impl Shared {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}

struct Memory {
    shared: Arc<Shared>,
    faults: Faults,
}

impl Backend for Memory {
    fn load(&mut self, keys: &Keys, now: Timestamp, rows: &mut Rows) -> Result<(), StoreError> {
        load::load(&self.shared.tables(), keys, now, rows);
        Ok(())
    }

    fn save(&mut self, rows: &Rows, _now: Timestamp) -> Result<(), StoreError> {
        if self.faults.strike() {
            return Err(StoreError::unavailable("injected fault"));
        }
        save::save(&mut self.shared.tables(), rows)?;
        self.shared.sooner.notify_one();
        Ok(())
    }

    fn follow_up(&mut self) {}

    fn tidy(&mut self, now: Timestamp) -> Result<Housekeeping, StoreError> {
        let mut tables = self.shared.tables();
        tables.responses.retain(|_, response| response.holds(now));
        tables.drop_orphans();
        Ok(Housekeeping::Done)
    }

    fn close(&mut self, _now: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }
}

impl Timers for Shared {
    fn next(&self) -> Option<Timestamp> {
        let advanced_to = *self.advanced_to.lock().unwrap_or_else(|broken| broken.into_inner());
        let tables = self.tables();
        tables.work.values().filter_map(|w| w.next_change()).filter(|at| *at > advanced_to).min()
    }

    fn advance(&self, now: Timestamp) -> Changed {
        let mut advanced_to = self.advanced_to.lock().unwrap_or_else(|broken| broken.into_inner());
        let mut changed = Changed::default();
        for work in self.tables().work.values() {
            let passed = work.next_change().is_some_and(|at| *advanced_to < at && at <= now);
            if !passed {
                continue;
            }
            if work.lapsed(now) {
                changed.lapsed += 1;
            }
            if work.available(now, leasehold_model::work::RECLAIM_WINDOW) {
                *changed.ready.entry(work.environment).or_default() += 1;
            }
        }
        *advanced_to = now.max(*advanced_to);
        changed
    }

    fn ended(&self) -> Vec<WorkId> {
        let now = self.clock.now();
        let tables = self.tables();
        tables.work.values().filter(|w| w.ended_by(now)).map(|w| w.id).take(TIDY_CHUNK).collect()
    }

    fn sooner(&self) -> Arc<Notify> {
        Arc::clone(&self.sooner)
    }
}
