//! The data file: whose it is, in what state, and how it is opened.
//!
//! A file that is foreign, damaged or newer than this binary is refused before anything is written
//! to it.

use std::fs::{File, TryLockError};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use leasehold_model::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::migrations::{self, Mismatch};
use crate::error::OpenError;

/// "LEAS", in the header of every data file.
const APPLICATION_ID: u32 = 0x4c45_4153;
/// Where the header keeps it, in bytes from the beginning.
const APPLICATION_ID_AT: usize = 68;
const HEADER_BYTES: usize = 100;
const MAGIC: &[u8] = b"SQLite format 3\0";
/// Up to this size a file is looked through whole when it is opened.
const LOOKED_THROUGH_BYTES: u64 = 64 << 20;

/// The right to be the only process that has a data file open; given back when dropped.
pub(super) struct Lock(#[expect(dead_code, reason = "holding it open holds the lock")] File);

/// Opens the file for writing, creating or migrating it as needed.
pub(super) fn open(path: &Path, now: Timestamp) -> Result<(Connection, Lock), OpenError> {
    let lock = lock(path)?;
    let fresh = inspect(path)?;
    let mut db = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(|error| io(path, error))?;
    prepare(&mut db, fresh, now).map_err(|error| judged(path, error))?;
    Ok((db, lock))
}

fn prepare(db: &mut Connection, fresh: bool, now: Timestamp) -> rusqlite::Result<()> {
    db.busy_timeout(Duration::from_secs(5))?;
    if fresh {
        db.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "temp_store", "MEMORY")?;
    // Checkpoints run beside the writer; see `checkpoint`.
    db.pragma_update(None, "wal_autocheckpoint", 0)?;
    db.pragma_update(None, "cache_size", -8_192)?;
    db.set_prepared_statement_cache_capacity(128);
    keep_plans(db)?;
    migrations::migrate(db, now)
}

/// Sees to it that a statement is compiled once. Otherwise SQLite looks at the values of some
/// parameters, such as that of `LIMIT`, and compiles the statement again whenever one is bound.
fn keep_plans(db: &Connection) -> rusqlite::Result<()> {
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(|_| ())
}

/// Opens the file for reading beside the writer.
pub(super) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    db.busy_timeout(Duration::from_secs(5))?;
    db.pragma_update(None, "query_only", true)?;
    db.pragma_update(None, "cache_size", -1_024)?;
    db.set_prepared_statement_cache_capacity(64);
    keep_plans(&db)?;
    Ok(db)
}

/// Takes the lock file beside the data file; the system drops it when the process ends.
fn lock(path: &Path) -> Result<Lock, OpenError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(PathBuf::from(name))
        .map_err(|error| io(path, error))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(error)) => Err(io(path, error)),
    }
}

/// Looks at a file without changing it, and says whether it is still to be made.
///
/// # Errors
/// If it is not ours, newer, or damaged.
pub(super) fn inspect(path: &Path) -> Result<bool, OpenError> {
    let size = match std::fs::metadata(path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(io(path, error)),
    };
    if size == 0 {
        return Ok(true);
    }
    let foreign = |what: &str| OpenError::Foreign { path: path.to_owned(), what: what.to_owned() };
    let mut header = [0; HEADER_BYTES];
    File::open(path)
        .and_then(|mut file| file.read_exact(&mut header))
        .map_err(|_| foreign("it is too short to be one"))?;
    if !header.starts_with(MAGIC) {
        return Err(foreign("it does not begin like one"));
    }
    let id = header.get(APPLICATION_ID_AT..APPLICATION_ID_AT + 4);
    if id != Some(APPLICATION_ID.to_be_bytes().as_slice()) {
        return Err(foreign("it belongs to another program"));
    }
    let db = reader(path).map_err(|error| judged(path, error))?;
    match migrations::schema(&db).map_err(|error| judged(path, error))? {
        Ok(_) => {}
        Err(Mismatch::Newer(found)) => {
            let known = migrations::newest();
            return Err(OpenError::Newer { path: path.to_owned(), found, known });
        }
        Err(Mismatch::Changed(version)) => {
            return Err(foreign(&format!("its schema change {version} is not the one known here")));
        }
    }
    if size <= LOOKED_THROUGH_BYTES {
        look_through(&db, path)?;
    }
    Ok(false)
}

/// Reads every page and checks the structure.
///
/// # Errors
/// [`OpenError::Damaged`] with the first thing that is wrong.
pub(super) fn look_through(db: &Connection, path: &Path) -> Result<(), OpenError> {
    let verdict: String = db
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| judged(path, error))?;
    if verdict == "ok" {
        return Ok(());
    }
    Err(OpenError::Damaged { path: path.to_owned(), what: verdict })
}

/// Tells damage from other trouble.
pub(super) fn judged(path: &Path, error: rusqlite::Error) -> OpenError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            OpenError::Damaged { path: path.to_owned(), what: error.to_string() }
        }
        _ => io(path, error),
    }
}

pub(super) fn io(
    path: &Path,
    error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> OpenError {
    OpenError::Io { path: path.to_owned(), source: error.into() }
}
