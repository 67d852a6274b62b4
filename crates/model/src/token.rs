//! Accounts and the credentials that are kept: account tokens and environment keys.
//!
//! A secret never comes here, only its SHA-256; claim tokens are signed, not kept.

pub mod ops;

use crate::id::{AccountId, EnvironmentId, KeyId, TokenId};
use crate::time::Timestamp;

/// The most characters of the name of an account, a token or a key; the least is 1.
pub const MAX_NAME_CHARS: usize = 256;

/// The SHA-256 of a secret.
pub type SecretHash = [u8; 32];

/// An account: the owner of environments, sessions and tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// What people call it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// An account token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its id.
    pub id: TokenId,
    /// Whose it is.
    pub account: AccountId,
    /// What people call it.
    pub name: String,
    /// What it may be used for.
    pub scopes: Scopes,
    /// By what it is recognised.
    pub hash: SecretHash,
    /// From when until when it is good.
    pub validity: Validity,
}

/// An environment key: what a worker of one environment shows (worker-protocol §1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its id.
    pub id: KeyId,
    /// The environment that it is good for.
    pub environment: EnvironmentId,
    /// Who owns that environment.
    pub account: AccountId,
    /// What people call it.
    pub name: String,
    /// By what it is recognised.
    pub hash: SecretHash,
    /// From when until when it is good.
    pub validity: Validity,
}

/// From when until when a credential is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is not good any more.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl Validity {
    /// Whether the credential is good at `now`.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

/// One thing that a token may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// `environments:read`
    EnvironmentsRead,
    /// `environments:write`
    EnvironmentsWrite,
    /// `agents:read`
    AgentsRead,
    /// `agents:write`
    AgentsWrite,
    /// `sessions:read`
    SessionsRead,
    /// `sessions:write`
    SessionsWrite,
    /// `work:read`
    WorkRead,
    /// `work:write`
    WorkWrite,
    /// `admin`: accounts, and tokens of any account
    Admin,
}

impl Scope {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 9] = [
        Self::EnvironmentsRead,
        Self::EnvironmentsWrite,
        Self::AgentsRead,
        Self::AgentsWrite,
        Self::SessionsRead,
        Self::SessionsWrite,
        Self::WorkRead,
        Self::WorkWrite,
        Self::Admin,
    ];

    /// The wire's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EnvironmentsRead => "environments:read",
            Self::EnvironmentsWrite => "environments:write",
            Self::AgentsRead => "agents:read",
            Self::AgentsWrite => "agents:write",
            Self::SessionsRead => "sessions:read",
            Self::SessionsWrite => "sessions:write",
            Self::WorkRead => "work:read",
            Self::WorkWrite => "work:write",
            Self::Admin => "admin",
        }
    }

    /// Reads the wire's word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }

    /// The store keeps them, so a scope has its bit for ever.
    const fn bit(self) -> u16 {
        match self {
            Self::EnvironmentsRead => 1,
            Self::EnvironmentsWrite => 1 << 1,
            Self::SessionsRead => 1 << 2,
            Self::SessionsWrite => 1 << 3,
            Self::WorkRead => 1 << 4,
            Self::WorkWrite => 1 << 5,
            Self::Admin => 1 << 6,
            Self::AgentsRead => 1 << 7,
            Self::AgentsWrite => 1 << 8,
        }
    }
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Scopes(u16);

impl Scopes {
    /// Everything.
    pub fn all() -> Self {
        Scope::ALL.into_iter().collect()
    }

    /// What a token gets that names none: everything but [`Scope::Admin`].
    pub fn ordinary() -> Self {
        Scope::ALL.into_iter().filter(|scope| *scope != Scope::Admin).collect()
    }

    /// Whether `scope` is among them.
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Whether all of `others` are among them.
    pub const fn covers(self, others: Self) -> bool {
        others.0 & !self.0 == 0
    }

    /// The scopes one by one.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.contains(*scope))
    }

    /// The set as the store keeps it.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// A set that the store kept; unknown bits are dropped.
    pub fn from_bits(bits: u16) -> Self {
        Self(bits & Self::all().0)
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}
