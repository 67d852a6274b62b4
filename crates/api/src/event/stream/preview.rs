//! What a model is saying, shown before the log has it (events §5.2).
//!
//! A piece is shown if it belongs to the request that is open as far as the stream has got; anything
//! else is stale, since the stream has looked at the log after it took the piece.

use std::collections::VecDeque;

use bytes::Bytes;
use leasehold_model::event::Kind;
use leasehold_model::{Event, EventId};
use leasehold_sse::encode;
use leasehold_store::{Glimpse, Preview, Shown, Viewer};
use serde::Serialize;

use crate::body::Invalid;
use crate::event::Manner;
use crate::query::Query;

/// The most values of `event_deltas[]`.
const MOST: usize = 100;

/// Which events a client wants to see coming.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wants {
    messages: bool,
    thoughts: bool,
}

impl Wants {
    /// Reads `event_deltas[]`.
    ///
    /// # Errors
    /// If it names a type that is not previewed, or too often.
    pub(super) fn read(query: Query<'_>) -> Result<Self, Invalid> {
        const NAME: &str = "event_deltas";
        let asked = query.many("event_deltas[]")?;
        if asked.len() > MOST {
            return Err(Invalid::new(NAME, "must not have more than 100 values"));
        }
        let mut wants = Self::default();
        for word in asked {
            match word.as_ref() {
                "agent.message" => wants.messages = true,
                "agent.thinking" => wants.thoughts = true,
                _ => {
                    let problem = "must hold 'agent.message' or 'agent.thinking'";
                    return Err(Invalid::new(NAME, problem));
                }
            }
        }
        Ok(wants)
    }

    /// Whether there is anything.
    pub(super) fn any(self) -> bool {
        self.messages || self.thoughts
    }

    /// Whether events of this kind are seen coming.
    pub(super) fn previews(self, kind: &Kind) -> bool {
        (self.messages && matches!(kind, Kind::AgentMessage { .. }))
            || (self.thoughts && matches!(kind, Kind::AgentThinking { .. }))
    }
}

/// How far a stream has got with an answer that is not in the log yet.
#[derive(Debug, Default)]
pub(super) struct Previewing {
    /// The request that is open where the stream is.
    pub(super) request: Option<EventId>,
    /// The events whose beginnings the client has seen.
    pub(super) begun: Vec<EventId>,
    /// What is to be shown next.
    pub(super) shown: VecDeque<Shown>,
}

impl Previewing {
    fn note(&mut self, glimpse: Glimpse) {
        match glimpse {
            Glimpse::Piece(shown) => self.shown.push_back(shown),
            // Of what has begun no more is shown: the event itself will come.
            Glimpse::Gap => self.begun.clear(),
        }
    }
}

/// The previews of one stream.
pub(super) struct Pieces {
    viewer: Option<Viewer>,
    wants: Wants,
    now: Previewing,
}

impl Pieces {
    pub(super) fn new(viewer: Option<Viewer>, wants: Wants, now: Previewing) -> Self {
        Self { viewer, wants, now }
    }

    /// Takes up a piece that is there.
    pub(super) fn take_up(&mut self) {
        if self.now.shown.is_empty()
            && let Some(glimpse) = self.viewer.as_mut().and_then(Viewer::at_hand)
        {
            self.now.note(glimpse);
        }
    }

    /// Waits for a piece and takes it up; for ever if nobody wants any.
    pub(super) async fn wait(&mut self) {
        match &mut self.viewer {
            Some(viewer) => self.now.note(viewer.next().await),
            None => std::future::pending().await,
        }
    }

    /// Whether a piece has been taken up and not been shown.
    pub(super) fn has_more(&self) -> bool {
        !self.now.shown.is_empty()
    }

    /// The stream has come by this event of the log.
    pub(super) fn pass(&mut self, event: &Event) {
        if let Kind::ModelRequestStart = event.kind {
            self.now.request = Some(event.id);
            self.now.begun.clear();
        } else if let Kind::ModelRequestEnd { .. } = event.kind {
            self.now.request = None;
            self.now.begun.clear();
        }
    }

    /// The frame of the next piece, if that is to be shown.
    pub(super) fn next_frame(&mut self, manner: &Manner) -> Option<Bytes> {
        let Shown { request, preview } = self.now.shown.pop_front()?;
        if self.now.request != Some(request) {
            return None;
        }
        match preview {
            Preview::MessageStarted(event) if self.wants.messages => {
                self.now.begun.push(event);
                Some(begins(manner, event, "agent.message"))
            }
            // Of thoughts the beginning alone is shown.
            Preview::ThinkingStarted(event) if self.wants.thoughts => {
                Some(begins(manner, event, "agent.thinking"))
            }
            Preview::Text { event, index, text } if self.now.begun.contains(&event) => {
                Some(goes_on(manner, event, index, &text))
            }
            Preview::MessageStarted(_) | Preview::ThinkingStarted(_) | Preview::Text { .. } => None,
        }
    }
}

#[derive(Serialize)]
struct StartWire<'a> {
    r#type: &'static str,
    event: NamedWire<'a>,
}

#[derive(Serialize)]
struct NamedWire<'a> {
    id: &'a str,
    r#type: &'static str,
}

#[derive(Serialize)]
struct DeltaWire<'a> {
    r#type: &'static str,
    event_id: &'a str,
    delta: ContentDeltaWire<'a>,
}

#[derive(Serialize)]
struct ContentDeltaWire<'a> {
    r#type: &'static str,
    index: usize,
    content: TextWire<'a>,
}

#[derive(Serialize)]
struct TextWire<'a> {
    r#type: &'static str,
    text: &'a str,
}

fn begins(manner: &Manner, event: EventId, kind: &'static str) -> Bytes {
    let id = manner.id(event);
    let event = NamedWire { id: &id, r#type: kind };
    written(&id, "event_start", &StartWire { r#type: "event_start", event })
}

fn goes_on(manner: &Manner, event: EventId, index: usize, text: &str) -> Bytes {
    let id = manner.id(event);
    let content = TextWire { r#type: "text", text };
    let delta = ContentDeltaWire { r#type: "content_delta", index, content };
    written(&id, "event_delta", &DeltaWire { r#type: "event_delta", event_id: &id, delta })
}

fn written(id: &str, name: &str, wire: &impl Serialize) -> Bytes {
    // Strings and numbers write themselves.
    encode(Some(id), name, &serde_json::to_string(wire).unwrap_or_default()).into()
}

#[cfg(test)]
mod tests;
