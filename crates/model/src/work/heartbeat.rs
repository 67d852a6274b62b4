//! The heartbeat: an optimistic lease, renewed by echoing the instant of the last renewal.
//!
//! The instant is the fencing token, so it rises strictly for an item for ever (work §7.4).

use super::{Beating, Caller, Claim, Proof, State, StateName, Timestamp, Transition, Ttl, Work};
use crate::refusal::{Refusal, Verb};

/// One heartbeat, as a worker sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    /// What the worker believes the last one to be.
    pub expected: Expected,
    /// What the lease is to last from now on.
    pub ttl: Ttl,
    /// Who sends it.
    pub caller: Caller,
    /// What becomes of an item that nobody holds.
    pub unheld: Unheld,
}

/// What a worker believes the last heartbeat to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// It does not say: no precondition.
    Any,
    /// There was none yet (`NO_HEARTBEAT`).
    NoHeartbeat,
    /// The one that it was answered last.
    Beat(Timestamp),
    /// An instant finer than a microsecond, which no heartbeat ever was.
    Never,
}

/// What an unconditional heartbeat does to a `queued` item; the dialects differ (work §11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unheld {
    /// It is refused (Q).
    Refuse,
    /// It accepts the item on the way (A), under the limit of attempts given.
    Claim {
        /// The environment's limit of attempts.
        limit: Option<u32>,
    },
}

/// The answer to a heartbeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beat {
    /// The newest heartbeat; `None` if there is none.
    pub beat: Option<Timestamp>,
    /// Whether this call extended the lease.
    pub extended: bool,
    /// The state after the call.
    pub state: StateName,
    /// The TTL last granted.
    pub ttl: Ttl,
}

/// An accepted heartbeat, as a journal keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BeatRecord {
    /// Its instant.
    pub at: Timestamp,
    /// The TTL that it granted.
    pub ttl: Ttl,
    /// How its sender proved the claim, if it did.
    pub proof: Option<Proof>,
}

/// Where an item stands, for the details of a refusal (work §7.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Current {
    /// Its state.
    pub state: StateName,
    /// Its newest heartbeat.
    pub beat: Option<Timestamp>,
    /// The TTL last granted.
    pub ttl: Ttl,
}

impl Work {
    /// Where the item stands, for the details of a refusal.
    pub fn current(&self) -> Current {
        Current { state: self.state_name(), beat: self.beat(), ttl: self.ttl }
    }

    /// Takes or renews the lease (work §7.3, §7.9).
    ///
    /// A caller that proves its claim as the sender of the newest beat did may send the value before
    /// it once more: the answer that it lost is given again, and nothing is written.
    ///
    /// # Errors
    /// [`Refusal::Superseded`] and [`Refusal::ClaimedByAnother`] for another claim,
    /// [`Refusal::NotHeld`] while `queued`, [`Refusal::Finished`] once `stopped`,
    /// [`Refusal::BeatMismatch`] if `expected` is not the newest heartbeat.
    pub fn heartbeat(&self, now: Timestamp, beat: &Heartbeat) -> Result<Transition<Beat>, Refusal> {
        let settled = self.settled(now);
        let work = &settled.work;
        match &work.state {
            State::Queued(_) => work.beat_unheld(now, beat).map(|transition| Transition {
                ended: settled.ended.or(transition.ended),
                ..transition
            }),
            State::Starting(claim) => {
                work.refuse_other_claim(beat, claim)?;
                match beat.expected {
                    Expected::Any | Expected::NoHeartbeat => {
                        Ok(work.beaten(now, claim, None, beat))
                    }
                    Expected::Beat(_) | Expected::Never => Err(work.mismatch(beat)),
                }
            }
            State::Active(claim, beating) => {
                work.refuse_other_claim(beat, claim)?;
                let renews = match beat.expected {
                    Expected::Any => true,
                    Expected::Beat(echo) => echo == beating.beat,
                    Expected::NoHeartbeat | Expected::Never => false,
                };
                let repeats = match beat.expected {
                    Expected::NoHeartbeat => beating.previous.is_none(),
                    Expected::Beat(echo) => beating.previous == Some(echo),
                    Expected::Any | Expected::Never => false,
                };
                let proof = work.proof(&beat.caller, claim);
                let own = proof.is_some() && proof == beating.proof;
                if renews {
                    Ok(work.beaten(now, claim, Some(beating), beat))
                } else if repeats && own {
                    Ok(work.unchanged(true))
                } else {
                    Err(work.mismatch(beat))
                }
            }
            State::Stopping(claim, _, _) => {
                work.refuse_other_claim(beat, claim)?;
                Ok(work.unchanged(false))
            }
            State::Stopped(_) => {
                work.refuse_superseded(&beat.caller, Verb::Heartbeat)?;
                Err(Refusal::Finished { work: work.id, current: work.current() })
            }
        }
    }

