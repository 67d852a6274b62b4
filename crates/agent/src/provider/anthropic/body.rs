//! A request in the vendor's words.

use serde_json::{Map, Value, json};

use super::{Model, Thinking};
use crate::chat::{AssistantPart, Message, Outcome, Request, ToolSpec, UserPart};
use crate::provider::block::{Block, Source};

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
    body.insert("messages".to_owned(), Value::Array(turns(messages)));
    mark_for_cache(&mut body);
    Value::Object(body)
}

fn tool(tool: &ToolSpec) -> Value {
    let ToolSpec { name, description, input_schema } = tool;
    json!({"name": name, "description": description, "input_schema": input_schema})
}

/// The messages; neighbours of the same role become one, because a call's result must be in the
/// message that follows the call.
fn turns(messages: &[Message]) -> Vec<Value> {
    let mut turns: Vec<(&str, Vec<Value>)> = Vec::new();
    for message in messages {
        let (role, content) = match message {
            Message::User(parts) => ("user", parts.iter().map(user_part).collect::<Vec<_>>()),
            Message::Assistant(parts) => {
                ("assistant", parts.iter().filter_map(assistant_part).collect())
            }
        };
        match turns.last_mut() {
            Some((last, blocks)) if *last == role => blocks.extend(content),
            _ if content.is_empty() => {}
            _ => turns.push((role, content)),
        }
    }
    turns
        .into_iter()
        .map(|(role, mut content)| {
            // Results come before everything else that the client says. The sort is stable.
            content.sort_by_key(|block| role == "user" && block["type"] != "tool_result");
            json!({"role": role, "content": content})
        })
        .collect()
}

fn user_part(part: &UserPart) -> Value {
    match part {
        UserPart::Block(block) => content(block),
        UserPart::ToolResult { call, content: blocks, outcome } => {
            let blocks: Vec<Value> = blocks.iter().map(content).collect();
            let is_error = *outcome == Outcome::Error;
            let mut result = json!({"type": "tool_result", "tool_use_id": call});
            if !blocks.is_empty() {
                result["content"] = Value::Array(blocks);
            }
            if is_error {
                result["is_error"] = json!(true);
            }
            result
        }
    }
}

fn assistant_part(part: &AssistantPart) -> Option<Value> {
    match part {
        // Text without a visible character is refused.
        AssistantPart::Text(text) if text.trim().is_empty() => None,
        AssistantPart::Text(text) => Some(json!({"type": "text", "text": text})),
        AssistantPart::Thinking(block) => Some(block.clone()),
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

#[cfg(test)]
mod tests;
