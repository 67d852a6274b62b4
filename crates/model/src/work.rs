//! A work item: what it is and what is true of it at an instant.
//!
//! The verbs live beside this file: [`claim`] (deliver, ack), [`heartbeat`], [`stop`]; what
//! happened to an item so far is [`attempt`]. Lapsing is not an event: [`Work::settled`] is the one
//! place that says what an item has become by `now`, and every verb and every view starts there.

pub mod attempt;
pub mod claim;
pub mod heartbeat;
pub mod ops;
pub mod stop;

use std::sync::Arc;
use std::time::Duration;

use crate::id::{EnvironmentId, SessionId, WorkId};
use crate::metadata::Metadata;
use crate::time::Timestamp;
use attempt::{Attempt, Outcome};

/// From an ack without a heartbeat to the lapse (work §6.2).
pub const STARTUP_LEASE: Duration = Duration::from_secs(120);
/// The least time that a stopping worker is given to finish (work §10).
pub const STOP_GRACE: Duration = Duration::from_secs(60);
/// How long a delivery that nobody acked keeps an item out of `depth` (work §9), and the window of
/// a poll that names none (work §6.1).
pub const RECLAIM_WINDOW: Duration = Duration::from_millis(5_000);

/// The control part of a work item. Its metadata is a [`Body`]; no rule of the lease needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// Its id; the order of ids is the order of the queue.
    pub id: WorkId,
    /// The environment whose queue it stands in.
    pub environment: EnvironmentId,
    /// The session that needs a worker.
    pub session: SessionId,
    /// When the session queued it.
    pub created_at: Timestamp,
    /// When it entered the queue for the present pass: `created_at`, or its last lapse.
    pub queued_at: Timestamp,
    /// The highest heartbeat ever issued for it, passes included; zero before the first. Every new
    /// heartbeat is greater, so an old echo never matches (work §7.4).
    pub floor: Timestamp,
    /// How often it was handed out; the number of the present claim. An ack without a delivery
    /// counts as one.
    pub deliveries: u32,
    /// How many of these were acknowledged; what a limit of attempts counts.
    pub accepted: u32,
    /// The TTL last granted in this pass; 120 s before the first heartbeat (work §7.5).
    pub ttl: Ttl,
    /// What is true of it besides.
    pub state: State,
}

/// The five states of work §3, each with exactly what is true in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Waiting; handed out if there is a delivery, but not accepted.
    Queued(Option<Delivery>),
    /// Accepted by a worker that has not beaten yet.
    Starting(Claim),
    /// Held by heartbeats.
    Active(Claim, Beating),
    /// Asked to end; its worker finishes what runs.
    Stopping(Claim, Option<Beating>, Timestamp),
    /// Over, for ever.
    Stopped(Stopped),
}

/// A hand-out that nobody has acknowledged yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// When the poll took it.
    pub at: Timestamp,
    /// The worker that named itself in the poll.
    pub worker: Option<WorkerId>,
}

/// An accepted delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// When the poll took it; `None` if it was acknowledged without a delivery.
    pub delivered_at: Option<Timestamp>,
    /// Who holds it: named by the ack, else by the poll.
    pub worker: Option<WorkerId>,
    /// When it was acknowledged.
    pub acknowledged_at: Timestamp,
    /// Whether the limit of attempts was reached with this one: if it lapses, the item stops.
    pub last: bool,
}

/// The heartbeats of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beating {
    /// The first.
    pub started_at: Timestamp,
    /// The newest: the fencing token of the lease.
    pub beat: Timestamp,
    /// The one that `beat` replaced; `None` if `beat` is the first.
    pub previous: Option<Timestamp>,
    /// How the sender of `beat` proved that it holds the claim, if it did. Only who proves it in
    /// the same way may have the answer repeated: the beat was its own.
    pub proof: Option<Proof>,
}

/// How a caller proves that it holds a claim. The two may be shown by different workers: a name is
/// taken from whoever acks a delivery that went to nobody by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// By the claim token of the delivery.
    Token,
    /// Without a token, by the `Worker-ID` that the claim is kept under.
    Name,
}

/// How an item ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// When.
    pub at: Timestamp,
    /// When the first graceful stop was asked for, if any was.
    pub requested_at: Option<Timestamp>,
    /// The attempt that was open at the end, now closed.
    pub attempt: Option<Box<Attempt>>,
    /// Why.
    pub reason: StopReason,
}

