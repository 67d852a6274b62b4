//! A conversation, as far as a script looks at it.

use serde_json::{Map, Value};

use crate::chat::{AssistantPart, Message, Request, UserPart};
use crate::provider::block::Block;

/// What a script may ask about a conversation.
pub(super) struct Scene<'a> {
    request: &'a Request,
    turn: usize,
    step: usize,
    last_text: String,
    last_result: String,
}

impl<'a> Scene<'a> {
    pub(super) fn of(request: &'a Request) -> Self {
        let mut scene = Self {
            request,
            turn: 0,
            step: 1,
            last_text: String::new(),
            last_result: String::new(),
        };
        for message in &request.messages {
            match message {
                Message::User(parts) => scene.hear(parts),
                Message::Assistant(_) => scene.step += 1,
            }
        }
        scene
    }

    fn hear(&mut self, parts: &[UserPart]) {
        let mut said = None::<String>;
        for part in parts {
            match part {
                UserPart::Block(block) => {
                    let said = said.get_or_insert_default();
                    if !said.is_empty() {
                        said.push('\n');
                    }
                    said.push_str(&Block::read(block).note());
                }
                UserPart::ToolResult { content, .. } => {
                    let notes = content.iter().map(|block| Block::read(block).note());
                    self.last_result = notes.collect::<Vec<_>>().join("\n");
                }
            }
        }
        if let Some(said) = said {
            self.turn += 1;
            self.step = 1;
            self.last_text = said;
        }
    }

    /// The number of the user's last message, from 1.
    pub(super) const fn turn(&self) -> usize {
        self.turn
    }

    /// The number of the answer to that message, from 1.
    pub(super) const fn step(&self) -> usize {
        self.step
    }

    /// What the user said last.
    pub(super) fn last_text(&self) -> &str {
        &self.last_text
    }

    /// Whether the model may call the tool.
    pub(super) fn offers(&self, tool: &str) -> bool {
        self.request.tools.iter().any(|spec| spec.name == tool)
    }

    /// How many answers there have been in all.
    pub(super) fn answers(&self) -> usize {
        let answers = self.request.messages.iter().filter(|m| matches!(m, Message::Assistant(_)));
        answers.count()
    }

    /// A text with what it refers to.
    pub(super) fn fill(&self, text: &str) -> String {
        // Results first, so that what a user says is never taken for a reference.
        let text = text.replace("{{last_result}}", self.last_result.trim_end());
        text.replace("{{last_text}}", &self.last_text)
    }

    /// All texts of a value with what they refer to.
    pub(super) fn fill_value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.fill(text)),
            Value::Array(items) => items.iter().map(|item| self.fill_value(item)).collect(),
            Value::Object(members) => Value::Object(self.fill_members(members)),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    /// All texts of an object with what they refer to.
    pub(super) fn fill_members(&self, members: &Map<String, Value>) -> Map<String, Value> {
        members.iter().map(|(name, value)| (name.clone(), self.fill_value(value))).collect()
    }

    /// The characters of everything that the model is told.
    pub(super) fn characters(&self) -> usize {
        let Request { system, messages, tools, .. } = self.request;
        let system = system.as_ref().map_or(0, |text| text.chars().count());
        let tools: usize = tools.iter().map(|tool| tool.description.chars().count()).sum();
        system + tools + messages.iter().map(characters_of).sum::<usize>()
    }
}

fn characters_of(message: &Message) -> usize {
    let note = |block: &Value| Block::read(block).note().chars().count();
    match message {
        Message::User(parts) => parts
            .iter()
            .map(|part| match part {
                UserPart::Block(block) => note(block),
                UserPart::ToolResult { content, .. } => content.iter().map(note).sum(),
            })
            .sum(),
        Message::Assistant(parts) => parts
            .iter()
            .map(|part| match part {
                AssistantPart::Text(text) => text.chars().count(),
                AssistantPart::Thinking(_) => 0,
                AssistantPart::ToolUse { input, .. } => input.to_string().chars().count(),
            })
            .sum(),
    }
}
