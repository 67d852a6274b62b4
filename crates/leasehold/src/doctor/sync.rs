//! How fast the disk makes a write durable: every acknowledged batch waits for one such sync.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use super::Finding;
use super::folder::nearest;

const CHECK: &str = "sync rate";
/// What is written each time: a page of the database.
const PAGE: [u8; 4_096] = [0x5a; 4_096];
/// For how long each way of writing is tried.
const TRIAL: Duration = Duration::from_millis(500);
/// Fewer syncs a second than this make a server feel slow.
const SLOW: u128 = 200;
/// More than this no disk does: then the sync does not reach one.
const INCREDIBLE: u128 = 100_000;

pub(super) fn examine(folder: &Path) -> Finding {
    match measure(&nearest(folder)) {
        Ok((appends, overwrites)) => judge(appends, overwrites),
        Err(error) => Finding::bad(
            CHECK,
            format!("a file in the data folder cannot be written and synced: {error}"),
            "look at the disk and the file system with the tools of the operating system",
        ),
    }
}

/// Syncs a second of appended and of overwritten pages.
fn measure(folder: &Path) -> std::io::Result<(u128, u128)> {
    let mut file = tempfile::tempfile_in(folder)?;
    let appends = rate(&mut file, |_| Ok(()))?;
    let overwrites = rate(&mut file, |file| file.seek(SeekFrom::Start(0)).map(drop))?;
    Ok((appends, overwrites))
}

fn rate(
    file: &mut File,
    mut go_to: impl FnMut(&mut File) -> std::io::Result<()>,
) -> std::io::Result<u128> {
    let began = Instant::now();
    let mut syncs = 0;
    while began.elapsed() < TRIAL {
        go_to(file)?;
        file.write_all(&PAGE)?;
        file.sync_data()?;
        syncs += 1;
    }
    Ok(syncs * 1_000 / began.elapsed().as_millis().max(1))
}

fn judge(appends: u128, overwrites: u128) -> Finding {
    let found = format!("{appends}/s appended, {overwrites}/s overwritten, 4 KiB each");
    if appends.min(overwrites) < SLOW {
        let advice = "each batch of writes waits for one sync: use a faster disk, best an SSD with \
                      protection against power loss";
        Finding::warning(CHECK, found, advice)
    } else if appends.max(overwrites) > INCREDIBLE {
        let advice = "no disk is so fast: the file system does not wait for it, and a power \
                      failure loses acknowledged writes";
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
    fn rates_are_judged() {
        assert_eq!(judge(2_000, 4_000).severity, Severity::Ok);
        assert_eq!(judge(80, 4_000).severity, Severity::Warning);
        assert_eq!(judge(2_000, 400_000).severity, Severity::Warning);
    }
}
