//! The items and the callers that the tables are about.

use std::time::Duration;

use crate::id::{Id, Mint};
use crate::refusal::Refusal;
use crate::time::Timestamp;
use crate::work::heartbeat::{Expected, Heartbeat, Unheld};
use crate::work::stop::Stop;
use crate::work::{Caller, State, Transition, Ttl, Work, WorkerId};

/// An item and the instant at which it is looked at.
pub(super) struct Case {
    /// What it is called in the tables.
    pub(super) name: &'static str,
    /// The item as it is written.
    pub(super) work: Work,
    /// When the command arrives.
    pub(super) now: Timestamp,
}

/// Who calls.
#[derive(Clone, Copy)]
pub(super) enum Who {
    Nobody,
    FirstToken,
    SecondToken,
    FirstWorker,
    SecondWorker,
}

impl Who {
    pub(super) const ALL: [Self; 5] =
        [Self::Nobody, Self::FirstToken, Self::SecondToken, Self::FirstWorker, Self::SecondWorker];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::FirstToken => "token 1",
            Self::SecondToken => "token 2",
            Self::FirstWorker => "w1",
            Self::SecondWorker => "w2",
        }
    }

    /// What is to be known about this caller's heartbeats.
    pub(super) const fn beats(self) -> &'static str {
        match self {
            Self::Nobody => {
                "Columns are what the caller expects the newest heartbeat to be. Where the dialects \
                 differ, Q is under `/api/v1/cloud` and A under `/v1`; how each words a refusal is \
                 theirs (`finished` is 409 in Q and 200, not extended, in A)."
            }
            Self::FirstToken | Self::SecondToken | Self::FirstWorker | Self::SecondWorker => "",
        }
    }

    pub(super) fn caller(self) -> Caller {
        match self {
            Self::Nobody => Caller::default(),
            Self::FirstToken => Caller { claim: Some(1), worker: None },
            Self::SecondToken => Caller { claim: Some(2), worker: None },
            Self::FirstWorker => Caller { claim: None, worker: WorkerId::new("w1") },
            Self::SecondWorker => Caller { claim: None, worker: WorkerId::new("w2") },
        }
    }
}

/// An item on its way through the verbs, one second apart.
#[derive(Clone)]
struct Story {
    work: Work,
    now: Timestamp,
}

impl Story {
    fn begin() -> Self {
        let now = Timestamp::from_micros(1_000_000_000);
        let mut mint = Mint::new(0);
        let work = Work::queued(mint.next(now), Id::MIN, Id::MIN, now);
        Self { work, now }
    }

    /// Goes on with what a verb made of the item. The verbs of a story are never refused; if one
    /// were, the item would stay what it is and the page would show it.
    fn then<R>(self, outcome: Result<Transition<R>, Refusal>) -> Self {
        let work = outcome.map_or(self.work, |transition| transition.next);
        Self { work, now: self.now.plus(Duration::from_secs(1)) }
    }

    fn delivered(self, who: Who) -> Self {
        let delivery = self.work.deliver(self.now, Duration::ZERO, who.caller().worker);
        let outcome = delivery.map_or_else(|| Ok(keep(&self.work)), Ok);
        self.then(outcome)
    }

    fn acked(self, who: Who, limit: Option<u32>) -> Self {
        let outcome = self.work.ack(self.now, &who.caller(), limit);
        self.then(outcome)
    }

    fn beaten(self, who: Who) -> Self {
        let heartbeat = Heartbeat {
            expected: Expected::Any,
            ttl: Ttl::DEFAULT,
            caller: who.caller(),
            unheld: Unheld::Refuse,
        };
        let outcome = self.work.heartbeat(self.now, &heartbeat);
        self.then(outcome)
    }

    fn stopped(self, how: Stop) -> Self {
        let outcome = self.work.stop(self.now, how, &Caller::default());
        self.then(outcome)
    }

    /// The item at the very instant at which its lease ends.
    fn lapsed(self) -> Self {
        let now = self.work.lease_end().unwrap_or(self.now);
        Self { now, ..self }
    }

    fn called(self, name: &'static str) -> Case {
        Case { name, work: self.work, now: self.now }
    }
}

fn keep(work: &Work) -> Transition<()> {
    Transition { next: work.clone(), reply: (), ended: None }
}

/// The items of the tables.
pub(super) fn all() -> Vec<Case> {
    use Who::{FirstToken as T1, FirstWorker as W1, Nobody, SecondWorker as W2};
    let queued = Story::begin();
    let delivered = queued.clone().delivered(W1);
    let starting = delivered.clone().acked(W1, None);
    let active = starting.clone().beaten(W1);
    let twice = active.clone().beaten(W1);
    let taken_over = twice.clone().lapsed().delivered(W2);
    let last = delivered.clone().acked(W1, Some(1));
    vec![
        queued.clone().called("queued, never delivered"),
        delivered.clone().called("queued, delivered to w1 just now"),
        queued.delivered(Nobody).called("queued, delivered to nobody known"),
        starting.clone().called("starting, acked by w1"),
        active.clone().called("active, one heartbeat"),
        twice.clone().called("active, two heartbeats"),
        starting.clone().beaten(T1).beaten(T1).called("active, two heartbeats with token 1"),
        starting.clone().beaten(Nobody).called("active, one heartbeat, sent by nobody"),
        starting.clone().stopped(Stop::Graceful).called("stopping, never beaten"),
        twice.clone().stopped(Stop::Graceful).called("stopping"),
        twice.clone().stopped(Stop::Force).called("stopped, held by w1"),
        starting.clone().lapsed().called("*lapsed* starting"),
        twice.clone().lapsed().called("*lapsed* active"),
        last.clone().lapsed().called("*lapsed* starting, last attempt"),
        last.beaten(W1).lapsed().called("*lapsed* active, last attempt"),
        twice.stopped(Stop::Graceful).lapsed().called("*lapsed* stopping"),
        taken_over.clone().called("lapsed, then delivered to w2"),
        taken_over.clone().acked(W2, None).called("lapsed, then acked by w2"),
        taken_over.acked(W2, None).beaten(W2).called("lapsed, then active under w2"),
    ]
}

/// The heartbeat before the newest; for an item without one, some instant in the past.
pub(super) fn previous_of(work: &Work) -> Timestamp {
    match &work.state {
        State::Active(_, beating) => beating.previous,
        State::Stopping(_, beating, _) => beating.as_ref().and_then(|b| b.previous),
        State::Queued(_) | State::Starting(_) | State::Stopped(_) => None,
    }
    .unwrap_or_else(|| work.floor.minus(Duration::from_micros(1)))
}
