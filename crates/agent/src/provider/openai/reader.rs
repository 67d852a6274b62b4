//! The protocol's stream, event by event.
//!
//! Lenient where servers differ: calls without an index or an id, `stop` after calls, reasoning
//! under two names, a missing `[DONE]`. Strict about what would lose something: JSON that is none.

use std::collections::VecDeque;

use leasehold_sse::Frame;
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::REASONING;
use crate::chat::{Chunk, Stop, Usage};
use crate::provider::answer::{self, MAX_CALLS, malformed};
use crate::provider::{ProviderError, failure};

/// What is known of an answer so far.
#[derive(Default)]
pub(crate) struct Reader {
    open: Open,
    text_blocks: u32,
    calls: Vec<Call>,
    refusal: String,
    finish: Option<String>,
}

/// What the next piece may be a part of.
#[derive(Default)]
enum Open {
    #[default]
    Nothing,
    Text(u32),
    Reasoning(String),
}

/// A tool call that grows.
#[derive(Default)]
struct Call {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
}

#[derive(Deserialize)]
struct Wire {
    #[serde(default)]
    choices: Vec<Choice>,
    usage: Option<UsageWire>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Option<Delta>,
    finish_reason: Option<String>,
}

#[derive(Default, Deserialize)]
struct Delta {
    content: Option<String>,
    refusal: Option<String>,
    #[serde(alias = "reasoning")]
    reasoning_content: Option<String>,
    tool_calls: Option<Vec<CallWire>>,
}

#[derive(Deserialize)]
struct CallWire {
    index: Option<u64>,
    id: Option<String>,
    function: Option<FunctionWire>,
}

#[derive(Deserialize)]
struct FunctionWire {
    name: Option<String>,
    arguments: Option<String>,
}

#[derive(Deserialize)]
struct UsageWire {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
    prompt_tokens_details: Option<Details>,
}

#[derive(Deserialize)]
struct Details {
    cached_tokens: Option<u64>,
}

impl answer::Reader for Reader {
    fn event(&mut self, event: &Frame, chunks: &mut VecDeque<Chunk>) -> Result<(), ProviderError> {
        if event.data.trim() == "[DONE]" {
            self.finish(chunks);
            return Ok(());
        }
        let wire: Wire = serde_json::from_str(&event.data)
            .map_err(|error| malformed(&format!("an event: {error}")))?;
        let Wire { choices, usage, error } = wire;
        if let Some(error) = error.filter(|error| !error.is_null()) {
            return Err(failure::from_stream(&error));
        }
        // One choice is asked for.
        if let Some(Choice { delta, finish_reason }) = choices.into_iter().next() {
            self.grow(delta.unwrap_or_default(), chunks)?;
            self.finish = finish_reason.or(self.finish.take());
        }
        if let Some(usage) = usage {
            chunks.push_back(Chunk::Usage(usage.counted()));
        }
        Ok(())
    }

    fn end(&mut self, chunks: &mut VecDeque<Chunk>) {
        if self.finish.is_some() {
            self.finish(chunks);
        }
    }
}

impl Reader {
    fn grow(&mut self, delta: Delta, chunks: &mut VecDeque<Chunk>) -> Result<(), ProviderError> {
        let Delta { content, refusal, reasoning_content, tool_calls } = delta;
        if let Some(piece) = reasoning_content.filter(|piece| !piece.is_empty()) {
            match &mut self.open {
                Open::Reasoning(text) => text.push_str(&piece),
                Open::Nothing | Open::Text(_) => {
                    chunks.push_back(Chunk::ThinkingStarted);
                    self.open = Open::Reasoning(piece);
                }
            }
        }
        if let Some(text) = content.filter(|text| !text.is_empty()) {
            let index = self.text_block(chunks);
            chunks.push_back(Chunk::TextDelta { index, text });
        }
        self.refusal.push_str(&refusal.unwrap_or_default());
        for call in tool_calls.into_iter().flatten() {
            self.close(chunks);
            self.grow_call(call)?;
        }
        Ok(())
    }

    /// The open block of text, opened if need be.
    fn text_block(&mut self, chunks: &mut VecDeque<Chunk>) -> u32 {
        if let Open::Text(index) = self.open {
            return index;
        }
        self.close(chunks);
        let index = self.text_blocks;
        self.text_blocks += 1;
        self.open = Open::Text(index);
        chunks.push_back(Chunk::TextStarted { index });
        index
    }

    fn close(&mut self, chunks: &mut VecDeque<Chunk>) {
        match std::mem::take(&mut self.open) {
            Open::Reasoning(text) => {
                let block = json!({"type": REASONING, "text": text});
                chunks.push_back(Chunk::ThinkingFinished { block });
            }
            Open::Nothing | Open::Text(_) => {}
        }
    }

    fn grow_call(&mut self, piece: CallWire) -> Result<(), ProviderError> {
        let CallWire { index, id, function } = piece;
        let id = id.filter(|id| !id.is_empty());
        let known = match index {
            Some(_) => self.calls.iter().position(|call| call.index == index),
            // Without an index, a new id begins a new call.
            None if id.is_some() => {
                self.calls.iter().position(|call| Some(&call.id) == id.as_ref())
            }
            None => self.calls.len().checked_sub(1),
        };
        let position = known.unwrap_or_else(|| {
            self.calls.push(Call { index, ..Call::default() });
            self.calls.len() - 1
        });
        if self.calls.len() > MAX_CALLS {
            return Err(malformed(&format!("it has more than {MAX_CALLS} tool calls")));
        }
        let Some(call) = self.calls.get_mut(position) else { return Ok(()) };
        if let Some(id) = id {
            call.id = id;
        }
        if let Some(FunctionWire { name, arguments }) = function {
            if let Some(name) = name.filter(|name| !name.is_empty()) {
                call.name = name;
            }
            call.arguments.push_str(&arguments.unwrap_or_default());
        }
        Ok(())
    }

    /// The answer is complete.
    fn finish(&mut self, chunks: &mut VecDeque<Chunk>) {
        self.close(chunks);
        let calls = std::mem::take(&mut self.calls);
        let called = !calls.is_empty();
        for call in calls {
            let Call { index: _, id, name, arguments } = call;
            let input = serde_json::from_str(&arguments).ok().filter(Value::is_object);
            let input = input.unwrap_or_else(|| json!({}));
            chunks.push_back(Chunk::ToolUse { id, name, input });
        }
        let refusal = std::mem::take(&mut self.refusal);
        let stop = match self.finish.take().as_deref() {
            Some("content_filter") => Stop::Refusal {
                category: Some("content_filter".to_owned()),
                explanation: Some(refusal).filter(|refusal| !refusal.is_empty()),
            },
            _ if !refusal.is_empty() => {
                Stop::Refusal { category: None, explanation: Some(refusal) }
            }
            Some("length") => Stop::MaxTokens,
            Some("tool_calls" | "function_call") => Stop::ToolUse,
            _ if called => Stop::ToolUse,
            _ => Stop::EndTurn,
        };
        chunks.push_back(Chunk::Done(stop));
    }
}

impl UsageWire {
    /// The protocol counts cached tokens among those of the prompt; here they are counted apart.
    fn counted(self) -> Usage {
        let cached = self.prompt_tokens_details.and_then(|details| details.cached_tokens);
        let cached = cached.unwrap_or(0).min(self.prompt_tokens);
        Usage {
            input_tokens: self.prompt_tokens - cached,
            output_tokens: self.completion_tokens,
            cache_read_input_tokens: cached,
            cache_creation_input_tokens: 0,
        }
    }
}
