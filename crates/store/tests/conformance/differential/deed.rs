//! What is done to the stores: each deed with its odds, and nothing else to say about it elsewhere.
//!
//! A deed is told a store, what there is in it, and chance. Chance is the same for all backends, so as
//! long as they hold the same rows they are given the same operation.

mod agents;
mod credentials;
mod environments;
mod sessions;
mod work;

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use leasehold_model::op::Op;
use leasehold_store::{Store, StoreError};

use super::known::Known;

/// Does one thing; `None` if there is nothing to do it to.
type Deed = for<'a> fn(&mut Scene<'a>) -> Option<Said<'a>>;

/// What a run is mostly about.
#[derive(Clone, Copy, Debug)]
pub(super) enum Subject {
    /// Items of work and who holds them.
    Work,
}

/// How often a deed is done among all others, when a run is about work.
struct Odds(u32, Deed);

/// The odds are such that items live long enough to have a story.
const DEEDS: &[Odds] = &[
    Odds(4, environments::account),
    Odds(12, environments::create),
    Odds(4, environments::rename),
    Odds(8, environments::limit),
    Odds(1, environments::archive),
    Odds(4, environments::delete),
    Odds(8, agents::create),
    Odds(4, agents::redefine),
    Odds(1, agents::archive),
    Odds(1, agents::delete),
    Odds(48, sessions::create),
    Odds(4, sessions::retitle),
    Odds(4, sessions::retool),
    Odds(4, sessions::archive),
    Odds(4, sessions::delete),
    Odds(4, credentials::token),
    Odds(4, credentials::key),
    Odds(4, credentials::revoke_token),
    Odds(4, credentials::revoke_key),
    Odds(4, credentials::use_token),
    Odds(80, work::poll),
    Odds(56, work::ack),
    Odds(104, work::beat),
    Odds(16, work::patch),
    Odds(16, work::stop),
];

/// Does any deed to a store, the one that follows from `seed`.
pub(super) fn any<'a>(
    subject: Subject,
    seed: u64,
    store: &'a Store,
    known: &'a Known,
) -> Option<Said<'a>> {
    let mut scene = Scene { store, known, chance: fastrand::Rng::with_seed(seed) };
    let odds: Vec<(u32, Deed)> = DEEDS
        .iter()
        .map(|Odds(work, deed)| match subject {
            Subject::Work => (*work, *deed),
        })
        .collect();
    scene.choose(&odds)(&mut scene)
}

/// What the first session needs.
pub(super) const FURNITURE: [Deed; 3] =
    [environments::account, environments::self_hosted, agents::create];

/// Where a deed is done.
pub(super) struct Scene<'a> {
    pub(super) store: &'a Store,
    pub(super) known: &'a Known,
    pub(super) chance: fastrand::Rng,
}

impl Scene<'_> {
    /// One of those that there are, mostly a young one. It is counted from the youngest, so that a
    /// history keeps its meaning when a failure is looked for in less of it.
    fn one_of<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        let age = if self.one_in(3) { self.chance.usize(..64) } else { self.chance.usize(..4) };
        let age = age.checked_rem(from.len())?;
        from.iter().rev().nth(age).cloned()
    }

    /// One of some, by their odds.
    fn choose<T: Copy>(&mut self, odds: &[(u32, T)]) -> T {
        let sum: u32 = odds.iter().map(|(odds, _)| odds).sum();
        let mut left = self.chance.u32(..sum);
        for (odds, what) in odds {
            match left.checked_sub(*odds) {
                Some(less) => left = less,
                None => return *what,
            }
        }
        unreachable!("the draw is less than the sum of the odds")
    }

    fn one_in(&mut self, times: u32) -> bool {
        self.chance.u32(..times) == 0
    }
}

/// An operation and its answer in words.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) asked: String,
    pub(super) answer: String,
}

impl Heard {
    pub(super) fn refused(&self) -> bool {
        self.answer.starts_with("refused")
    }
}

/// An answer, still to come.
pub(super) type Said<'a> = Pin<Box<dyn Future<Output = Heard> + 'a>>;

fn said<'a, O: Op + Debug>(scene: &Scene<'a>, op: O) -> Said<'a>
where
    O::Reply: Debug,
{
    said_as(scene, format!("{op:?}"), op)
}

/// Says an operation that has no words of its own.
fn said_as<'a, O: Op>(scene: &Scene<'a>, asked: String, op: O) -> Said<'a>
where
    O::Reply: Debug,
{
    let store = scene.store;
    Box::pin(async move {
        let answer = match store.submit(op).await {
            Ok(reply) => format!("{reply:?}"),
            Err(StoreError::Refused(refusal)) => format!("refused: {refusal:?}"),
            Err(error) => panic!("{asked}: {error:?}"),
        };
        Heard { asked, answer }
    })
}
