//! The end of a log, as all who follow it share it: one of them reads an event from the database, and
//! one of each kind writes it down; the others find it here.
//!
//! It is kept for as long as somebody follows, and bounded: who falls behind reads for itself.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use leasehold_model::Event;
use tokio::sync::Mutex;

use crate::Store;
use crate::error::StoreError;
use crate::haul::LOOK_BYTES;
use crate::watchers::Watch;

/// How many events are kept, and read at once.
const KEPT: usize = 64;

/// In how many editions an event is kept: one for each kind of reader.
pub const EDITIONS: usize = 2;

/// An event as its readers share it.
#[derive(Debug)]
pub struct Shared {
    event: Event,
    editions: [OnceLock<Bytes>; EDITIONS],
}

/// What somebody who follows a log finds.
#[derive(Debug)]
pub enum Look {
    /// The next events.
    Events(Vec<Arc<Shared>>),
    /// There are none: whoever asks has read the whole log.
    Nothing {
        /// How often the session had changed by then, as [`Watch::changes`] counts.
        as_of: u64,
        /// Whether there can be more.
        standing: Standing,
    },
}

/// Whether a session can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It can.
    Open,
    /// It is archived.
    Archived,
    /// It is deleted.
    Gone,
}

impl Shared {
    fn new(event: Event) -> Arc<Self> {
        Arc::new(Self { event, editions: [const { OnceLock::new() }; EDITIONS] })
    }

    /// The event.
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// What one kind of reader makes of it, made by the first who asks. Of a kind beyond
    /// [`EDITIONS`], everybody makes their own.
    pub fn edition(&self, kind: usize, make: impl FnOnce(&Event) -> Bytes) -> Bytes {
        match self.editions.get(kind) {
            Some(edition) => edition.get_or_init(|| make(&self.event)).clone(),
            None => make(&self.event),
        }
    }
}

impl Store {
    /// What comes next for a reader that has read the log up to `from`.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub async fn look(&self, watch: &Watch, from: u64) -> Result<Look, StoreError> {
        let changes = watch.changes();
        {
            // Readers that are woken together wait here for the first of them.
            let mut tail = watch.tail().0.lock().await;
            if tail.reaches(from) {
                if let Some(known) = tail.known(from, changes) {
                    return Ok(known);
                }
                return tail.read_on(self, watch, changes).await;
            }
        }
        // It has fallen behind, and must not keep the others waiting.
        let read = self.views().events_from(watch.session(), from, KEPT).await?;
        if read.items.is_empty() {
            let standing = self.standing(watch).await?;
            return Ok(Look::Nothing { as_of: changes, standing });
        }
        Ok(Look::Events(read.items.into_iter().map(Shared::new).collect()))
    }

    async fn standing(&self, watch: &Watch) -> Result<Standing, StoreError> {
        let session = self.views().session(watch.session()).await?;
        Ok(match session {
            None => Standing::Gone,
            Some(session) if session.archived_at.is_some() => Standing::Archived,
            Some(_) => Standing::Open,
        })
    }
}

/// The end of one log.
#[derive(Default)]
pub(crate) struct Tail(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    /// The newest events that have been read, without a gap.
    events: VecDeque<Arc<Shared>>,
    weight: usize,
    /// The place behind them.
    next: u64,
    /// By which change there was nothing behind them, and what the session was then.
    end: Option<(u64, Standing)>,
}

impl Kept {
    /// Whether a reader at `from` can go on with what is kept. One that is ahead of everybody takes
    /// the tail along.
    fn reaches(&mut self, from: u64) -> bool {
        if from > self.next {
            *self = Self { next: from, ..Self::default() };
        }
        from >= self.first()
    }

    fn first(&self) -> u64 {
        self.next.saturating_sub(u64::try_from(self.events.len()).unwrap_or(u64::MAX))
    }

    /// What is known without reading.
    fn known(&self, from: u64, changes: u64) -> Option<Look> {
        let missing = usize::try_from(self.next.saturating_sub(from)).unwrap_or(usize::MAX);
        if missing > 0 {
            let skipped = self.events.len().saturating_sub(missing);
            return Some(Look::Events(self.events.iter().skip(skipped).cloned().collect()));
        }
        match self.end {
            Some((as_of, standing)) if as_of >= changes => Some(Look::Nothing { as_of, standing }),
            Some(_) | None => None,
        }
    }

    /// Reads what lies behind.
    async fn read_on(
        &mut self,
        store: &Store,
        watch: &Watch,
        changes: u64,
    ) -> Result<Look, StoreError> {
        // In this order: what was said before an end is read before the end.
        let standing = store.standing(watch).await?;
        let read = store.views().events_from(watch.session(), self.next, KEPT).await?;
        if !read.more {
            self.end = Some((changes, standing));
        }
        if read.items.is_empty() {
            self.trim(0);
            return Ok(Look::Nothing { as_of: changes, standing });
        }
        let fresh: Vec<Arc<Shared>> = read.items.into_iter().map(Shared::new).collect();
        for event in &fresh {
            self.weight += event.event.kind.weight();
            self.events.push_back(Arc::clone(event));
            self.next += 1;
            self.trim(1);
        }
        Ok(Look::Events(fresh))
    }

    /// Forgets the oldest events. However heavy the newest are, those who were woken for them find
    /// them; once there is nothing to be read, nothing heavy stays.
    fn trim(&mut self, least: usize) {
        while self.events.len() > least
            && (self.events.len() > KEPT || self.weight > LOOK_BYTES)
            && let Some(oldest) = self.events.pop_front()
        {
            self.weight -= oldest.event.kind.weight();
        }
    }
}

#[cfg(test)]
mod tests;
