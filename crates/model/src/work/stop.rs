//! How an item ends: a stop, graceful or forced, or the end of its session.

use super::attempt::Outcome;
use super::{Caller, State, StopReason, Stopped, Timestamp, Transition, Work};
use crate::refusal::{Refusal, Verb};

/// How a stop is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The worker may finish what runs; asked a second time, it is the confirmation.
    Graceful,
    /// The item ends now.
    Force,
}

impl Work {
    /// Stops the item (work §8). On a stopped item nothing changes, whoever asks for it.
    ///
    /// # Errors
    /// [`Refusal::Superseded`] for the token of another claim, or for the worker whose claim has
    /// just lapsed; [`Refusal::ClaimedByAnother`] for a `Worker-ID` that does not hold it.
    pub fn stop(
        &self,
        now: Timestamp,
        how: Stop,
        caller: &Caller,
    ) -> Result<Transition<()>, Refusal> {
        let settled = self.settled(now);
        let work = &settled.work;
        work.refuse_superseded(caller, Verb::Stop)?;
        let lapsed_worker = settled.ended.as_ref().and_then(|attempt| attempt.worker.as_ref());
        if caller.claim.is_none()
            && caller.worker.is_some()
            && caller.worker.as_ref() == lapsed_worker
        {
            return Err(Refusal::Superseded {
                verb: Verb::Stop,
                work: work.id,
                current: work.current(),
            });
        }
        let next = match &work.state {
            State::Queued(delivery) => {
                let delivered_to = delivery.as_ref().and_then(|d| d.worker.as_ref());
                work.refuse_other_worker(caller, delivered_to, Verb::Stop)?;
                work.ended(now, how, StopReason::Requested)
            }
            State::Starting(claim) | State::Active(claim, _) => {
                work.refuse_other_worker(caller, claim.worker.as_ref(), Verb::Stop)?;
                match how {
                    Stop::Graceful => {
                        let state = State::Stopping(claim.clone(), work.beating().cloned(), now);
                        Self { state, ..work.clone() }
                    }
                    Stop::Force => work.ended(now, how, StopReason::Requested),
                }
            }
            State::Stopping(claim, _, _) => {
                work.refuse_other_worker(caller, claim.worker.as_ref(), Verb::Stop)?;
                work.ended(now, how, StopReason::Requested)
            }
            State::Stopped(_) => work.clone(),
        };
        Ok(Transition { next, reply: (), ended: settled.ended })
    }

    /// Ends the item because its session is over (work §10); nothing happens to a stopped one.
    pub fn end(&self, now: Timestamp, reason: StopReason) -> Transition<()> {
        let settled = self.settled(now);
        let next = match &settled.work.state {
            State::Stopped(_) => settled.work,
            State::Queued(_) | State::Starting(_) | State::Active(..) | State::Stopping(..) => {
                settled.work.ended(now, Stop::Force, reason)
            }
        };
        Transition { next, reply: (), ended: settled.ended }
    }

    /// `stop_requested_at` is set by the first graceful request alone; force neither sets nor
    /// clears it.
    fn ended(&self, now: Timestamp, how: Stop, reason: StopReason) -> Self {
        let requested_at = self.stop_requested_at().or(match how {
            Stop::Graceful => Some(now),
            Stop::Force => None,
        });
        let attempt = self.open_attempt().map(|open| Box::new(open.closed(now, Outcome::Stopped)));
        let state = State::Stopped(Stopped { at: now, requested_at, attempt, reason });
        Self { state, ..self.clone() }
    }
}
