//! Checkpoints: moving committed pages from the log into the file, beside the writer.
//!
//! A thread of its own does the bulk without blocking anybody. The log can only begin anew while
//! all of it has been moved, which a busy writer never lets happen, so the writer itself moves the
//! little that is left once the log has grown long.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, OpenFlags};

use super::log::Log;

/// After this many more pages of log the background moves them.
const PASS_EVERY: u32 = 4_000;
/// From this many pages on the writer finishes what a pass of the background has just left.
const FINISH_AT: u32 = 16_000;

/// The checkpoints of one file.
pub(super) struct Checkpoints {
    pages: Arc<AtomicU32>,
    /// `None` once it is told to end.
    start: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    /// Whether a pass is under way.
    running: Arc<AtomicBool>,
    /// How many pages there were when the last pass began.
    began_at: u32,
    log: Log,
}

impl Checkpoints {
    /// Counts the commits of `writer` and starts the thread; it ends with this value.
    pub(super) fn start(path: &Path, writer: &mut Connection) -> rusqlite::Result<Self> {
        let pages = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&pages);
        writer.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, log: std::ffi::c_int| {
            counted.store(u32::try_from(log).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))?;
        let db = Connection::open_with_flags(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        db.pragma_update(None, "wal_autocheckpoint", 0)?;
        db.pragma_update(None, "synchronous", "FULL")?;
        let (start, started) = sync_channel::<()>(1);
        let running = Arc::new(AtomicBool::new(false));
        let pass = Arc::clone(&running);
        let run = move || {
            while started.recv().is_ok() {
                if let Err(error) = db.wal_checkpoint_v2(None::<&str>, CheckpointMode::PASSIVE) {
                    tracing::warn!(error = &error as &dyn std::error::Error, "checkpoint failed");
                }
                pass.store(false, Ordering::Release);
            }
        };
        let thread = std::thread::Builder::new().name("checkpoint".to_owned()).spawn(run);
        let thread =
            thread.map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        let log = Log::of(path, writer)?;
        let (start, thread) = (Some(start), Some(thread));
        Ok(Self { pages, start, thread, running, began_at: 0, log })
    }

    /// Ends the thread once the pass at hand is over; its connection is closed then.
    pub(super) fn end(&mut self) {
        self.start = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of the checkpoints panicked");
        }
    }

    /// Called by the writer between commits.
    pub(super) fn turn(&mut self, writer: &Connection) {
        let pages = self.pages.load(Ordering::Relaxed);
        self.log.make_room(pages, writer);
        if self.running.load(Ordering::Acquire) {
            return;
        }
        // The log has begun anew since.
        self.began_at = if pages < self.began_at { 0 } else { self.began_at };
        if self.began_at >= FINISH_AT {
            self.began_at = 0;
            match writer.wal_checkpoint_v2(None::<&str>, CheckpointMode::PASSIVE) {
                // The next commit begins the log anew and counts it afresh.
                Ok((log, moved)) if log == moved => self.pages.store(0, Ordering::Relaxed),
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "checkpoint failed");
                }
            }
        } else if pages >= self.began_at + PASS_EVERY {
            self.began_at = pages;
            self.running.store(true, Ordering::Release);
            let told = self.start.as_ref().map(|start| start.try_send(()));
            if !matches!(told, Some(Ok(()))) {
                self.running.store(false, Ordering::Release);
            }
        }
    }
}
