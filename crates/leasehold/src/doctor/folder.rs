//! The data folder: is it there, whose is it, on which file system, and how much room is left.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::Finding;

const CHECK: &str = "data folder";

/// Less room than this is bad: the log of the database may need as much at once.
const BAD_BYTES: u64 = 64 << 20;
/// Less room than this is worth a warning.
const SCARCE_BYTES: u64 = 1 << 30;

/// File systems whose locks or syncs SQLite cannot rely on, by the numbers of `linux/magic.h`.
const REMOTE: [(u32, &str); 4] =
    [(0x6969, "NFS"), (0xff53_4d42, "CIFS"), (0xfe53_4d42, "SMB2"), (0x0102_1997, "9P")];
/// `TMPFS_MAGIC`.
const TMPFS: u32 = 0x0102_1994;

pub(super) fn examine(folder: &Path) -> Vec<Finding> {
    match std::fs::metadata(folder) {
        Ok(found) if !found.is_dir() => {
            let found = format!("{} is not a folder", folder.display());
            vec![Finding::bad(CHECK, found, "name another folder with --data")]
        }
        Ok(found) => {
            let mut findings = vec![writable(folder), access(folder, found.permissions().mode())];
            findings.extend(file_system(folder));
            findings
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => missing(folder),
        Err(error) => {
            let found = format!("{} cannot be read: {error}", folder.display());
            vec![Finding::bad(CHECK, found, "give the server's user access to it")]
        }
    }
}

/// A folder that `serve` would make: what counts is where.
fn missing(folder: &Path) -> Vec<Finding> {
    let parent = nearest(folder);
    let probe = writable(&parent);
    if probe.advice.is_some() {
        return vec![probe];
    }
    let found = format!("{} does not exist yet; the server makes it", folder.display());
    let mut findings = vec![Finding::ok(CHECK, found)];
    findings.extend(file_system(&parent));
    findings
}

/// The folder itself, or the nearest one above it that exists.
pub(super) fn nearest(folder: &Path) -> PathBuf {
    let existing = folder.ancestors().find(|path| path.is_dir());
    existing.filter(|path| *path != Path::new("")).unwrap_or(Path::new(".")).to_owned()
}

fn writable(folder: &Path) -> Finding {
    match tempfile::tempfile_in(folder) {
        Ok(_) => Finding::ok(CHECK, format!("{} can be written", folder.display())),
        Err(error) => Finding::bad(
            CHECK,
            format!("{} cannot be written: {error}", folder.display()),
            "give the server's user write access, or name another folder with --data",
        ),
    }
}

fn access(folder: &Path, mode: u32) -> Finding {
    const CHECK: &str = "data folder's access";
    if mode & 0o077 == 0 {
        return Finding::ok(CHECK, "nobody but its owner");
    }
    Finding::warning(
        CHECK,
        format!("other users have access (mode {:o})", mode & 0o777),
        format!("chmod 700 {}", folder.display()),
    )
}

fn file_system(folder: &Path) -> Vec<Finding> {
    let (kind, room) = match (rustix::fs::statfs(folder), rustix::fs::statvfs(folder)) {
        (Ok(kind), Ok(room)) => (kind, room),
        (Err(error), _) | (_, Err(error)) => {
            let found = format!("the file system cannot be asked: {error}");
            return vec![Finding::warning("file system", found, "look at it by hand")];
        }
    };
    let number = u32::try_from(kind.f_type).unwrap_or(0);
    vec![kind_of(number), free(room.f_bavail.saturating_mul(room.f_frsize))]
}

fn kind_of(number: u32) -> Finding {
    const CHECK: &str = "file system";
    if let Some((_, name)) = REMOTE.iter().find(|(magic, _)| *magic == number) {
        return Finding::bad(
            CHECK,
            format!("{name}, over a network"),
            "use a local disk: the database relies on locks and syncs that this does not give",
        );
    }
    if number == TMPFS {
        return Finding::warning(
            CHECK,
            "in memory",
            "fine for a trial; everything is gone after a restart of the machine",
        );
    }
    Finding::ok(CHECK, "local")
}

fn free(bytes: u64) -> Finding {
    const CHECK: &str = "free space";
    let found = format!("{} MiB", bytes >> 20);
    let advice = "free some space; a full disk answers 503 to every write until there is room";
    if bytes < BAD_BYTES {
        Finding::bad(CHECK, found, advice)
    } else if bytes < SCARCE_BYTES {
        Finding::warning(CHECK, found, advice)
    } else {
        Finding::ok(CHECK, found)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Severity;
    use super::*;

    #[test]
    fn room_and_file_systems_are_judged() {
        assert_eq!(free(10 << 20).severity, Severity::Bad);
        assert_eq!(free(500 << 20).severity, Severity::Warning);
        assert_eq!(free(5 << 30).severity, Severity::Ok);
        assert_eq!(kind_of(0x6969).severity, Severity::Bad);
        assert_eq!(kind_of(TMPFS).severity, Severity::Warning);
        assert_eq!(kind_of(0xef53).severity, Severity::Ok);
    }

    #[test]
    fn a_folder_that_others_can_read_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(access(folder.path(), 0o40_700).severity, Severity::Ok);
        assert_eq!(access(folder.path(), 0o40_750).severity, Severity::Warning);
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert_eq!(examine(&file)[0].severity, Severity::Bad);
        assert_eq!(nearest(&folder.path().join("a/b")), folder.path());
        assert_eq!(nearest(Path::new("no-such-folder")), Path::new("."));
    }
}
