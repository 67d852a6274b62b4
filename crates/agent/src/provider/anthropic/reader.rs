//! The vendor's stream, event by event.
//!
//! Events and blocks of a kind that is not known here are skipped, as the vendor demands of its
//! clients.

use std::collections::VecDeque;

use leasehold_sse::Frame;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::chat::{Chunk, Stop, Usage};
use crate::provider::answer::{self, malformed};
use crate::provider::{ProviderError, failure};

/// What is known of an answer so far.
#[derive(Default)]
pub(crate) struct Reader {
    usage: Usage,
    text_blocks: u32,
    block: Option<Block>,
    stop: Option<Stop>,
}

/// The block that is open.
enum Block {
    Text(u32),
    /// Opaque, but it grows piece by piece.
    Thinking(Map<String, Value>),
    ToolUse {
        id: String,
        name: String,
        /// What the block began with, for servers that send the whole input there.
        given: Value,
        input: String,
    },
    Skipped,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Wire {
    MessageStart {
        message: MessageHead,
    },
    ContentBlockStart {
        content_block: Value,
    },
    ContentBlockDelta {
        delta: Piece,
    },
    ContentBlockStop,
    MessageDelta {
        delta: MessageChange,
        usage: Option<UsageWire>,
    },
    MessageStop,
    Error {
        error: Value,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct MessageHead {
    usage: Option<UsageWire>,
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Piece {
    #[serde(rename = "text_delta")]
    Text { text: String },
    #[serde(rename = "input_json_delta")]
    InputJson { partial_json: String },
    #[serde(rename = "thinking_delta")]
    Thinking { thinking: String },
    #[serde(rename = "signature_delta")]
    Signature { signature: String },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct MessageChange {
    stop_reason: Option<String>,
    stop_details: Option<StopDetails>,
}

#[derive(Default, Deserialize)]
struct StopDetails {
    category: Option<String>,
    explanation: Option<String>,
}

#[derive(Deserialize)]
struct UsageWire {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
}

impl answer::Reader for Reader {
    fn event(&mut self, event: &Frame, chunks: &mut VecDeque<Chunk>) -> Result<(), ProviderError> {
        let wire: Wire = serde_json::from_str(&event.data)
            .map_err(|error| malformed(&format!("an event {:?}: {error}", name(event))))?;
        match wire {
            Wire::MessageStart { message } => self.count(message.usage, chunks),
            Wire::ContentBlockStart { content_block } => {
                self.close_block(chunks);
                self.open_block(content_block, chunks);
            }
            Wire::ContentBlockDelta { delta } => self.grow_block(delta, chunks),
            Wire::ContentBlockStop => self.close_block(chunks),
            Wire::MessageDelta { delta, usage } => {
                self.count(usage, chunks);
                let MessageChange { stop_reason, stop_details } = delta;
                if let Some(reason) = stop_reason {
                    self.stop = Some(stop(&reason, stop_details.unwrap_or_default()));
                }
            }
            Wire::MessageStop => {
                self.close_block(chunks);
                chunks.push_back(Chunk::Done(self.stop.take().unwrap_or(Stop::EndTurn)));
            }
            Wire::Error { error } => return Err(failure::from_stream(&error)),
            Wire::Other => {}
        }
        Ok(())
    }

    fn end(&mut self, chunks: &mut VecDeque<Chunk>) {
        if let Some(stop) = self.stop.take() {
            self.close_block(chunks);
            chunks.push_back(Chunk::Done(stop));
        }
    }
}

impl Reader {
    /// Takes in counts; each event has totals, but not each has all of them.
    fn count(&mut self, usage: Option<UsageWire>, chunks: &mut VecDeque<Chunk>) {
        let Some(usage) = usage else { return };
        let Usage {
            input_tokens,
            output_tokens,
            cache_read_input_tokens,
            cache_creation_input_tokens,
        } = self.usage;
        self.usage = Usage {
            input_tokens: usage.input_tokens.unwrap_or(input_tokens),
            output_tokens: usage.output_tokens.unwrap_or(output_tokens),
            cache_read_input_tokens: usage
                .cache_read_input_tokens
                .unwrap_or(cache_read_input_tokens),
            cache_creation_input_tokens: usage
                .cache_creation_input_tokens
                .unwrap_or(cache_creation_input_tokens),
        };
        chunks.push_back(Chunk::Usage(self.usage));
    }

    fn open_block(&mut self, block: Value, chunks: &mut VecDeque<Chunk>) {
        let text = |name: &str| block.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
        self.block = Some(match block.get("type").and_then(Value::as_str).unwrap_or("") {
            "text" => {
                let (index, text) = (self.text_blocks, text("text"));
                self.text_blocks += 1;
                chunks.push_back(Chunk::TextStarted { index });
                if !text.is_empty() {
                    chunks.push_back(Chunk::TextDelta { index, text });
                }
                Block::Text(index)
            }
            "tool_use" => Block::ToolUse {
                id: text("id"),
                name: text("name"),
                given: block.get("input").cloned().unwrap_or_default(),
                input: String::new(),
            },
            "thinking" | "redacted_thinking" => {
                chunks.push_back(Chunk::ThinkingStarted);
                let Value::Object(block) = block else { return };
                Block::Thinking(block)
            }
            _ => Block::Skipped,
        });
    }

    fn grow_block(&mut self, delta: Piece, chunks: &mut VecDeque<Chunk>) {
        match (&mut self.block, delta) {
            (Some(Block::Text(index)), Piece::Text { text }) => {
                if !text.is_empty() {
                    chunks.push_back(Chunk::TextDelta { index: *index, text });
                }
            }
            (Some(Block::ToolUse { input, .. }), Piece::InputJson { partial_json }) => {
                input.push_str(&partial_json);
            }
            (Some(Block::Thinking(block)), Piece::Thinking { thinking }) => {
                append(block, "thinking", &thinking);
            }
            (Some(Block::Thinking(block)), Piece::Signature { signature }) => {
                append(block, "signature", &signature);
            }
            // A piece that does not fit its block, or of a kind that is not known.
            (
                None
                | Some(Block::Text(_) | Block::ToolUse { .. } | Block::Thinking(_) | Block::Skipped),
                Piece::Text { .. }
                | Piece::InputJson { .. }
                | Piece::Thinking { .. }
                | Piece::Signature { .. }
                | Piece::Other,
            ) => {}
        }
    }

    fn close_block(&mut self, chunks: &mut VecDeque<Chunk>) {
        match self.block.take() {
            Some(Block::ToolUse { id, name, given, input }) => {
                let input = if input.is_empty() { Ok(given) } else { serde_json::from_str(&input) };
                let input = input.ok().filter(Value::is_object).unwrap_or_else(|| json!({}));
                chunks.push_back(Chunk::ToolUse { id, name, input });
            }
            Some(Block::Thinking(block)) => {
                chunks.push_back(Chunk::ThinkingFinished { block: Value::Object(block) });
            }
            None | Some(Block::Text(_) | Block::Skipped) => {}
        }
    }
}

fn name(event: &Frame) -> &str {
    event.event.as_deref().unwrap_or_default()
}

fn append(block: &mut Map<String, Value>, name: &str, piece: &str) {
    let member = block.entry(name.to_owned()).or_insert_with(|| json!(""));
    if let Value::String(text) = member {
        text.push_str(piece);
    }
}

fn stop(reason: &str, details: StopDetails) -> Stop {
    match reason {
        "tool_use" => Stop::ToolUse,
        "max_tokens" | "model_context_window_exceeded" => Stop::MaxTokens,
        "refusal" => {
            let StopDetails { category, explanation } = details;
            Stop::Refusal { category, explanation }
        }
        // `end_turn`, `stop_sequence`, and what may be invented yet.
        _ => Stop::EndTurn,
    }
}
