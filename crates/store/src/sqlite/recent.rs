//! Recent sessions: those on whose logs somebody has lately written, held in memory beside the
//! writer, as they were last committed.
//!
//! Whoever writes to a session once does so again soon, and so its row, the head of its log and its
//! live item need not be read each time. The writer alone puts anything here: what it has loaded,
//! which is committed, and what it has committed. So nothing here is ever older than the file.

use std::collections::{HashMap, HashSet};

use leasehold_model::log::TURN_QUEUE;
use leasehold_model::rows::{Keys, Rows};
use leasehold_model::session::Session;
use leasehold_model::{Log, SessionId, WorkId};

/// How many sessions are remembered at the least; never more than twice as many.
const REMEMBERED: usize = 2_048;
/// A log with more calls and waiting events than this is not remembered.
const LIGHT: usize = 128;

/// What is known of recent sessions. They are forgotten a generation at a time.
#[derive(Default)]
pub(super) struct Recent {
    young: HashMap<SessionId, Known>,
    old: HashMap<SessionId, Known>,
}

/// All that is known of a session.
pub(super) struct Known {
    pub(super) session: Session,
    /// `None`: it has heard nothing yet.
    pub(super) log: Option<Log>,
    /// The item by which a worker is called.
    pub(super) live: Option<WorkId>,
}

impl Recent {
    /// What is known of a session, if it is remembered.
    pub(super) fn get(&mut self, id: SessionId) -> Option<&Known> {
        if !self.young.contains_key(&id)
            && let Some(known) = self.old.remove(&id)
        {
            self.put(id, known);
        }
        self.young.get(&id)
    }

    /// Remembers the sessions on whose logs a batch writes, as they were loaded for it.
    pub(super) fn note(&mut self, keys: &Keys, rows: &Rows) {
        let fresh: Vec<SessionId> =
            keys.logs.iter().copied().filter(|id| self.get(*id).is_none()).collect();
        if fresh.is_empty() {
            return;
        }
        let called: HashSet<SessionId> = keys.live_work.iter().copied().collect();
        for id in fresh.into_iter().filter(|id| called.contains(id)) {
            let Some(session) = rows.sessions.get(&id) else { continue };
            let (log, live) = (rows.logs.get(&id).cloned(), rows.live_work.get(&id).copied());
            self.put(id, Known { session: session.clone(), log, live });
            self.forget_heavy(id);
        }
    }

    /// Takes in what a batch has committed.
    pub(super) fn apply(&mut self, rows: &Rows) {
        for change in rows.sessions.changes() {
            match change.now {
                Some(session) => {
                    if let Some(known) = self.find(*change.key) {
                        known.session = session.clone();
                    }
                }
                None => self.forget(*change.key),
            }
        }
        for change in rows.logs.changes() {
            if let Some(known) = self.find(*change.key) {
                known.log = change.now.cloned();
            }
            self.forget_heavy(*change.key);
        }
        for work in rows.work.changes().filter_map(|change| change.now) {
            if work.environment == TURN_QUEUE {
                continue;
            }
            let Some(known) = self.find(work.session) else { continue };
            match work.stopped_at() {
                None => known.live = Some(work.id),
                // Another one may have taken its place in the same batch.
                Some(_) if known.live == Some(work.id) => known.live = None,
                Some(_) => {}
            }
        }
    }

    fn put(&mut self, id: SessionId, known: Known) {
        if self.young.len() >= REMEMBERED {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(id, known);
    }

    fn find(&mut self, id: SessionId) -> Option<&mut Known> {
        self.young.get_mut(&id).or_else(|| self.old.get_mut(&id))
    }

    fn forget(&mut self, id: SessionId) {
        self.young.remove(&id);
        self.old.remove(&id);
    }

    fn forget_heavy(&mut self, id: SessionId) {
        let is_light = |log: &Log| log.pending.len() + log.fold.calls.len() <= LIGHT;
        let heavy = self.find(id).is_some_and(|known| !known.log.as_ref().is_none_or(is_light));
        if heavy {
            self.forget(id);
        }
    }
}

#[cfg(test)]
mod tests;