/// Why an item stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// A stop was called.
    Requested,
    /// Its last permitted attempt lapsed.
    AttemptsExhausted,
    /// It was asked to stop and its worker let the lease and the grace run out.
    Abandoned,
    /// Its session was archived.
    SessionArchived,
    /// Its session was deleted.
    SessionDeleted,
    /// Its session ended by an error.
    SessionTerminated,
}

/// What a client keeps with an item, apart from the lease.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// Projected from the session when the item was queued; patched by updates.
    pub metadata: Metadata,
    /// The W3C trace context of the request that queued it.
    pub traceparent: Option<Box<str>>,
}

/// The name that a worker gives itself: 1–256 visible ASCII characters (work §6.1). An identity for
/// statistics and for telling claims apart, not a credential.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkerId(Arc<str>);

impl WorkerId {
    /// Takes a trimmed name of 1–256 visible ASCII characters; `None` for anything else.
    pub fn new(name: &str) -> Option<Self> {
        let fits = (1..=256).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic());
        fits.then(|| Self(name.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The time to live of a lease in whole seconds, 10–600 (work §7.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ttl(u16);

impl Ttl {
    /// What an item reports that has had no heartbeat in this pass.
    pub const STARTUP: Self = Self(120);
    /// What a heartbeat gets that asks for nothing.
    pub const DEFAULT: Self = Self(300);
    /// The bounds of a grant, in seconds.
    pub const RANGE: std::ops::RangeInclusive<u16> = 10..=600;

    /// The grant for a wish in seconds, clamped to the bounds without a word.
    pub fn clamped(seconds: u64) -> Self {
        let seconds = u16::try_from(seconds).unwrap_or(u16::MAX);
        Self(seconds.clamp(*Self::RANGE.start(), *Self::RANGE.end()))
    }

    /// Whole seconds.
    pub const fn seconds(self) -> u16 {
        self.0
    }

    /// The same as a duration.
    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.0 as u64)
    }
}

/// A state's name, as the wire and the metrics show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StateName {
    /// `queued`
    Queued,
    /// `starting`
    Starting,
    /// `active`
    Active,
    /// `stopping`
    Stopping,
    /// `stopped`
    Stopped,
}

impl StateName {
    /// The wire's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Starting => "starting",
            Self::Active => "active",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        }
    }
}

/// Where an item counts in the statistics (work §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A poll with the default window could take it now.
    Ready,
    /// Queued for an instant that has not come yet (sessions §7, the loop guard).
    Later,
    /// Handed out a moment ago, not accepted yet.
    Pending,
    /// Held by a worker, or on its way out.
    Held,
    /// Over.
    Done,
}

/// Who calls, as far as a claim is concerned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// The number of the claim that its verified claim token was minted for.
    pub claim: Option<u32>,
    /// The `Worker-ID` it sent; counts only where there is no claim token.
    pub worker: Option<WorkerId>,
}

/// What a verb makes of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition<R> {
    /// The item afterwards; equal to what it was if nothing is to be written.
    pub next: Work,
    /// The answer.
    pub reply: R,
    /// An attempt that ended without ending the item; it goes into the history.
    pub ended: Option<Attempt>,
}

/// An item as of an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The item, its lapse applied.
    pub work: Work,
    /// The attempt that lapsed since the item was written, if it goes on without it.
    pub ended: Option<Attempt>,
}

impl Work {
    /// This item, but not for a poll before `due`.
    #[must_use]
    pub fn not_before(self, due: Timestamp) -> Self {
        Self { queued_at: self.queued_at.max(due), ..self }
    }

