//! What must be true of every step, and what a walk must have come across to mean anything.

use super::super::heartbeat::Beat;
use super::*;

/// Checks the promises on a step from one world to the next.
pub(super) fn check(before: &World, step: Step, after: &World) {
    for item in 0..after.items.len() {
        let now = after.now;
        let (old, work) = (&before.items[item], &after.items[item]);
        let story = || format!("item {item} after {step:?}\nfrom {before:#?}\nto {after:#?}");

        assert_eq!(work.check(), Ok(()), "{}", story());
        assert_eq!(work.settled(now).work.check(), Ok(()), "{}", story());
        assert!(accepted_holders(after, item).len() <= 1, "two holders: {}", story());
        assert!(believers(after, item).len() <= 1, "two believe that they hold it: {}", story());
        assert_eq!(stale_success(after, item), None, "a stale holder succeeds: {}", story());
        assert!(goes_on(work, now), "no way forward: {}", story());
        assert!(work.floor >= old.floor, "the floor fell: {}", story());
        if work.beat() != old.beat() && work.state_name() == StateName::Active {
            assert!(work.floor > old.floor, "a heartbeat did not rise: {}", story());
        }
        if old.settled(now).work.state_name() == StateName::Stopped {
            let ended = old.settled(now).work;
            assert_eq!(work.settled(now).work, ended, "it left stopped: {}", story());
        }
    }
}

/// The workers whose heartbeat an active item would extend.
fn accepted_holders(world: &World, item: usize) -> Vec<usize> {
    let work = &world.items[item];
    if work.settled(world.now).work.state_name() != StateName::Active {
        return Vec::new();
    }
    let accepted = |worker: &Worker| {
        let known = worker.knowledge[item].as_ref();
        known.is_some_and(|known| known.acked)
            && matches!(
                work.heartbeat(world.now, &worker.heartbeat(item)),
                Ok(Transition { reply: Beat { extended: true, .. }, .. })
            )
    };
    positions(world, accepted)
}

/// The workers that were promised the item for longer than now. A stopped item is promised to
/// nobody else, so whoever has not heard of the stop yet is alone.
fn believers(world: &World, item: usize) -> Vec<usize> {
    positions(world, |worker| {
        worker.knowledge[item].as_ref().is_some_and(|known| known.believes(world.now))
    })
}

fn positions(world: &World, is: impl Fn(&Worker) -> bool) -> Vec<usize> {
    let all = world.workers.iter().enumerate();
    all.filter(|(_, worker)| is(worker)).map(|(position, _)| position).collect()
}

/// A worker whose claim is over and whose heartbeat, ack or stop would have an effect all the same.
fn stale_success(world: &World, item: usize) -> Option<(usize, &'static str)> {
    let work = &world.items[item];
    let settled = work.settled(world.now).work;
    if settled.state_name() == StateName::Stopped {
        return None;
    }
    for (position, worker) in world.workers.iter().enumerate() {
        let Some(known) = &worker.knowledge[item] else { continue };
        let stale = match worker.identity {
            Identity::Token => {
                known.claim != settled.deliveries || settled.state == State::Queued(None)
            }
            Identity::Name => {
                let holder = settled.open_attempt().and_then(|attempt| attempt.worker);
                holder.is_some() && holder != worker.identity.name()
            }
            // It shows nothing that could be stale but its echo.
            Identity::Nobody => false,
        };
        if !stale {
            continue;
        }
        let caller = worker.caller(item);
        let outcomes = [
            ("heartbeat", work.heartbeat(world.now, &worker.heartbeat(item)).is_ok()),
            ("ack", work.ack(world.now, &caller, None).is_ok()),
            ("stop", work.stop(world.now, Stop::Graceful, &caller).is_ok()),
            ("forced stop", work.stop(world.now, Stop::Force, &caller).is_ok()),
        ];
        if let Some((verb, _)) = outcomes.into_iter().find(|(_, succeeds)| *succeeds) {
            return Some((position, verb));
        }
    }
    None
}

/// Whether the item ends, or can be polled, if everybody falls silent from now on.
fn goes_on(work: &Work, now: Timestamp) -> bool {
    let later = now.plus(Duration::from_secs(86_400));
    work.settled(later).work.state_name() == StateName::Stopped
        || work.deliver(later, RECLAIM_WINDOW, None).is_some()
}

/// What the walk came across.
#[derive(Debug, Default)]
pub(super) struct Sightings {
    repeated_claims: usize,
    stale_tokens: usize,
    lost_echoes: usize,
    lapses: usize,
    exhausted: usize,
    abandoned: usize,
    rivals: usize,
}

impl Sightings {
    pub(super) fn note(&mut self, world: &World) {
        for (item, work) in world.items.iter().enumerate() {
            let known = || world.workers.iter().filter_map(|w| w.knowledge[item].as_ref());
            let is = |yes: bool| usize::from(yes);
            self.repeated_claims += is(work.deliveries > 1);
            self.stale_tokens += known().filter(|k| k.claim != work.deliveries).count();
            let echoes = |k: &&Knowledge| k.echo.is_some() && work.beat() != k.echo;
            self.lost_echoes += known().filter(echoes).count();
            self.lapses += is(work.lapsed(world.now));
            self.rivals += is(known().filter(|k| k.acked).count() > 1);
            if let State::Stopped(stopped) = &work.settled(world.now).work.state {
                self.exhausted += is(stopped.reason == StopReason::AttemptsExhausted);
                self.abandoned += is(stopped.reason == StopReason::Abandoned);
            }
        }
    }

    /// A walk that never met one of these proves little.
    pub(super) fn demand_all(&self) {
        let Self {
            repeated_claims,
            stale_tokens,
            lost_echoes,
            lapses,
            exhausted,
            abandoned,
            rivals,
        } = self;
        for seen in
            [repeated_claims, stale_tokens, lost_echoes, lapses, exhausted, abandoned, rivals]
        {
            assert!(*seen > 0, "{self:?}");
        }
    }
}
