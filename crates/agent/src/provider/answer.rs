//! A model's answer out of bytes, however these are cut.
//!
//! Known here: how much an answer may take, and that it is whole or an error. Not known: where the
//! bytes come from, and any vendor's words; a [`Reader`] has them.

use std::collections::VecDeque;

use bytes::{Buf as _, Bytes};
use leasehold_sse::{Decoder, Frame};

use super::{Fault, ProviderError};
use crate::chat::Chunk;

/// The most bytes of an answer. A model that goes on for ever is cut off.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// The most bytes of one event of the stream.
const MAX_EVENT_BYTES: usize = 4 * 1024 * 1024;

/// Reads the events of one answer.
pub(super) trait Reader: Default + Send + 'static {
    /// Takes an event and appends what it brings.
    ///
    /// # Errors
    /// If the event is malformed or tells of an error.
    fn event(&mut self, event: &Frame, chunks: &mut VecDeque<Chunk>) -> Result<(), ProviderError>;

    /// The stream has ended in good order without a last event: appends what is known to be
    /// complete, which is nothing unless the model said why it stopped.
    fn end(&mut self, chunks: &mut VecDeque<Chunk>);
}

/// An answer as far as it has come.
pub(super) struct Answer<R> {
    received: usize,
    decoder: Decoder,
    /// What came and is not decoded yet.
    bytes: Bytes,
    reader: R,
    /// What the last event brought and was not handed on yet.
    chunks: VecDeque<Chunk>,
}

impl<R: Reader> Answer<R> {
    /// An answer of which nothing has come.
    pub(super) fn new() -> Self {
        Self {
            received: 0,
            decoder: Decoder::new(MAX_EVENT_BYTES),
            bytes: Bytes::new(),
            reader: R::default(),
            chunks: VecDeque::new(),
        }
    }

    /// The next piece; `None` if more bytes are needed.
    ///
    /// # Errors
    /// If what came is not what the protocol says, or tells of an error. Nothing can be read after
    /// it.
    pub(super) fn next(&mut self) -> Result<Option<Chunk>, ProviderError> {
        loop {
            if let Some(chunk) = self.chunks.pop_front() {
                return Ok(Some(chunk));
            }
            let mut rest: &[u8] = &self.bytes;
            let event = self.decoder.decode(&mut rest);
            let read = self.bytes.len() - rest.len();
            self.bytes.advance(read);
            match event.map_err(|too_long| malformed(&too_long.to_string()))? {
                Some(event) => self.reader.event(&event, &mut self.chunks)?,
                None => return Ok(None),
            }
        }
    }

    /// Takes more bytes, when those before have been read.
    ///
    /// # Errors
    /// If the answer is longer than it may be.
    pub(super) fn feed(&mut self, bytes: Bytes) -> Result<(), ProviderError> {
        self.received += bytes.len();
        if self.received > MAX_ANSWER_BYTES {
            return Err(malformed(&format!("it is longer than {MAX_ANSWER_BYTES} bytes")));
        }
        self.bytes = bytes;
        Ok(())
    }

    /// The next piece when no more bytes come.
    ///
    /// # Errors
    /// If the answer is not whole.
    pub(super) fn end(&mut self) -> Result<Chunk, ProviderError> {
        self.reader.end(&mut self.chunks);
        self.chunks.pop_front().ok_or_else(|| {
            let message = "The model's provider broke off in mid-answer";
            ProviderError::new(Fault::RequestFailed, message)
        })
    }
}

/// The answer is not what the protocol says.
pub(super) fn malformed(what: &str) -> ProviderError {
    let message = format!("The model's answer cannot be read: {what}");
    ProviderError::new(Fault::RequestFailed, message)
}

#[cfg(test)]
mod tests;
