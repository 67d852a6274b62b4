//! Refusals: answers that say no.
//!
//! They carry facts, not words and not statuses: each dialect has one exhaustive map from a refusal
//! to what it says on the wire. An accident of the store is not a refusal.

use std::borrow::Cow;

use crate::id::WorkId;
use crate::log::send::Objection;
use crate::metadata::MetadataProblem;
use crate::work::heartbeat::{Current, Expected};

/// Why an operation was not carried out. Nothing was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such object, or it is not where the path says.
    NotFound(Resource),
    /// The object belongs to another account.
    NotYours(Resource),

    /// The item's state does not allow the verb (ack after a stop).
    WrongState {
        /// What was asked.
        verb: Verb,
        /// Of which item.
        work: WorkId,
        /// Where it stands.
        current: Current,
    },
    /// A heartbeat for an item that nobody holds: it is `queued`, perhaps since its lease lapsed.
    NotHeld {
        /// Which item.
        work: WorkId,
        /// What the caller believed.
        expected: Expected,
        /// Where it stands.
        current: Current,
    },
    /// A heartbeat for an item that has stopped.
    Finished {
        /// Which item.
        work: WorkId,
        /// Where it stands.
        current: Current,
    },
    /// The expected heartbeat is not the newest one.
    BeatMismatch {
        /// Which item.
        work: WorkId,
        /// What the caller believed.
        expected: Expected,
        /// Where it stands.
        current: Current,
    },
    /// The caller's claim token belongs to a claim that is over.
    Superseded {
        /// What was asked.
        verb: Verb,
        /// Of which item.
        work: WorkId,
        /// Where it stands.
        current: Current,
    },
    /// The item is held by a worker of another name.
    ClaimedByAnother {
        /// What was asked.
        verb: Verb,
        /// Of which item.
        work: WorkId,
        /// Where it stands.
        current: Current,
    },

    /// The metadata would break a bound.
    Metadata(MetadataProblem),

    /// A part of what was asked for is not acceptable.
    Unfit(Unfit),

    /// The environment is archived: it takes no change and no new session.
    EnvironmentArchived,
    /// An update would turn one kind of environment into another.
    EnvironmentKindChange,
    /// Sessions still refer to the environment.
    EnvironmentInUse,

    /// The agent is archived: it takes no change and no new session.
    AgentArchived,
    /// The agent has moved on from the version that the caller knows.
    AgentMoved {
        /// What the caller believed.
        expected: u32,
        /// Its newest version.
        newest: u32,
    },
    /// The agent has no such version.
    AgentVersionUnknown {
        /// The number that was asked for.
        version: u32,
    },

    /// A session cannot be without a model.
    AgentModelRequired,
    /// The session cannot have such a budget.
    Budget(BudgetProblem),
    /// The session is archived: it takes no change.
    SessionArchived,
    /// The session has ended by an error: it hears nothing any more.
    SessionTerminated,
    /// The session is running; it has to rest first.
    SessionRunning,
    /// The event of this number, from 0, is not acceptable.
    Event(usize, Objection),
    /// The claim by which the caller was let in, or by which it drives a turn, is over.
    ClaimOver,

    /// The idempotency key was first used with another request.
    IdempotencyMismatch,
}

/// What can be missing or foreign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// An account.
    Account,
    /// An account token.
    Token,
    /// An environment key.
    Key,
    /// An environment.
    Environment,
    /// An agent.
    Agent,
    /// A session.
    Session,
    /// A thread of a session.
    Thread,
    /// A work item.
    Work,
    /// A model.
    Model,
}

/// The verbs of a work item that a claim can be refused for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Accept.
    Ack,
    /// Renew.
    Heartbeat,
    /// Finish.
    Stop,
}

/// Why a session cannot have a budget (sessions §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetProblem {
    /// It was created without one, or lost it: none can be added.
    CreateOnly,
    /// What its model costs is not known.
    ModelWithoutPrice,
    /// It has used up as much already.
    NotRaised,
}

impl BudgetProblem {
    /// The wire's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreateOnly => "budget_create_only",
            Self::ModelWithoutPrice => "model_not_budgetable",
            Self::NotRaised => "budget_not_raised",
        }
    }
}

/// Which part of what was asked for is not acceptable, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// The member, dotted from the object that was asked for.
    pub param: String,
    /// A predicate that follows the member's name: "must …".
    pub problem: Cow<'static, str>,
}

impl Unfit {
    /// The same of a member of `outer`.
    #[must_use]
    pub fn within(self, outer: &str) -> Self {
        Self { param: format!("{outer}.{}", self.param), ..self }
    }
}

impl Refusal {
    /// A member is not acceptable; `problem` is a predicate: "must …".
    pub(crate) fn unfit(param: impl Into<String>, problem: impl Into<Cow<'static, str>>) -> Self {
        Self::Unfit(Unfit { param: param.into(), problem: problem.into() })
    }

    /// The same refusal; if it names a member, that is a member of `outer`.
    #[must_use]
    pub(crate) fn within(self, outer: &str) -> Self {
        if let Self::Unfit(unfit) = self { Self::Unfit(unfit.within(outer)) } else { self }
    }
}

/// A refusal's name for metrics: a closed, short set.
impl Refusal {
    /// The name in snake case.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "not_found",
            Self::NotYours(_) => "not_yours",
            Self::WrongState { .. } => "wrong_state",
            Self::NotHeld { .. } => "not_held",
            Self::Finished { .. } => "finished",
            Self::BeatMismatch { .. } => "beat_mismatch",
            Self::Superseded { .. } => "superseded",
            Self::ClaimedByAnother { .. } => "claimed_by_another",
            Self::Metadata(_) => "metadata",
            Self::EnvironmentArchived => "environment_archived",
            Self::EnvironmentKindChange => "environment_kind_change",
            Self::Unfit(_) => "unfit",
            Self::EnvironmentInUse => "environment_in_use",
            Self::AgentArchived => "agent_archived",
            Self::AgentMoved { .. } => "agent_moved",
            Self::AgentVersionUnknown { .. } => "agent_version_unknown",
            Self::AgentModelRequired => "agent_model_required",
            Self::Budget(_) => "budget",
            Self::SessionArchived => "session_archived",
            Self::SessionTerminated => "session_terminated",
            Self::SessionRunning => "session_running",
            Self::Event(..) => "event",
            Self::ClaimOver => "claim_over",
            Self::IdempotencyMismatch => "idempotency_mismatch",
        }
    }
}
