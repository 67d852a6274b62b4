//! Wake-ups for readers of sessions: subscribe, look, wait.
//!
//! A wake-up carries no data: whoever is woken looks at the log again, from where it stands. All
//! readers of a session are woken by every change of it, and share what one of them reads: the
//! [`Tail`] of its log. When a credential is taken back the readers of all sessions are woken: each
//! knows by which one it was let in.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use leasehold_model::SessionId;
use tokio::sync::watch;

use crate::tail::Tail;

/// The readers of all sessions. Cheap to clone.
#[derive(Clone, Default)]
pub struct Watchers {
    sessions: Arc<Mutex<HashMap<SessionId, Watched>>>,
    /// Counts how often credentials were taken back.
    revoked: Arc<watch::Sender<u64>>,
}

struct Watched {
    readers: usize,
    /// Counts the changes.
    bell: watch::Sender<u64>,
    tail: Arc<Tail>,
}

/// A registered interest in one session.
pub struct Watch {
    session: SessionId,
    bell: watch::Receiver<u64>,
    revoked: watch::Receiver<u64>,
    tail: Arc<Tail>,
    watchers: Watchers,
}

impl Watchers {
    /// Registers interest in a session. Do so before looking: what comes after is not missed.
    pub fn subscribe(&self, session: SessionId) -> Watch {
        let mut sessions = self.sessions.lock().unwrap_or_else(|broken| broken.into_inner());
        let watched = sessions.entry(session).or_insert_with(|| Watched {
            readers: 0,
            bell: watch::Sender::new(0),
            tail: Arc::default(),
        });
        watched.readers += 1;
        let (bell, tail) = (watched.bell.subscribe(), Arc::clone(&watched.tail));
        let revoked = self.revoked.subscribe();
        Watch { session, bell, revoked, tail, watchers: self.clone() }
    }

    /// Wakes the readers of a session.
    pub(crate) fn wake(&self, session: SessionId) {
        let sessions = self.sessions.lock().unwrap_or_else(|broken| broken.into_inner());
        if let Some(watched) = sessions.get(&session) {
            watched.bell.send_modify(|changes| *changes += 1);
        }
    }

    /// Wakes everybody: credentials were taken back.
    pub(crate) fn revoke(&self) {
        self.revoked.send_modify(|revocations| *revocations += 1);
    }

    /// How many readers there are.
    pub fn readers(&self) -> usize {
        let sessions = self.sessions.lock().unwrap_or_else(|broken| broken.into_inner());
        sessions.values().map(|watched| watched.readers).sum()
    }
}

impl Watch {
    /// Which session it is about.
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// How many changes there have been since somebody began to read. Whoever looks at the log after
    /// asking this finds all of them.
    pub fn changes(&self) -> u64 {
        *self.bell.borrow()
    }

    /// How often credentials were taken back since the server began. Whoever looks at a credential
    /// after asking this finds it as it was then, or later.
    pub fn revocations(&self) -> u64 {
        *self.revoked.borrow()
    }

    /// What all readers of the session share.
    pub(crate) fn tail(&self) -> &Tail {
        &self.tail
    }

    /// Waits for the next change or revocation since the last call, or since the subscription.
    pub async fn changed(&mut self) {
        // The senders live as long as a watch does.
        tokio::select! {
            _ = self.bell.changed() => {}
            _ = self.revoked.changed() => {}
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut sessions =
            self.watchers.sessions.lock().unwrap_or_else(|broken| broken.into_inner());
        if let Some(watched) = sessions.get_mut(&self.session) {
            watched.readers -= 1;
            if watched.readers == 0 {
                sessions.remove(&self.session);
            }
        }
    }
}

#[cfg(test)]
mod tests;
