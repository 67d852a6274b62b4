//! What one commit costs on this disk at least: a synced overwrite of 4 KiB.

use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde::Serialize;

use super::measure::{Latency, Recorder, Window};

/// A page of the database.
const PAGE: [u8; 4096] = [0x5a; 4096];
/// Space that is written before it is overwritten, in pages.
const PAGES: u64 = 1024;

/// Synced writes of one thread.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Disk {
    /// To space that the file already has, as a write-ahead log that is used again.
    pub(crate) overwrite: Latency,
    /// To the end of the file, which also changes its length.
    pub(crate) append: Latency,
}

/// Writes to a file in `folder`, which is removed, for `length` each way.
pub(crate) fn probe(folder: &Path, length: Duration) -> Result<Disk> {
    let file = tempfile::tempfile_in(folder).context("could not make a file to probe the disk")?;
    for page in 0..PAGES {
        file.write_all_at(&PAGE, page * 4096)?;
    }
    file.sync_all()?;
    let timed = |first: u64, modulus: u64| -> Result<Latency> {
        let window = Window::after(Duration::ZERO, length);
        let mut recorder = Recorder::new(window)?;
        let mut page = 0;
        let mut sent = Instant::now();
        while sent < window.until() {
            file.write_all_at(&PAGE, (first + page % modulus) * 4096)?;
            file.sync_data()?;
            let done = Instant::now();
            recorder.record(sent, done);
            sent = done;
            page += 1;
        }
        Ok(recorder.latency())
    };
    Ok(Disk { overwrite: timed(0, PAGES)?, append: timed(PAGES, u64::MAX)? })
}

impl Disk {
    /// Two lines of text.
    pub(crate) fn text(&self) -> String {
        format!(
            "  synced 4 KiB overwrite: {}\n  synced 4 KiB append:    {}",
            self.overwrite.text(),
            self.append.text()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_writes_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let disk = probe(folder.path(), Duration::from_millis(20)).unwrap();
        assert!(disk.overwrite.count > 0 && disk.append.count > 0);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
