//! The decoders that face models, each fed with bytes and held against what must always be true.
//!
//! For fuzzing, and for replaying what fuzzing found; see `fuzz/`.

use std::collections::HashSet;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::chat::Chunk;
use crate::provider::answer::{Answer, Reader};
use crate::provider::{ProviderError, anthropic, openai};

/// However the answer of a model is cut, the same pieces come out, in an order that makes sense, and
/// then either its end or an error.
pub fn answers(bytes: &[u8]) {
    answer::<anthropic::reader::Reader>(bytes);
    answer::<openai::reader::Reader>(bytes);
}

fn answer<R: Reader>(bytes: &[u8]) {
    let whole = read::<R>(bytes, bytes.len().max(1));
    assert_eq!(read::<R>(bytes, 1), whole, "byte by byte");
    let (chunks, error) = whole;
    let mut order = Order::default();
    for chunk in chunks {
        order.take(chunk);
    }
    assert_eq!(order.done, error.is_none(), "it ends with one of both: {error:?}");
    assert!(!(order.done && order.thinking), "it ends in mid-thought");
    // Each byte that is no text is replaced by three.
    assert!(order.text <= 3 * bytes.len(), "{} bytes of text", order.text);
    assert!(order.started.max(order.calls.len()) <= bytes.len(), "more blocks than bytes");
}

/// The pieces of an answer that comes in so many bytes at a time, up to its end or an error.
fn read<R: Reader>(bytes: &[u8], piece: usize) -> (Vec<Chunk>, Option<ProviderError>) {
    let mut answer = Answer::<R>::new();
    let mut pieces = bytes.chunks(piece);
    let mut chunks = Vec::new();
    while !matches!(chunks.last(), Some(Chunk::Done(_))) {
        let next = match answer.next() {
            Ok(None) => match pieces.next() {
                Some(piece) => answer.feed(Bytes::copy_from_slice(piece)).map(|()| None),
                None => answer.end().map(Some),
            },
            next => next,
        };
        match next {
            Ok(chunk) => chunks.extend(chunk),
            Err(error) => return (chunks, Some(error)),
        }
    }
    (chunks, None)
}

/// What of an answer has come, as far as the next piece must fit to it.
#[derive(Default)]
struct Order {
    /// How many blocks of text have begun.
    started: usize,
    /// Whether the last of them may go on.
    open: bool,
    thinking: bool,
    /// The ids of the calls.
    calls: HashSet<String>,
    /// How many bytes of text there are.
    text: usize,
    done: bool,
}

impl Order {
    fn take(&mut self, chunk: Chunk) {
        assert!(!self.done, "{chunk:?} after the end");
        match chunk {
            Chunk::TextStarted { index } => {
                assert_eq!(usize::try_from(index), Ok(self.started));
                self.started += 1;
                self.open = true;
            }
            Chunk::TextDelta { index, text } => {
                assert!(self.open, "{text:?} outside of a block");
                assert_eq!(usize::try_from(index), Ok(self.started - 1));
                assert!(!text.is_empty(), "an empty piece of text");
                self.text += text.len();
            }
            Chunk::ThinkingStarted => {
                assert!(!self.thinking, "a thought within a thought");
                (self.open, self.thinking) = (false, true);
            }
            Chunk::ThinkingFinished { block } => {
                assert!(self.thinking, "a thought that did not begin");
                assert!(block.is_object(), "{block}");
                (self.open, self.thinking) = (false, false);
            }
            Chunk::ToolUse { id, name: _, input } => {
                self.open = false;
                assert!(!id.is_empty(), "a call without an id");
                assert!(input.is_object(), "{input}");
                // As deep as the lists of events have it, and those who read them can still read it.
                let list = json!({"data": [{"input": input}]}).to_string();
                assert!(serde_json::from_str::<Value>(&list).is_ok(), "{list}");
                assert!(self.calls.insert(id), "two calls of one id");
            }
            Chunk::Usage(_) => {}
            Chunk::Done(_) => self.done = true,
        }
    }
}
