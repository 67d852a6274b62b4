//! A stream of the events of a session (events §5): subscribe, look, wait.
//!
//! A stream is pulled by its connection: nothing is read ahead for a client that does not read, and a
//! stream that waits takes a kilobyte. [`start`] finds where it begins, [`preview`] shows what
//! the model is saying before the log has it, [`pass`] is what let the reader in. A stream follows the
//! log; whatever else it shows comes after the events that were committed before it.

mod pass;
pub(crate) mod preview;
mod start;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use leasehold_model::EventId;
use leasehold_model::event::Kind;
use leasehold_model::session::Session;
use leasehold_sse::{HEARTBEAT, encode};
use leasehold_store::{Look, Shared, Standing, StoreError, Watch};
use serde_json::json;

use super::wire::{DELETED, EventWire};
use super::{Manner, Scribe};
use crate::app::Api;
use crate::call::{Call, Outcome, Reply};
use crate::time::micros6;
use pass::Pass;
use preview::{Pieces, Wants};
use start::Start;

/// How long a stream is silent at the most.
const SILENCE: Duration = Duration::from_secs(15);

/// What a reader is told last that may not be there any more. Clients take an error on a stream for
/// one that passes, come again, and are told the rest by a status (events §5).
const UNADMITTED: &str = concat!(
    r#"{"type":"error","error":{"type":"authentication_error","message":"#,
    r#""The credential that opened this stream is not valid any more."}}"#
);

/// Whether a stream can show what is being said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offer {
    /// If it is asked for.
    Previews,
    /// Never.
    Events,
}

/// Opens a stream of the events of a session.
///
/// # Errors
/// 400 for a query or a header that is not acceptable.
pub(crate) async fn open(
    call: &Call,
    session: &Session,
    manner: &'static Manner,
    offer: Offer,
) -> Outcome {
    let wants = match offer {
        Offer::Previews => Wants::read(call.query())?,
        Offer::Events => Wants::default(),
    };
    let last = start::last_event_id(&call.parts.headers, manner)?;
    let scribe = Scribe::of(&call.app, session, manner).await?;
    let store = call.app.store();
    let watch = store.watchers().subscribe(session.id);
    let viewer = wants.any().then(|| store.previews().subscribe(session.id));
    let (viewer, so_far) = viewer.unzip();
    let start = Start::find(call, session.id, last, wants, so_far.unwrap_or_default()).await?;
    let follower = Follower {
        app: call.app.clone(),
        scribe,
        watch,
        position: start.position,
        seen: None,
        ready: VecDeque::new(),
        pieces: Pieces::new(viewer, wants, start.previewing),
        pass: Pass::of(call.principal),
        until: start.until,
    };
    Ok(Reply::events(Body::from_stream(stream::unfold(follower, |mut follower| async move {
        let frame = follower.next().await?;
        Some((Ok::<_, Infallible>(frame), follower))
    }))))
}

/// Until when a stream goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Until {
    /// Until something ends it.
    SomethingEndsIt,
    /// Until all that is in the log has been shown.
    LogIsRead,
    /// It is over.
    Now,
}

/// Somebody who follows the log of a session.
struct Follower {
    app: Api,
    scribe: Scribe,
    watch: Watch,
    /// How many events of the log have been taken up.
    position: u64,
    /// By which change of the session there was nothing behind them.
    seen: Option<u64>,
    /// Events that have been taken up and not been shown.
    ready: VecDeque<Arc<Shared>>,
    pieces: Pieces,
    pass: Pass,
    until: Until,
}

/// Why a stream no longer waits.
enum Woken {
    /// There may be something.
    Look,
    /// There was nothing for long enough.
    Silence,
    /// The server ends.
    Closing,
}

