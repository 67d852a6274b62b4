//! The database: is it ours, whole, and of a schema that this binary knows.

use std::fs::TryLockError;
use std::path::Path;

use leasehold_store::{OpenError, sqlite};

use super::Finding;
use crate::server::folder;

const CHECK: &str = "database";

/// Whether a server seems to be running on the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Somebody has the file open.
    Running,
    /// Nobody has.
    Idle,
}

/// Reads the whole file; a server may be using it meanwhile.
pub(super) fn examine(data: &Path) -> (Use, Finding) {
    let path = folder::database(data);
    let running = if in_use(data) { Use::Running } else { Use::Idle };
    let bytes = match std::fs::metadata(&path) {
        Ok(found) => found.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return (Use::Idle, Finding::ok(CHECK, "none yet; the server makes it"));
        }
        Err(error) => {
            let found = format!("{} cannot be read: {error}", path.display());
            return (running, Finding::bad(CHECK, found, "give the server's user access to it"));
        }
    };
    let finding = match sqlite::check(&path) {
        Ok(()) => Finding::ok(CHECK, format!("whole, {} MiB", bytes.div_ceil(1 << 20))),
        Err(error) => Finding::bad(CHECK, error.to_string(), advice(&error)),
    };
    (running, finding)
}

fn advice(error: &OpenError) -> &'static str {
    match error {
        OpenError::InUse { .. } => "end the other process, or look at its own data folder",
        OpenError::Foreign { .. } => "name another folder with --data; this file is not touched",
        OpenError::Newer { .. } => "start that version or a newer one; this file is not touched",
        OpenError::Damaged { .. } => "keep a copy of the folder, then restore the newest backup",
        OpenError::Io { .. } => "look at the file's owner and mode, and at the disk",
    }
}

/// Whether a server holds the lock that keeps a second one away.
fn in_use(data: &Path) -> bool {
    let lock = folder::database(data).with_extension("db.lock");
    std::fs::File::open(lock)
        .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}
