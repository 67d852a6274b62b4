//! What an MCP server gives, as content blocks of ours (events §2), within bounds.

use serde_json::{Value, json};

use crate::chat::Outcome;
use crate::tool::ToolOutcome;

#[cfg(test)]
mod tests;

/// The most bytes of all blocks of a result together.
const MAX_BYTES: usize = 1024 * 1024;
/// Images that models can look at.
const IMAGES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// The outcome of a result as its protocol writes it: `content`, `structuredContent`, `isError`.
pub(super) fn outcome(result: &Value) -> ToolOutcome {
    let mut blocks = Blocks { content: Vec::new(), left: MAX_BYTES };
    for block in result["content"].as_array().into_iter().flatten() {
        blocks.add(block);
    }
    // A server that has only data for programs: better than nothing.
    if blocks.content.is_empty()
        && let Some(data) = result.get("structuredContent")
    {
        blocks.text(&data.to_string());
    }
    let failed = result["isError"] == true;
    if blocks.content.is_empty() {
        let text = if failed { "The tool failed and did not say why." } else { "" };
        let mut outcome = ToolOutcome::success(text);
        outcome.outcome = if failed { Outcome::Error } else { Outcome::Success };
        return outcome;
    }
    let outcome = if failed { Outcome::Error } else { Outcome::Success };
    ToolOutcome { content: blocks.content, outcome }
}

struct Blocks {
    content: Vec<Value>,
    left: usize,
}

impl Blocks {
    fn add(&mut self, block: &Value) {
        let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
        match block["type"].as_str().unwrap_or("") {
            "text" => self.text(&text(&block["text"])),
            "image" => self.image(&text(&block["mimeType"]), &text(&block["data"])),
            "resource" => match block["resource"]["text"].as_str() {
                Some(words) => self.text(words),
                None => {
                    let uri = text(&block["resource"]["uri"]);
                    self.text(&format!("[a resource that is no text: {uri}]"));
                }
            },
            "resource_link" => {
                let (name, uri) = (text(&block["name"]), text(&block["uri"]));
                self.text(&format!("[a resource: {name} at {uri}]"));
            }
            other => self.text(&format!("[{other} content that cannot be shown to you]")),
        }
    }

    /// Adds a text, or as much of it as there is room for.
    fn text(&mut self, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        let end = text.floor_char_boundary(self.left);
        let (kept, rest) = text.split_at(end);
        self.left -= kept.len();
        if !kept.trim().is_empty() {
            self.content.push(json!({"type": "text", "text": kept}));
        }
        if !rest.is_empty() {
            self.cut_off();
        }
    }

    fn image(&mut self, media_type: &str, data: &str) {
        if !IMAGES.contains(&media_type) || data.is_empty() {
            self.text(&format!("[an image of type {media_type:?} that cannot be shown to you]"));
        } else if data.len() > self.left {
            self.cut_off();
        } else {
            self.left -= data.len();
            let source = json!({"type": "base64", "media_type": media_type, "data": data});
            self.content.push(json!({"type": "image", "source": source}));
        }
    }

    /// Says once that something is missing; nothing fits from then on.
    fn cut_off(&mut self) {
        let note = json!({"type": "text", "text": "[the rest of the result is too long]"});
        if self.content.last() != Some(&note) {
            self.content.push(note);
        }
        self.left = 0;
    }
}
