//! Checkpoints: moving committed pages from the log into the file, beside the writer.
//!
//! A thread of its own does the bulk without blocking anybody. The log can only begin anew while
//! all of it has been moved, which a busy writer never lets happen, so the writer itself moves the
//! little that is left once the log has grown long.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};

use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, OpenFlags};

/// From this many pages on the log is moved in the background.
const START_AT: u32 = 4_000;
/// From this many pages on the writer finishes what the background has begun.
const FINISH_AT: u32 = 16_000;

/// The checkpoints of one file.
pub(super) struct Checkpoints {
    pages: Arc<AtomicU32>,
    moved: Arc<AtomicBool>,
    start: SyncSender<()>,
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
        let moved = Arc::new(AtomicBool::new(false));
        let done = Arc::clone(&moved);
        let run = move || {
            while started.recv().is_ok() {
                match db.wal_checkpoint_v2(None::<&str>, CheckpointMode::PASSIVE) {
                    Ok(_) => done.store(true, Ordering::Release),
                    Err(error) => {
                        tracing::warn!(
                            error = &error as &dyn std::error::Error,
                            "checkpoint failed"
                        );
                    }
                }
            }
        };
        if let Err(error) = std::thread::Builder::new().name("checkpoint".to_owned()).spawn(run) {
            return Err(rusqlite::Error::ToSqlConversionFailure(error.into()));
        }
        Ok(Self { pages, moved, start })
    }

    /// Called by the writer between commits.
    pub(super) fn turn(&self, writer: &Connection) {
        let pages = self.pages.load(Ordering::Relaxed);
        if pages < START_AT {
            return;
        }
        if pages >= FINISH_AT && self.moved.swap(false, Ordering::Acquire) {
            match writer.wal_checkpoint_v2(None::<&str>, CheckpointMode::PASSIVE) {
                // The log begins anew with the next commit, which counts it afresh.
                Ok((log, moved)) if log == moved => self.pages.store(0, Ordering::Relaxed),
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "checkpoint failed");
                }
            }
            return;
        }
        if !self.moved.load(Ordering::Acquire) {
            match self.start.try_send(()) {
                // A full channel means that the thread is at it already.
                Ok(()) | Err(TrySendError::Full(()) | TrySendError::Disconnected(())) => {}
            }
        }
    }
}
