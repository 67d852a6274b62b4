//! Copies and checks of a data file, beside a server that may be using it.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::Backup;

use super::file;
use crate::error::OpenError;

/// How many pages are copied before others get a turn.
const PAGES_PER_STEP: std::ffi::c_int = 1_024;

/// Writes a consistent copy of a data file to `target`, which must not exist. The server may go on
/// writing meanwhile; the copy shows the instant at which it was finished.
///
/// # Errors
/// [`OpenError`], about the file that was the matter.
pub fn backup(source: &Path, target: &Path) -> Result<(), OpenError> {
    if file::inspect(source)? {
        return Err(file::io(source, "there is no data file"));
    }
    if target.exists() {
        return Err(file::io(target, "the file exists already"));
    }
    let judged = |error| file::judged(source, error);
    let from = file::reader(source).map_err(judged)?;
    let mut to = Connection::open(target).map_err(|error| file::io(target, error))?;
    to.pragma_update(None, "synchronous", "FULL").map_err(|error| file::io(target, error))?;
    let copied = Backup::new(&from, &mut to)
        .and_then(|backup| backup.run_to_completion(PAGES_PER_STEP, Duration::ZERO, None));
    drop(to);
    if let Err(error) = copied {
        // Half a copy is worse than none.
        drop(std::fs::remove_file(target));
        return Err(file::io(target, error));
    }
    check(target)
}

/// Reads a whole data file and checks its structure.
///
/// # Errors
/// [`OpenError`] with the first thing that is wrong.
pub fn check(path: &Path) -> Result<(), OpenError> {
    if file::inspect(path)? {
        return Ok(());
    }
    let db = file::reader(path).map_err(|error| file::judged(path, error))?;
    file::look_through(&db, path)
}
