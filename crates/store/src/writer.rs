//! The writer: one thread that owns the backend and commits in groups.
//!
//! It waits for one operation, takes all that are waiting, loads the union of their rows, decides
//! them in order, commits once, and only then answers everybody and wakes waiters. Batches form by
//! themselves while the last commit runs; nobody waits for a timer.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use leasehold_model::id::Mint;
use leasehold_model::op::Context;
use leasehold_model::rows::{Change, Keys, Rows};
use leasehold_model::{EnvironmentId, SessionId, Timestamp, Work, WorkId};
use tokio::sync::{mpsc, watch};

use crate::batch::{Ticket, Verdict};
use crate::clock::Clock;
use crate::error::StoreError;
use crate::inbox::{Arrival, Inbox};
use crate::observer::{Batch, Observer};
use crate::previews::Previews;
use crate::wakeups::Wakeups;
use crate::watchers::Watchers;

/// The most operations of one commit: enough to share its cost, few enough to bound its time.
const MAX_BATCH: usize = 512;

/// How long nobody must have asked for anything before the writer takes to housekeeping: longer
/// than the breath between two batches, or every breath would end with somebody waiting.
const QUIET: Duration = Duration::from_millis(100);

/// What a database has to do for the writer.
pub(crate) trait Backend: Send + 'static {
    /// Fills in the rows that a batch names.
    fn load(&mut self, keys: &Keys, now: Timestamp, rows: &mut Rows) -> Result<(), StoreError>;
    /// Writes what changed and makes it durable; on an error nothing has changed.
    fn save(&mut self, rows: &Rows, now: Timestamp) -> Result<(), StoreError>;
    /// Does what a commit leaves to be done and nobody has to wait for: called once everybody has
    /// been answered.
    fn follow_up(&mut self);
    /// Does a bounded piece of housekeeping while nobody waits, and says whether there is more.
    fn tidy(&mut self, now: Timestamp) -> Result<Housekeeping, StoreError>;
    /// Writes what may be written late and closes.
    fn close(&mut self, now: Timestamp) -> Result<(), StoreError>;
}

/// Whether a backend has more housekeeping to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Housekeeping {
    /// At once, if nobody waits.
    More,
    /// Not before something has been written.
    Done,
}

/// What is sent to the writer.
pub(crate) enum Message {
    /// An operation.
    Op(Ticket),
    /// Take no more, finish, close.
    Close,
}

/// The way to end a writer.
pub(crate) struct Closing {
    inbox: mpsc::Sender<Message>,
    done: watch::Receiver<bool>,
}

impl Closing {
    pub(crate) async fn close(&self) {
        let mut done = self.done.clone();
        // An inbox that is closed already has a writer that is done, or about to be.
        drop(self.inbox.send(Message::Close).await);
        drop(done.wait_for(|done| *done).await);
    }
}

/// Everything that the writer has besides its backend.
pub(crate) struct Writer {
    pub(crate) clock: Clock,
    pub(crate) mint: Mint,
    pub(crate) wakeups: Wakeups,
    pub(crate) watchers: Watchers,
    pub(crate) previews: Previews,
    pub(crate) observer: Arc<dyn Observer>,
}

impl Writer {
    /// Starts the thread.
    pub(crate) fn start(
        self,
        backend: impl Backend,
        queue_depth: usize,
    ) -> std::io::Result<(mpsc::Sender<Message>, Closing, JoinHandle<()>)> {
        let (sender, receiver) = mpsc::channel(queue_depth);
        let (ended, done) = watch::channel(false);
        let inbox = Inbox::new(receiver, MAX_BATCH)?;
        let thread = std::thread::Builder::new().name("writer".to_owned()).spawn(move || {
            self.run(backend, inbox);
            ended.send_replace(true);
        })?;
        Ok((sender.clone(), Closing { inbox: sender, done }, thread))
    }

    fn run(mut self, mut backend: impl Backend, mut inbox: Inbox) {
        let mut chores = Housekeeping::More;
        let mut resting = true;
        let mut tickets = Vec::with_capacity(MAX_BATCH);
        loop {
            let limit = match chores {
                Housekeeping::Done => None,
                Housekeeping::More if resting => Some(Duration::ZERO),
                Housekeeping::More => Some(QUIET),
            };
            match inbox.wait(limit) {
                Arrival::Messages => {}
                Arrival::Quiet => {
                    chores = self.tidy(&mut backend);
                    resting = true;
                    continue;
                }
                Arrival::Ended => break,
            }
            let mut closing = false;
            for message in inbox.take() {
                match message {
                    Message::Op(ticket) => tickets.push(ticket),
                    Message::Close => closing = true,
                }
            }
            if closing {
                inbox.close();
            }
            if !tickets.is_empty() {
                self.batch(&mut backend, &mut tickets);
                backend.follow_up();
                chores = Housekeeping::More;
                resting = false;
            }
        }
        if let Err(error) = backend.close(self.clock.now()) {
            tracing::error!(error = &error as &dyn std::error::Error, "closing failed");
        }
    }

