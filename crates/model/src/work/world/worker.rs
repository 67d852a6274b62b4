//! A worker of the small world: what it shows, what it knows, and what it makes of an answer.

use super::super::heartbeat::{Beat, Expected, Heartbeat, Unheld};
use super::*;

/// What a worker shows of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Identity {
    /// The claim token that came with the item.
    Token,
    /// Its name.
    Name,
    /// Nothing.
    Nobody,
}

impl Identity {
    pub(super) fn name(self) -> Option<WorkerId> {
        match self {
            Self::Name => WorkerId::new("w"),
            Self::Token | Self::Nobody => None,
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Worker {
    pub(super) identity: Identity,
    pub(super) knowledge: [Option<Knowledge>; 2],
}

/// What a worker knows of an item. Nothing of it need be true any more.
#[derive(Clone, Debug)]
pub(super) struct Knowledge {
    /// The number of the claim that its poll brought.
    pub(super) claim: u32,
    /// Whether its ack was answered well.
    pub(super) acked: bool,
    /// The heartbeat that it was answered last.
    pub(super) echo: Option<Timestamp>,
    /// Until when it believes that nobody else holds the item.
    pub(super) believes_until: Option<Timestamp>,
}

/// What a worker hears.
pub(super) enum Answer {
    Nothing,
    Item { item: usize, claim: u32 },
    Done,
    Beat(Beat),
    Refused,
}

impl Worker {
    pub(super) const fn new(identity: Identity) -> Self {
        Self { identity, knowledge: [const { None }; 2] }
    }

    pub(super) fn caller(&self, item: usize) -> Caller {
        let claim = self.knowledge[item].as_ref().map(|known| known.claim);
        Caller {
            claim: claim.filter(|_| self.identity == Identity::Token),
            worker: self.identity.name(),
        }
    }

    /// The heartbeat that it would send: the echo of the last answer that it heard.
    pub(super) fn heartbeat(&self, item: usize) -> Heartbeat {
        let echo = self.knowledge[item].as_ref().and_then(|known| known.echo);
        Heartbeat {
            expected: echo.map_or(Expected::NoHeartbeat, Expected::Beat),
            ttl: Ttl::clamped(TTL),
            caller: self.caller(item),
            unheld: Unheld::Claim { limit: World::limit(item) },
        }
    }

    /// Takes in an answer. A refusal, and a stop that was heard, end its interest in the item.
    pub(super) fn hear(&mut self, request: Request, answer: Answer) {
        match (request, answer) {
            (_, Answer::Item { item, claim }) => {
                let fresh = Knowledge { claim, acked: false, echo: None, believes_until: None };
                self.knowledge[item] = Some(fresh);
            }
            (Request::Poll, _) | (_, Answer::Nothing) => {}
            (
                Request::Ack(item) | Request::Beat(item) | Request::Stop(item, _),
                Answer::Refused,
            )
            | (Request::Stop(item, Stop::Force), Answer::Done) => self.knowledge[item] = None,
            (Request::Stop(..), Answer::Done) => {}
            (Request::Ack(item) | Request::Beat(item), Answer::Done) => {
                if let Some(known) = &mut self.knowledge[item] {
                    known.acked = true;
                }
            }
            (
                Request::Ack(item) | Request::Beat(item) | Request::Stop(item, _),
                Answer::Beat(beat),
            ) => {
                if let Some(known) = &mut self.knowledge[item].as_mut().filter(|_| beat.extended) {
                    known.echo = beat.beat;
                    known.believes_until = beat.beat.map(|at| at.plus(beat.ttl.duration()));
                }
            }
        }
    }
}

impl Knowledge {
    /// Whether the worker believes at `now` that it holds the item.
    pub(super) fn believes(&self, now: Timestamp) -> bool {
        self.believes_until.is_some_and(|until| now < until)
    }

    /// What it comes to: whether the claim is the present one, and what the echo is to the item.
    pub(super) fn key(&self, work: &Work, now: Timestamp, key: &mut Vec<i64>) {
        let beating = work.beating();
        let echo = match self.echo {
            None => 0,
            Some(echo) if beating.is_some_and(|b| b.beat == echo) => 1,
            Some(echo) if beating.is_some_and(|b| b.previous == Some(echo)) => 2,
            Some(_) => 3,
        };
        let first = beating.is_some_and(|b| b.previous.is_none());
        let belief = self.believes_until.filter(|until| now < *until);
        key.extend([
            i64::from(self.claim == work.deliveries),
            i64::from(self.acked),
            echo,
            i64::from(first),
            belief.map_or(0, |until| until.micros() - now.micros()),
        ]);
    }
}
