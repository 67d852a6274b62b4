//! Identifiers: 16 bytes each, time-ordered, typed by what they name.
//!
//! An id is a UUID v7, so ids sort by creation (conventions §13). The prefix that shows its kind on
//! the wire is known here; the prefix of another dialect is that dialect's business.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::time::Timestamp;

/// What an id can name.
pub trait Kind {
    /// The prefix on the wire, its underscore included.
    const PREFIX: &'static str;
}

/// The kinds of object that have ids.
pub mod kind {
    use super::Kind;

    /// An account, the owner of everything else.
    pub enum Account {}
    /// An account token.
    pub enum Token {}
    /// An environment key.
    pub enum Key {}
    /// An agent.
    pub enum Agent {}
    /// An environment.
    pub enum Environment {}
    /// A session.
    pub enum Session {}
    /// A work item.
    pub enum Work {}
    /// An event of a session.
    pub enum Event {}

    impl Kind for Account {
        const PREFIX: &'static str = "acct_";
    }
    impl Kind for Token {
        const PREFIX: &'static str = "tok_";
    }
    impl Kind for Key {
        const PREFIX: &'static str = "ekey_";
    }
    impl Kind for Agent {
        const PREFIX: &'static str = "agent_";
    }
    impl Kind for Environment {
        const PREFIX: &'static str = "env_";
    }
    impl Kind for Session {
        const PREFIX: &'static str = "sess_";
    }
    impl Kind for Work {
        const PREFIX: &'static str = "work_";
    }
    impl Kind for Event {
        const PREFIX: &'static str = "evt_";
    }
}

/// An id of one kind. Ordered by its bytes, which is the order of creation.
pub struct Id<K>([u8; 16], PhantomData<fn() -> K>);

/// Names an account.
pub type AccountId = Id<kind::Account>;
/// Names an account token.
pub type TokenId = Id<kind::Token>;
/// Names an environment key.
pub type KeyId = Id<kind::Key>;
/// Names an agent.
pub type AgentId = Id<kind::Agent>;
/// Names an environment.
pub type EnvironmentId = Id<kind::Environment>;
/// Names a session.
pub type SessionId = Id<kind::Session>;
/// Names a work item.
pub type WorkId = Id<kind::Work>;
/// Names an event of a session.
pub type EventId = Id<kind::Event>;

impl<K> Id<K> {
    /// The smallest id: it sorts before every id that was ever minted.
    pub const MIN: Self = Self::from_bytes([0; 16]);

    /// An id from its 16 bytes, as the store keeps them.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes, PhantomData)
    }

    /// The 16 bytes of the id.
    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads the 32 lower-case hexadecimal digits behind a prefix; `None` for anything else.
    pub fn from_hex(digits: &str) -> Option<Self> {
        let digits = digits.as_bytes();
        if digits.len() != 32 {
            return None;
        }
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let [high, low] = pair else { return None };
            *byte = hex_digit(*high)? << 4 | hex_digit(*low)?;
        }
        Some(Self::from_bytes(bytes))
    }

    /// The 32 lower-case hexadecimal digits of the id, without a prefix.
    pub fn hex(&self) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = String::with_capacity(32);
        for byte in self.0 {
            text.push(char::from(DIGITS[usize::from(byte >> 4)]));
            text.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        text
    }

    /// The instant that the id carries, to the millisecond.
    pub fn minted_at(&self) -> Timestamp {
        let [a, b, c, d, e, f, ..] = self.0;
        let millis = i64::from_be_bytes([0, 0, a, b, c, d, e, f]);
        Timestamp::from_micros(millis.saturating_mul(1_000))
    }
}

fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

impl<K: Kind> Id<K> {
    /// Reads `<prefix>` + 32 lower-case hexadecimal digits, compared case-sensitively.
    pub fn parse(text: &str) -> Option<Self> {
        Self::from_hex(text.strip_prefix(K::PREFIX)?)
    }
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", K::PREFIX, self.hex())
    }
}

impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}
impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

/// Inside what is stored as JSON an id is its hexadecimal digits.
impl<K> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.hex())
    }
}

impl<'de, K> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let digits = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::from_hex(&digits).ok_or_else(|| D::Error::custom("not the digits of an id"))
    }
}

/// Mints ids, each greater than the one before it.
///
/// Held by the store and used inside the batch, so that ids of one node rise in the order in which
/// their rows are committed and a cursor never passes a row that appears later.
#[derive(Clone, Debug)]
pub struct Mint {
    /// 48 bits of milliseconds and 74 bits behind them, as one number.
    last: u128,
    chance: fastrand::Rng,
}

/// The bits of a UUID v7 that are not time, version or variant.
const TAIL_BITS: u32 = 74;

impl Mint {
    /// A mint whose random bits follow from `seed`.
    pub fn new(seed: u64) -> Self {
        Self { last: 0, chance: fastrand::Rng::with_seed(seed) }
    }

    /// Makes every later id greater than `id`: a store that opens a file starts behind its newest.
    pub fn start_after<K>(&mut self, id: Id<K>) {
        let bits = u128::from_be_bytes(id.0);
        let tail = (bits >> 64 & 0xfff) << 62 | (bits & ((1 << 62) - 1));
        self.last = self.last.max(bits >> 80 << TAIL_BITS | tail);
    }

    /// The next id. Its time is `now`, or the time of the last id if the clock went back.
    pub fn next<K>(&mut self, now: Timestamp) -> Id<K> {
        let fresh = (u128::from(now.millis()) & ((1 << 48) - 1)) << TAIL_BITS
            | u128::from(self.chance.u64(..)) << 9;
        self.last = fresh.max(self.last + 1 + u128::from(self.chance.u32(..)));
        let tail = self.last & ((1 << TAIL_BITS) - 1);
        let bits = self.last >> TAIL_BITS << 80
            | 7 << 76
            | (tail >> 62) << 64
            | 2 << 62
            | (tail & ((1 << 62) - 1));
        Id::from_bytes(bits.to_be_bytes())
    }
}

#[cfg(test)]
mod tests;
