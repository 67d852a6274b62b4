//! The agent loop on the operator's own models.
//!
//! * [`chat`] is a conversation as every model is told it, and what a model answers.
//! * [`provider`] is the door to the models; behind it are the vendors' protocols.
//! * [`catalogue`] is the operator's list of models.
//! * [`transcript`] makes a conversation of a log, [`reply`] makes events of an answer; both are pure.
//! * [`grader`] asks whether an outcome was reached, and reads the verdict; pure as well.
//! * [`runner`] takes turns and drives them.
//! * [`tool`] is what models may call: the specs of workers' tools, and the few that run here;
//!   [`toolbox`] is what one turn's model may call.

pub mod catalogue;
pub mod chat;
#[doc(hidden)]
pub mod decoders;
pub mod grader;
mod price;
pub mod provider;
pub mod reply;
pub mod runner;
mod tls;
pub mod tool;
pub mod toolbox;
pub mod transcript;

pub use catalogue::Catalogue;
pub use chat::{Chunk, Request, Stop, Usage};
pub use provider::{ChunkStream, Fault, Provider, ProviderError};
pub use runner::Runner;
pub use tool::ServerTools;
