//! Attempts: how each hand-out of an item went.
//!
//! The present attempt, and the last one of a stopped item, is read off the item itself; only
//! attempts that ended while the item went on are rows of their own.

use super::{Beating, Claim, State, Timestamp, Work, WorkerId};

/// One hand-out of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Its number, from 1; the number that its claim token is bound to.
    pub number: u32,
    /// To whom, as far as the worker named itself.
    pub worker: Option<WorkerId>,
    /// When a poll took it; `None` if it was acknowledged without a delivery.
    pub delivered_at: Option<Timestamp>,
    /// When it was accepted.
    pub acknowledged_at: Option<Timestamp>,
    /// Its first heartbeat.
    pub first_beat: Option<Timestamp>,
    /// Its newest heartbeat.
    pub last_beat: Option<Timestamp>,
    /// When and how it ended; `None` while it is open.
    pub end: Option<(Timestamp, Outcome)>,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With the item.
    Stopped,
    /// Its lease ran out.
    Lapsed,
    /// It was never accepted, and the item was handed out again.
    Superseded,
}

impl Attempt {
    fn of_claim(number: u32, claim: &Claim, beating: Option<&Beating>) -> Self {
        Self {
            number,
            worker: claim.worker.clone(),
            delivered_at: claim.delivered_at,
            acknowledged_at: Some(claim.acknowledged_at),
            first_beat: beating.map(|b| b.started_at),
            last_beat: beating.map(|b| b.beat),
            end: None,
        }
    }

    /// The attempt, ended.
    pub fn closed(self, at: Timestamp, outcome: Outcome) -> Self {
        Self { end: Some((at, outcome)), ..self }
    }
}

impl Work {
    /// The attempt that is open as the item is written.
    pub fn open_attempt(&self) -> Option<Attempt> {
        match &self.state {
            State::Queued(None) | State::Stopped(_) => None,
            State::Queued(Some(delivery)) => Some(Attempt {
                number: self.deliveries,
                worker: delivery.worker.clone(),
                delivered_at: Some(delivery.at),
                acknowledged_at: None,
                first_beat: None,
                last_beat: None,
                end: None,
            }),
            State::Starting(claim) => Some(Attempt::of_claim(self.deliveries, claim, None)),
            State::Active(claim, beating) => {
                Some(Attempt::of_claim(self.deliveries, claim, Some(beating)))
            }
            State::Stopping(claim, beating, _) => {
                Some(Attempt::of_claim(self.deliveries, claim, beating.as_ref()))
            }
        }
    }

    /// The newest attempt as of `now`: open, lapsed since, or the one that the item ended with.
    /// Together with the rows of the history this is the whole story.
    pub fn newest_attempt(&self, now: Timestamp) -> Option<Attempt> {
        let settled = self.settled(now);
        if settled.ended.is_some() {
            return settled.ended;
        }
        match &settled.work.state {
            State::Stopped(stopped) => stopped.attempt.as_deref().cloned(),
            State::Queued(_) | State::Starting(_) | State::Active(..) | State::Stopping(..) => {
                settled.work.open_attempt()
            }
        }
    }
}
