//! A conversation as both protocols want it: roles take turns, and the results of calls come
//! directly after them, before anything else that the user says.

use serde_json::Value;

use crate::chat::{AssistantPart, Message, Outcome, UserPart};

/// All neighbouring messages of one role.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Turn<'a> {
    User {
        /// What calls gave.
        results: Vec<CallResult<'a>>,
        /// What else is said: content blocks.
        blocks: Vec<&'a Value>,
    },
    Assistant(Vec<&'a AssistantPart>),
}

/// What one call gave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct CallResult<'a> {
    pub(super) call: &'a str,
    pub(super) content: &'a [Value],
    pub(super) outcome: Outcome,
}

/// The turns of a conversation.
pub(super) fn turns(messages: &[Message]) -> Vec<Turn<'_>> {
    let mut turns = Vec::new();
    for message in messages {
        match message {
            Message::User(parts) => listen(parts, &mut turns),
            Message::Assistant(parts) => match turns.last_mut() {
                Some(Turn::Assistant(said)) => said.extend(parts),
                Some(Turn::User { .. }) | None => {
                    turns.push(Turn::Assistant(parts.iter().collect()));
                }
            },
        }
    }
    turns
}

fn listen<'a>(parts: &'a [UserPart], turns: &mut Vec<Turn<'a>>) {
    if !matches!(turns.last(), Some(Turn::User { .. })) {
        turns.push(Turn::User { results: Vec::new(), blocks: Vec::new() });
    }
    let Some(Turn::User { results, blocks }) = turns.last_mut() else { return };
    for part in parts {
        match part {
            UserPart::Block(block) => blocks.push(block),
            UserPart::ToolResult { call, content, outcome } => {
                results.push(CallResult { call, content, outcome: *outcome });
            }
        }
    }
}
