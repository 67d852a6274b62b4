//! Sessions as dialect Q writes them (sessions §2), and which a list is asked for (§6).

pub(super) mod budget;
pub(super) mod request;
pub(super) mod thread;
mod variables;

use std::collections::BTreeMap;
use std::time::Duration;

use leasehold_model::Timestamp;
use leasehold_model::event::Usage;
use leasehold_model::session::Status;
use leasehold_model::session::ops::Held;
use leasehold_store::{Order, SessionFilter};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use self::budget::BudgetWire;
use super::agent::SnapshotWire;
use crate::body::Invalid;
use crate::event::outcome::OutcomeWire;
use crate::query::Query;
use crate::time::micros_trim;

/// A session.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub(super) struct SessionWire {
    /// `sess_` and 32 hexadecimal digits.
    id: String,
    /// Always `session`.
    #[schema(pattern = "^session$")]
    r#type: &'static str,
    agent: SnapshotWire,
    environment_id: String,
    /// `idle`, or `terminated` once it is archived.
    #[schema(pattern = "^(idle|running|rescheduling|canceling|terminated)$")]
    status: &'static str,
    title: Option<String>,
    metadata: BTreeMap<String, String>,
    #[schema(value_type = Vec<Object>)]
    resources: [Value; 0],
    vault_ids: [String; 0],
    environment_variables: BTreeMap<String, String>,
    budget: Option<BudgetWire>,
    /// What became of the outcomes that it was given, oldest first.
    outcome_evaluations: Vec<OutcomeWire>,
    stats: StatsWire,
    usage: UsageWire,
    deployment_id: Option<String>,
    /// RFC 3339, to the microsecond; `null` while it is in use.
    archived_at: Option<String>,
    /// RFC 3339, to the microsecond.
    created_at: String,
    /// RFC 3339, to the microsecond.
    updated_at: String,
}

/// How long a session ran.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SessionStats)]
struct StatsWire {
    /// Seconds of running.
    active_seconds: f64,
    /// Seconds since it was made; up to its archiving if it is archived.
    duration_seconds: f64,
}

/// What a session used, since it was made.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SessionUsage)]
pub(super) struct UsageWire {
    total_credits: f64,
    model_credits: f64,
    sandbox_runtime_credits: f64,
}

/// A part of the list of sessions.
#[derive(Serialize, ToSchema)]
#[schema(as = SessionList)]
pub(super) struct SessionList {
    data: Vec<SessionWire>,
    next_page: Option<String>,
    first_id: Option<String>,
    last_id: Option<String>,
    has_more: bool,
}

impl UsageWire {
    /// Credits are dollars of the operator's price list, cut to two decimals (sessions §2).
    pub(super) fn of(usage: &Usage) -> Self {
        const NANOS_PER_HUNDREDTH: u64 = 10_000_000;
        let hundredths = u32::try_from(usage.cost_nanos / NANOS_PER_HUNDREDTH).unwrap_or(u32::MAX);
        let credits = f64::from(hundredths) / 100.0;
        Self { total_credits: credits, model_credits: credits, sandbox_runtime_credits: 0.0 }
    }
}

impl SessionWire {
    /// The session and what it holds of its agent, as of `now`.
    pub(super) fn of(held: &Held, now: Timestamp) -> Self {
        let Held { session, agent, fold } = held;
        let until = session.last_instant(fold).unwrap_or(now);
        Self {
            id: session.id.to_string(),
            r#type: "session",
            agent: agent.as_ref().into(),
            environment_id: session.environment.to_string(),
            status: session.status(fold).as_str(),
            title: session.title.clone(),
            metadata: session.metadata.map().clone(),
            resources: [],
            vault_ids: [],
            environment_variables: session.environment_variables.clone(),
            budget: session.budget.map(Into::into),
            outcome_evaluations: fold.outcomes.iter().map(Into::into).collect(),
            stats: StatsWire {
                active_seconds: Duration::from_micros(fold.active_by(until)).as_secs_f64(),
                duration_seconds: until.since(session.created_at).as_secs_f64(),
            },
            usage: UsageWire::of(&fold.usage),
            deployment_id: None,
            archived_at: session.archived_at.map(micros_trim),
            created_at: micros_trim(session.created_at),
            updated_at: micros_trim(session.updated_at),
        }
    }
}

/// The sessions that a query asks for, and in which order; `None` if nothing can match.
pub(super) fn wanted(query: Query<'_>) -> Result<(Option<SessionFilter>, Order), Invalid> {
    let order = match query.one("order")?.as_deref() {
        None | Some("desc") => Order::Descending,
        Some("asc") => Order::Ascending,
        Some(_) => return Err(Invalid::new("order", "must be 'asc' or 'desc'")),
    };
    let agent = query.one("agent_id")?.map(String::from);
    let agent_version = match query.integer("agent_version")? {
        None => None,
        Some(_) if agent.is_none() => {
            return Err(Invalid::new("agent_version", "must come with 'agent_id'"));
        }
        Some(version) => Some(
            u32::try_from(version)
                .ok()
                .filter(|v| *v > 0)
                .ok_or_else(|| Invalid::new("agent_version", "must be a positive integer"))?,
        ),
    };
    let (created_from, created_to) = query.created_within()?;
    let include_archived = query.boolean("include_archived")?.unwrap_or(false);
    let asked = query.many("statuses[]")?;
    let mut statuses = Vec::new();
    for word in &asked {
        match word.as_ref() {
            "idle" => statuses.push(Status::Idle),
            "terminated" => statuses.push(Status::Terminated),
            "running" => statuses.push(Status::Running),
            "rescheduling" => statuses.push(Status::Rescheduling),
            // A cancel takes effect at once, so no session is ever found in it.
            "canceling" => {}
            _ => {
                let problem = "must hold statuses of a session";
                return Err(Invalid::new("statuses[]", problem));
            }
        }
    }
    let elsewhere =
        query.one("deployment_id")?.is_some() || query.one("memory_store_id")?.is_some();
    let impossible = elsewhere || (statuses.is_empty() && !asked.is_empty());
    let filter = SessionFilter {
        include_archived,
        created_from,
        created_to,
        agent,
        agent_version,
        statuses,
    };
    Ok(((!impossible).then_some(filter), order))
}

#[cfg(test)]
mod tests;
