//! Instants, as the store counts them.
//!
//! This file does not know how an instant is written on the wire; that is the edge's business.

use std::time::Duration;

/// Microseconds since the Unix epoch, UTC.
///
/// The store's clock is the only source of instants; they are compared, never corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The Unix epoch; as a heartbeat floor it means "no heartbeat yet".
    pub const ZERO: Self = Self(0);

    /// An instant from microseconds since the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Milliseconds since the epoch, cut towards zero; 0 for an instant before the epoch.
    pub fn millis(self) -> u64 {
        u64::try_from(self.0 / 1_000).unwrap_or(0)
    }

    /// This instant cut down to the whole second, as lifecycle stamps show it (work §2.1).
    pub const fn whole_second(self) -> Self {
        Self(self.0 - self.0.rem_euclid(1_000_000))
    }

    /// The next representable instant, 1 µs later.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// This instant moved forward; saturates at the far end of time.
    pub fn plus(self, by: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX)))
    }

    /// This instant moved back; saturates at the beginning of time.
    pub fn minus(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(by.as_micros()).unwrap_or(i64::MAX)))
    }

    /// How long after `earlier` this instant is; zero if it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}
