//! The machine: its clock, its limit of open files, its ports.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use leasehold_model::Timestamp;
use leasehold_store::Clock;
use rustix::process::{Resource, getrlimit};

use super::Finding;
use super::database::Use;
use crate::server::folder;

/// 2026-01-01; this program is younger.
const BEGINNING: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);
/// 2100-01-01.
const END: Timestamp = Timestamp::from_micros(4_102_444_800_000_000);
/// What the server opens besides its connections.
const OWN_FILES: u64 = 64;

/// Whether the clock is believable and not behind what was written last.
pub(super) fn clock(data: &Path) -> Finding {
    let now = Clock::system().now();
    let written = std::fs::metadata(folder::database(data))
        .and_then(|found| found.modified())
        .ok()
        .and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok())
        .map(|since| Timestamp::ZERO.plus(since));
    judge_clock(now, written)
}

fn judge_clock(now: Timestamp, written: Option<Timestamp>) -> Finding {
    const CHECK: &str = "clock";
    const ADVICE: &str = "set the clock, and keep it right with NTP (chrony, systemd-timesyncd)";
    /// How far the clock may be behind the newest write.
    const SLACK_SECONDS: u64 = 5;
    if now < BEGINNING || now > END {
        let found = format!("it shows {} s since 1970, which cannot be", now.micros() / 1_000_000);
        return Finding::bad(CHECK, found, ADVICE);
    }
    let behind = written.map_or(0, |written| written.since(now).as_secs());
    if behind > SLACK_SECONDS {
        let found = format!("{behind} s behind the newest write of the database");
        return Finding::warning(CHECK, found, ADVICE);
    }
    Finding::ok(CHECK, "believable")
}

/// Whether there can be as many connections as are allowed.
pub(super) fn open_files(connections: usize) -> Finding {
    // The server raises the soft limit to the hard one.
    judge_open_files(getrlimit(Resource::Nofile).maximum, connections)
}

fn judge_open_files(limit: Option<u64>, connections: usize) -> Finding {
    const CHECK: &str = "open files";
    let needed = u64::try_from(connections).unwrap_or(u64::MAX).saturating_add(OWN_FILES);
    match limit {
        Some(limit) if limit < needed => Finding::warning(
            CHECK,
            format!("at most {limit}, while {connections} connections may need {needed}"),
            format!("LimitNOFILE={needed} in the systemd unit, or a lower max_connections"),
        ),
        Some(limit) => Finding::ok(CHECK, format!("at most {limit}")),
        None => Finding::ok(CHECK, "without limit"),
    }
}

/// Whether the server could listen.
pub(super) fn port(
    check: &'static str,
    key: &'static str,
    address: SocketAddr,
    database: Use,
) -> Finding {
    match TcpListener::bind(address) {
        Ok(_) => Finding::ok(check, format!("{address} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse && database == Use::Running => {
            Finding::ok(check, format!("{address} is taken, it seems by the running server"))
        }
        Err(error) => Finding::bad(
            check,
            format!("{address} cannot be listened on: {error}"),
            format!("choose another address with {key}, or end what has this one (ss -ltnp)"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::Severity;
    use super::*;

    #[test]
    fn a_clock_that_cannot_be_right_is_noticed() {
        let now = BEGINNING.plus(Duration::from_secs(1_000));
        assert_eq!(judge_clock(now, None).severity, Severity::Ok);
        assert_eq!(judge_clock(now, Some(now)).severity, Severity::Ok);
        let later = now.plus(Duration::from_secs(60));
        assert_eq!(judge_clock(now, Some(later)).severity, Severity::Warning);
        assert_eq!(judge_clock(Timestamp::ZERO, None).severity, Severity::Bad);
    }

    #[test]
    fn too_few_open_files_are_noticed() {
        assert_eq!(judge_open_files(Some(1_024), 10_000).severity, Severity::Warning);
        assert_eq!(judge_open_files(Some(20_000), 10_000).severity, Severity::Ok);
        assert_eq!(judge_open_files(None, 10_000).severity, Severity::Ok);
    }

    #[test]
    fn a_port_that_is_taken_is_noticed() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        assert_eq!(port("port", "listen", address, Use::Idle).severity, Severity::Bad);
        assert_eq!(port("port", "listen", address, Use::Running).severity, Severity::Ok);
        drop(taken);
        assert_eq!(port("port", "listen", address, Use::Idle).severity, Severity::Ok);
    }
}
