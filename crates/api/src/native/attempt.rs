//! The history of a work item: to whom it was handed out, and how each attempt ended.

use leasehold_model::work::attempt::{Attempt, Outcome};
use leasehold_model::work::{State, StopReason};
use leasehold_store::History;
use serde::Serialize;
use utoipa::ToSchema;

use crate::time::{micros_trim, micros6};

/// All attempts at one work item.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = WorkAttempts)]
pub(crate) struct HistoryWire {
    /// Always `work_attempts`.
    #[schema(pattern = "^work_attempts$")]
    r#type: &'static str,
    work_id: String,
    /// The item's state now.
    #[schema(pattern = "^(queued|starting|active|stopping|stopped)$")]
    state: &'static str,
    /// Why it stopped; `null` while it is live.
    #[schema(
        pattern = "^(requested|attempts_exhausted|abandoned|session_archived|session_deleted)$"
    )]
    stop_reason: Option<&'static str>,
    /// Oldest first; the last may be open.
    data: Vec<AttemptWire>,
}

/// One attempt. Stamps are RFC 3339 to the microsecond.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = WorkAttempt)]
pub(crate) struct AttemptWire {
    /// Always `work_attempt`.
    #[schema(pattern = "^work_attempt$")]
    r#type: &'static str,
    /// Its number, from 1.
    attempt: u32,
    /// The name that the worker gave.
    worker_id: Option<String>,
    /// When a poll handed the item out; `null` if it was accepted without a poll.
    delivered_at: Option<String>,
    /// When the worker accepted it.
    acknowledged_at: Option<String>,
    first_heartbeat_at: Option<String>,
    last_heartbeat_at: Option<String>,
    /// When the attempt ended.
    ended_at: Option<String>,
    /// `open`, `stopped`, `lapsed`, or `superseded`: handed out again before it was accepted.
    #[schema(pattern = "^(open|stopped|lapsed|superseded)$")]
    outcome: &'static str,
}

impl From<&History> for HistoryWire {
    fn from(history: &History) -> Self {
        let stop_reason = match &history.work.state {
            State::Stopped(stopped) => Some(reason_word(stopped.reason)),
            State::Queued(_) | State::Starting(_) | State::Active(..) | State::Stopping(..) => None,
        };
        Self {
            r#type: "work_attempts",
            work_id: history.work.id.to_string(),
            state: history.work.state_name().as_str(),
            stop_reason,
            data: history.attempts.iter().map(AttemptWire::from).collect(),
        }
    }
}

impl From<&Attempt> for AttemptWire {
    fn from(attempt: &Attempt) -> Self {
        Self {
            r#type: "work_attempt",
            attempt: attempt.number,
            worker_id: attempt.worker.as_ref().map(|worker| worker.as_str().to_owned()),
            delivered_at: attempt.delivered_at.map(micros_trim),
            acknowledged_at: attempt.acknowledged_at.map(micros_trim),
            first_heartbeat_at: attempt.first_beat.map(micros6),
            last_heartbeat_at: attempt.last_beat.map(micros6),
            ended_at: attempt.end.map(|(at, _)| micros_trim(at)),
            outcome: attempt.end.map_or("open", |(_, outcome)| outcome_word(outcome)),
        }
    }
}

const fn reason_word(reason: StopReason) -> &'static str {
    match reason {
        StopReason::Requested => "requested",
        StopReason::AttemptsExhausted => "attempts_exhausted",
        StopReason::Abandoned => "abandoned",
        StopReason::SessionArchived => "session_archived",
        StopReason::SessionDeleted => "session_deleted",
        StopReason::SessionTerminated => "session_terminated",
    }
}

const fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Stopped => "stopped",
        Outcome::Lapsed => "lapsed",
        Outcome::Superseded => "superseded",
    }
}

#[cfg(test)]
mod tests;
