//! What a run records: latencies in a histogram, requests by the second.

use std::time::{Duration, Instant};

use anyhow::Result;
use hdrhistogram::Histogram;
use serde::Serialize;

/// The longest latency that is told apart from longer ones.
const LONGEST: Duration = Duration::from_secs(120);
/// Three digits: a figure of 12.3 ms is right to 0.1 ms or better.
const DIGITS: u8 = 3;

/// The part of a run that counts, after the warm-up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    from: Instant,
    until: Instant,
}

impl Window {
    /// Begins after `warm_up` and lasts for `length`.
    pub(crate) fn after(warm_up: Duration, length: Duration) -> Self {
        let from = Instant::now() + warm_up;
        Self { from, until: from + length }
    }

    /// The window between two instants.
    pub(crate) fn between(from: Instant, until: Instant) -> Self {
        Self { from, until }
    }

    /// When it begins.
    pub(crate) fn from(&self) -> Instant {
        self.from
    }

    /// When it ends.
    pub(crate) fn until(&self) -> Instant {
        self.until
    }
}

/// Counts the requests that ended inside a window.
pub(crate) struct Recorder {
    window: Window,
    latencies: Histogram<u64>,
    /// Requests that ended in each second of the window.
    seconds: Vec<u64>,
}

impl Recorder {
    /// An empty recorder for one window.
    pub(crate) fn new(window: Window) -> Result<Self> {
        let latencies = Histogram::new_with_bounds(1, micros(LONGEST), DIGITS)?;
        Ok(Self { window, latencies, seconds: Vec::new() })
    }

    /// Takes a request from `sent` to `done`; says whether the window has ended.
    pub(crate) fn record(&mut self, sent: Instant, done: Instant) -> Progress {
        if done >= self.window.until {
            return Progress::Over;
        }
        let Some(into) = done.checked_duration_since(self.window.from) else {
            return Progress::GoOn;
        };
        self.latencies.saturating_record(micros(done.saturating_duration_since(sent)));
        let second = usize::try_from(into.as_secs()).unwrap_or(usize::MAX);
        if second >= self.seconds.len() {
            self.seconds.resize(second + 1, 0);
        }
        self.seconds[second] += 1;
        Progress::GoOn
    }

    /// Forgets what was recorded.
    pub(crate) fn clear(&mut self) {
        self.latencies.reset();
        self.seconds.clear();
    }

    /// Latencies so far.
    pub(crate) fn latency(&self) -> Latency {
        Latency::of(&self.latencies)
    }

    /// Throughput over the whole window.
    pub(crate) fn rate(&self) -> Rate {
        Rate::of(&self.seconds, self.window.until - self.window.from)
    }
}

/// Whether a closed loop goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// The window has not ended.
    GoOn,
    /// The window has ended.
    Over,
}

/// Latencies of the recorded requests, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Latency {
    /// How many were recorded.
    pub(crate) count: u64,
    /// Median.
    pub(crate) p50_ms: f64,
    /// 99 of 100 were at most this long.
    pub(crate) p99_ms: f64,
    /// 999 of 1,000 were at most this long.
    pub(crate) p999_ms: f64,
    /// The worst.
    pub(crate) max_ms: f64,
}

impl Latency {
    /// Reads the figures off a histogram in microseconds.
    pub(crate) fn of(latencies: &Histogram<u64>) -> Self {
        let at = |quantile| millis(latencies.value_at_quantile(quantile));
        Self {
            count: latencies.len(),
            p50_ms: at(0.5),
            p99_ms: at(0.99),
            p999_ms: at(0.999),
            max_ms: millis(latencies.max()),
        }
    }

    /// One line of text.
    pub(crate) fn text(&self) -> String {
        let Self { count: _, p50_ms, p99_ms, p999_ms, max_ms } = self;
        format!("p50 {p50_ms:.3} ms, p99 {p99_ms:.3} ms, p99.9 {p999_ms:.3} ms, max {max_ms:.3} ms")
    }
}

/// Requests a second.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Rate {
    /// Mean over the window.
    pub(crate) per_second: f64,
    /// Standard deviation of the whole seconds of the window.
    pub(crate) deviation: f64,
    /// Requests that ended in each second.
    pub(crate) seconds: Vec<u64>,
}

impl Rate {
    fn of(seconds: &[u64], length: Duration) -> Self {
        let total: u64 = seconds.iter().sum();
        let whole = usize::try_from(length.as_secs()).unwrap_or(usize::MAX);
        let mut seconds = seconds.to_vec();
        seconds.resize(seconds.len().max(whole), 0);
        let deviation = deviation(&seconds[..whole]);
        Self { per_second: total as f64 / length.as_secs_f64(), deviation, seconds }
    }

    /// One line of text.
    pub(crate) fn text(&self) -> String {
        format!("{:.0}/s (standard deviation by the second {:.0})", self.per_second, self.deviation)
    }
}

/// Standard deviation of a sample; 0 for fewer than two values.
fn deviation(values: &[u64]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let mean = values.iter().sum::<u64>() as f64 / values.len() as f64;
    let squares: f64 = values.iter().map(|value| (*value as f64 - mean).powi(2)).sum();
    (squares / (values.len() - 1) as f64).sqrt()
}

/// The middle one of several figures; the mean of the two middle ones of an even number.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    match figures.len() {
        0 => 0.0,
        length if length % 2 == 1 => figures[middle],
        _ => f64::midpoint(figures[middle - 1], figures[middle]),
    }
}

/// Whole microseconds.
pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn millis(micros: u64) -> f64 {
    micros as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_ends_inside_the_window_counts() {
        let from = Instant::now() + Duration::from_secs(100);
        let at = |millis| from + Duration::from_millis(millis);
        let mut recorder = Recorder::new(Window::between(from, at(3000))).unwrap();
        let early = from.checked_sub(Duration::from_millis(2)).unwrap();
        assert_eq!(recorder.record(early, early), Progress::GoOn);
        assert_eq!(recorder.record(early, at(8)), Progress::GoOn);
        assert_eq!(recorder.record(at(2000), at(2020)), Progress::GoOn);
        assert_eq!(recorder.record(at(2900), at(3000)), Progress::Over);
        let latency = recorder.latency();
        assert_eq!(latency.count, 2);
        assert!((latency.p50_ms - 10.0).abs() < 0.02, "{latency:?}");
        assert!((latency.max_ms - 20.0).abs() < 0.04, "{latency:?}");
        let rate = recorder.rate();
        assert_eq!(rate.seconds, [1, 0, 1]);
        assert!((rate.per_second - 2.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn the_deviation_is_that_of_a_sample() {
        assert!((deviation(&[2, 4, 4, 4, 5, 5, 7, 9]) - 2.138).abs() < 0.001);
        assert!(deviation(&[7]).abs() < f64::EPSILON);
    }

    #[test]
    fn the_median_needs_no_order() {
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median(vec![4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < f64::EPSILON);
    }
}
