//! What one commit costs on this disk: a synced write of 4 KiB at least, and a commit of SQLite that
//! appends one heartbeat and has no server around it.

use std::cell::RefCell;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use leasehold_store::sqlite::BareCommits;
use serde::Serialize;

use super::measure::{Latency, Recorder, Window};

/// A page of the database.
const PAGE: [u8; 4096] = [0x5a; 4096];
/// Space that is written before it is overwritten, in pages.
const PAGES: u64 = 1024;

/// Synced writes and commits of one thread.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Disk {
    /// To space that the file already has, as a write-ahead log that is used again.
    pub(crate) overwrite: Latency,
    /// To the end of the file, which also changes its length.
    pub(crate) append: Latency,
    /// One heartbeat, written as the server's writer does it.
    pub(crate) commit: Latency,
}

/// Writes to files in `folder`, which are removed, for `length` each way.
pub(crate) fn probe(folder: &Path, length: Duration) -> Result<Disk> {
    let file = tempfile::tempfile_in(folder).context("could not make a file to probe the disk")?;
    for page in 0..PAGES {
        file.write_all_at(&PAGE, page * 4096)?;
    }
    file.sync_all()?;
    let write = |page: u64| -> Result<()> {
        file.write_all_at(&PAGE, page * 4096)?;
        Ok(file.sync_data()?)
    };
    let overwrite = timed(length, |turn| write(turn % PAGES), || {})?;
    let append = timed(length, |turn| write(PAGES + turn), || {})?;
    let commit = commits(folder, length)?;
    Ok(Disk { overwrite, append, commit })
}

fn commits(folder: &Path, length: Duration) -> Result<Latency> {
    let folder = tempfile::tempdir_in(folder).context("could not make a folder to commit in")?;
    let commits = RefCell::new(BareCommits::create(&folder.path().join("commits.db"))?);
    let commit = |_| Ok(commits.borrow_mut().commit()?);
    timed(length, commit, || commits.borrow_mut().follow_up())
}

/// Times `act`, and not what follows it, for as long as the window is open.
fn timed(
    length: Duration,
    act: impl Fn(u64) -> Result<()>,
    follow_up: impl Fn(),
) -> Result<Latency> {
    let window = Window::after(Duration::ZERO, length);
    let mut recorder = Recorder::new(window)?;
    for turn in 0.. {
        let began = Instant::now();
        if began >= window.until() {
            break;
        }
        act(turn)?;
        recorder.record(began, Instant::now());
        follow_up();
    }
    Ok(recorder.latency())
}

impl Disk {
    /// Three lines of text.
    pub(crate) fn text(&self) -> String {
        format!(
            "  synced 4 KiB overwrite: {}\n  synced 4 KiB append:    {}\n  \
             commit of a heartbeat:  {}",
            self.overwrite.text(),
            self.append.text(),
            self.commit.text()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_writes_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        // Long enough for one write of each kind even where others keep the disk busy.
        let disk = probe(folder.path(), Duration::from_millis(500)).unwrap();
        assert!(disk.overwrite.count > 0 && disk.append.count > 0 && disk.commit.count > 0);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
