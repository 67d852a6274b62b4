//! Writing a log on: each thing that is said gets its id and its place and moves the fold.
//!
//! A story works on a copy. If what is said turns out to be refused, the copy is dropped and nothing
//! has happened; else [`Story::end`] writes it all down, with what it means for the queues.

use super::{EventWrite, Log, Pending, TURN_QUEUE, Waits};
use crate::event::{Event, Kind, StopReason};
use crate::id::{EventId, WorkId};
use crate::op::Context;
use crate::rows::Rows;
use crate::session::budget::Budget;
use crate::time::Timestamp;
use crate::work::{self, Body, Work};

/// A log that is being written on.
pub struct Story<'a, 'c> {
    /// The log so far.
    pub log: Log,
    context: &'a mut Context<'c>,
    budget: Option<Budget>,
    writes: Vec<EventWrite>,
    ended: Vec<WorkId>,
}

impl<'a, 'c> Story<'a, 'c> {
    /// Goes on with the log of a session that may cost so much.
    pub fn of(log: Log, budget: Option<Budget>, context: &'a mut Context<'c>) -> Self {
        Self { log, context, budget, writes: Vec::new(), ended: Vec::new() }
    }

    /// The instant at which it is told.
    pub fn now(&self) -> Timestamp {
        self.context.now()
    }

    /// Says something under a new id.
    pub fn say(&mut self, kind: Kind) -> Event {
        let id = self.context.mint();
        self.say_as(id, kind)
    }

    /// Says something under an id that was given out before.
    pub fn say_as(&mut self, id: EventId, kind: Kind) -> Event {
        let place = self.log.fold.take_place(self.context.now());
        self.log.fold.apply(id, &kind, place.at);
        self.log.begun.retain(|call| self.log.fold.open(*call).is_some());
        let event = Event { id, place: Some(place), kind };
        self.writes.push(EventWrite::New(event.clone()));
        event
    }

    /// Keeps something that a client said until it is its time.
    pub fn hold(&mut self, kind: Kind, waits: Waits) -> Event {
        let event = Event { id: self.context.mint(), place: None, kind };
        self.log.pending.push(Pending { id: event.id, waits });
        self.writes.push(EventWrite::New(event.clone()));
        event
    }

    /// Takes in what waits for the model.
    pub fn take_in_pending(&mut self) {
        for pending in std::mem::take(&mut self.log.pending) {
            match pending.waits {
                Waits::ForRequest | Waits::ForOtherRequest => {
                    let place = self.log.fold.take_place(self.context.now());
                    self.writes.push(EventWrite::TakenIn(pending.id, place));
                }
                Waits::ForConfirmation { .. } => self.log.pending.push(pending),
            }
        }
    }

    /// Takes in an answer that waited for the confirmation of its call, if there is one.
    pub fn take_in_answer(&mut self, of: EventId) {
        let Some((pending, digest)) = self.remove_held(of) else { return };
        let place = self.log.fold.take_place(self.context.now());
        self.log.fold.answer(of, pending, digest);
        self.writes.push(EventWrite::TakenIn(pending, place));
    }

    /// Drops an answer that waited for the confirmation of its call, if there is one.
    pub fn drop_answer(&mut self, of: EventId) {
        if let Some((pending, _)) = self.remove_held(of) {
            self.writes.push(EventWrite::Dropped(pending));
        }
    }

    fn remove_held(&mut self, of: EventId) -> Option<(EventId, u64)> {
        let held = |pending: &Pending| match pending.waits {
            Waits::ForConfirmation { call, digest } if call == of => Some((pending.id, digest)),
            Waits::ForConfirmation { .. } | Waits::ForRequest | Waits::ForOtherRequest => None,
        };
        let found = self.log.pending.iter().find_map(held)?;
        self.log.pending.retain(|pending| pending.id != found.0);
        Some(found)
    }

    /// The session begins to run, or goes on.
    pub fn run(&mut self) {
        self.say(Kind::StatusRunning);
        self.say(Kind::ThreadRunning);
    }

    /// The session rests. At the end of a turn it says what it has used; before it rests, since a
    /// worker takes what comes afterwards for the beginning of something (worker-protocol §5.2). A
    /// turn that was broken off leaves that to the next one.
    pub fn rest(&mut self, reason: StopReason) {
        if !matches!(reason, StopReason::RequiresAction(_) | StopReason::Cancelled) {
            self.tell_usage();
        }
        self.say(Kind::ThreadIdle(reason.clone()));
        self.say(Kind::StatusIdle(reason));
    }

    /// Says what the session has used so far, if that is news.
    fn tell_usage(&mut self) {
        if self.log.fold.usage_is_news {
            let usage = self.log.fold.usage;
            let active_micros = self.log.fold.active_by(self.context.now().max(self.log.fold.at));
            self.say(Kind::SessionUsage { usage, active_micros, budget: self.budget });
        }
    }

    /// The present turn is over whatever comes next: who runs it is refused from now on.
    pub fn end_turn(&mut self) {
        self.ended.extend(self.log.turn.take());
    }

    /// Writes the story down. A session that runs has a turn in the queue, one that does not has
    /// none: this is the one place that sees to it.
    pub fn end(mut self, rows: &mut Rows) -> Log {
        let now = self.context.now();
        if self.log.fold.status.is_active() {
            if self.log.turn.is_none() {
                let work = Work::queued(self.context.mint(), TURN_QUEUE, self.log.session, now);
                self.log.turn = Some(work.id);
                rows.enqueue(work, Body::default());
            }
        } else {
            self.end_turn();
        }
        for turn in self.ended {
            if let Some(work) = rows.work.get(&turn) {
                let transition = work.end(now, work::StopReason::Requested);
                rows.advance(transition);
            }
        }
        let session = self.log.session;
        rows.events.extend(self.writes.into_iter().map(|write| (session, write)));
        rows.logs.put(session, self.log.clone());
        self.log
    }
}
