//! From the log to what a model is asked: pure, and the same whoever takes the turn up.

use std::collections::HashMap;

use leasehold_model::event::{Answer, Event, Grade, Kind, Use};
use leasehold_model::{EventId, Json};
use serde_json::{Value, json};

use crate::chat::{AssistantPart, Message, Outcome, UserPart};
use crate::toolbox::mcp_name;

/// The conversation that a log tells, oldest first.
///
/// Only what was taken into the log counts. A request that gave no answer has left nothing in it,
/// so what the model said is always whole.
pub fn conversation(events: &[Event]) -> Vec<Message> {
    let mut transcript = Transcript::default();
    let told = |event: &&Event| event.place.is_some() && share(&event.kind).is_some();
    for event in events.iter().filter(told) {
        transcript.add(event);
    }
    transcript.take_in_notes();
    transcript.messages
}

/// About how many bytes an event adds to a conversation; `None` if it is no part of any. Most of a
/// long log is not: who drives a turn has to keep only what is.
pub fn share(kind: &Kind) -> Option<usize> {
    match kind {
        Kind::UserMessage { .. }
        | Kind::SystemMessage { .. }
        | Kind::AgentMessage { .. }
        | Kind::AgentThinking { opaque: Some(_) }
        | Kind::AgentToolUse(_)
        | Kind::AgentCustomToolUse(_)
        | Kind::AgentMcpToolUse { .. }
        | Kind::UserToolResult(_)
        | Kind::UserCustomToolResult(_)
        | Kind::AgentToolResult(_)
        | Kind::AgentMcpToolResult(_)
        | Kind::UserDefineOutcome { .. }
        | Kind::OutcomeEvaluationEnd { .. } => Some(kind.weight()),
        // It says where something is told, and is not told itself.
        Kind::ModelRequestStart => Some(0),
        Kind::UserInterrupt
        | Kind::UserToolConfirmation { .. }
        | Kind::AgentThinking { opaque: None }
        | Kind::StatusRunning
        | Kind::StatusIdle(_)
        | Kind::StatusRescheduled
        | Kind::StatusTerminated
        | Kind::ThreadRunning
        | Kind::ThreadIdle(_)
        | Kind::ThreadRescheduled
        | Kind::SessionUpdated(_)
        | Kind::SessionUsage { .. }
        | Kind::SessionError(_)
        | Kind::ModelRequestEnd { .. }
        | Kind::OutcomeEvaluationStart { .. }
        | Kind::OutcomeEvaluationOngoing { .. } => None,
    }
}

#[derive(Default)]
struct Transcript {
    messages: Vec<Message>,
    /// The provider's names of the calls.
    calls: HashMap<EventId, String>,
    /// What the server says of outcomes. It may have come while the model spoke or while calls were
    /// open, and is told with the next request.
    notes: Vec<UserPart>,
}

impl Transcript {
    fn add(&mut self, event: &Event) {
        match &event.kind {
            Kind::UserMessage { content } => {
                self.user(blocks(content).into_iter().map(UserPart::Block).collect());
            }
            Kind::SystemMessage { content } => self.user(system_note(content)),
            Kind::AgentMessage { content } => {
                let texts = blocks(content).into_iter().filter_map(|block| {
                    Some(AssistantPart::Text(block.get("text")?.as_str()?.to_owned()))
                });
                self.assistant(texts.collect());
            }
            Kind::AgentThinking { opaque: Some(block) } => {
                self.assistant(vec![AssistantPart::Thinking(block.value())]);
            }
            Kind::AgentToolUse(used) | Kind::AgentCustomToolUse(used) => {
                self.call(event.id, used.name.clone(), used);
            }
            Kind::AgentMcpToolUse { server, used } => {
                self.call(event.id, mcp_name(server, &used.name), used);
            }
            Kind::UserToolResult(answer)
            | Kind::UserCustomToolResult(answer)
            | Kind::AgentToolResult(answer)
            | Kind::AgentMcpToolResult(answer) => self.answer(answer),
            Kind::UserDefineOutcome { description, rubric, .. } => {
                self.notes.push(note(&outcome_note(description, rubric)));
            }
            Kind::OutcomeEvaluationEnd { grade, explanation, .. } => {
                self.notes.extend(grade_note(*grade, explanation).map(|text| note(&text)));
            }
            Kind::ModelRequestStart => self.take_in_notes(),
            Kind::UserInterrupt
            | Kind::UserToolConfirmation { .. }
            | Kind::AgentThinking { opaque: None }
            | Kind::StatusRunning
            | Kind::StatusIdle(_)
            | Kind::StatusRescheduled
            | Kind::StatusTerminated
            | Kind::ThreadRunning
            | Kind::ThreadIdle(_)
            | Kind::ThreadRescheduled
            | Kind::SessionUpdated(_)
            | Kind::SessionUsage { .. }
            | Kind::SessionError(_)
            | Kind::ModelRequestEnd { .. }
            | Kind::OutcomeEvaluationStart { .. }
            | Kind::OutcomeEvaluationOngoing { .. } => {}
        }
    }

