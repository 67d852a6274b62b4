//! Work items as dialect A writes them (work §2, §11).

pub(super) mod heartbeat;

use std::collections::BTreeMap;

use leasehold_model::MetadataPatch;
use leasehold_model::work::ops::Item;
use leasehold_model::work::stop::Stop;
use leasehold_store::QueueStats;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::session::session_id;
use crate::body::{Invalid, Members};
use crate::time::{micros6, secs};

/// A work item: a session that needs a worker.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Work)]
pub(crate) struct WorkWire {
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
    /// What clients keep with it; empty at first.
    metadata: BTreeMap<String, String>,
    /// Base64url of a JSON object whose `sessions_token` proves the claim; in a poll's answer alone.
    secret: Option<String>,
    /// Always null.
    #[schema(value_type = Option<String>)]
    actor: Option<&'static str>,
}

/// What a work item is about.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct WorkData {
    /// Always `session`.
    #[schema(pattern = "^session$")]
    r#type: &'static str,
    /// The session's id.
    id: String,
}

impl WorkWire {
    /// The item as every call shows it but the poll.
    pub(super) fn of(item: &Item) -> Self {
        let Item { work, body } = item;
        Self {
            id: work.id.to_string(),
            r#type: "work",
            environment_id: work.environment.to_string(),
            data: WorkData { r#type: "session", id: session_id(work.session) },
            state: work.state_name().as_str(),
            created_at: secs(work.created_at),
            acknowledged_at: work.acknowledged_at().map(secs),
            started_at: work.started_at().map(secs),
            latest_heartbeat_at: work.beat().map(micros6),
            stop_requested_at: work.stop_requested_at().map(secs),
            stopped_at: work.stopped_at().map(secs),
            metadata: body.metadata.map().clone(),
            secret: None,
            actor: None,
        }
    }

    /// The item as a poll hands it out.
    pub(super) fn delivered(item: &Item, secret: String) -> Self {
        Self { secret: Some(secret), ..Self::of(item) }
    }
}

/// The statistics of a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = WorkQueueStats)]
pub(crate) struct StatsWire {
    /// Always `work_queue_stats`.
    #[schema(pattern = "^work_queue_stats$")]
    r#type: &'static str,
    /// Items that a poll could take now.
    depth: u64,
    /// Items handed out a moment ago that nobody has accepted.
    pending: u64,
    /// The oldest entry into the queue, RFC 3339, whole seconds.
    oldest_queued_at: Option<String>,
    /// Workers that polled by name within 30 s; null for an environment without a queue.
    workers_polling: Option<u64>,
}

impl StatsWire {
    /// The statistics of a self-hosted environment.
    pub(super) fn of(stats: QueueStats, workers_polling: u64) -> Self {
        Self {
            r#type: "work_queue_stats",
            depth: stats.depth,
            pending: stats.pending,
            oldest_queued_at: stats.oldest_queued_at.map(secs),
            workers_polling: Some(workers_polling),
        }
    }

    /// The statistics of an environment that has no queue (work §11).
    pub(super) fn without_queue() -> Self {
        Self { workers_polling: None, ..Self::of(QueueStats::default(), 0) }
    }
}

/// A part of the list of items.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = WorkList)]
pub(super) struct WorkList {
    pub(super) data: Vec<WorkWire>,
    /// What the next page is asked for with; null on the last one.
    pub(super) next_page: Option<String>,
}

/// How an item is to end.
#[derive(Deserialize, ToSchema)]
#[schema(as = StopWork)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(super) struct StopBody {
    /// Whether it ends at once; otherwise its worker may finish what runs.
    #[schema(default = false)]
    #[serde(default)]
    force: bool,
}

/// What to change of an item.
#[derive(Deserialize, ToSchema)]
#[schema(as = UpdateWork)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(super) struct UpdateBody {
    /// A string sets a key, null removes it.
    metadata: BTreeMap<String, Option<String>>,
}

/// Reads the body of a stop; none at all is a graceful one (work §8).
pub(super) fn stop(body: Value) -> Result<Stop, Invalid> {
    let mut members = Members::body(body)?;
    let force = match members.take("force") {
        None | Some(Value::Bool(false)) => Stop::Graceful,
        Some(Value::Bool(true)) => Stop::Force,
        Some(_) => return Err(Invalid::new("force", "must be a boolean")),
    };
    members.finish()?;
    Ok(force)
}

/// Reads the body of an update: A demands `metadata`, in which `null` alone removes a key.
pub(super) fn update(body: Value) -> Result<MetadataPatch, Invalid> {
    let mut members = Members::body(body)?;
    let patch = members.metadata_patch()?.ok_or_else(|| Invalid::missing("metadata"))?;
    members.finish()?;
    Ok(patch)
}

#[cfg(test)]
mod tests;
