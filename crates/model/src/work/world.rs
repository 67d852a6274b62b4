//! An exhaustive walk over a small world: three workers, two items, and everything that can go
//! wrong between them, to a bounded depth.
//!
//! One worker shows its claim token, one its name, one nothing. Any answer may be lost, so that a
//! worker goes on with what it knew; any request may arrive twice; the clock steps to just before,
//! to, and just behind each instant at which time alone changes something. After every step the
//! promises of the lease are checked on the world that came out of it.

mod promises;
mod worker;

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use super::stop::Stop;
use super::*;
use crate::id::{Id, Mint};
use worker::{Identity, Knowledge, Worker};

/// How many steps deep the walk goes.
const DEPTH: usize = 7;
/// What the walk must have seen to mean anything: fewer worlds than this, and the rules have lost
/// a way that they had.
const LEAST_WORLDS: usize = 100_000;
/// What each worker asks for, so that leases and the grace of a stop end at different times.
const TTL: u64 = 30;

/// A world. Two are the same if nothing that can be asked tells them apart: see [`World::key`].
#[derive(Clone, Debug)]
struct World {
    now: Timestamp,
    items: [Work; 2],
    workers: [Worker; 3],
}

/// One step of a world.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// The clock goes to this instant.
    Wait(Timestamp),
    /// A worker sends something.
    Send { worker: usize, request: Request, fate: Fate },
    /// The session of an item is archived.
    EndSession(usize),
}

/// What a worker sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Request {
    Poll,
    Ack(usize),
    Beat(usize),
    Stop(usize, Stop),
}

/// What the network makes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Delivered,
    AnswerLost,
    /// The request arrives twice, and the second answer is the one that is heard.
    Twice,
}

impl World {
    fn begin() -> Self {
        let now = Timestamp::from_micros(1_000_000_000_000);
        let mut mint = Mint::new(0);
        let mut item = || Work::queued(mint.next(now), Id::MIN, Id::MIN, now);
        let items = [item(), item()];
        let identities = [Identity::Token, Identity::Name, Identity::Nobody];
        Self { now, items, workers: identities.map(Worker::new) }
    }

    /// The second item may be accepted twice.
    fn limit(item: usize) -> Option<u32> {
        [None, Some(2)][item]
    }

    fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for item in &self.items {
            let change = item.settled(self.now).work.next_change();
            if let Some(at) = change.filter(|at| *at > self.now) {
                let around = [at.minus(Duration::from_micros(1)), at, at.next()];
                steps.extend(around.into_iter().filter(|at| *at > self.now).map(Step::Wait));
            }
        }
        for (worker, Worker { knowledge, .. }) in self.workers.iter().enumerate() {
            let mut requests = vec![Request::Poll];
            for (item, known) in knowledge.iter().enumerate() {
                match known {
                    None => {}
                    Some(Knowledge { acked: false, .. }) => requests.push(Request::Ack(item)),
                    Some(Knowledge { acked: true, .. }) => requests.extend([
                        Request::Beat(item),
                        Request::Stop(item, Stop::Graceful),
                        Request::Stop(item, Stop::Force),
                    ]),
                }
            }
            for request in requests {
                for fate in [Fate::Delivered, Fate::AnswerLost, Fate::Twice] {
                    steps.push(Step::Send { worker, request, fate });
                }
            }
        }
        steps.extend([Step::EndSession(0), Step::EndSession(1)]);
        steps
    }

    fn after(&self, step: Step) -> Self {
        let mut next = self.clone();
        match step {
            Step::Wait(until) => next.now = until,
            Step::EndSession(item) => {
                next.items[item] = self.items[item].end(self.now, StopReason::SessionArchived).next;
            }
            Step::Send { worker, request, fate } => {
                let mut heard = next.send(worker, request);
                if fate == Fate::Twice {
                    heard = next.send(worker, request);
                }
                if fate != Fate::AnswerLost {
                    next.workers[worker].hear(request, heard);
                }
            }
        }
        next
    }

    /// What the server does with a request, and what it answers.
    fn send(&mut self, worker: usize, request: Request) -> worker::Answer {
        let now = self.now;
        let sender = self.workers[worker].clone();
        match request {
            Request::Poll => {
                for (item, work) in self.items.iter_mut().enumerate() {
                    let name = sender.identity.name();
                    if let Some(transition) = work.deliver(now, RECLAIM_WINDOW, name) {
                        *work = transition.next;
                        return worker::Answer::Item { item, claim: work.deliveries };
                    }
                }
                worker::Answer::Nothing
            }
            Request::Ack(item) => {
                let caller = sender.caller(item);
                let outcome = self.items[item].ack(now, &caller, Self::limit(item));
                self.write(item, outcome, |()| worker::Answer::Done)
            }
            Request::Beat(item) => {
                let outcome = self.items[item].heartbeat(now, &sender.heartbeat(item));
                self.write(item, outcome, worker::Answer::Beat)
            }
            Request::Stop(item, how) => {
                let outcome = self.items[item].stop(now, how, &sender.caller(item));
                self.write(item, outcome, |()| worker::Answer::Done)
            }
        }
    }

    fn write<R>(
        &mut self,
        item: usize,
        outcome: Result<Transition<R>, crate::refusal::Refusal>,
        answer: impl FnOnce(R) -> worker::Answer,
    ) -> worker::Answer {
        match outcome {
            Ok(Transition { next, reply, ended: _ }) => {
                self.items[item] = next;
                answer(reply)
            }
            Err(_) => worker::Answer::Refused,
        }
    }

    /// All that the future depends on: instants as distances from now, echoes and claims as what
    /// they are to the item.
    fn key(&self) -> Vec<i64> {
        let mut key = Vec::with_capacity(48);
        let age = |at: Timestamp| at.micros() - self.now.micros();
        for (item, work) in self.items.iter().enumerate() {
            let work = &work.settled(self.now).work;
            key.push(age(work.floor).max(-1));
            key.push(i64::from(work.accepted) * i64::from(Self::limit(item).is_some()));
            match &work.state {
                State::Queued(None) => key.push(0),
                State::Queued(Some(Delivery { at, worker })) => {
                    key.extend([1, age(*at).max(-5_000_000), i64::from(worker.is_some())]);
                }
                State::Starting(claim) => {
                    key.extend([2, i64::from(claim.worker.is_some()), i64::from(claim.last)]);
                }
                State::Active(claim, beating) => key.extend([
                    3,
                    i64::from(claim.worker.is_some()),
                    i64::from(claim.last),
                    beating.proof.map_or(0, |proof| 1 + i64::from(proof == Proof::Name)),
                ]),
                State::Stopping(claim, _, _) => key.extend([4, i64::from(claim.worker.is_some())]),
                State::Stopped(_) => key.push(5),
            }
            key.push(work.lease_end().map_or(0, age));
            for worker in &self.workers {
                match &worker.knowledge[item] {
                    None => key.push(-1),
                    Some(known) => known.key(work, self.now, &mut key),
                }
            }
        }
        key
    }
}

#[test]
fn the_lease_keeps_its_promises_in_every_small_world() {
    let first = World::begin();
    let mut seen = HashSet::from([first.key()]);
    let mut queue = VecDeque::from([(first, 0)]);
    let mut steps = 0_usize;
    let mut sightings = promises::Sightings::default();
    while let Some((world, depth)) = queue.pop_front() {
        if depth == DEPTH {
            continue;
        }
        for step in world.steps() {
            let next = world.after(step);
            steps += 1;
            promises::check(&world, step, &next);
            sightings.note(&next);
            if seen.insert(next.key()) {
                queue.push_back((next, depth + 1));
            }
        }
    }
    println!("{} worlds, {steps} steps, {sightings:?}", seen.len());
    assert!(seen.len() >= LEAST_WORLDS, "only {} worlds were seen", seen.len());
    sightings.demand_all();
}
