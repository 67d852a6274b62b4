//! The books against the plain way: whatever happens to the items, what is counted and found is
//! what looking at all of them gives.

use leasehold_model::id::{Id, Mint};
use leasehold_model::work::heartbeat::{Expected, Heartbeat, Unheld};
use leasehold_model::work::stop::Stop;
use leasehold_model::work::{Caller, Ttl};

use super::*;

struct Plain {
    books: Books,
    items: Vec<Work>,
    now: Timestamp,
    chance: fastrand::Rng,
}

const WINDOWS: [Duration; 4] =
    [Duration::ZERO, Duration::from_millis(1_234), RECLAIM_WINDOW, Duration::from_secs(60)];

fn environment(n: u8) -> EnvironmentId {
    Id::from_bytes([n; 16])
}

impl Plain {
    fn new(seed: u64) -> Self {
        let now = Timestamp::from_micros(1_000_000_000_000);
        let chance = fastrand::Rng::with_seed(seed);
        Self { books: Books::default(), items: vec![], now, chance }
    }

    /// Does something to some item, if the rules allow it.
    fn step(&mut self, mint: &mut Mint) {
        let now = self.now;
        let pick = self.chance.usize(..self.items.len().max(1));
        let Some(work) = self.items.get(pick).filter(|_| self.chance.u8(..10) > 0) else {
            let to = environment(self.chance.u8(1..4));
            let work = Work::queued(mint.next(now), to, mint.next(now), now);
            self.put(self.items.len(), work);
            return;
        };
        let caller = Caller::default();
        let beat = Heartbeat {
            expected: Expected::Any,
            ttl: Ttl::clamped(self.chance.u64(5..40)),
            caller: caller.clone(),
            unheld: Unheld::Refuse,
        };
        let limit = [None, Some(2)][self.chance.usize(..2)];
        let next = match self.chance.u8(..12) {
            0..3 => work.deliver(now, WINDOWS[self.chance.usize(..4)], None).map(|t| t.next),
            3..6 => work.ack(now, &caller, limit).ok().map(|t| t.next),
            6..10 => work.heartbeat(now, &beat).ok().map(|t| t.next),
            10 => work.stop(now, Stop::Graceful, &caller).ok().map(|t| t.next),
            _ if self.chance.u8(..4) == 0 => {
                work.stop(now, Stop::Force, &caller).ok().map(|t| t.next)
            }
            _ => None,
        };
        if let Some(next) = next {
            self.put(pick, next);
        }
    }

    fn put(&mut self, place: usize, work: Work) {
        self.books.put(work.clone(), self.now);
        match self.items.get_mut(place) {
            Some(item) => *item = work,
            None => self.items.push(work),
        }
    }

    fn wait(&mut self) {
        let changes = self.items.iter().filter_map(Work::next_change).filter(|at| *at > self.now);
        let by = Duration::from_micros(self.chance.u64(..3_000_000));
        self.now = match (changes.min(), self.chance.u8(..3)) {
            (Some(at), 0) => at,
            (Some(at), 1) => at.minus(Duration::from_micros(1)).max(self.now),
            (_, _) => self.now.plus(by),
        };
        self.books.advance(self.now);
    }

    fn check(&self) {
        for n in 1..4 {
            self.check_queue(environment(n));
        }
        let is = |standing| move |w: &&Work| w.standing(self.now) == standing;
        let totals = self.books.totals();
        assert_eq!(totals.held, count(self.items.iter().filter(is(Standing::Held)).count()));
        assert_eq!(totals.depth, count(self.items.iter().filter(is(Standing::Ready)).count()));
        assert_eq!(totals.pending, count(self.items.iter().filter(is(Standing::Pending)).count()));
        let ended: Vec<_> =
            self.items.iter().filter(|w| w.ended_by(self.now)).map(|w| w.id).collect();
        assert_eq!(self.books.ended(usize::MAX), ended);
        let live = self.items.iter().filter(|w| w.stopped_at().is_none());
        assert_eq!(live.clone().count(), self.books.by_id.len());
        for work in live {
            assert_eq!(self.books.get(work.id), Some(work));
        }
        let due = self.items.iter().filter_map(Work::next_change).filter(|at| *at > self.now);
        if let Some(due) = due.min() {
            assert!(self.books.next_timer().is_some_and(|at| at <= due), "it would be late");
        }
    }

    fn check_queue(&self, of: EnvironmentId) {
        let queue = || self.items.iter().filter(move |w| w.environment == of);
        let waits = |w: &&Work| matches!(w.standing(self.now), Standing::Ready | Standing::Pending);
        let queued_at = |w: &Work| w.settled(self.now).work.queued_at;
        let stats = self.books.stats(of);
        assert_eq!(stats.oldest_queued_at, queue().filter(waits).map(queued_at).min());
        for window in WINDOWS {
            let free = |w: &&Work| w.available(self.now, window);
            let oldest = queue().filter(free).map(|w| w.id).min();
            for most in [1, 3] {
                let found = self.books.candidates(of, window, most, self.now);
                assert_eq!(found.iter().min().copied(), oldest);
                let all: Vec<_> = queue().filter(free).map(|w| w.id).collect();
                assert!(found.len() >= most.min(all.len()), "a poll would go without");
            }
            let at = queue().filter(waits).filter_map(|w| w.available_at(window)).min();
            let expected = match at {
                Some(at) if at <= self.now => Availability::Now,
                Some(at) => Availability::At(at),
                None => Availability::Nothing,
            };
            assert_eq!(self.books.availability(of, window, self.now), expected, "{window:?}");
        }
    }
}

#[test]
fn the_books_count_and_find_what_looking_at_all_items_gives() {
    let mut lapsed = 0;
    for seed in 0..24 {
        let mut plain = Plain::new(seed);
        let mut mint = Mint::new(seed);
        for step in 0..400 {
            plain.step(&mut mint);
            if step % 3 == 0 {
                plain.wait();
            }
            plain.check();
        }
        lapsed += plain.books.take_changed().lapsed;
    }
    assert!(lapsed > 100, "only {lapsed} leases lapsed");
}

#[test]
fn books_that_are_filled_at_once_are_like_books_that_grew() {
    let mut plain = Plain::new(99);
    let mut mint = Mint::new(99);
    for step in 0..400 {
        plain.step(&mut mint);
        if step % 3 == 0 {
            plain.wait();
        }
    }
    let heads = plain.items.iter().filter(|w| w.stopped_at().is_none()).cloned();
    let heads: Vec<Result<Work, ()>> = heads.map(Ok).collect();
    let live = heads.len();
    plain.books = Books::fill(heads.into_iter(), live, plain.now).unwrap();
    for _ in 0..50 {
        plain.check();
        plain.step(&mut mint);
        plain.wait();
    }
    plain.check();
    let newest = plain.items.iter().filter(|w| w.stopped_at().is_none()).map(Work::newest_instant);
    assert_eq!(plain.books.newest_instant(), newest.max().unwrap());
}

#[test]
fn what_is_forgotten_is_counted_nowhere() {
    let mut plain = Plain::new(7);
    let mut mint = Mint::new(7);
    for step in 0..200 {
        plain.step(&mut mint);
        if step % 3 == 0 {
            plain.wait();
        }
    }
    let all: Vec<WorkId> = plain.items.iter().map(|w| w.id).collect();
    plain.books.forget(&all);
    plain.items.clear();
    plain.check();
    assert_eq!(plain.books.next_timer(), None);
    assert!(plain.books.queues.is_empty());
}