    /// A fresh item at the end of its queue.
    pub fn queued(
        id: WorkId,
        environment: EnvironmentId,
        session: SessionId,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            environment,
            session,
            created_at: now,
            queued_at: now,
            floor: Timestamp::ZERO,
            deliveries: 0,
            accepted: 0,
            ttl: Ttl::STARTUP,
            state: State::Queued(None),
        }
    }

    /// The newest instant of the store's time that the item tells of: a store that opens it goes on
    /// from there, whatever the wall clock says.
    pub fn newest_instant(&self) -> Timestamp {
        let delivered_at = match &self.state {
            State::Queued(delivery) => delivery.as_ref().map(|d| d.at),
            State::Starting(_) | State::Active(..) | State::Stopping(..) | State::Stopped(_) => {
                None
            }
        };
        let newest =
            [delivered_at, self.acknowledged_at(), self.stop_requested_at(), self.stopped_at()];
        newest.into_iter().flatten().fold(self.floor.max(self.created_at), Timestamp::max)
    }

    /// When the present lease ends; `None` if there is none (work §7.5, §10).
    pub fn lease_end(&self) -> Option<Timestamp> {
        match &self.state {
            State::Queued(_) | State::Stopped(_) => None,
            State::Starting(claim) => Some(claim.acknowledged_at.plus(STARTUP_LEASE)),
            State::Active(_, beating) => Some(beating.beat.plus(self.ttl.duration())),
            State::Stopping(claim, beating, requested_at) => {
                let lease = match beating {
                    None => claim.acknowledged_at.plus(STARTUP_LEASE),
                    Some(beating) => beating.beat.plus(self.ttl.duration()),
                };
                Some(lease.max(requested_at.plus(STOP_GRACE)))
            }
        }
    }

    /// Whether the lease has run out by `now`.
    pub fn lapsed(&self, now: Timestamp) -> bool {
        self.lease_end().is_some_and(|end| end <= now)
    }

    /// The item as of `now`: the one place where a lapse takes effect (work §10).
    pub fn settled(&self, now: Timestamp) -> Settled {
        let Some(end) = self.lease_end().filter(|end| *end <= now) else {
            return Settled { work: self.clone(), ended: None };
        };
        let ended = self.open_attempt().map(|open| open.closed(end, Outcome::Lapsed));
        let stopped = |ended: Option<Attempt>, requested_at, reason| Settled {
            work: Self {
                state: State::Stopped(Stopped {
                    at: end,
                    requested_at,
                    attempt: ended.map(Box::new),
                    reason,
                }),
                ..self.clone()
            },
            ended: None,
        };
        match &self.state {
            State::Starting(claim) | State::Active(claim, _) if claim.last => {
                stopped(ended, None, StopReason::AttemptsExhausted)
            }
            State::Stopping(_, _, requested_at) => {
                stopped(ended, Some(*requested_at), StopReason::Abandoned)
            }
            State::Queued(_) | State::Starting(_) | State::Active(..) | State::Stopped(_) => {
                let work = Self {
                    queued_at: end,
                    ttl: Ttl::STARTUP,
                    state: State::Queued(None),
                    ..self.clone()
                };
                Settled { work, ended }
            }
        }
    }

    /// Whether a poll with this reclaim window may take the item at `now` (work §6.1).
    pub fn available(&self, now: Timestamp, window: Duration) -> bool {
        self.available_at(window).is_some_and(|at| at <= now)
    }

    /// From when on a poll with this window may take the item, if nothing happens to it before.
    /// `None` if it only comes back by way of a stop.
    pub fn available_at(&self, window: Duration) -> Option<Timestamp> {
        match &self.state {
            State::Queued(None) => Some(self.queued_at),
            State::Queued(Some(delivery)) => Some(delivery.at.plus(window)),
            State::Starting(claim) | State::Active(claim, _) if !claim.last => self.lease_end(),
            State::Starting(_) | State::Active(..) | State::Stopping(..) | State::Stopped(_) => {
                None
            }
        }
    }

    /// When time alone next changes how the item counts: it is due, a delivery is no longer pending,
    /// or a lease ends.
    pub fn next_change(&self) -> Option<Timestamp> {
        match &self.state {
            State::Queued(None) => Some(self.queued_at),
            State::Queued(Some(delivery)) => Some(delivery.at.plus(RECLAIM_WINDOW)),
            State::Starting(_) | State::Active(..) | State::Stopping(..) => self.lease_end(),
            State::Stopped(_) => None,
        }
    }

    /// Where the item counts in the statistics at `now`.
    pub fn standing(&self, now: Timestamp) -> Standing {
        if self.available(now, RECLAIM_WINDOW) {
            return Standing::Ready;
        }
        match &self.state {
            State::Queued(None) => Standing::Later,
            State::Queued(Some(_)) => Standing::Pending,
            State::Starting(_) | State::Active(..) | State::Stopping(..) if self.lapsed(now) => {
                Standing::Done
            }
            State::Starting(_) | State::Active(..) | State::Stopping(..) => Standing::Held,
            State::Stopped(_) => Standing::Done,
        }
    }

    /// Whether time alone has ended the item by `now` though its row still says otherwise.
    pub fn ended_by(&self, now: Timestamp) -> bool {
        !matches!(self.state, State::Stopped(_)) && self.standing(now) == Standing::Done
    }

    /// The name of the state, as it is written; settle first to know the state at an instant.
    pub const fn state_name(&self) -> StateName {
        match &self.state {
            State::Queued(_) => StateName::Queued,
            State::Starting(_) => StateName::Starting,
            State::Active(..) => StateName::Active,
            State::Stopping(..) => StateName::Stopping,
            State::Stopped(_) => StateName::Stopped,
        }
    }

    /// Whether it ended because its worker let lease and grace run out after a stop.
    pub fn was_abandoned(&self) -> bool {
        match &self.state {
            State::Stopped(stopped) => stopped.reason == StopReason::Abandoned,
            State::Queued(_) | State::Starting(_) | State::Active(..) | State::Stopping(..) => {
                false
            }
        }
    }

    /// When a worker accepted the present attempt, or the last one of a stopped item.
    pub fn acknowledged_at(&self) -> Option<Timestamp> {
        match &self.state {
            State::Queued(_) => None,
            State::Starting(claim) | State::Active(claim, _) | State::Stopping(claim, _, _) => {
                Some(claim.acknowledged_at)
            }
            State::Stopped(stopped) => stopped.attempt.as_ref().and_then(|a| a.acknowledged_at),
        }
    }

    /// The first heartbeat of the present attempt, or of the last one of a stopped item.
    pub fn started_at(&self) -> Option<Timestamp> {
        match &self.state {
            State::Stopped(stopped) => stopped.attempt.as_ref().and_then(|a| a.first_beat),
            State::Queued(_) | State::Starting(_) | State::Active(..) | State::Stopping(..) => {
                self.beating().map(|beating| beating.started_at)
            }
        }
    }

    /// The newest heartbeat of the present attempt, or of the last one of a stopped item.
    pub fn beat(&self) -> Option<Timestamp> {
        match &self.state {
            State::Stopped(stopped) => stopped.attempt.as_ref().and_then(|a| a.last_beat),
            State::Queued(_) | State::Starting(_) | State::Active(..) | State::Stopping(..) => {
                self.beating().map(|beating| beating.beat)
            }
        }
    }

    /// When the first graceful stop was asked for.
    pub fn stop_requested_at(&self) -> Option<Timestamp> {
        match &self.state {
            State::Queued(_) | State::Starting(_) | State::Active(..) => None,
            State::Stopping(_, _, requested_at) => Some(*requested_at),
            State::Stopped(stopped) => stopped.requested_at,
        }
    }

    /// When it ended.
    pub fn stopped_at(&self) -> Option<Timestamp> {
        match &self.state {
            State::Queued(_) | State::Starting(_) | State::Active(..) | State::Stopping(..) => None,
            State::Stopped(stopped) => Some(stopped.at),
        }
    }

    fn beating(&self) -> Option<&Beating> {
        match &self.state {
            State::Queued(_) | State::Starting(_) | State::Stopped(_) => None,
            State::Active(_, beating) => Some(beating),
            State::Stopping(_, beating, _) => beating.as_ref(),
        }
    }

    /// What must be true of every item that is written; the text names what is not.
    pub fn check(&self) -> Result<(), &'static str> {
        if let Some(beat) = self.beat() {
            if beat > self.floor {
                return Err("a heartbeat is above the floor");
            }
            if self.started_at().is_none_or(|started| started > beat) {
                return Err("the first heartbeat is after the newest");
            }
        }
        if self.accepted > self.deliveries {
            return Err("more attempts were accepted than handed out");
        }
        match &self.state {
            State::Queued(None) if self.ttl != Ttl::STARTUP => {
                Err("a queued item kept a granted TTL")
            }
            State::Queued(Some(_)) | State::Starting(_) | State::Active(..)
                if self.deliveries == 0 =>
            {
                Err("a delivery was not counted")
            }
            State::Active(_, Beating { beat, previous: Some(previous), .. })
                if previous >= beat =>
            {
                Err("a heartbeat did not rise")
            }
            State::Queued(_)
            | State::Starting(_)
            | State::Active(..)
            | State::Stopping(..)
            | State::Stopped(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod world;
