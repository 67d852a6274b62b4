//! The file of the write-ahead log, made longer in steps instead of by every commit.
//!
//! A commit that makes a file longer has the file system write its own books as well, which takes
//! about as long again as writing the pages. So a step of zeros is written ahead of the log now and
//! then, and the commits that follow overwrite it. SQLite reads a log up to the first page that does
//! not belong to it, and zeros never do; after a checkpoint it begins at the front again, so the
//! file stays as long as it has once been.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

/// How much longer the file is made, in bytes.
const STEP: usize = 1 << 20;
/// The next step is due when less than this is left, in bytes: more than most commits write.
const LEFT: u64 = 128 << 10;
/// Of the log, in bytes.
const HEADER: u64 = 32;
/// Of each page in it, in bytes.
const PAGE_HEADER: u64 = 24;

/// The log's file, as long as it is known to be.
pub(super) struct Log {
    path: PathBuf,
    /// A page with its header, in bytes.
    page: u64,
    /// Up to here the file needs no thought, in bytes.
    ample: u64,
}

impl Log {
    /// The log of the data file at `path`.
    pub(super) fn of(path: &Path, writer: &Connection) -> rusqlite::Result<Self> {
        let mut name = path.as_os_str().to_owned();
        name.push("-wal");
        let page: u32 = writer.query_row("PRAGMA page_size", [], |row| row.get(0))?;
        Ok(Self { path: name.into(), page: u64::from(page) + PAGE_HEADER, ample: 0 })
    }

    /// Sees to it that there is room behind the log's `pages`. Without room all goes on, slower.
    pub(super) fn make_room(&mut self, pages: u32, writer: &Connection) {
        let end = HEADER + u64::from(pages) * self.page;
        if end <= self.ample {
            return;
        }
        match self.lengthen(end, writer) {
            Ok(length) => self.ample = length.saturating_sub(LEFT),
            Err(error) => {
                // On a full disk, say. Not tried again before another step would be due.
                self.ample = end + u64::try_from(STEP).unwrap_or(LEFT);
                tracing::debug!(error = &*error, "the log's file could not be made longer");
            }
        }
    }

    /// The length of the file, once there is room behind `end`. Nobody appends meanwhile, not even
    /// another program, since the right to write is held.
    fn lengthen(
        &self,
        end: u64,
        writer: &Connection,
    ) -> Result<u64, Box<dyn std::error::Error + Send + Sync>> {
        writer.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let lengthened = File::options().write(true).open(&self.path).and_then(|file| {
            let length = file.metadata()?.len();
            if length >= end + LEFT {
                return Ok(length);
            }
            file.write_all_at(&vec![0; STEP], length)?;
            Ok(length + u64::try_from(STEP).unwrap_or(0))
        });
        writer.prepare_cached("COMMIT")?.execute([])?;
        Ok(lengthened?)
    }
}