    fn tidy(&self, backend: &mut impl Backend) -> Housekeeping {
        backend.tidy(self.clock.now()).unwrap_or_else(|error| {
            tracing::warn!(error = &error as &dyn std::error::Error, "housekeeping failed");
            Housekeeping::Done
        })
    }

    /// Carries out a batch. If it cannot be committed, each operation is tried alone, so that one
    /// that poisons the batch gets its own verdict and the others theirs. Operations whose callers
    /// have gone away are left out.
    fn batch(&mut self, backend: &mut impl Backend, tickets: &mut Vec<Ticket>) {
        tickets.retain(Ticket::is_awaited);
        if tickets.is_empty() {
            return;
        }
        let Err(error) = self.attempt(backend, tickets) else {
            for ticket in tickets.drain(..) {
                ticket.settle();
            }
            return;
        };
        self.observer.failed();
        if tickets.len() == 1 {
            tracing::error!(error = &error as &dyn std::error::Error, "an operation failed");
            for ticket in tickets.drain(..) {
                ticket.fail(StoreError::unavailable("the operation could not be committed"));
            }
            return;
        }
        tracing::error!(
            error = &error as &dyn std::error::Error,
            ops = tickets.len(),
            "a batch failed; its operations are run one by one"
        );
        for ticket in std::mem::take(tickets) {
            self.batch(backend, &mut vec![ticket]);
        }
    }

    fn attempt(
        &mut self,
        backend: &mut impl Backend,
        tickets: &mut [Ticket],
    ) -> Result<(), StoreError> {
        let began = Instant::now();
        let now = self.clock.now();
        let mut keys = Keys::default();
        for ticket in tickets.iter() {
            ticket.needs(&mut keys);
        }
        let mut rows = Rows::default();
        backend.load(&keys, now, &mut rows)?;
        for ticket in tickets.iter_mut() {
            match ticket.decide(&mut Context::new(now, &mut self.mint), &mut rows) {
                Verdict::Agreed => {}
                Verdict::Refused(name) => self.observer.refused(name),
                Verdict::Broken => tracing::error!("an operation panicked"),
            }
        }
        let decided = Instant::now();
        let dirty = rows.is_dirty();
        if dirty {
            backend.save(&rows, now)?;
            self.wake(&rows);
        }
        self.observer.batch(Batch {
            ops: tickets.len(),
            decide: decided - began,
            commit: dirty.then(|| decided.elapsed()),
        });
        Ok(())
    }

    /// Wakes one blocked poll for each item that is new in its queue, and the readers of each session
    /// that has changed; those who preview answers learn first which request is open. A reader may be
    /// there by a claim or a credential, so it is woken when one of those has ended, too.
    fn wake(&self, rows: &Rows) {
        for change in rows.logs.changes() {
            let request = change.now.and_then(|log| log.fold.request);
            self.previews.follow(*change.key, request);
        }
        for gone in rows.sessions.changes().filter(|change| change.now.is_none()) {
            self.previews.follow(*gone.key, None);
        }
        let mut sessions: BTreeSet<SessionId> =
            rows.logs.changes().map(|change| *change.key).collect();
        sessions.extend(rows.sessions.changes().map(|change| *change.key));
        sessions.extend(rows.work.changes().filter_map(|change| session_of_ended_claim(&change)));
        for session in sessions {
            self.watchers.wake(session);
        }
        if takes_back_credentials(rows) {
            self.watchers.revoke();
        }
        let mut fresh: HashMap<EnvironmentId, u64> = HashMap::new();
        for work in rows.work.changes().filter(|c| c.before.is_none()).filter_map(|c| c.now) {
            *fresh.entry(work.environment).or_default() += 1;
        }
        for (environment, items) in fresh {
            self.wakeups.wake(environment, items);
        }
    }
}

/// The session of an item whose claim this ends: it was stopped, handed out again, or is gone.
fn session_of_ended_claim(change: &Change<'_, WorkId, Work>) -> Option<SessionId> {
    let before = change.before.filter(|work| work.is_held_by(work.deliveries))?;
    let goes_on = change.now.is_some_and(|work| work.is_held_by(before.deliveries));
    (!goes_on).then_some(before.session)
}

/// Whether there are fewer good credentials than before. Those that are new trouble nobody; the keys
/// of an environment go with it.
fn takes_back_credentials(rows: &Rows) -> bool {
    rows.tokens.changes().any(|change| change.before.is_some())
        || rows.keys.changes().any(|change| change.before.is_some())
        || rows.environments.changes().any(|change| change.now.is_none())
}
