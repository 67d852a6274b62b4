//! What models are saying right now: pieces of events that are not in the log yet (events §5.2).
//!
//! Kept in memory alone and for this process alone; the truth is the event that follows. A viewer
//! that does not keep up loses its previews and waits for the truth.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

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

/// The viewers of all sessions. Cheap to clone.
#[derive(Clone, Default)]
pub struct Previews(Arc<Mutex<HashMap<SessionId, Watched>>>);

struct Watched {
    viewers: usize,
    sender: broadcast::Sender<Preview>,
}

/// Somebody who wants to see what the model of one session says.
pub struct Viewer {
    session: SessionId,
    receiver: broadcast::Receiver<Preview>,
    previews: Previews,
}

impl Previews {
    /// Registers a viewer; it sees what is said from now on.
    pub fn subscribe(&self, session: SessionId) -> Viewer {
        let mut sessions = self.0.lock().unwrap_or_else(|broken| broken.into_inner());
        let watched = sessions
            .entry(session)
            .or_insert_with(|| Watched { viewers: 0, sender: broadcast::Sender::new(BACKLOG) });
        watched.viewers += 1;
        Viewer { session, receiver: watched.sender.subscribe(), previews: self.clone() }
    }

    /// Shows a piece to whoever looks.
    pub fn show(&self, session: SessionId, preview: Preview) {
        let sessions = self.0.lock().unwrap_or_else(|broken| broken.into_inner());
        if let Some(watched) = sessions.get(&session) {
            // Nobody may be left who looks; that is no matter.
            drop(watched.sender.send(preview));
        }
    }
}

impl Viewer {
    /// The next piece; `None` if some were lost since the last one.
    pub async fn next(&mut self) -> Option<Preview> {
        match self.receiver.recv().await {
            Ok(preview) => Some(preview),
            Err(broadcast::error::RecvError::Lagged(_)) => None,
            // The sender lives as long as a viewer does.
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }

    /// The next piece if it is there already.
    pub fn at_hand(&mut self) -> Option<Preview> {
        self.receiver.try_recv().ok()
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        let mut sessions = self.previews.0.lock().unwrap_or_else(|broken| broken.into_inner());
        if let Some(watched) = sessions.get_mut(&self.session) {
            watched.viewers -= 1;
            if watched.viewers == 0 {
                sessions.remove(&self.session);
            }
        }
    }
}
