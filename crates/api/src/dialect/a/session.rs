//! Sessions as dialect A writes them (sessions §2).

pub(super) mod budget;
pub(super) mod filter;
pub(super) mod request;
pub(super) mod thread;

use std::collections::BTreeMap;

use leasehold_model::agent::snapshot::Snapshot;
use leasehold_model::log::Fold;
use leasehold_model::session::Session;
use leasehold_model::{SessionId, Timestamp};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use self::budget::BudgetWire;
use super::agent::SnapshotWire;
use crate::time::micros_trim;

/// A's prefix of a session's id.
const PREFIX: &str = "sesn_";

/// A session's id, as A shows it.
pub(super) fn session_id(id: SessionId) -> String {
    format!("{PREFIX}{}", id.hex())
}

/// Reads a session's id with A's prefix, or with the one that dialect Q shows.
pub(super) fn parse_session_id(text: &str) -> Option<SessionId> {
    match text.strip_prefix(PREFIX) {
        Some(hex) => SessionId::from_hex(hex),
        None => SessionId::parse(text),
    }
}

/// A session.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionWire {
    /// `sesn_` and 32 hexadecimal digits.
    id: String,
    /// Always `session`.
    #[schema(pattern = "^session$")]
    r#type: &'static str,
    agent: SnapshotWire,
    environment_id: String,
    /// `idle`, or `terminated` once it is archived.
    #[schema(pattern = "^(idle|running|rescheduling|terminated)$")]
    status: &'static str,
    title: Option<String>,
    metadata: BTreeMap<String, String>,
    #[schema(value_type = Vec<Object>)]
    resources: [Value; 0],
    vault_ids: [String; 0],
    budget: Option<BudgetWire>,
    #[schema(value_type = Vec<Object>)]
    outcome_evaluations: [Value; 0],
    stats: StatsWire,
    usage: UsageWire,
    deployment_id: Option<String>,
    /// RFC 3339, to the microsecond.
    created_at: String,
    /// RFC 3339, to the microsecond.
    updated_at: String,
    /// RFC 3339, to the microsecond; `null` while it is in use.
    archived_at: Option<String>,
}

/// A part of the list of sessions.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SessionList)]
pub(super) struct SessionList {
    pub(super) data: Vec<SessionWire>,
    /// What the next page is asked for with; null on the last one.
    pub(super) next_page: Option<String>,
    /// Always null: lists are read forwards.
    pub(super) prev_page: Option<String>,
}

/// How long a session ran.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SessionStats)]
pub(crate) struct StatsWire {
    /// Seconds of running.
    active_seconds: f64,
    /// Seconds since it was made; up to its archiving if it is archived.
    duration_seconds: f64,
}

/// What a session used, since it was made.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SessionUsage)]
pub(crate) struct UsageWire {
    input_tokens: u64,
    output_tokens: u64,
    cache_read_input_tokens: u64,
}

impl SessionWire {
    /// The session and what it holds of its agent, as of `now`.
    pub(super) fn of(session: &Session, agent: &Snapshot, now: Timestamp) -> Self {
        let until = session.archived_at.map_or(now, |_| session.updated_at);
        Self {
            id: session_id(session.id),
            r#type: "session",
            agent: agent.into(),
            environment_id: session.environment.to_string(),
            status: session.status(&Fold::default()).as_str(),
            title: session.title.clone(),
            metadata: session.metadata.map().clone(),
            resources: [],
            vault_ids: [],
            budget: session.budget.map(Into::into),
            outcome_evaluations: [],
            stats: StatsWire {
                active_seconds: 0.0,
                duration_seconds: until.since(session.created_at).as_secs_f64(),
            },
            usage: UsageWire { input_tokens: 0, output_tokens: 0, cache_read_input_tokens: 0 },
            deployment_id: None,
            created_at: micros_trim(session.created_at),
            updated_at: micros_trim(session.updated_at),
            archived_at: session.archived_at.map(micros_trim),
        }
    }
}

#[cfg(test)]
mod tests;
