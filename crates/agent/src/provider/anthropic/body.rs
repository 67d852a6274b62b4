//! A request in the vendor's words.

use serde_json::{Map, Value, json};

use super::{Model, Thinking};
use crate::chat::{AssistantPart, Outcome, Request, ToolSpec};
use crate::provider::block::{Block, Source};
use crate::provider::turn::{CallResult, Turn, turns};

/// The body of a request.
pub(super) fn spell(model: &Model, request: &Request) -> Value {
    let Request { system, messages, tools, max_tokens, effort } = request;
    let mut body = Map::new();
    body.insert("model".to_owned(), json!(model.upstream));
    body.insert("max_tokens".to_owned(), json!(max_tokens));
    body.insert("stream".to_owned(), json!(true));
    if let Some(system) = system.as_ref().filter(|system| !system.is_empty()) {
        body.insert("system".to_owned(), json!([{"type": "text", "text": system}]));
    }
    if !tools.is_empty() {
        body.insert("tools".to_owned(), tools.iter().map(tool).collect());
    }
    if let Some(effort) = effort {
        body.insert("output_config".to_owned(), json!({"effort": effort.as_str()}));
    }
    match model.thinking {
        Thinking::Unsaid => {}
        Thinking::Adaptive => {
            body.insert("thinking".to_owned(), json!({"type": "adaptive"}));
        }
    }
    let messages = turns(messages);
    body.insert("messages".to_owned(), messages.iter().filter_map(message).collect());
    mark_for_cache(&mut body);
    Value::Object(body)
}

fn tool(tool: &ToolSpec) -> Value {
    let ToolSpec { name, description, input_schema } = tool;
    json!({"name": name, "description": description, "input_schema": input_schema})
}

fn message(turn: &Turn<'_>) -> Option<Value> {
    let (role, content): (_, Vec<Value>) = match turn {
        Turn::User { results, blocks } => {
            let blocks = blocks.iter().map(|block| content(block));
            ("user", results.iter().map(result).chain(blocks).collect())
        }
        Turn::Assistant(parts) => {
            ("assistant", parts.iter().copied().filter_map(assistant_part).collect())
        }
    };
    (!content.is_empty()).then(|| json!({"role": role, "content": content}))
}

fn result(result: &CallResult<'_>) -> Value {
    let CallResult { call, content: blocks, outcome } = result;
    let mut value = json!({"type": "tool_result", "tool_use_id": call});
    if !blocks.is_empty() {
        value["content"] = blocks.iter().map(content).collect();
    }
    if *outcome == Outcome::Error {
        value["is_error"] = json!(true);
    }
    value
}

fn assistant_part(part: &AssistantPart) -> Option<Value> {
    match part {
        // Text without a visible character is refused.
        AssistantPart::Text(text) if text.trim().is_empty() => None,
        AssistantPart::Text(text) => Some(json!({"type": "text", "text": text})),
        AssistantPart::Thinking(block) => {
            // Another protocol's thoughts would be refused.
            let ours = block["type"] == "thinking" || block["type"] == "redacted_thinking";
            ours.then(|| block.clone())
        }
        AssistantPart::ToolUse { id, name, input } => {
            Some(json!({"type": "tool_use", "id": id, "name": name, "input": input}))
        }
    }
}

/// A content block; the event log's spelling is this vendor's own, but its files are not.
fn content(block: &Value) -> Value {
    match Block::read(block) {
        Block::Text(_) | Block::SearchResult { .. } => block.clone(),
        Block::Image(Source::Base64 { .. } | Source::Url(_))
        | Block::Document {
            source: Source::Base64 { .. } | Source::Url(_) | Source::Text(_),
            ..
        } => block.clone(),
        other @ (Block::Image(_) | Block::Document { .. } | Block::Unknown(_)) => {
            json!({"type": "text", "text": other.note()})
        }
    }
}

/// Asks the provider to keep what the next request will begin with: the tools and the system text,
/// and the conversation up to here.
fn mark_for_cache(body: &mut Map<String, Value>) {
    let mark = json!({"type": "ephemeral"});
    let last_of = |blocks: Option<&mut Value>| -> Option<()> {
        blocks?.as_array_mut()?.last_mut()?["cache_control"] = mark.clone();
        Some(())
    };
    if last_of(body.get_mut("system")).is_none() {
        last_of(body.get_mut("tools"));
    }
    let message = body.get_mut("messages").and_then(|messages| messages.as_array_mut()?.last_mut());
    last_of(message.and_then(|message| message.get_mut("content")));
}
