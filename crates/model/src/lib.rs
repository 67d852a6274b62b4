//! The rules of Leasehold.
//!
//! Pure: nothing in this crate reads a clock, a file, a socket or a source of chance, and nothing
//! knows about SQL or HTTP. A verb is a method that takes the present value, the present instant
//! and a command, and returns the next value and a reply, or a [`Refusal`].
//!
//! * One noun a file: [`work`], [`environment`], [`agent`], [`session`], [`event`], [`log`],
//!   [`token`], [`idempotency`], [`catalogue`].
//! * [`op`] joins verbs to the rows they need, [`rows`] is the working set of one batch.

pub mod agent;
pub mod catalogue;
pub mod environment;
pub mod event;
pub mod id;
pub mod idempotency;
pub mod json;
pub mod log;
pub mod metadata;
pub mod op;
pub mod refusal;
pub mod rows;
pub mod session;
pub mod states;
pub mod time;
pub mod token;
pub mod work;

pub use event::Event;
pub use id::{AccountId, AgentId, EnvironmentId, EventId, KeyId, SessionId, TokenId, WorkId};
pub use json::Json;
pub use log::Log;
pub use metadata::{Metadata, MetadataPatch};
pub use op::{Context, Op};
pub use refusal::Refusal;
pub use rows::{Keys, Rows};
pub use time::Timestamp;
pub use work::Work;
