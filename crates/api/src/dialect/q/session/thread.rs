//! Threads of a session as dialect Q writes them (events §9): the session itself, in other words.

use leasehold_model::Timestamp;
use leasehold_model::session::ops::Held;
use serde::Serialize;
use utoipa::ToSchema;

use super::{SessionWire, SnapshotWire, StatsWire, UsageWire};
use crate::event::thread::thread_id;

/// A thread of a session.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SessionThread)]
pub(in crate::dialect::q) struct ThreadWire {
    /// `sthr_` and 32 hexadecimal digits.
    pub(in crate::dialect::q) id: String,
    /// Always `session_thread`.
    #[schema(pattern = "^session_thread$")]
    r#type: &'static str,
    session_id: String,
    agent: SnapshotWire,
    /// Always null: there is the primary thread alone.
    parent_thread_id: Option<String>,
    /// `idle`, `running`, `rescheduling` or `terminated`; that of an archived session rests.
    #[schema(pattern = "^(idle|running|rescheduling|terminated)$")]
    status: &'static str,
    /// RFC 3339, to the microsecond; `null` while its session is in use.
    archived_at: Option<String>,
    stats: StatsWire,
    usage: UsageWire,
    /// RFC 3339, to the microsecond.
    created_at: String,
    /// RFC 3339, to the microsecond.
    updated_at: String,
}

impl ThreadWire {
    /// The primary thread of a session, whose log says what it is doing.
    pub(in crate::dialect::q) fn of(held: &Held, now: Timestamp) -> Self {
        let wire = SessionWire::of(held, now);
        Self {
            id: thread_id(held.session.id),
            r#type: "session_thread",
            session_id: wire.id,
            agent: wire.agent,
            parent_thread_id: None,
            status: held.fold.status.as_str(),
            archived_at: wire.archived_at,
            stats: wire.stats,
            usage: wire.usage,
            created_at: wire.created_at,
            updated_at: wire.updated_at,
        }
    }
}

/// A part of the list of threads.
#[derive(Serialize, ToSchema)]
#[schema(as = SessionThreadList)]
pub(in crate::dialect::q) struct ThreadList {
    pub(in crate::dialect::q) data: Vec<ThreadWire>,
    /// Always null: there is one thread.
    pub(in crate::dialect::q) next_page: Option<String>,
    pub(in crate::dialect::q) first_id: Option<String>,
    pub(in crate::dialect::q) last_id: Option<String>,
    pub(in crate::dialect::q) has_more: bool,
}