    fn take_in_notes(&mut self) {
        if !self.notes.is_empty() {
            let notes = std::mem::take(&mut self.notes);
            self.user(notes);
        }
    }

    fn call(&mut self, id: EventId, name: String, used: &Use) {
        self.calls.insert(id, used.model_id.clone());
        let (id, input) = (used.model_id.clone(), used.input.value());
        self.assistant(vec![AssistantPart::ToolUse { id, name, input }]);
    }

    fn answer(&mut self, answer: &Answer) {
        let Some(call) = self.calls.get(&answer.call).cloned() else { return };
        let content = answer.content.as_ref().map(blocks).unwrap_or_default();
        let outcome = match answer.is_error {
            Some(true) => Outcome::Error,
            Some(false) | None => Outcome::Success,
        };
        self.user(vec![UserPart::ToolResult { call, content, outcome }]);
    }

    fn user(&mut self, parts: Vec<UserPart>) {
        match self.messages.last_mut() {
            Some(Message::User(before)) => before.extend(parts),
            Some(Message::Assistant(_)) | None => self.messages.push(Message::User(parts)),
        }
    }

    fn assistant(&mut self, parts: Vec<AssistantPart>) {
        match self.messages.last_mut() {
            Some(Message::Assistant(before)) => before.extend(parts),
            Some(Message::User(_)) | None => self.messages.push(Message::Assistant(parts)),
        }
    }
}

fn blocks(content: &Json) -> Vec<Value> {
    match content.value() {
        Value::Array(blocks) => blocks,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            Vec::new()
        }
    }
}

/// No provider takes a system prompt in mid-conversation, so it is told as a note that says what it
/// is.
fn system_note(content: &Json) -> Vec<UserPart> {
    let texts: Vec<String> = blocks(content)
        .iter()
        .filter_map(|block| Some(block.get("text")?.as_str()?.to_owned()))
        .collect();
    vec![note(&format!("<system-message>\n{}\n</system-message>", texts.join("\n")))]
}

fn note(text: &str) -> UserPart {
    UserPart::Block(json!({ "type": "text", "text": text }))
}

fn outcome_note(description: &str, rubric: &str) -> String {
    format!(
        "<outcome>\n{description}\n</outcome>\n<rubric>\n{rubric}\n</rubric>\n\
         Bring about this outcome. Once you call no more tools, somebody else compares what you have \
         done and said with the rubric."
    )
}

/// What an agent is told of a grader's verdict. One that ends the work tells it nothing.
fn grade_note(grade: Grade, explanation: &str) -> Option<String> {
    let advice = match grade {
        Grade::NeedsRevision => "Mend what is wanting.",
        Grade::MaxIterationsReached => {
            "Nobody will look at it again. Say in short what has been reached and what has not."
        }
        Grade::Satisfied | Grade::Failed | Grade::Interrupted => return None,
    };
    let result = grade.as_str();
    Some(format!("<evaluation result=\"{result}\">\n{explanation}\n</evaluation>\n{advice}"))
}

#[cfg(test)]
mod tests;
