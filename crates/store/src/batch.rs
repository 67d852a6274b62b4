//! Tickets: an operation on its way to the writer, and its answer on the way back.

use std::panic::{AssertUnwindSafe, catch_unwind};

use leasehold_model::op::{Context, Op};
use leasehold_model::rows::{Keys, Rows};
use tokio::sync::oneshot;

use crate::error::StoreError;

/// An operation of any kind, with the way back to its caller.
pub(crate) struct Ticket(Box<dyn Pending>);

/// What the writer does with an operation.
trait Pending: Send {
    fn is_awaited(&self) -> bool;
    fn needs(&self, keys: &mut Keys);
    fn decide(&mut self, context: &mut Context<'_>, rows: &mut Rows) -> Verdict;
    fn settle(self: Box<Self>);
    fn fail(self: Box<Self>, error: StoreError);
}

/// What became of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It goes ahead.
    Agreed,
    /// The rules said no, by this name.
    Refused(&'static str),
    /// The decision panicked: a bug; the other operations of the batch go on.
    Broken,
}

struct Waiting<O: Op> {
    op: O,
    verdict: Option<Result<O::Reply, StoreError>>,
    caller: oneshot::Sender<Result<O::Reply, StoreError>>,
}

/// A ticket for an operation, and where its answer will arrive.
pub(crate) fn ticket<O: Op>(op: O) -> (Ticket, oneshot::Receiver<Result<O::Reply, StoreError>>) {
    let (caller, answer) = oneshot::channel();
    (Ticket(Box::new(Waiting { op, verdict: None, caller })), answer)
}

impl Ticket {
    /// Whether anybody still waits for the answer. Nothing was promised to a caller that has gone
    /// away, and an item that is handed to nobody is lost to everybody for a while.
    pub(crate) fn is_awaited(&self) -> bool {
        self.0.is_awaited()
    }

    pub(crate) fn needs(&self, keys: &mut Keys) {
        self.0.needs(keys);
    }

    /// Decides; what a refusal or a panic left in the rows is undone.
    pub(crate) fn decide(&mut self, context: &mut Context<'_>, rows: &mut Rows) -> Verdict {
        rows.mark();
        let verdict = catch_unwind(AssertUnwindSafe(|| self.0.decide(context, rows)))
            .unwrap_or(Verdict::Broken);
        if verdict != Verdict::Agreed {
            rows.undo();
        }
        verdict
    }

    /// Gives the caller the answer that was decided. A caller that has gone away meanwhile is no
    /// matter.
    pub(crate) fn settle(self) {
        self.0.settle();
    }

    /// Tells the caller that it could not be done.
    pub(crate) fn fail(self, error: StoreError) {
        self.0.fail(error);
    }
}

impl<O: Op> Pending for Waiting<O> {
    fn is_awaited(&self) -> bool {
        !self.caller.is_closed()
    }

    fn needs(&self, keys: &mut Keys) {
        self.op.needs(keys);
    }

    fn decide(&mut self, context: &mut Context<'_>, rows: &mut Rows) -> Verdict {
        self.verdict = None;
        match self.op.decide(context, rows) {
            Ok(reply) => {
                self.verdict = Some(Ok(reply));
                Verdict::Agreed
            }
            Err(refusal) => {
                let name = refusal.name();
                self.verdict = Some(Err(StoreError::Refused(refusal)));
                Verdict::Refused(name)
            }
        }
    }

    fn settle(self: Box<Self>) {
        let verdict = self
            .verdict
            .unwrap_or_else(|| Err(StoreError::unavailable("the operation could not be decided")));
        drop(self.caller.send(verdict));
    }

    fn fail(self: Box<Self>, error: StoreError) {
        drop(self.caller.send(Err(error)));
    }
}
