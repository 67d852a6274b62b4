//! Sessions as dialect A writes them (sessions §2).

pub(super) mod budget;
pub(super) mod filter;
pub(super) mod request;
pub(super) mod thread;

use std::collections::BTreeMap;
use std::time::Duration;

use leasehold_model::event::Usage;
use leasehold_model::session::ops::Held;
use leasehold_model::{SessionId, Timestamp};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use self::budget::BudgetWire;
use super::agent::SnapshotWire;
use crate::event::outcome::OutcomeWire;
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
    /// What became of the outcomes that it was given, oldest first.
    outcome_evaluations: Vec<OutcomeWire>,
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
    /// `null` before anything has happened.
    cache_creation: Option<CacheCreationWire>,
    /// Seconds of running.
    active_seconds: f64,
    /// By the operator's price list; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    list_cost: Option<CostWire>,
}

/// What was put into the provider's cache.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CacheCreationUsage)]
struct CacheCreationWire {
    /// Always 0: the server asks for the shorter time alone.
    ephemeral_1h_input_tokens: u64,
    ephemeral_5m_input_tokens: u64,
}

/// An amount of money.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Cost)]
struct CostWire {
    /// In hundredths, with decimals.
    amount: String,
    /// Always `USD`.
    #[schema(pattern = "^USD$")]
    currency: &'static str,
}

impl UsageWire {
    /// What has been used by a session that ran for `active`.
    pub(super) fn of(usage: &Usage, has_begun: bool, active: Duration) -> Self {
        const NANOS_PER_CENT: u64 = 10_000_000;
        let cost = usage.cost_nanos;
        let amount = format!("{}.{:07}", cost / NANOS_PER_CENT, cost % NANOS_PER_CENT);
        let plain = amount.trim_end_matches('0').trim_end_matches('.').to_owned();
        Self {
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            cache_read_input_tokens: usage.cache_read_input_tokens,
            cache_creation: has_begun.then_some(CacheCreationWire {
                ephemeral_1h_input_tokens: 0,
                ephemeral_5m_input_tokens: usage.cache_creation_input_tokens,
            }),
            active_seconds: active.as_secs_f64(),
            list_cost: (cost > 0).then_some(CostWire { amount: plain, currency: "USD" }),
        }
    }
}

impl SessionWire {
    /// The session and what it holds of its agent, as of `now`.
    pub(super) fn of(held: &Held, now: Timestamp) -> Self {
        let Held { session, agent, fold } = held;
        let until = session.last_instant(fold).unwrap_or(now);
        let active = Duration::from_micros(fold.active_by(until));
        Self {
            id: session_id(session.id),
            r#type: "session",
            agent: agent.as_ref().into(),
            environment_id: session.environment.to_string(),
            status: session.status(fold).as_str(),
            title: session.title.clone(),
            metadata: session.metadata.map().clone(),
            resources: [],
            vault_ids: [],
            budget: session.budget.map(Into::into),
            outcome_evaluations: fold.outcomes.iter().map(Into::into).collect(),
            stats: StatsWire {
                active_seconds: active.as_secs_f64(),
                duration_seconds: until.since(session.created_at).as_secs_f64(),
            },
            usage: UsageWire::of(&fold.usage, fold.next > 0, active),
            deployment_id: None,
            created_at: micros_trim(session.created_at),
            updated_at: micros_trim(session.updated_at),
            archived_at: session.archived_at.map(micros_trim),
        }
    }
}

#[cfg(test)]
mod tests;
