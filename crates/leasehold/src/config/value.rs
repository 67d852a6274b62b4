//! How the values of the configuration are written.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl LogFormat {
    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::Text, Self::Json].into_iter().find(|format| format.as_str() == text)
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

pub(super) fn address(text: &str) -> Option<SocketAddr> {
    text.parse().ok()
}

pub(super) fn path(text: &str) -> Option<PathBuf> {
    (!text.is_empty() && !text.contains('\0')).then(|| PathBuf::from(text))
}

/// A decimal number within bounds.
pub(super) fn number<N>(text: &str, bounds: RangeInclusive<N>) -> Option<N>
where
    N: FromStr + PartialOrd,
{
    text.parse().ok().filter(|number| bounds.contains(number))
}

/// A whole number with its unit: `ms`, `s` or `m`; without a unit, seconds. From 100 ms to 10 min.
pub(super) fn duration(text: &str) -> Option<Duration> {
    const BOUNDS: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(600);
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let millis_in_unit: u64 = match text.strip_prefix(digits)?.trim_start() {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" => 60_000,
        _ => return None,
    };
    let count: u64 = digits.parse().ok()?;
    let time = Duration::from_millis(count.checked_mul(millis_in_unit)?);
    BOUNDS.contains(&time).then_some(time)
}

/// A time as [`duration`] reads it.
pub(super) fn show_duration(time: Duration) -> String {
    if time.subsec_millis() == 0 {
        format!("{}s", time.as_secs())
    } else {
        format!("{}ms", time.as_millis())
    }
}

/// A level, or several for parts of the program: `info,leasehold_store=debug`.
pub(super) fn log_level(text: &str) -> Option<String> {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    let fine = text.split(',').all(|part| {
        let (target, level) = part.split_once('=').unwrap_or(("all", part));
        let named = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
        LEVELS.contains(&level) && !target.is_empty() && target.chars().all(named)
    });
    fine.then(|| text.to_owned())
}
