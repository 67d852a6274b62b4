//! The log of a session, and what the session has come to by it (events, sessions §5).
//!
//! [`Log`] is the small part that every decision needs; the events themselves are written once and
//! never loaded to decide. Its [`Fold`] follows from the events alone: whoever reads the whole log
//! comes to the same status, the same open calls and the same usage. The verbs lie beside this file:
//! [`send`] (what clients say), [`turn`] (what a runner does), [`outcome`] (what a grader says of it), and
//! [`story`] writes all of it down.

mod fold;
pub mod ops;
pub mod outcome;
pub mod send;
pub mod story;
pub mod turn;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::environment::config::Kind as Hosting;
use crate::event::{Event, Place};
use crate::id::{EnvironmentId, EventId, SessionId, WorkId};
use crate::session::ops::Projection;
use crate::time::Timestamp;

use outcome::Outcome;

pub use fold::{Asked, Call, Family, Fold};

/// The queue in which turns wait for a runner. No environment ever has this id, so no path of the
/// API leads to it; everything else about it is a queue of work like any other.
pub const TURN_QUEUE: EnvironmentId = EnvironmentId::MIN;

/// How long a session waits before it calls a worker once more for the same calls (sessions §7): a
/// worker that stops with calls which it does not answer must not be called in a circle.
pub const RECALL_PAUSE: Duration = Duration::from_secs(30);

/// How many events of clients may wait for the model in one session.
pub const MAX_PENDING: usize = 1_000;

/// The head of a session's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// Whose log it is.
    pub session: SessionId,
    /// Who carries out the tools of the session.
    pub hosting: Hosting,
    /// What of the session's metadata its work items get.
    pub projection: Projection,
    /// The item of [`TURN_QUEUE`] by which the present turn is leased; there is one exactly while
    /// the session is running or rescheduling.
    pub turn: Option<WorkId>,
    /// What clients said that the model has not been shown yet, oldest first.
    pub pending: Vec<Pending>,
    /// Calls that a runner has begun to carry out itself. One that is still open when a turn is
    /// taken up again is not carried out a second time.
    pub begun: Vec<EventId>,
    /// When a worker was last called again for calls that one left behind, and for which.
    pub called_again: Option<CalledAgain>,
    /// What follows from the events alone.
    pub fold: Fold,
}

/// A work item that was queued because another one ended too early.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalledAgain {
    /// From when on it could be polled.
    pub at: Timestamp,
    /// The calls that waited for a worker then.
    pub calls: Vec<EventId>,
}

/// An event that waits, as far as the rules need to know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// Its id.
    pub id: EventId,
    /// What it waits for.
    pub waits: Waits,
}

/// What an event waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Waits {
    /// For the next request to the model, of which it is reason enough.
    ForRequest,
    /// For the next request to the model, whatever its reason.
    ForOtherRequest,
    /// For the confirmation of the call that it answers.
    ForConfirmation {
        /// The call.
        call: EventId,
        /// The digest of the answer.
        digest: u64,
    },
}

/// What is to be written to the events of a session; kept in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventWrite {
    /// A new event, in its place or waiting.
    New(Event),
    /// One that waited takes its place.
    TakenIn(EventId, Place),
    /// One that waited is of no use any more.
    Dropped(EventId),
}

impl Log {
    /// The log of a session in which nothing has happened.
    pub fn new(session: SessionId, hosting: Hosting, projection: Projection) -> Self {
        Self {
            session,
            hosting,
            projection,
            turn: None,
            pending: Vec::new(),
            begun: Vec::new(),
            called_again: None,
            fold: Fold::default(),
        }
    }

    /// From when on a worker may be called again, now that one has left calls behind; `None` if no
    /// call waits for a worker. Remembers it.
    pub fn call_again(&mut self, now: Timestamp) -> Option<Timestamp> {
        let calls = self.fold.worker_calls();
        if calls.is_empty() {
            return None;
        }
        let at = match &self.called_again {
            Some(before) if before.calls == calls => now.max(before.at.plus(RECALL_PAUSE)),
            Some(_) | None => now,
        };
        self.called_again = Some(CalledAgain { at, calls });
        Some(at)
    }

    /// Whether something waits that is reason enough to ask the model.
    pub fn has_reason(&self) -> bool {
        self.pending.iter().any(|pending| pending.waits == Waits::ForRequest)
            || self.fold.outcome().is_some_and(Outcome::wants_agent)
    }

    /// Whether the agent has done what it was asked to bring about, and nobody has looked at it yet.
    pub fn is_to_be_graded(&self) -> bool {
        self.fold.outcome().is_some_and(Outcome::wants_grader)
    }

    /// What must be true of every log that is written; the text names what is not.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self) -> Result<(), &'static str> {
        if self.turn.is_some() != self.fold.status.is_active() {
            return Err("a turn without a running session, or the reverse");
        }
        if self.fold.request.is_some() && self.turn.is_none() {
            return Err("a request to the model outlived its turn");
        }
        if self.fold.outcomes.iter().rev().skip(1).any(Outcome::is_live) {
            return Err("an outcome was defined while another one was live");
        }
        if self.begun.iter().any(|id| self.fold.open(*id).is_none()) {
            return Err("a call that was begun is not open");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