    /// Applies a heartbeat that was accepted before, as a journal of them is replayed.
    ///
    /// Does nothing for one that the item has already taken in, so a journal may overlap with the
    /// rows that it was folded into.
    pub fn replayed(&self, record: BeatRecord) -> Self {
        if record.at <= self.floor {
            return self.clone();
        }
        match &self.state {
            State::Starting(claim) => self.with_beat(claim, None, record),
            State::Active(claim, beating) => self.with_beat(claim, Some(beating), record),
            State::Queued(_) | State::Stopping(..) | State::Stopped(_) => self.clone(),
        }
    }

    /// The heartbeat by which alone this item differs from `before`: replayed on `before`, it gives
    /// this item. `None` if more has happened.
    pub fn beat_since(&self, before: &Self) -> Option<BeatRecord> {
        let State::Active(_, beating) = &self.state else { return None };
        let record = BeatRecord { at: beating.beat, ttl: self.ttl, proof: beating.proof };
        (record.at > before.floor && *self == before.replayed(record)).then_some(record)
    }

    fn beat_unheld(&self, now: Timestamp, beat: &Heartbeat) -> Result<Transition<Beat>, Refusal> {
        let refused =
            || Refusal::NotHeld { work: self.id, expected: beat.expected, current: self.current() };
        if beat.caller.claim.is_some_and(|number| number != self.deliveries) {
            return Err(Refusal::Superseded {
                verb: Verb::Heartbeat,
                work: self.id,
                current: self.current(),
            });
        }
        match (beat.unheld, beat.expected) {
            (Unheld::Claim { limit }, Expected::Any) => {
                let claimed = self.ack(now, &beat.caller, limit).map_err(|_| refused())?;
                let beaten = claimed.next.heartbeat(now, beat)?;
                Ok(Transition { ended: claimed.ended, ..beaten })
            }
            (
                Unheld::Refuse | Unheld::Claim { .. },
                Expected::Any | Expected::NoHeartbeat | Expected::Beat(_) | Expected::Never,
            ) => Err(refused()),
        }
    }

    fn refuse_other_claim(&self, beat: &Heartbeat, claim: &Claim) -> Result<(), Refusal> {
        self.refuse_superseded(&beat.caller, Verb::Heartbeat)?;
        self.refuse_other_worker(&beat.caller, claim.worker.as_ref(), Verb::Heartbeat)
    }

    fn mismatch(&self, beat: &Heartbeat) -> Refusal {
        Refusal::BeatMismatch { work: self.id, expected: beat.expected, current: self.current() }
    }

    fn beaten(
        &self,
        now: Timestamp,
        claim: &Claim,
        beating: Option<&Beating>,
        beat: &Heartbeat,
    ) -> Transition<Beat> {
        let record = BeatRecord {
            at: now.max(self.floor.next()),
            ttl: beat.ttl,
            proof: self.proof(&beat.caller, claim),
        };
        let next = self.with_beat(claim, beating, record);
        let reply =
            Beat { beat: next.beat(), extended: true, state: next.state_name(), ttl: next.ttl };
        Transition { next, reply, ended: None }
    }

    fn with_beat(&self, claim: &Claim, beating: Option<&Beating>, record: BeatRecord) -> Self {
        let BeatRecord { at, ttl, proof } = record;
        let beating = Beating {
            started_at: beating.map_or(at, |b| b.started_at),
            beat: at,
            previous: beating.map(|b| b.beat),
            proof,
        };
        Self { floor: at, ttl, state: State::Active(claim.clone(), beating), ..self.clone() }
    }

    fn unchanged(&self, extended: bool) -> Transition<Beat> {
        let reply = Beat { beat: self.beat(), extended, state: self.state_name(), ttl: self.ttl };
        Transition { next: self.clone(), reply, ended: None }
    }
}
