//! A conversation as every model is told it, and the answer as it streams in.
//!
//! Neutral: no vendor's wire is known here. Content blocks are JSON as in the event log
//! (events §2), because each provider has its own spelling for the same few kinds.

use leasehold_model::catalogue::Effort;
use serde_json::Value;

/// What a model is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What the agent is told before everything else.
    pub system: Option<String>,
    /// The conversation so far, oldest first. Neighbours may have the same role.
    pub messages: Vec<Message>,
    /// What the model may call.
    pub tools: Vec<ToolSpec>,
    /// The most tokens of the answer, thinking included.
    pub max_tokens: u32,
    /// How hard it shall think; `None` leaves it to the provider.
    pub effort: Option<Effort>,
}

/// One message of the conversation.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// From the client and its tools.
    User(Vec<UserPart>),
    /// From the model.
    Assistant(Vec<AssistantPart>),
}

/// A part of what the client says.
#[derive(Clone, Debug, PartialEq)]
pub enum UserPart {
    /// A content block as events §2 writes it: `text`, `image`, `document` or `search_result`.
    Block(Value),
    /// What a tool call gave.
    ToolResult {
        /// The [`AssistantPart::ToolUse`] that it answers.
        call: String,
        /// Content blocks; may be empty.
        content: Vec<Value>,
        /// How the call went.
        outcome: Outcome,
    },
}

/// How a tool call went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As asked.
    Success,
    /// The content tells what went wrong.
    Error,
}

/// A part of what the model said.
#[derive(Clone, Debug, PartialEq)]
pub enum AssistantPart {
    /// Words for the client.
    Text(String),
    /// A provider's own block, as [`Chunk::ThinkingFinished`] gave it: the Anthropic protocol wants
    /// it back to the letter, signature included; the OpenAI protocol has no place for it.
    Thinking(Value),
    /// A tool call.
    ToolUse {
        /// The id under which its result comes back.
        id: String,
        /// The tool.
        name: String,
        /// A JSON object.
        input: Value,
    },
}

/// A tool as the model sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolSpec {
    /// What the model calls it by.
    pub name: String,
    /// What it does and how to use it well.
    pub description: String,
    /// The JSON schema of its input, of type `object`.
    pub input_schema: Value,
}

/// A piece of the answer. Text of one block comes in order and is not mixed with other blocks.
#[derive(Clone, Debug, PartialEq)]
pub enum Chunk {
    /// A block of text begins.
    TextStarted {
        /// Counts the answer's text blocks alone, from 0.
        index: u32,
    },
    /// More of the block.
    TextDelta {
        /// As in [`Chunk::TextStarted`].
        index: u32,
        /// What is appended; never empty.
        text: String,
    },
    /// The model thinks.
    ThinkingStarted,
    /// The model has thought.
    ThinkingFinished {
        /// For [`AssistantPart::Thinking`].
        block: Value,
    },
    /// A complete tool call.
    ToolUse {
        /// For [`AssistantPart::ToolUse`]; no other call of the answer has it.
        id: String,
        /// The tool.
        name: String,
        /// A JSON object. Input that was cut off, is no object or is nested beyond measure arrives
        /// as `{}`, and the tool says what it lacks (events §6).
        input: Value,
    },
    /// Counts of the whole request so far; each replaces the one before.
    Usage(Usage),
    /// The answer is complete. Nothing follows, and a stream without it ends with an error.
    Done(Stop),
}

/// What a request cost, in tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Read afresh: cached tokens are counted below and not here.
    pub input_tokens: u64,
    /// Written by the model, thinking included.
    pub output_tokens: u64,
    /// Read from the provider's cache.
    pub cache_read_input_tokens: u64,
    /// Written to the provider's cache.
    pub cache_creation_input_tokens: u64,
}

/// Why an answer ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The model has said what it wanted to say.
    EndTurn,
    /// It waits for the results of its tool calls.
    ToolUse,
    /// It ran into `max_tokens` or the end of its window; the last block may be cut off.
    MaxTokens,
    /// The model or its provider declined.
    Refusal {
        /// The provider's class of the reason.
        category: Option<String>,
        /// The provider's words for people.
        explanation: Option<String>,
    },
}
