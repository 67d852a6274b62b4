//! A request in the protocol's words.
//!
//! The protocol knows less than the event log: a result is text alone, and a document is no part
//! that every server takes. What cannot be shown is named, so that the model knows of it.

use serde_json::{Map, Value, json};

use super::{Limit, Model};
use crate::chat::{AssistantPart, Outcome, Request, ToolSpec};
use crate::provider::block::Block;
use crate::provider::turn::{CallResult, Turn, turns};

/// The type of the thinking blocks that [`super::reader`] makes.
pub(super) const REASONING: &str = "reasoning";

/// The body of a request.
pub(super) fn spell(model: &Model, request: &Request) -> Value {
    let Request { system, messages: history, tools, max_tokens, effort } = request;
    let mut messages = Vec::new();
    if let Some(system) = system.as_ref().filter(|system| !system.is_empty()) {
        messages.push(json!({"role": "system", "content": system}));
    }
    for turn in turns(history) {
        match turn {
            Turn::User { results, blocks } => user(&results, &blocks, &mut messages),
            Turn::Assistant(parts) => messages.extend(assistant(&parts)),
        }
    }
    let limit = match model.limit {
        Limit::MaxCompletionTokens => "max_completion_tokens",
        Limit::MaxTokens => "max_tokens",
    };
    let mut body = Map::new();
    body.insert("model".to_owned(), json!(model.upstream));
    body.insert(limit.to_owned(), json!(max_tokens));
    body.insert("stream".to_owned(), json!(true));
    body.insert("stream_options".to_owned(), json!({"include_usage": true}));
    if let Some(effort) = effort {
        body.insert("reasoning_effort".to_owned(), json!(effort.as_str()));
    }
    if !tools.is_empty() {
        body.insert("tools".to_owned(), tools.iter().map(tool).collect());
    }
    body.insert("messages".to_owned(), Value::Array(messages));
    Value::Object(body)
}

fn tool(tool: &ToolSpec) -> Value {
    let ToolSpec { name, description, input_schema } = tool;
    json!({
        "type": "function",
        "function": {"name": name, "description": description, "parameters": input_schema},
    })
}

/// Each result is a message of its own. Images of results go with what the user says, the only
/// place where the protocol has images.
fn user(results: &[CallResult<'_>], blocks: &[&Value], messages: &mut Vec<Value>) {
    let mut content = Vec::new();
    for CallResult { call, content: blocks, outcome } in results {
        let mut lines = Vec::new();
        for block in *blocks {
            if Block::read(block).image_url().is_some() {
                lines.push("[an image, shown in the next message]".to_owned());
                content.push(words(&format!("An image of the result of {call}:")));
                content.push(shown(block));
            } else {
                lines.push(text(&Block::read(block)));
            }
        }
        let lines = match outcome {
            Outcome::Success => lines.join("\n"),
            Outcome::Error => format!("Error: {}", lines.join("\n")),
        };
        messages.push(json!({"role": "tool", "tool_call_id": call, "content": lines}));
    }
    content.extend(blocks.iter().map(|block| shown(block)));
    match content.as_slice() {
        [] => {}
        // Servers that know no images know no list of parts either.
        [Value::Object(part)] if part["type"] == "text" => {
            messages.push(json!({"role": "user", "content": part["text"]}));
        }
        _ => messages.push(json!({"role": "user", "content": content})),
    }
}

/// A part of what the user says.
fn shown(block: &Value) -> Value {
    let block = Block::read(block);
    match block.image_url() {
        Some(url) => json!({"type": "image_url", "image_url": {"url": url}}),
        None => words(&text(&block)),
    }
}

fn words(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

/// A block in words.
fn text(block: &Block<'_>) -> String {
    match block {
        Block::Document { title, context, .. } => {
            let head = title.map(|title| format!("Document: {title}"));
            let context = context.map(ToOwned::to_owned);
            let lines = [head, context, Some(block.note())];
            lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
        }
        Block::SearchResult { source, title, content } => {
            let head = format!("Search result: {title} ({source})");
            let texts = content.iter().map(|block| Block::read(block).note());
            std::iter::once(head).chain(texts).collect::<Vec<_>>().join("\n")
        }
        Block::Text(_) | Block::Image(_) | Block::Unknown(_) => block.note(),
    }
}

/// What the model said, unless there is nothing that the protocol has a place for.
fn assistant(parts: &[&AssistantPart]) -> Option<Value> {
    let (mut said, mut reasoning, mut calls) = (String::new(), String::new(), Vec::new());
    for part in parts {
        match part {
            AssistantPart::Text(text) => said.push_str(text),
            AssistantPart::Thinking(block) if block["type"] == REASONING => {
                reasoning.push_str(block["text"].as_str().unwrap_or(""));
            }
            // Another protocol's thoughts.
            AssistantPart::Thinking(_) => {}
            AssistantPart::ToolUse { id, name, input } => calls.push(json!({
                "id": id,
                "type": "function",
                "function": {"name": name, "arguments": input.to_string()},
            })),
        }
    }
    let mut message = Map::new();
    message.insert("role".to_owned(), json!("assistant"));
    if !said.is_empty() {
        message.insert("content".to_owned(), json!(said));
    }
    if calls.is_empty() {
        return (!said.is_empty()).then_some(Value::Object(message));
    }
    // Servers that stream reasoning want it back while the calls that came of it are open.
    if !reasoning.is_empty() {
        message.insert("reasoning_content".to_owned(), json!(reasoning));
    }
    message.insert("tool_calls".to_owned(), Value::Array(calls));
    Some(Value::Object(message))
}
