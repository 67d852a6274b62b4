//! Instants, as the store counts them.
//!
//! This file does not know how an instant is written on the wire; that is the edge's business.

use std::fmt;
use std::num::NonZeroU64;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Microseconds since the Unix epoch, UTC.
///
/// The store's clock is the only source of instants; they are compared, never corrected. Kept with
/// the sign bit turned over, so that the order is that of the bits, no instant is all zeros, and an
/// `Option` of one is no larger: a held item has several.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(NonZeroU64);

/// The sign bit of an `i64`.
const SIGN: u64 = 1 << 63;

impl Timestamp {
    /// The Unix epoch; as a heartbeat floor it means "no heartbeat yet".
    pub const ZERO: Self = Self::from_micros(0);

    /// An instant from microseconds since the epoch. The very first `i64` is taken for the second.
    pub const fn from_micros(micros: i64) -> Self {
        match NonZeroU64::new(micros.cast_unsigned() ^ SIGN) {
            Some(bits) => Self(bits),
            None => Self(NonZeroU64::MIN),
        }
    }

    /// Microseconds since the epoch.
    pub const fn micros(self) -> i64 {
        (self.0.get() ^ SIGN).cast_signed()
    }

    /// Milliseconds since the epoch, cut towards zero; 0 for an instant before the epoch.
    pub fn millis(self) -> u64 {
        u64::try_from(self.micros() / 1_000).unwrap_or(0)
    }

    /// This instant cut down to the whole second, as lifecycle stamps show it (work §2.1).
    pub const fn whole_second(self) -> Self {
        Self::from_micros(self.micros() - self.micros().rem_euclid(1_000_000))
    }

    /// The next representable instant, 1 µs later.
    pub const fn next(self) -> Self {
        Self::from_micros(self.micros().saturating_add(1))
    }

    /// This instant moved forward; saturates at the far end of time.
    pub fn plus(self, by: Duration) -> Self {
        Self::from_micros(self.micros().saturating_add(whole_micros(by)))
    }

    /// This instant moved back; saturates at the beginning of time.
    pub fn minus(self, by: Duration) -> Self {
        Self::from_micros(self.micros().saturating_sub(whole_micros(by)))
    }

    /// How long after `earlier` this instant is; zero if it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(
            u64::try_from(self.micros().saturating_sub(earlier.micros())).unwrap_or(0),
        )
    }
}

fn whole_micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

impl Default for Timestamp {
    fn default() -> Self {
        Self::ZERO
    }
}

/// Inside what is stored as JSON an instant is its microseconds.
impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.micros())
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        i64::deserialize(deserializer).map(Self::from_micros)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}µs", self.micros())
    }
}
