//! The machine that was measured, for the record.

use serde::Serialize;

/// What a reader must know to judge the figures.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Machine {
    processor: String,
    cores: usize,
    memory: String,
    kernel: String,
}

/// Processor time of the whole machine so far, in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticks {
    all: u64,
    stolen: u64,
}

impl Machine {
    /// From `/proc`; what it does not say is "unknown".
    pub(crate) fn this() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let value = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name));
            let value = line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim());
            value.unwrap_or("unknown").to_owned()
        };
        Self {
            processor: value(&read("/proc/cpuinfo"), "model name"),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory: value(&read("/proc/meminfo"), "MemTotal"),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
        }
    }

    /// One line of text.
    pub(crate) fn text(&self) -> String {
        let Self { processor, cores, memory, kernel } = self;
        format!("{processor}, {cores} cores, {memory} memory, Linux {kernel}")
    }
}

impl Ticks {
    /// From `/proc/stat`; zero where there is none.
    pub(crate) fn now() -> Self {
        Self::parse(&std::fs::read_to_string("/proc/stat").unwrap_or_default())
    }

    fn parse(stat: &str) -> Self {
        let line = stat.lines().find_map(|line| line.strip_prefix("cpu ")).unwrap_or_default();
        // user nice system idle iowait irq softirq steal; the guests after it are in user already.
        let ticks: Vec<u64> =
            line.split_ascii_whitespace().take(8).filter_map(|tick| tick.parse().ok()).collect();
        Self { all: ticks.iter().sum(), stolen: ticks.get(7).copied().unwrap_or(0) }
    }

    /// The share of the time since then, 0 to 1, that the host gave to others.
    pub(crate) fn stolen_since(self, before: Self) -> f64 {
        let all = self.all.saturating_sub(before.all).max(1);
        self.stolen.saturating_sub(before.stolen) as f64 / all as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stolen_time_is_a_share_of_all_time() {
        let before = Ticks::parse("cpu  10 0 10 70 0 0 0 10 5 5\ncpu0 1 1 1 1 1 1 1 1\n");
        assert_eq!(before, Ticks { all: 100, stolen: 10 });
        let after = Ticks::parse("cpu  40 0 40 100 0 0 0 20 9 9\n");
        assert!((after.stolen_since(before) - 0.1).abs() < f64::EPSILON);
        assert!(after.stolen_since(after).abs() < f64::EPSILON);
    }
}
