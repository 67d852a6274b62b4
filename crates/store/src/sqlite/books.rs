//! The books: the heads of all live items in memory, and who stands where in which queue.
//!
//! SQLite has one writer, so what it has committed can be held beside it: a heartbeat need not read
//! a row, a poll finds the oldest item at once however many wait, and statistics are counts that
//! are kept. The books are rebuilt when the file is opened.
//!
//! Time moves items on its own: a delivery stops being pending, a lease lapses. [`Books::advance`]
//! catches up with it; whoever asks the books something asks for it first.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use hashbrown::HashTable;
use leasehold_model::log::TURN_QUEUE;
use leasehold_model::work::heartbeat::BeatRecord;
use leasehold_model::work::{RECLAIM_WINDOW, Standing, State};
use leasehold_model::{EnvironmentId, Timestamp, Work, WorkId};

use super::slab::Slab;
use crate::timekeeper::Changed;
use crate::views::{Availability, QueueStats, Totals};

/// The heads of all live items.
#[derive(Default)]
pub(super) struct Books {
    entries: Slab<Entry>,
    by_id: HashTable<u32>,
    queues: HashMap<EnvironmentId, Queue>,
    /// When to look at an item again. May be too early, never too late: a heartbeat moves the end
    /// of its lease without touching this.
    timers: BTreeSet<(Timestamp, u32)>,
    ended: BTreeSet<WorkId>,
    held: Held,
    changed: Changed,
}

struct Entry {
    work: Work,
    place: Place,
    timer: Option<Timestamp>,
    /// Whether heartbeats have been written to the journal alone since the row was.
    unfolded: bool,
}

impl Entry {
    /// When time will next move the item from where it is counted.
    fn next_timer(&self) -> Option<Timestamp> {
        match self.place {
            Place::Pending | Place::Later | Place::Held => self.work.next_change(),
            Place::Fresh | Place::Stale | Place::Ended => None,
        }
    }
}

/// Where an item is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Anybody may take it: never delivered, or back from a lapse.
    Fresh,
    /// It was delivered longer ago than [`RECLAIM_WINDOW`] and not accepted.
    Stale,
    /// It was delivered within the window.
    Pending,
    /// It is not due yet.
    Later,
    /// A worker holds it.
    Held,
    /// Time has ended it; its row does not say so yet.
    Ended,
}

/// How many items are held.
#[derive(Default)]
struct Held {
    work: u64,
    turns: u64,
}

impl Held {
    fn of(&mut self, queue: EnvironmentId) -> &mut u64 {
        if queue == TURN_QUEUE { &mut self.turns } else { &mut self.work }
    }
}

#[derive(Default)]
struct Queue {
    fresh: BTreeSet<WorkId>,
    stale: BTreeSet<WorkId>,
    pending: BTreeSet<WorkId>,
    /// The entries into the queue of all of them.
    ages: BTreeSet<(Timestamp, WorkId)>,
}

impl Queue {
    fn set(&mut self, place: Place) -> Option<&mut BTreeSet<WorkId>> {
        match place {
            Place::Fresh => Some(&mut self.fresh),
            Place::Stale => Some(&mut self.stale),
            Place::Pending => Some(&mut self.pending),
            Place::Later | Place::Held | Place::Ended => None,
        }
    }

    fn is_empty(&self) -> bool {
        self.ages.is_empty()
    }
}

