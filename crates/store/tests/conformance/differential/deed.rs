//! What is done to the stores: each deed with its odds, and nothing else to say about it elsewhere.
//!
//! A deed is told a store, what there is in it, and chance. Chance is the same for all backends, so as
//! long as they hold the same rows they are given the same operation.

mod agents;
mod clients;
mod credentials;
mod environments;
mod graders;
mod runners;
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
    /// What is said in sessions.
    Logs,
}

/// How often a deed is done among all others: when a run is about work, and when about logs.
struct Odds(u32, u32, Deed);

/// The odds are such that items live long enough to have a story, and sessions to have a long one.
const DEEDS: &[Odds] = &[
    Odds(4, 2, environments::account),
    Odds(12, 6, environments::create),
    Odds(4, 1, environments::rename),
    Odds(8, 2, environments::limit),
    Odds(1, 1, environments::archive),
    Odds(4, 1, environments::delete),
    Odds(8, 1, agents::create),
    Odds(4, 1, agents::redefine),
    Odds(1, 0, agents::archive),
    Odds(1, 0, agents::delete),
    Odds(48, 12, sessions::create),
    Odds(4, 3, sessions::retitle),
    Odds(4, 4, sessions::retool),
    Odds(4, 2, sessions::archive),
    Odds(4, 2, sessions::delete),
    Odds(0, 8, sessions::rebudget),
    Odds(2, 40, clients::greet),
    Odds(4, 60, clients::send),
    Odds(4, 40, clients::answer),
    Odds(1, 6, clients::cancel),
    Odds(12, 160, runners::drive),
    Odds(2, 16, runners::take),
    Odds(1, 8, runners::proceed),
    Odds(1, 8, runners::conclude),
    Odds(1, 8, runners::hand_in),
    Odds(1, 8, graders::grade),
    Odds(1, 4, graders::give_a_sign),
    Odds(1, 3, runners::give_back),
    Odds(2, 16, runners::beat),
    Odds(4, 0, credentials::token),
    Odds(4, 0, credentials::key),
    Odds(4, 0, credentials::revoke_token),
    Odds(4, 0, credentials::revoke_key),
    Odds(4, 0, credentials::use_token),
    Odds(80, 12, work::poll),
    Odds(56, 10, work::ack),
    Odds(104, 12, work::beat),
    Odds(16, 1, work::patch),
    Odds(16, 8, work::stop),
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
        .map(|Odds(work, logs, deed)| match subject {
            Subject::Work => (*work, *deed),
            Subject::Logs => (*logs, *deed),
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

    /// Whether it is none of the answers that an operation has.
    pub(super) fn failed(&self) -> bool {
        self.answer.starts_with("failed")
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
            Err(error) => format!("failed: {error:?}"),
        };
        Heard { asked, answer }
    })
}
