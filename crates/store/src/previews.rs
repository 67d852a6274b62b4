//! What models are saying right now: pieces of events that are not in the log yet (events §5.2).
//!
//! Kept in memory alone and for this process alone; the truth is the event that follows. A viewer
//! that does not keep up loses its previews and waits for the truth. Which request is open is told by
//! the writer, with each commit: pieces of any other are not shown.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use leasehold_model::{EventId, SessionId};
use tokio::sync::broadcast;

/// How many pieces a viewer may be behind.
const BACKLOG: usize = 256;

/// One piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Preview {
    /// The model begins to say something.
    MessageStarted(EventId),
    /// It begins to think.
    ThinkingStarted(EventId),
    /// It says so much more.
    Text {
        /// The event that is to come.
        event: EventId,
        /// The block within the event.
        index: usize,
        /// What to append.
        text: Arc<str>,
    },
}

impl Preview {
    /// The event that is to come.
    pub fn event(&self) -> EventId {
        match self {
            Self::MessageStarted(event)
            | Self::ThinkingStarted(event)
            | Self::Text { event, .. } => *event,
        }
    }
}

/// A piece as viewers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The event that began the request to which the model says it.
    pub request: EventId,
    /// The piece.
    pub preview: Preview,
}

/// The viewers of all sessions. Cheap to clone.
#[derive(Clone, Default)]
pub struct Previews(Arc<Mutex<HashMap<SessionId, Watched>>>);

#[derive(Default)]
struct Watched {
    viewers: usize,
    sender: Option<broadcast::Sender<Shown>>,
    open: Option<Open>,
}

/// A request that has no end yet, and what has been shown of its answer.
struct Open {
    request: EventId,
    begun: Vec<Begun>,
}

struct Begun {
    started: Preview,
    /// The text of each block.
    blocks: Vec<String>,
}

/// Somebody who wants to see what the model of one session says.
pub struct Viewer {
    session: SessionId,
    receiver: broadcast::Receiver<Shown>,
    previews: Previews,
}

impl Previews {
    /// Registers a viewer; it sees what is said from now on. What was shown of the open request until
    /// now is handed out with it, the text of each block in one piece.
    pub fn subscribe(&self, session: SessionId) -> (Viewer, Vec<Shown>) {
        let mut sessions = self.sessions();
        let watched = sessions.entry(session).or_default();
        watched.viewers += 1;
        let sender = watched.sender.get_or_insert_with(|| broadcast::Sender::new(BACKLOG));
        let receiver = sender.subscribe();
        let so_far = watched.open.as_ref().map(Open::so_far).unwrap_or_default();
        (Viewer { session, receiver, previews: self.clone() }, so_far)
    }

    /// Shows a piece of the answer to a request to whoever looks, unless that request is over.
    pub fn show(&self, session: SessionId, request: EventId, preview: Preview) {
        let mut sessions = self.sessions();
        let Some(watched) = sessions.get_mut(&session) else { return };
        let Some(open) = watched.open.as_mut().filter(|open| open.request == request) else {
            return;
        };
        open.note(&preview);
        if let Some(sender) = &watched.sender {
            // Nobody may be left who looks; that is no matter.
            drop(sender.send(Shown { request, preview }));
        }
    }

    /// Takes note of which request is open after a commit.
    pub(crate) fn follow(&self, session: SessionId, request: Option<EventId>) {
        let mut sessions = self.sessions();
        match request {
            Some(request) => {
                let watched = sessions.entry(session).or_default();
                if watched.open.as_ref().is_none_or(|open| open.request != request) {
                    watched.open = Some(Open { request, begun: Vec::new() });
                }
            }
            None => {
                if let Some(watched) = sessions.get_mut(&session) {
                    watched.open = None;
                }
            }
        }
        Watched::forget(&mut sessions, session);
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<SessionId, Watched>> {
        self.0.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}

impl Watched {
    /// Forgets a session that nobody looks at and in which nothing is said.
    fn forget(sessions: &mut HashMap<SessionId, Self>, session: SessionId) {
        let idle = |watched: &Self| watched.viewers == 0 && watched.open.is_none();
        if sessions.get(&session).is_some_and(idle) {
            sessions.remove(&session);
        }
    }
}

impl Open {
    fn note(&mut self, preview: &Preview) {
        match preview {
            Preview::MessageStarted(_) | Preview::ThinkingStarted(_) => {
                self.begun.push(Begun { started: preview.clone(), blocks: Vec::new() });
            }
            Preview::Text { event, index, text } => {
                let Some(begun) = self.begun.iter_mut().find(|b| b.started.event() == *event)
                else {
                    return;
                };
                if begun.blocks.len() <= *index {
                    begun.blocks.resize_with(index.saturating_add(1), String::new);
                }
                if let Some(block) = begun.blocks.get_mut(*index) {
                    block.push_str(text);
                }
            }
        }
    }

    fn so_far(&self) -> Vec<Shown> {
        let shown = |preview| Shown { request: self.request, preview };
        let mut all = Vec::new();
        for Begun { started, blocks } in &self.begun {
            all.push(shown(started.clone()));
            for (index, text) in blocks.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
                let (event, text) = (started.event(), text.as_str().into());
                all.push(shown(Preview::Text { event, index, text }));
            }
        }
        all
    }
}

/// What a viewer sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Glimpse {
    /// The next piece.
    Piece(Shown),
    /// That it was too slow: pieces are missing here.
    Gap,
}

impl Viewer {
    /// Waits for the next piece.
    pub async fn next(&mut self) -> Glimpse {
        match self.receiver.recv().await {
            Ok(shown) => Glimpse::Piece(shown),
            Err(broadcast::error::RecvError::Lagged(_)) => Glimpse::Gap,
            // The sender lives as long as a viewer does.
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }

    /// The next piece if it is there already.
    pub fn at_hand(&mut self) -> Option<Glimpse> {
        match self.receiver.try_recv() {
            Ok(shown) => Some(Glimpse::Piece(shown)),
            Err(broadcast::error::TryRecvError::Lagged(_)) => Some(Glimpse::Gap),
            Err(broadcast::error::TryRecvError::Empty | broadcast::error::TryRecvError::Closed) => {
                None
            }
        }
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        let mut sessions = self.previews.sessions();
        if let Some(watched) = sessions.get_mut(&self.session) {
            watched.viewers -= 1;
            if watched.viewers == 0 {
                watched.sender = None;
            }
        }
        Watched::forget(&mut sessions, self.session);
    }
}

#[cfg(test)]
mod tests;
