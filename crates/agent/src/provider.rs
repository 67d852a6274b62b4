//! The door to the models: one trait, and what can go wrong behind it.
//!
//! A provider knows one model at one place. It retries on its own what failed before the first
//! piece of an answer; from then on an error is the caller's matter.

use std::time::Duration;

use futures_util::stream::BoxStream;

use crate::chat::{Chunk, Request};

pub(crate) mod answer;
pub(crate) mod anthropic;
pub(crate) mod block;
mod failure;
pub(crate) mod openai;
pub(crate) mod pause;
pub(crate) mod remote;
pub(crate) mod scripted;
mod turn;

/// An answer as it arrives. It ends after [`Chunk::Done`] or an error; dropping it aborts the
/// request.
pub type ChunkStream = BoxStream<'static, Result<Chunk, ProviderError>>;

/// A model that answers.
pub trait Provider: Send + Sync {
    /// Asks the model. Nothing is sent before the stream is polled.
    fn stream(&self, request: Request) -> ChunkStream;
}

/// Why a model gave no answer, or no whole one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ProviderError {
    /// What kind of failure it is.
    pub fault: Fault,
    /// A sentence for people: no credential, no address.
    pub message: String,
    /// How long the provider asks to be left alone.
    pub retry_after: Option<Duration>,
}

/// Kinds of failure, as far as a caller acts differently on them (events §8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The provider has too much to do.
    Overloaded,
    /// The operator has used up a rate.
    RateLimited,
    /// The provider failed, could not be reached, was too slow, or broke off.
    RequestFailed,
    /// The operator's credential is missing, wrong or lacks a right.
    Authentication,
    /// The operator's account does not pay for this.
    Billing,
    /// The conversation does not fit into the model's window.
    ContextTooLong,
    /// The provider does not accept the request.
    InvalidRequest,
}

impl Fault {
    /// Whether the same request may succeed a little later.
    pub const fn is_retryable(self) -> bool {
        match self {
            Self::Overloaded | Self::RateLimited | Self::RequestFailed => true,
            Self::Authentication | Self::Billing | Self::ContextTooLong | Self::InvalidRequest => {
                false
            }
        }
    }
}

impl ProviderError {
    /// A failure whose provider does not say when to come back.
    pub fn new(fault: Fault, message: impl Into<String>) -> Self {
        Self { fault, message: message.into(), retry_after: None }
    }

    /// Whether the same request may succeed a little later.
    pub const fn is_retryable(&self) -> bool {
        self.fault.is_retryable()
    }
}
