//! Events on the wire, as far as the dialects write them alike (events).
//!
//! What tells one dialect from the other is its [`Manner`]. A [`Scribe`] writes the events of one
//! session; [`incoming`] reads what clients send to it, [`list`] and [`stream`] show what it holds.

pub(crate) mod content;
pub(crate) mod incoming;
pub(crate) mod list;
pub(crate) mod outcome;
mod output;
pub(crate) mod send;
pub(crate) mod stream;
pub(crate) mod thread;
pub(crate) mod wire;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use leasehold_model::event::{StopReason, Usage};
use leasehold_model::session::Session;
use leasehold_model::session::ops::Projection;
use leasehold_model::{Event, EventId, Json, SessionId};
use leasehold_sse::encode;
use serde_json::value::RawValue;

use crate::app::Api;
use crate::failure::Failure;
use wire::{EventWire, StopWire, UsageWire};

/// How a dialect writes events.
pub(crate) struct Manner {
    /// What the id of an event begins with.
    pub(crate) prefix: &'static str,
    /// Which edition of a shared event is this dialect's.
    pub(crate) edition: usize,
    /// What becomes of members that nobody knows.
    pub(crate) unknown: Unknown,
    /// Whose results of workers' calls are taken.
    pub(crate) results: Results,
    /// How many events a page has that does not say.
    pub(crate) page_limit: usize,
    /// The parameters that say where a page begins or ends.
    pub(crate) cursors: &'static [&'static str],
    /// What `Last-Event-ID` does.
    pub(crate) resume: Resume,
    /// Why a session rests, in the dialect's words.
    pub(crate) stop: fn(&StopReason) -> StopWire,
    /// What a request to the model used; `None` if the dialect has nothing to say.
    pub(crate) usage: fn(&Usage) -> Option<UsageWire>,
    /// What a session has used so far, and for how long it ran.
    pub(crate) total: fn(&Usage, Duration) -> Json,
    /// The agent of a session, which comes as it is stored.
    pub(crate) agent: fn(&Json) -> Json,
    /// The budget of a session, which comes as it is stored.
    pub(crate) budget: fn(&Json) -> Json,
    /// What of a session's metadata its work items get.
    pub(crate) projection: Projection,
}

/// What becomes of members of an event or a content block that nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// They are not kept.
    Dropped,
    /// They are an error.
    Refused,
}

/// Whose results of workers' calls are taken (sessions §8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Results {
    /// An account token will do.
    OfAnybody,
    /// They must come with a worker's credential.
    OfWorkers,
}

/// What the header `Last-Event-ID` does (events §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resume {
    /// A stream goes on behind the event that it names.
    ById,
    /// Nothing.
    Never,
}

impl Manner {
    /// The id of an event.
    pub(crate) fn id(&self, id: EventId) -> String {
        format!("{}{}", self.prefix, id.hex())
    }

    /// Reads the id of an event.
    pub(crate) fn parse_id(&self, text: &str) -> Option<EventId> {
        EventId::from_hex(text.strip_prefix(self.prefix)?)
    }
}

/// Writes the events of one session in the manner of one dialect.
#[derive(Clone)]
pub(crate) struct Scribe {
    pub(crate) manner: &'static Manner,
    session: SessionId,
    /// Never changes: a session may have its agent's tools replaced, but not its name.
    agent: Arc<str>,
}

impl Scribe {
    /// The scribe of a session.
    pub(crate) async fn of(
        app: &Api,
        session: &Session,
        manner: &'static Manner,
    ) -> Result<Self, Failure> {
        let named = vec![(session.id, session.agent.clone())];
        let snapshots = app.store().views().snapshots(named).await?;
        let name = snapshots.first().map(|snapshot| snapshot.name.as_str());
        Ok(Self { manner, session: session.id, agent: name.unwrap_or_default().into() })
    }

    /// A scribe for what clients say, in which the agent is not named.
    pub(crate) fn of_clients(session: SessionId, manner: &'static Manner) -> Self {
        Self { manner, session, agent: "".into() }
    }

    /// An event.
    pub(crate) fn json(&self, event: &Event) -> Box<RawValue> {
        let wire = EventWire::of(event, self.manner, self.session, &self.agent);
        // Its members are strings, numbers and JSON that is carried; nothing in it can fail.
        serde_json::value::to_raw_value(&wire).unwrap_or_else(|_| RawValue::NULL.to_owned())
    }

    /// An event as a stream has it.
    pub(crate) fn frame(&self, event: &Event) -> Bytes {
        let id = self.manner.id(event.id);
        encode(Some(&id), event.kind.as_str(), self.json(event).get()).into()
    }
}

#[cfg(test)]
mod tests;
