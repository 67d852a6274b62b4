//! The data file: what is not ours, damaged or newer is refused and not changed.

use std::path::Path;

use leasehold_store::{Clock, OpenError, Store, sqlite};
use rusqlite::Connection;

use crate::dump::{assert_same, dump};
use crate::lab::*;

/// The size of a page, in bytes.
const PAGE: usize = 4_096;

fn open(path: &Path) -> Result<Store, OpenError> {
    sqlite::open(path, settings(&Clock::manual(START), 1))
}

/// Opens a file that must be refused, in words that hold `words`, and is the same afterwards.
#[track_caller]
fn refuse(path: &Path, words: &str) -> OpenError {
    let before = std::fs::read(path).unwrap();
    let error = open(path).err().unwrap();
    assert!(error.to_string().contains(words), "{error}");
    assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    assert!(std::fs::read(path).unwrap() == before, "the file was changed");
    error
}

/// Changes a file by hand, and leaves nothing of the change in its log.
fn tamper(path: &Path, sql: &str) {
    let db = Connection::open(path).unwrap();
    db.execute_batch(sql).unwrap();
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
}

/// A closed data file with some rows.
async fn closed() -> Lab {
    let lab = Lab::sqlite().await;
    for _ in 0..200 {
        lab.queued().await;
    }
    lab.store.clone().close().await;
    tamper(&lab.path(), "");
    lab
}

#[tokio::test]
async fn a_foreign_file_is_refused_and_not_changed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notes");
    for text in ["x", "My notes.\n", &"long ".repeat(1_000)] {
        std::fs::write(&path, text).unwrap();
        assert!(matches!(refuse(&path, "not a Leasehold data file"), OpenError::Foreign { .. }));
    }
    let other = dir.path().join("other.db");
    tamper(&other, "CREATE TABLE work (id); INSERT INTO work VALUES (1)");
    assert!(matches!(refuse(&other, "not a Leasehold data file"), OpenError::Foreign { .. }));
    let nowhere = dir.path().join("no/such/folder/data.db");
    assert!(matches!(open(&nowhere), Err(OpenError::Io { .. })));
}

#[tokio::test]
async fn an_empty_file_is_made_into_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data.db");
    std::fs::write(&path, "").unwrap();
    open(&path).unwrap().close().await;
    sqlite::check(&path).unwrap();
}

#[tokio::test]
async fn a_newer_file_is_refused_with_a_clear_sentence() {
    let lab = closed().await;
    tamper(&lab.path(), "INSERT INTO migrations VALUES (99, 'later', x'00', 0)");
    let error = refuse(&lab.path(), "written by a newer version of Leasehold (schema 99");
    assert!(matches!(error, OpenError::Newer { found: 99, .. }));
}

#[tokio::test]
async fn a_schema_change_of_another_text_is_refused() {
    let lab = closed().await;
    tamper(&lab.path(), "UPDATE migrations SET checksum = x'00' WHERE version = 1");
    let error = refuse(&lab.path(), "its schema change 1 is not the one known here");
    assert!(matches!(error, OpenError::Foreign { .. }));
}

#[tokio::test]
async fn a_damaged_file_is_refused_and_not_changed() {
    let lab = closed().await;
    let path = lab.path();
    let whole = std::fs::read(&path).unwrap();
    let pages = whole.len() / PAGE;
    assert!(pages > 20, "too small to be damaged in several places");
    for page in (1..pages).step_by(3) {
        let mut bytes = whole.clone();
        bytes[page * PAGE..page * PAGE + 512].fill(0xa5);
        std::fs::write(&path, bytes).unwrap();
        assert!(matches!(refuse(&path, "restore a backup"), OpenError::Damaged { .. }));
        assert!(matches!(sqlite::check(&path), Err(OpenError::Damaged { .. })));
    }
    std::fs::write(&path, &whole[..pages / 2 * PAGE]).unwrap();
    refuse(&path, "restore a backup");
    std::fs::write(&path, &whole).unwrap();
    open(&path).unwrap().close().await;
}

#[tokio::test]
async fn a_file_that_is_open_is_in_use() {
    let lab = Lab::sqlite().await;
    assert!(matches!(open(&lab.path()), Err(OpenError::InUse { .. })));
    let clock = lab.clock.clone();
    let lab = lab.reopened(clock).await;
    lab.session().await;
}

#[tokio::test]
async fn a_backup_of_an_open_store_opens_as_it_was() {
    let lab = Lab::sqlite().await;
    for _ in 0..5 {
        let (_, work) = lab.held().await;
        lab.beat(work).await;
        lab.queued().await;
        lab.take().await.unwrap();
    }
    let target = lab.path().with_extension("backup");
    let before = dump(&lab.store).await;
    sqlite::backup(&lab.path(), &target).unwrap();
    let again = sqlite::backup(&lab.path(), &target).unwrap_err();
    assert!(again.to_string().contains("exists already"), "{again}");
    let missing = lab.path().with_extension("missing");
    assert!(sqlite::backup(&missing, &target.with_extension("b2")).is_err());
    assert!(!missing.exists(), "looking for it does not make it");
    lab.session().await;
    let copy = open(&target).unwrap();
    assert_same(&dump(&copy).await, &before, "the backup");
    copy.close().await;
}
