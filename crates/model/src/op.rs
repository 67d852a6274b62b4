//! Operations: a verb joined to the rows that it needs.

use crate::id::{Id, Mint};
use crate::refusal::Refusal;
use crate::rows::{Keys, Rows};
use crate::time::Timestamp;

/// Something that the store carries out in one commit.
///
/// The store loads what [`needs`](Op::needs) names for a whole batch, calls
/// [`decide`](Op::decide) on each operation in turn, writes what changed and commits once. `decide`
/// sees what earlier operations of its batch changed; it may be called again if the batch failed.
pub trait Op: Send + 'static {
    /// What the operation answers.
    type Reply: Send + 'static;

    /// Names the rows that `decide` will look at.
    fn needs(&self, keys: &mut Keys);

    /// Decides, purely. A refusal comes before the first change of `rows`.
    ///
    /// # Errors
    /// The refusal, which is the answer; nothing is written for it.
    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<Self::Reply, Refusal>;
}

/// What the store gives to a decision: the instant of the batch and a source of ids.
pub struct Context<'a> {
    now: Timestamp,
    mint: &'a mut Mint,
}

impl<'a> Context<'a> {
    /// A context at an instant of the store's time.
    pub fn new(now: Timestamp, mint: &'a mut Mint) -> Self {
        Self { now, mint }
    }

    /// The instant of the batch.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// A new id, greater than all before it.
    pub fn mint<K>(&mut self) -> Id<K> {
        self.mint.next(self.now)
    }
}
