//! The writer's inbox: how it waits for the next operations.
//!
//! It sleeps while nobody asks. A single client that asks again as soon as it is answered would find
//! it asleep each time, and be kept waiting for as long as a thread takes to wake; so after such a
//! request the writer looks out for the next one for a moment, for as long as they come that fast.

use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use crate::writer::Message;

/// How long the writer looks out: a little longer than a client nearby takes to read its answer and
/// send its next request.
const LOOK_OUT: Duration = Duration::from_micros(100);
/// What counts as fast. Waking from sleep is part of it.
const FAST: Duration = Duration::from_micros(200);

/// Messages to the writer, taken many at a time.
pub(crate) struct Inbox {
    receiver: mpsc::Receiver<Message>,
    /// Lets a sleep end by itself.
    patience: Runtime,
    taken: Vec<Message>,
    most: usize,
    pace: Pace,
}

/// What a wait ended with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// There are messages.
    Messages,
    /// Nobody has asked for as long as was to be waited.
    Quiet,
    /// There will be none any more.
    Ended,
}

/// How requests have come lately.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    /// One by one, each soon after the last was answered.
    OneByOne,
    /// In any other way.
    Any,
}

impl Inbox {
    /// An inbox of which at most `most` messages are taken at a time.
    pub(crate) fn new(receiver: mpsc::Receiver<Message>, most: usize) -> std::io::Result<Self> {
        let patience = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let taken = Vec::with_capacity(most);
        Ok(Self { receiver, patience, taken, most, pace: Pace::Any })
    }

    /// Waits for messages, for at most `limit` if there is one.
    pub(crate) fn wait(&mut self, limit: Option<Duration>) -> Arrival {
        let began = Instant::now();
        let arrival = if self.pace == Pace::OneByOne && self.look_out(began) {
            Arrival::Messages
        } else {
            self.sleep(limit)
        };
        let fast = arrival == Arrival::Messages && self.taken.len() == 1 && began.elapsed() < FAST;
        self.pace = if fast { Pace::OneByOne } else { Pace::Any };
        arrival
    }

    /// The messages that have come.
    pub(crate) fn take(&mut self) -> impl Iterator<Item = Message> {
        self.taken.drain(..)
    }

    /// Lets nothing more in; what is there can still be taken.
    pub(crate) fn close(&mut self) {
        self.receiver.close();
    }

    fn sleep(&mut self, limit: Option<Duration>) -> Arrival {
        let Self { receiver, patience, taken, most, .. } = self;
        let count = match limit {
            None => receiver.blocking_recv_many(taken, *most),
            Some(limit) => {
                let taking = receiver.recv_many(taken, *most);
                match patience.block_on(async { tokio::time::timeout(limit, taking).await }) {
                    Ok(count) => count,
                    Err(_) => return Arrival::Quiet,
                }
            }
        };
        if count == 0 { Arrival::Ended } else { Arrival::Messages }
    }

    /// Whether messages have come within the moment. Others get the processor if they want it.
    fn look_out(&mut self, began: Instant) -> bool {
        while began.elapsed() < LOOK_OUT {
            while self.taken.len() < self.most
                && let Ok(message) = self.receiver.try_recv()
            {
                self.taken.push(message);
            }
            if !self.taken.is_empty() {
                return true;
            }
            std::thread::yield_now();
        }
        false
    }
}
