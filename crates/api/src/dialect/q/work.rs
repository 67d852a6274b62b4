//! Work items as dialect Q writes them (work §2, §7).

use std::collections::BTreeMap;

use leasehold_model::MetadataPatch;
use leasehold_model::work::heartbeat::Beat;
use leasehold_model::work::ops::Item;
use leasehold_model::work::stop::Stop;
use leasehold_store::QueueStats;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::body::{Invalid, Members};
use crate::time::{micros6, secs};

/// A work item: a session that needs a worker.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Work)]
pub(super) struct WorkWire {
    /// `work_` and 32 hexadecimal digits.
    id: String,
    /// Always `work`.
    #[schema(pattern = "^work$")]
    r#type: &'static str,
    /// Whose queue it stands in.
    environment_id: String,
    data: WorkData,
    /// `queued`, `starting`, `active`, `stopping` or `stopped`.
    #[schema(pattern = "^(queued|starting|active|stopping|stopped)$")]
    state: &'static str,
    /// RFC 3339, whole seconds, as all stamps but the heartbeat.
    created_at: String,
    /// When a worker accepted it.
    acknowledged_at: Option<String>,
    /// Its first heartbeat.
    started_at: Option<String>,
    /// Its newest heartbeat, RFC 3339 with six decimals.
    latest_heartbeat_at: Option<String>,
    /// When a graceful stop was asked for.
    stop_requested_at: Option<String>,
    /// When it ended.
    stopped_at: Option<String>,
    /// What clients keep with it; at first what its session kept.
    metadata: BTreeMap<String, String>,
    /// Base64url of a JSON object whose `sessions_token` proves the claim; in a poll's answer alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// What a work item is about.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct WorkData {
    /// Always `session`.
    #[schema(pattern = "^session$")]
    r#type: &'static str,
    /// The session's id.
    id: String,
}

/// A part of the list of work items.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkList)]
pub(super) struct WorkList {
    data: Vec<WorkWire>,
    next_page: Option<String>,
    first_id: Option<String>,
    last_id: Option<String>,
    has_more: bool,
}

impl WorkWire {
    /// The item as every call shows it but the poll.
    pub(super) fn of(item: &Item) -> Self {
        let Item { work, body } = item;
        Self {
            id: work.id.to_string(),
            r#type: "work",
            environment_id: work.environment.to_string(),
            data: WorkData { r#type: "session", id: work.session.to_string() },
            state: work.state_name().as_str(),
            created_at: secs(work.created_at),
            acknowledged_at: work.acknowledged_at().map(secs),
            started_at: work.started_at().map(secs),
            latest_heartbeat_at: work.beat().map(micros6),
            stop_requested_at: work.stop_requested_at().map(secs),
            stopped_at: work.stopped_at().map(secs),
            metadata: body.metadata.map().clone(),
            secret: None,
        }
    }

    /// The item as a poll hands it out.
    pub(super) fn delivered(item: &Item, secret: String) -> Self {
        Self { secret: Some(secret), ..Self::of(item) }
    }
}

/// The answer to a heartbeat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = WorkHeartbeat)]
pub(super) struct HeartbeatWire {
    /// Always `work_heartbeat`.
    #[schema(pattern = "^work_heartbeat$")]
    r#type: &'static str,
    /// The newest heartbeat, to be echoed by the next one; empty if there is none.
    last_heartbeat: String,
    /// Whether this call extended the lease.
    lease_extended: bool,
    /// The state after the call.
    #[schema(pattern = "^(queued|starting|active|stopping|stopped)$")]
    state: &'static str,
    /// What the lease lasts, in seconds.
    #[schema(minimum = 10, maximum = 600)]
    ttl_seconds: u16,
}

impl From<&Beat> for HeartbeatWire {
    fn from(beat: &Beat) -> Self {
        Self {
            r#type: "work_heartbeat",
            last_heartbeat: beat.beat.map(micros6).unwrap_or_default(),
            lease_extended: beat.extended,
            state: beat.state.as_str(),
            ttl_seconds: beat.ttl.seconds(),
        }
    }
}

/// The statistics of a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = WorkQueueStats)]
pub(super) struct StatsWire {
    /// Always `work_queue_stats`.
    #[schema(pattern = "^work_queue_stats$")]
    r#type: &'static str,
    /// Items that a poll could take now.
    depth: u64,
    /// Items handed out a moment ago that nobody has accepted.
    pending: u64,
    /// The oldest entry into the queue, RFC 3339, whole seconds.
    oldest_queued_at: Option<String>,
    /// Workers that polled by name within 30 s.
    workers_polling: u64,
}

impl StatsWire {
    pub(super) fn of(stats: QueueStats, workers_polling: u64) -> Self {
        Self {
            r#type: "work_queue_stats",
            depth: stats.depth,
            pending: stats.pending,
            oldest_queued_at: stats.oldest_queued_at.map(secs),
            workers_polling,
        }
    }
}

/// How to stop an item.
#[derive(Deserialize, ToSchema)]
#[schema(as = StopWork)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(super) struct StopBody {
    /// Whether to end it at once; `false` if absent.
    #[serde(default)]
    force: bool,
}

/// What to change of an item.
#[derive(Deserialize, ToSchema)]
#[schema(as = UpdateWork)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(super) struct UpdateBody {
    /// A string sets a key, `null` removes it.
    #[serde(default)]
    metadata: BTreeMap<String, Option<String>>,
}

/// Reads the body of a stop; none at all is a graceful one (work §8).
pub(super) fn stop(body: Value) -> Result<Stop, Invalid> {
    match Members::body(body)?.take("force") {
        None | Some(Value::Bool(false)) => Ok(Stop::Graceful),
        Some(Value::Bool(true)) => Ok(Stop::Force),
        Some(_) => Err(Invalid::new("force", "must be a boolean")),
    }
}

/// Reads the body of an update; without `metadata` it changes nothing (work §5.3).
pub(super) fn update(body: Value) -> Result<MetadataPatch, Invalid> {
    Ok(Members::body(body)?.metadata_patch()?.unwrap_or_default())
}

#[cfg(test)]
mod tests;
