//! How an item gets a holder: delivery by a poll, acceptance by an ack.

use std::time::Duration;

use super::attempt::Outcome;
use super::{Caller, Claim, Delivery, Proof, State, Timestamp, Transition, Work, WorkerId};
use crate::refusal::{Refusal, Verb};

impl Work {
    /// Hands the item out to a poll (work §6.1); `None` if the poll may not have it.
    ///
    /// The item stays `queued`. An earlier delivery that was not accepted ends as superseded: its
    /// claim token is of no use any more.
    pub fn deliver(
        &self,
        now: Timestamp,
        window: Duration,
        worker: Option<WorkerId>,
    ) -> Option<Transition<()>> {
        let settled = self.settled(now);
        if !settled.work.available(now, window) {
            return None;
        }
        let superseded =
            settled.work.open_attempt().map(|open| open.closed(now, Outcome::Superseded));
        let next = Self {
            deliveries: settled.work.deliveries.saturating_add(1),
            state: State::Queued(Some(Delivery { at: now, worker })),
            ..settled.work
        };
        Some(Transition { next, reply: (), ended: settled.ended.or(superseded) })
    }

    /// Accepts the item for a worker (work §6.2).
    ///
    /// `limit` is the environment's limit of attempts. An ack of an item that was never delivered
    /// is an ordinary claim; an ack by the holder of a claim changes nothing, so it can be retried.
    ///
    /// # Errors
    /// [`Refusal::Superseded`] for the token of another claim, [`Refusal::ClaimedByAnother`] for
    /// another `Worker-ID`, [`Refusal::WrongState`] once a stop is under way.
    pub fn ack(
        &self,
        now: Timestamp,
        caller: &Caller,
        limit: Option<u32>,
    ) -> Result<Transition<()>, Refusal> {
        let settled = self.settled(now);
        let work = &settled.work;
        work.refuse_superseded(caller, Verb::Ack)?;
        match &work.state {
            State::Queued(delivery) => {
                let delivered_to = delivery.as_ref().and_then(|d| d.worker.as_ref());
                work.refuse_other_worker(caller, delivered_to, Verb::Ack)?;
                let accepted = work.accepted.saturating_add(1);
                let claim = Claim {
                    delivered_at: delivery.as_ref().map(|d| d.at),
                    worker: caller.worker.clone().or_else(|| delivered_to.cloned()),
                    acknowledged_at: now,
                    last: limit.is_some_and(|limit| accepted >= limit),
                };
                let uncounted = u32::from(delivery.is_none());
                let next = Self {
                    deliveries: work.deliveries.saturating_add(uncounted),
                    accepted,
                    state: State::Starting(claim),
                    ..work.clone()
                };
                Ok(Transition { next, reply: (), ended: settled.ended })
            }
            State::Starting(claim) | State::Active(claim, _) => {
                work.refuse_other_worker(caller, claim.worker.as_ref(), Verb::Ack)?;
                Ok(Transition { next: settled.work, reply: (), ended: None })
            }
            State::Stopping(..) | State::Stopped(_) => {
                Err(Refusal::WrongState { verb: Verb::Ack, work: work.id, current: work.current() })
            }
        }
    }

    /// Whether the claim that this delivery began stands: the item lives, its lease has not lapsed,
    /// and it was not handed out again. One that is to stop is still held. Ask it of an item that is
    /// settled.
    pub fn is_held_by(&self, delivery: u32) -> bool {
        let live = match &self.state {
            State::Queued(delivery) => delivery.is_some(),
            State::Starting(_) | State::Active(..) | State::Stopping(..) => true,
            State::Stopped(_) => false,
        };
        live && self.deliveries == delivery
    }

    /// Refuses the token of any claim but the present one. A claim is over with its lease, so the
    /// token of a lapsed one is refused before anybody else has taken the item.
    pub(super) fn refuse_superseded(&self, caller: &Caller, verb: Verb) -> Result<(), Refusal> {
        let Some(number) = caller.claim else { return Ok(()) };
        let lapsed = matches!(self.state, State::Queued(None));
        if number == self.deliveries && !lapsed {
            return Ok(());
        }
        Err(Refusal::Superseded { verb, work: self.id, current: self.current() })
    }

    /// Refuses a caller without a token whose `Worker-ID` is not `holder`; it is compared only where
    /// both are known (work §6.2).
    pub(super) fn refuse_other_worker(
        &self,
        caller: &Caller,
        holder: Option<&WorkerId>,
        verb: Verb,
    ) -> Result<(), Refusal> {
        match (&caller.claim, &caller.worker, holder) {
            (None, Some(sent), Some(holder)) if sent != holder => {
                Err(Refusal::ClaimedByAnother { verb, work: self.id, current: self.current() })
            }
            _ => Ok(()),
        }
    }

    /// How the caller proves that it holds this claim, if it does.
    pub(super) fn proof(&self, caller: &Caller, claim: &Claim) -> Option<Proof> {
        match (caller.claim, &caller.worker) {
            (Some(number), _) => (number == self.deliveries).then_some(Proof::Token),
            (None, Some(name)) => (claim.worker.as_ref() == Some(name)).then_some(Proof::Name),
            (None, None) => None,
        }
    }
}
