//! What the kernel and the server's metrics say about the server's process.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde::Serialize;

use super::measure::Window;
use super::target::Target;

/// Ticks a second in `/proc/<pid>/stat`. The kernel scales to this for user space on every platform
/// that the server is built for.
const TICKS_PER_SECOND: f64 = 100.0;

/// Memory of a process, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Memory {
    /// Resident set, mapped files included.
    pub(crate) resident: u64,
    /// The part of it that is backed by no file; `None` for a remote server.
    pub(crate) anonymous: Option<u64>,
    /// The largest resident set so far; `None` for a remote server.
    pub(crate) peak: Option<u64>,
}

impl Memory {
    /// From `/proc/<pid>/status`.
    fn of(pid: u32) -> Result<Self> {
        Self::parse(&read(pid, "status")?).context("/proc/<pid>/status has no VmRSS")
    }

    fn parse(status: &str) -> Option<Self> {
        let line = |name: &str| {
            let value =
                status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            value.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kib| kib * 1024)
        };
        Some(Self { resident: line("VmRSS")?, anonymous: line("RssAnon"), peak: line("VmHWM") })
    }

    /// A few words of text.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("resident {}", mebibytes(self.resident));
        if let Some(anonymous) = self.anonymous {
            text.push_str(&format!(", of it anonymous {}", mebibytes(anonymous)));
        }
        text
    }
}

/// Processor time of a process so far, user and system, in seconds.
fn cpu_seconds(pid: u32) -> Result<f64> {
    parse_cpu(&read(pid, "stat")?).context("/proc/<pid>/stat is not as expected")
}

fn parse_cpu(stat: &str) -> Option<f64> {
    // The name in brackets may hold anything, so fields are counted after the last bracket.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS_PER_SECOND)
}

fn read(pid: u32, file: &str) -> Result<String> {
    let path = Path::new("/proc").join(pid.to_string()).join(file);
    std::fs::read_to_string(&path).with_context(|| format!("could not read {}", path.display()))
}

/// Bytes as mebibytes with one digit.
pub(crate) fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

/// Where the memory and the processor time of a server are read: from the kernel where its process
/// runs on this machine, else from its metrics.
#[derive(Clone)]
pub(crate) struct Meter {
    pid: Option<u32>,
    target: Target,
}

impl Meter {
    /// `pid` is `None` for a process that does not run here.
    pub(crate) fn new(pid: Option<u32>, target: &Target) -> Self {
        Self { pid, target: target.clone() }
    }

    /// Memory now; `None` where nothing tells it.
    pub(crate) async fn memory(&self) -> Option<Memory> {
        if let Some(pid) = self.pid {
            return Memory::of(pid).ok();
        }
        let bytes = Metrics::read(&self.target).await?.sum("process_resident_memory_bytes")?;
        let resident = Duration::try_from_secs_f64(bytes).ok()?.as_secs();
        Some(Memory { resident, anonymous: None, peak: None })
    }

    /// Seconds of processor time so far; `None` where nothing tells them.
    async fn cpu(&self) -> Option<f64> {
        match self.pid {
            Some(pid) => cpu_seconds(pid).ok(),
            None => Metrics::read(&self.target).await?.sum("process_cpu_seconds_total"),
        }
    }

    /// Waits for a window and returns how many cores were busy on average in it.
    pub(crate) async fn cores(self, window: Window) -> Option<f64> {
        tokio::time::sleep_until(window.from().into()).await;
        let (began, before) = (Instant::now(), self.cpu().await?);
        tokio::time::sleep_until(window.until().into()).await;
        let (took, after) = (began.elapsed(), self.cpu().await?);
        Some((after - before) / took.as_secs_f64())
    }
}

/// One reading of `/metrics`.
pub(crate) struct Metrics(String);

impl Metrics {
    /// `None` where the server shows no metrics on this address.
    pub(crate) async fn read(target: &Target) -> Option<Self> {
        let page = target.call("GET", "/metrics", "").await.ok()?;
        String::from_utf8(page).ok().map(Self)
    }

    /// The sum of a metric over all its labels; `None` if the page does not have it.
    pub(crate) fn sum(&self, name: &str) -> Option<f64> {
        let values = self.0.lines().filter_map(|line| {
            let rest = line.strip_prefix(name)?;
            let rest = match rest.strip_prefix('{') {
                Some(labels) => labels.rsplit_once('}')?.1,
                None => rest,
            };
            rest.strip_prefix(' ')?.split(' ').next()?.parse::<f64>().ok()
        });
        values.fold(None, |sum, value| Some(sum.unwrap_or(0.0) + value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_bytes() {
        let status =
            "Name:\tleasehold\nVmHWM:\t  2048 kB\nVmRSS:\t    1024 kB\nRssAnon:\t 512 kB\n";
        let memory = Memory::parse(status).unwrap();
        let expected =
            Memory { resident: 1 << 20, anonymous: Some(512 * 1024), peak: Some(2 << 20) };
        assert_eq!(memory, expected);
        assert_eq!(memory.text(), "resident 1.0 MiB, of it anonymous 0.5 MiB");
        assert_eq!(Memory::parse("Name:\tkthreadd\n"), None);
    }

    #[test]
    fn processor_time_survives_odd_names() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 1 2 3 4 150 50 0 0 20 0 3 0 99 0 0";
        assert_eq!(parse_cpu(stat), Some(2.0));
        assert_eq!(parse_cpu("nonsense"), None);
    }

    #[test]
    fn this_process_has_memory() {
        assert!(Memory::of(std::process::id()).unwrap().resident > 0);
        assert!(cpu_seconds(std::process::id()).unwrap() >= 0.0);
    }

    #[test]
    fn a_metric_is_summed_over_its_labels() {
        let page = "# TYPE leasehold_commits counter\nleasehold_commits_total 12\n\
                    http_total{route=\"/a b} 1\"} 3\nhttp_total{route=\"/b\"} 4\nhttp_total_x 9\n";
        let metrics = Metrics(page.to_owned());
        assert_eq!(metrics.sum("leasehold_commits_total"), Some(12.0));
        assert_eq!(metrics.sum("http_total"), Some(7.0));
        assert_eq!(metrics.sum("http"), None);
    }
}