/// The last eight bytes of an id are random enough to be its hash, and clients do not choose them.
fn hash(id: WorkId) -> u64 {
    let [.., a, b, c, d, e, f, g, h] = *id.bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

impl Books {
    fn slot(&self, id: WorkId) -> Option<u32> {
        self.by_id.find(hash(id), |slot| self.entries[*slot].work.id == id).copied()
    }

    /// The head of a live item, as it was written.
    pub(super) fn get(&self, id: WorkId) -> Option<&Work> {
        self.slot(id).map(|slot| &self.entries[slot].work)
    }

    /// Takes in a head as it was written; a stopped one leaves the books.
    pub(super) fn put(&mut self, work: Work, now: Timestamp) {
        let stopped = matches!(work.state, State::Stopped(_));
        match self.slot(work.id) {
            Some(slot) if stopped => self.remove(slot),
            Some(slot) => self.replace(slot, work, now),
            None if stopped => {}
            None => self.insert(work, now),
        }
    }

    /// Takes in all heads of a file at once. Much quicker than one by one, since the timers are
    /// sorted once instead of being put in their places.
    pub(super) fn fill<E>(
        heads: impl Iterator<Item = Result<Work, E>>,
        expected: usize,
        now: Timestamp,
    ) -> Result<Self, E> {
        let mut books = Self::default();
        books.by_id.reserve(expected, |_| 0);
        let mut timers = Vec::with_capacity(expected);
        for work in heads {
            let slot = books.add(work?, now);
            let entry = &mut books.entries[slot];
            entry.timer = entry.next_timer();
            timers.extend(entry.timer.map(|at| (at, slot)));
        }
        books.timers = timers.into_iter().collect();
        Ok(books)
    }

    fn insert(&mut self, work: Work, now: Timestamp) {
        let slot = self.add(work, now);
        self.arm(slot);
    }

    fn add(&mut self, work: Work, now: Timestamp) -> u32 {
        let id = work.id;
        let entry = Entry { work, place: Place::Ended, timer: None, unfolded: false };
        let slot = self.entries.insert(entry);
        let entries = &self.entries;
        self.by_id.insert_unique(hash(id), slot, |slot| hash(entries[*slot].work.id));
        self.place(slot, now);
        slot
    }

    fn replace(&mut self, slot: u32, work: Work, now: Timestamp) {
        let stays_held =
            self.entries[slot].place == Place::Held && place(&work, now) == Place::Held;
        if stays_held {
            self.entries[slot].work = work;
        } else {
            self.displace(slot);
            self.entries[slot].work = work;
            self.place(slot, now);
        }
        self.arm(slot);
    }

    fn remove(&mut self, slot: u32) {
        self.displace(slot);
        if let Some(timer) = self.entries[slot].timer {
            self.timers.remove(&(timer, slot));
        }
        let id = self.entries[slot].work.id;
        if let Ok(found) = self.by_id.find_entry(hash(id), |other| *other == slot) {
            found.remove();
        }
        self.entries.remove(slot);
    }

    /// Counts an item where it stands at `now`.
    fn place(&mut self, slot: u32, now: Timestamp) {
        let entry = &mut self.entries[slot];
        entry.place = place(&entry.work, now);
        match entry.place {
            Place::Later => {}
            Place::Held => *self.held.of(entry.work.environment) += 1,
            Place::Ended => {
                self.ended.insert(entry.work.id);
            }
            Place::Fresh | Place::Stale | Place::Pending => {
                let id = entry.work.id;
                let queue = self.queues.entry(entry.work.environment).or_default();
                queue.ages.insert((queued_at(&entry.work), id));
                if let Some(set) = queue.set(entry.place) {
                    set.insert(id);
                }
            }
        }
    }

    /// Takes an item out of where it is counted.
    fn displace(&mut self, slot: u32) {
        let entry = &self.entries[slot];
        match entry.place {
            Place::Later => {}
            Place::Held => *self.held.of(entry.work.environment) -= 1,
            Place::Ended => {
                self.ended.remove(&entry.work.id);
            }
            Place::Fresh | Place::Stale | Place::Pending => {
                let id = entry.work.id;
                let environment = entry.work.environment;
                if let Some(queue) = self.queues.get_mut(&environment) {
                    queue.ages.remove(&(queued_at(&entry.work), id));
                    if let Some(set) = queue.set(entry.place) {
                        set.remove(&id);
                    }
                    if queue.is_empty() {
                        self.queues.remove(&environment);
                    }
                }
            }
        }
    }

    /// Sets the timer of an item no later than its next change.
    fn arm(&mut self, slot: u32) {
        let entry = &mut self.entries[slot];
        let next = entry.next_timer();
        let early_enough = match (entry.timer, next) {
            (Some(timer), Some(next)) => timer <= next,
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        if early_enough {
            return;
        }
        if let Some(timer) = entry.timer {
            self.timers.remove(&(timer, slot));
        }
        entry.timer = next;
        if let Some(next) = next {
            self.timers.insert((next, slot));
        }
    }

    /// Catches up with time. What it changed is kept for [`Books::take_changed`]; the answer is
    /// whether there is anything to take.
    pub(super) fn advance(&mut self, now: Timestamp) -> bool {
        while let Some((at, slot)) = self.timers.first().copied().filter(|(at, _)| *at <= now) {
            self.timers.remove(&(at, slot));
            self.entries[slot].timer = None;
            let before = self.entries[slot].place;
            let after = place(&self.entries[slot].work, now);
            if before != after {
                self.displace(slot);
                self.place(slot, now);
                if before == Place::Held {
                    self.changed.lapsed += 1;
                }
                if matches!(after, Place::Fresh | Place::Stale) {
                    let environment = self.entries[slot].work.environment;
                    *self.changed.ready.entry(environment).or_default() += 1;
                }
            }
            self.arm(slot);
        }
        self.changed.lapsed > 0 || !self.changed.ready.is_empty() || !self.ended.is_empty()
    }

    /// What time has changed since this was last asked.
    pub(super) fn take_changed(&mut self) -> Changed {
        std::mem::take(&mut self.changed)
    }

    /// When to catch up at the latest.
    pub(super) fn next_timer(&self) -> Option<Timestamp> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// Some of the items that time has ended.
    pub(super) fn ended(&self, most: usize) -> Vec<WorkId> {
        self.ended.iter().take(most).copied().collect()
    }

    /// The oldest items that a poll with this window may take, at most `most` of each kind.
    pub(super) fn candidates(
        &self,
        environment: EnvironmentId,
        window: Duration,
        most: usize,
        now: Timestamp,
    ) -> Vec<WorkId> {
        let Some(queue) = self.queues.get(&environment) else { return Vec::new() };
        let available =
            |id: &&WorkId| self.get(**id).is_some_and(|work| work.available(now, window));
        let mut candidates: Vec<WorkId> = queue.fresh.iter().take(most).copied().collect();
        candidates.extend(queue.stale.iter().filter(available).take(most));
        if window < RECLAIM_WINDOW {
            candidates.extend(queue.pending.iter().filter(available).take(most));
        }
        candidates
    }

    /// Whether a poll with this window would find something.
    pub(super) fn availability(
        &self,
        environment: EnvironmentId,
        window: Duration,
        now: Timestamp,
    ) -> Availability {
        let Some(queue) = self.queues.get(&environment) else { return Availability::Nothing };
        let stale_is_free = window <= RECLAIM_WINDOW && !queue.stale.is_empty();
        if !queue.fresh.is_empty() || stale_is_free {
            return Availability::Now;
        }
        let waiting = queue.stale.iter().chain(&queue.pending);
        match waiting.filter_map(|id| self.get(*id)?.available_at(window)).min() {
            Some(at) if at <= now => Availability::Now,
            Some(at) => Availability::At(at),
            None => Availability::Nothing,
        }
    }

    /// The statistics of a queue.
    pub(super) fn stats(&self, environment: EnvironmentId) -> QueueStats {
        self.queues.get(&environment).map_or_else(QueueStats::default, |queue| QueueStats {
            depth: count(queue.fresh.len() + queue.stale.len()),
            pending: count(queue.pending.len()),
            oldest_queued_at: queue.ages.first().map(|(at, _)| *at),
        })
    }

    /// The sums over all queues.
    pub(super) fn totals(&self) -> Totals {
        let turns = self.stats(TURN_QUEUE);
        let mut totals = Totals {
            held: self.held.work,
            turns_waiting: turns.depth + turns.pending,
            turns_running: self.held.turns,
            ..Totals::default()
        };
        for (_, queue) in self.queues.iter().filter(|(id, _)| **id != TURN_QUEUE) {
            totals.depth += count(queue.fresh.len() + queue.stale.len());
            totals.pending += count(queue.pending.len());
            let oldest = queue.ages.first().map(|(at, _)| *at);
            totals.oldest_queued_at = match (totals.oldest_queued_at, oldest) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
        totals
    }

    /// The newest instant that any head carries.
    pub(super) fn newest_instant(&self) -> Timestamp {
        let entries = self.by_id.iter().map(|slot| &self.entries[*slot].work);
        entries.map(Work::newest_instant).max().unwrap_or(Timestamp::ZERO)
    }

    /// Notes that the row of an item is older than its head; whether that is news.
    pub(super) fn mark_unfolded(&mut self, id: WorkId) -> bool {
        self.slot(id).is_some_and(|slot| !std::mem::replace(&mut self.entries[slot].unfolded, true))
    }

    /// Notes that the row of an item is as new as its head.
    pub(super) fn mark_folded(&mut self, id: WorkId) {
        if let Some(slot) = self.slot(id) {
            self.entries[slot].unfolded = false;
        }
    }

    /// Applies a heartbeat of the journal to a head that was just loaded; whether it was news.
    pub(super) fn replay(&mut self, id: WorkId, record: BeatRecord, now: Timestamp) -> bool {
        let Some(slot) = self.slot(id) else { return false };
        let work = self.entries[slot].work.replayed(record);
        let news = work != self.entries[slot].work;
        if news {
            self.replace(slot, work, now);
        }
        news
    }

    /// Drops some of the items of an environment that is gone; they are named by nobody any more.
    pub(super) fn forget(&mut self, ids: &[WorkId]) {
        for id in ids {
            if let Some(slot) = self.slot(*id) {
                self.remove(slot);
            }
        }
    }
}

fn place(work: &Work, now: Timestamp) -> Place {
    match work.standing(now) {
        Standing::Ready => match &work.state {
            State::Queued(Some(_)) => Place::Stale,
            State::Queued(None)
            | State::Starting(_)
            | State::Active(..)
            | State::Stopping(..)
            | State::Stopped(_) => Place::Fresh,
        },
        Standing::Later => Place::Later,
        Standing::Pending => Place::Pending,
        Standing::Held => Place::Held,
        Standing::Done => Place::Ended,
    }
}

/// When the item entered the queue for the pass in which it waits: at its lapse, if it has one.
fn queued_at(work: &Work) -> Timestamp {
    work.lease_end().unwrap_or(work.queued_at)
}

fn count(items: usize) -> u64 {
    u64::try_from(items).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
