//! What a worker process and the play say to each other, a line each.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::worker::attachment::Note;

/// The lease that the workers ask for: the shortest that a server grants (work §7.5).
pub(super) const LEASE: Duration = Duration::from_secs(10);

/// A worker's line on its standard output, in JSON.
///
/// There is no `Debug`, because a claim token must not get into a log.
#[derive(Deserialize, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum Message {
    /// It runs and listens.
    Ready,
    /// It polled and there was nothing.
    NoWork,
    /// It polled and got an item.
    Taken {
        /// The item.
        work: String,
        /// The token that proves this delivery.
        claim: String,
    },
    /// It accepted the item.
    Acknowledged,
    /// A heartbeat was accepted.
    Beat {
        /// As the server returned it.
        last_heartbeat: String,
        /// The length of the lease from there.
        ttl_seconds: u32,
    },
    /// It hears the item's session.
    Attached,
    /// It runs a command that the session asked for.
    Running {
        /// The command.
        command: String,
    },
    /// What came of the command was posted.
    Answered {
        /// What it printed.
        text: String,
    },
    /// Something went wrong that need not be the end.
    Trouble {
        /// What.
        message: String,
    },
    /// It stopped the item.
    Stopped,
    /// What it tried when it came back was accepted.
    Accepted {
        /// What it tried.
        call: Call,
    },
    /// The server refused.
    Refused {
        /// What it tried.
        call: Call,
        /// The HTTP status.
        status: u16,
        /// The server's words.
        message: String,
    },
    /// It cannot go on.
    Failed {
        /// Why.
        message: String,
    },
    /// Its process is gone. This is what its listener adds, not a line that it writes.
    #[serde(skip)]
    Ended,
}

impl Message {
    /// What a worker says of its session.
    pub(super) fn of(note: &Note) -> Self {
        match note {
            Note::Attached => Self::Attached,
            Note::Running { command } => Self::Running { command: command.clone() },
            Note::Answered { text, .. } => Self::Answered { text: text.clone() },
            Note::Withdrawn => {
                Self::Trouble { message: "the call was answered by somebody else".to_owned() }
            }
            Note::Trouble(message) => Self::Trouble { message: message.clone() },
        }
    }
}

/// A call that only the holder of an item may make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Call {
    /// Renew the lease.
    Heartbeat,
    /// Stop the item.
    Stop,
}

impl Call {
    /// For people.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Heartbeat => "heartbeat",
            Self::Stop => "stop",
        }
    }
}

/// A line that a worker reads from its standard input. When the input ends, the worker does, so
/// that none outlives the play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Poll once and say what came.
    Look,
    /// Poll until there is an item; accept it and hold it.
    Take,
    /// Carry the item's session.
    Attach,
    /// Stop the item.
    Finish,
}

impl Order {
    const ALL: [Self; 4] = [Self::Look, Self::Take, Self::Attach, Self::Finish];

    /// As a line, without its end.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Look => "look",
            Self::Take => "take",
            Self::Attach => "attach",
            Self::Finish => "finish",
        }
    }

    /// The order that a line stands for.
    pub(super) fn parse(line: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|order| order.word() == line)
    }
}