impl Follower {
    /// The next frame; `None` at the end of the stream.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if self.until == Until::Now {
                return None;
            }
            if self.pass.is_due(&self.watch)
                && let Some(frame) = self.turn_away().await
            {
                return Some(frame);
            }
            if let Some(event) = self.ready.pop_front() {
                return Some(self.show(&event));
            }
            // A piece is taken before the look: the log is then at least as new as the piece.
            self.pieces.take_up();
            if self.seen != Some(self.watch.changes()) {
                if let Some(frame) = self.look().await {
                    return Some(frame);
                }
                continue;
            }
            if let Some(frame) = self.pieces.next_frame(self.scribe.manner) {
                return Some(frame);
            }
            if self.pieces.has_more() {
                continue;
            }
            match self.wait().await {
                Woken::Look => {}
                Woken::Silence => match self.turn_away().await {
                    Some(frame) => return Some(frame),
                    None => return Some(HEARTBEAT.into()),
                },
                Woken::Closing => return None,
            }
        }
    }

    /// An event of the log as a frame.
    fn show(&mut self, shared: &Shared) -> Bytes {
        let event = shared.event();
        if event.kind == Kind::StatusTerminated {
            self.ready.clear();
            self.until = Until::Now;
        }
        self.pieces.pass(event);
        shared.edition(self.scribe.manner.edition, |event| self.scribe.frame(event))
    }

    /// Takes up what is new in the log; a frame of its own if there can be nothing more.
    async fn look(&mut self) -> Option<Bytes> {
        match self.app.store().look(&self.watch, self.position).await {
            Ok(Look::Events(events)) => {
                self.position += u64::try_from(events.len()).unwrap_or(u64::MAX);
                self.ready.extend(events);
                None
            }
            Ok(Look::Nothing { as_of, standing }) => {
                self.seen = Some(as_of);
                match (standing, self.until) {
                    (Standing::Open, Until::SomethingEndsIt) => None,
                    (Standing::Open, Until::LogIsRead | Until::Now) | (Standing::Archived, _) => {
                        self.until = Until::Now;
                        None
                    }
                    (Standing::Gone, _) => {
                        self.until = Until::Now;
                        Some(self.deleted())
                    }
                }
            }
            Err(error) => {
                self.until = Until::Now;
                Some(broken(&error))
            }
        }
    }

    async fn wait(&mut self) -> Woken {
        tokio::select! {
            biased;
            () = self.app.store().closing() => Woken::Closing,
            () = self.watch.changed() => Woken::Look,
            () = self.pieces.wait() => Woken::Look,
            () = tokio::time::sleep_until(self.pass.due()) => Woken::Silence,
        }
    }

    /// Looks at what let the reader in; a last frame if it does so no more. A claim ends in the same
    /// commit as its session; who was there sees how that ended.
    async fn turn_away(&mut self) -> Option<Bytes> {
        let frame = match self.is_admitted().await {
            Ok(true) => return None,
            Ok(false) => encode(None, "error", UNADMITTED).into(),
            Err(error) => broken(&error),
        };
        self.until = Until::Now;
        Some(frame)
    }

    async fn is_admitted(&mut self) -> Result<bool, StoreError> {
        if self.pass.holds(self.app.store(), &self.watch).await? {
            return Ok(true);
        }
        if !self.pass.ends_with_session() || !self.is_over().await? {
            return Ok(false);
        }
        self.pass.waive();
        self.seen = None;
        self.until = Until::LogIsRead;
        Ok(true)
    }

    /// Whether the session is: gone, archived, or terminated.
    async fn is_over(&self) -> Result<bool, StoreError> {
        let views = self.app.store().views();
        let id = self.watch.session();
        if views.session(id).await?.is_none_or(|session| session.archived_at.is_some()) {
            return Ok(true);
        }
        let log = views.logs(vec![id]).await?.remove(&id);
        Ok(log.is_some_and(|log| !log.listens()))
    }

    /// The last frame of a session that is gone. All readers see it under the same id, although it
    /// stands in no log: that of the session.
    fn deleted(&self) -> Bytes {
        let id = self.scribe.manner.id(EventId::from_bytes(*self.watch.session().bytes()));
        let event = EventWire::deleted(id.clone(), micros6(self.app.store().now()));
        let json = serde_json::to_string(&event).unwrap_or_default();
        encode(Some(&id), DELETED, &json).into()
    }
}

/// The frame of an error on a stream that has begun; it names no event.
fn broken(error: &StoreError) -> Bytes {
    tracing::error!(error = error as &dyn std::error::Error, "a stream broke off");
    let message = "The server cannot read the session at the moment; try again later.";
    let error = json!({"type": "error", "error": {"type": "api_error", "message": message}});
    encode(None, "error", &error.to_string()).into()
}
