//! The agent loop on the operator's own models.
//!
//! * [`chat`] is a conversation as every model is told it, and what a model answers.
//! * [`provider`] is the door to the models; behind it are the vendors' protocols.
//! * [`catalogue`] is the operator's list of models.
//! * [`tool`] is what models may call: the specs of workers' tools, and the few that run here.

pub mod catalogue;
pub mod chat;
pub mod provider;
mod tls;
pub mod tool;

pub use catalogue::Catalogue;
pub use chat::{Chunk, Request, Stop, Usage};
pub use provider::{ChunkStream, Fault, Provider, ProviderError};
