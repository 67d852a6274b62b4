//! An environment: where sessions run, and for `self_hosted` the owner of a queue of work.

pub mod config;
pub mod ops;

use crate::id::{AccountId, EnvironmentId};
use crate::metadata::Metadata;
use crate::time::Timestamp;
use config::{Config, Kind};

/// The most characters of a name; the least is 1 after trimming (environments §4.1).
pub const MAX_NAME_CHARS: usize = 256;
/// The most characters of a description.
pub const MAX_DESCRIPTION_CHARS: usize = 1_024;
/// The bounds of a limit of attempts.
pub const ATTEMPTS: std::ops::RangeInclusive<u32> = 1..=1_000;

/// An environment (environments §2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Its id.
    pub id: EnvironmentId,
    /// Who owns it.
    pub account: AccountId,
    /// Its name, as sent; names need not be unique.
    pub name: String,
    /// What it is for; `None` if it was never said or was cleared.
    pub description: Option<String>,
    /// What sessions find there.
    pub config: Config,
    /// What the client keeps with it.
    pub metadata: Metadata,
    /// Who may see it, as far as the client said so.
    pub scope: Option<Scope>,
    /// After how many accepted attempts that lapse an item stops; `None`: it is offered for ever.
    pub max_attempts: Option<u32>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was archived; it takes no new sessions from then on.
    pub archived_at: Option<Timestamp>,
}

/// Who may see an environment; kept for the client, of no effect here (environments §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// `organization`
    Organization,
    /// `account`
    Account,
}

/// The part of an environment that other operations ask about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Who owns it.
    pub account: AccountId,
    /// Its kind, which never changes.
    pub kind: Kind,
    /// Whether it is archived.
    pub archived: bool,
    /// Its limit of attempts.
    pub max_attempts: Option<u32>,
}

impl Environment {
    /// The part that other operations ask about.
    pub const fn facts(&self) -> Facts {
        Facts {
            account: self.account,
            kind: self.config.kind(),
            archived: self.archived_at.is_some(),
            max_attempts: self.max_attempts,
        }
    }
}
