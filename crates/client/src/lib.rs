//! A typed HTTP client of a Leasehold server.
//!
//! It is a client like any other: it knows the wire and nothing of the server's rules, storage or
//! routes. The command line, the demo, the tests and workers all speak through it.
//!
//! * [`Client`] holds the address, the credential and the time-outs; every call is a method on it.
//! * One noun a file: [`account`], [`token`], [`environment`], [`key`], [`settings`], [`agent`],
//!   [`model`], [`session`], [`event`] with its [`content`], [`work`], [`attempt`], [`clock`].
//! * Every answer comes as a [`Reply`]: the decoded value, and the text as the server sent it.
//! * [`stream`] has a session's events as they happen, and goes on by itself where a connection was
//!   cut.
//! * Nothing else is retried here. Whether a call may be repeated is for the caller to know, who
//!   may wait by a [`backoff`].
//!
//! Answers are read leniently: members that this crate does not know are skipped, and a state it
//! does not know is kept as text. Instants stay text, because a heartbeat's instant must go back
//! byte for byte (work §7.4).

pub mod account;
pub mod agent;
pub mod attempt;
pub mod backoff;
pub mod client;
pub mod clock;
pub mod content;
pub mod environment;
pub mod error;
pub mod event;
pub mod key;
pub mod model;
pub mod page;
pub mod reply;
pub mod session;
pub mod settings;
pub mod stream;
mod tls;
pub mod token;
pub mod work;

pub use client::{Builder, Client, Dialect};
pub use error::{ApiError, Error, StreamFault, TransportFault};
pub use page::{Cursor, Page};
pub use reply::Reply;

/// What a call gives: a value or an [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
