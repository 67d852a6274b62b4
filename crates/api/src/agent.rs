//! What an agent is made of, as both dialects write it: its model, its tools, its servers and its
//! skills (agents §3.1, §5).
//!
//! Where the dialects differ is a [`Manner`]; what they have apart from each other, the agent's own
//! object among it, is in the dialects.

mod change;
mod model;
mod part;
mod tool;

use leasehold_model::agent::definition::Strictness;
use leasehold_model::agent::tool::Policy;

pub(crate) use change::{Reader, servers};
pub(crate) use model::ModelParams;
pub(crate) use part::{ServerParams, ServerWire, SkillParams, SkillWire};
pub(crate) use tool::{ToolParams, ToolWire};

/// Where the dialects differ.
#[derive(Debug)]
pub(crate) struct Manner {
    /// What a skill of the vendor is called.
    pub(crate) vendor: &'static str,
    /// Whether a toolset has `enabled_tools` and `disallowed_tools`, and shows names as they were
    /// written.
    pub(crate) lists: Lists,
    /// Whether a model may be given a `context_window`.
    pub(crate) windows: Windows,
    /// Which policies there are.
    pub(crate) policies: &'static [Policy],
    /// How strictly a definition is judged.
    pub(crate) strictness: Strictness,
    /// What becomes of efforts.
    pub(crate) efforts: Efforts,
    /// What version 0 is to a session.
    pub(crate) zero: Zero,
    /// What `metadata: null` is to an update.
    pub(crate) null_metadata: NullMetadata,
}

/// Whether a toolset has lists of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lists {
    /// It has (Q).
    Known,
    /// It has not: what they do shows in the tools' configurations (A).
    Unknown,
}

/// Whether a model may be given a `context_window`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Windows {
    /// It may (Q).
    Known,
    /// It may not (A).
    Unknown,
}

/// What becomes of efforts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Efforts {
    /// They are as they were said (Q).
    AsSaid,
    /// The model's default stands in for one that was not said, an update keeps the stored one, and
    /// a session has no say (A).
    FilledIn,
}

/// What version 0 is to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zero {
    /// The newest (Q).
    Newest,
    /// An error (A).
    Refused,
}

/// What `metadata: null` is to an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NullMetadata {
    /// An error (Q).
    Refused,
    /// No change (A).
    Kept,
}
