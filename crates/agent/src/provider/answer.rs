//! A model's answer out of bytes, however these are cut.
//!
//! Known here: how much an answer may take, that it is whole or an error, and what holds for calls
//! whoever makes them. Not known: where the bytes come from, and any vendor's words; a [`Reader`]
//! has them.

use std::collections::{HashSet, VecDeque};

use bytes::{Buf as _, Bytes};
use leasehold_sse::{Decoder, Frame};
use serde_json::{Value, json};

use super::{Fault, ProviderError};
use crate::chat::Chunk;

/// The most bytes of an answer. A model that goes on for ever is cut off.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// The most bytes of one event of the stream.
const MAX_EVENT_BYTES: usize = 4 * 1024 * 1024;
/// More calls than any model makes in one answer.
pub(super) const MAX_CALLS: usize = 256;
/// How deep the input of a call may be. It is shown within events, and these within lists, to readers
/// of which many, like ours, give up at a depth of 128.
const MAX_DEPTH: usize = 100;

/// Reads the events of one answer.
pub(crate) trait Reader: Default + Send + 'static {
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
pub(crate) struct Answer<R> {
    received: usize,
    decoder: Decoder,
    /// What came and is not decoded yet.
    bytes: Bytes,
    reader: R,
    /// What the last event brought and was not handed on yet.
    chunks: VecDeque<Chunk>,
    /// The ids of the calls so far.
    calls: HashSet<String>,
}

impl<R: Reader> Answer<R> {
    /// An answer of which nothing has come.
    pub(crate) fn new() -> Self {
        Self {
            received: 0,
            decoder: Decoder::new(MAX_EVENT_BYTES),
            bytes: Bytes::new(),
            reader: R::default(),
            chunks: VecDeque::new(),
            calls: HashSet::new(),
        }
    }

    /// The next piece; `None` if more bytes are needed.
    ///
    /// # Errors
    /// If what came is not what the protocol says, or tells of an error. Nothing can be read after
    /// it.
    pub(crate) fn next(&mut self) -> Result<Option<Chunk>, ProviderError> {
        loop {
            if let Some(chunk) = self.pop()? {
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
    pub(crate) fn feed(&mut self, bytes: Bytes) -> Result<(), ProviderError> {
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
    pub(crate) fn end(&mut self) -> Result<Chunk, ProviderError> {
        self.reader.end(&mut self.chunks);
        self.pop()?.ok_or_else(|| {
            let message = "The model's provider broke off in mid-answer";
            ProviderError::new(Fault::RequestFailed, message)
        })
    }

    fn pop(&mut self) -> Result<Option<Chunk>, ProviderError> {
        match self.chunks.pop_front() {
            Some(Chunk::ToolUse { id, name, input }) => {
                let id = self.call_id(id)?;
                let input = if is_shallow(&input, MAX_DEPTH) { input } else { json!({}) };
                Ok(Some(Chunk::ToolUse { id, name, input }))
            }
            other => Ok(other),
        }
    }

    /// The id of one more call. There are servers that give calls none, or all of them the same, and
    /// vendors refuse a conversation in which two calls are called alike.
    fn call_id(&mut self, given: String) -> Result<String, ProviderError> {
        let number = self.calls.len();
        if number >= MAX_CALLS {
            return Err(malformed(&format!("it has more than {MAX_CALLS} tool calls")));
        }
        let mut made = (number..).map(|number| format!("call_{number}"));
        let mut id = given;
        while id.is_empty() || self.calls.contains(&id) {
            id = made.next().unwrap_or_default();
        }
        self.calls.insert(id.clone());
        Ok(id)
    }
}

/// Whether nothing in it is nested deeper.
fn is_shallow(value: &Value, depth: usize) -> bool {
    let Some(rest) = depth.checked_sub(1) else { return false };
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
        Value::Array(items) => items.iter().all(|item| is_shallow(item, rest)),
        Value::Object(members) => members.values().all(|item| is_shallow(item, rest)),
    }
}

/// The answer is not what the protocol says.
pub(super) fn malformed(what: &str) -> ProviderError {
    let message = format!("The model's answer cannot be read: {what}");
    ProviderError::new(Fault::RequestFailed, message)
}

#[cfg(test)]
mod tests;
