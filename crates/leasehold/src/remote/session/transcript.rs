//! What a person is shown of a session: events in, text out.
//!
//! A message is shown while it is being written; the whole message that follows is the truth, and
//! only what was not shown yet is added. Where the events come from and where the text goes is not
//! known here.

use std::collections::HashMap;

use leasehold_client::content::Block;
use leasehold_client::event::{
    Answer, Call, Delta, Event, Failure, Kind, Permission, Previewed, StopReason, Verdict,
};
use serde_json::Value;

use crate::output::{printable, visible};

/// Lines of a result that are shown.
const LINES: usize = 12;
/// Characters of such a line, and of a tool's parameters.
const WIDTH: usize = 160;

/// A transcript in the making.
pub(super) struct Transcript {
    session: String,
    /// Whom each call waits for, if it waits.
    calls: HashMap<String, Party>,
    preview: Option<Preview>,
    /// Whether the last line has not ended.
    mid_line: bool,
}

/// Somebody who can answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Party {
    Worker,
    Person,
    Client,
}

/// A message that is being written.
struct Preview {
    id: String,
    block: u32,
    /// What has come of it, over the present connection.
    heard: String,
    /// What has been shown of it, over all connections.
    shown: String,
}

impl Transcript {
    pub(super) fn new(session: &str) -> Self {
        Self { session: session.to_owned(), calls: HashMap::new(), preview: None, mid_line: false }
    }

    /// Takes in an event that is not shown, for what it says about later ones.
    pub(super) fn learn(&mut self, event: &Event) {
        let party = match &event.kind {
            Kind::ToolUse(call) | Kind::McpToolUse(call) => match call.evaluated_permission {
                Some(Permission::Ask | Permission::Other(_)) => Party::Person,
                None | Some(Permission::Allow | Permission::Deny) => Party::Worker,
            },
            Kind::CustomToolUse(_) => Party::Client,
            Kind::Confirmation { tool_use_id, .. } => {
                self.calls.insert(tool_use_id.clone(), Party::Worker);
                return;
            }
            Kind::UserMessage { .. }
            | Kind::Interrupt
            | Kind::Answered(_)
            | Kind::AgentMessage { .. }
            | Kind::Thinking
            | Kind::Running
            | Kind::Idle { .. }
            | Kind::Rescheduled
            | Kind::Terminated
            | Kind::Deleted
            | Kind::Error { .. }
            | Kind::ThreadTerminated { .. }
            | Kind::ModelRequestStart
            | Kind::ModelRequestEnd { .. }
            | Kind::OutcomeDefined { .. }
            | Kind::EvaluationStart { .. }
            | Kind::EvaluationEnd { .. }
            | Kind::PreviewStart { .. }
            | Kind::PreviewDelta { .. }
            | Kind::Other => return,
        };
        if let Some(id) = &event.id {
            self.calls.entry(id.clone()).or_insert(party);
        }
    }

    /// The text by which an event is shown; it may be empty, and may leave its last line open.
    pub(super) fn tell(&mut self, event: &Event) -> String {
        self.learn(event);
        let lines = match &event.kind {
            Kind::PreviewStart { event } => return self.begin(event),
            Kind::PreviewDelta { event_id, delta } => return self.go_on(event_id, delta),
            Kind::AgentMessage { content } => {
                return self.message(event.id.as_deref(), &text(content));
            }
            Kind::UserMessage { content } => led("> ", "> ", &text(content)),
            Kind::OutcomeDefined { description } => led("> outcome: ", "> ", description),
            Kind::EvaluationStart { iteration } => {
                format!("[evaluation {}]\n", u64::from(*iteration) + 1)
            }
            Kind::EvaluationEnd { result, explanation } => evaluated(result, explanation),
            Kind::Interrupt => "[interrupt]\n".to_owned(),
            Kind::Confirmation { tool_use_id, result, deny_message } => {
                confirmation(tool_use_id, *result, deny_message.as_deref())
            }
            Kind::ToolUse(call) | Kind::CustomToolUse(call) => called(&call.name, call),
            Kind::McpToolUse(call) => {
                let server = event.json().get("mcp_server_name").and_then(Value::as_str);
                called(&format!("{}/{}", server.unwrap_or("mcp"), call.name), call)
            }
            Kind::Answered(answer) => answered(answer),
            Kind::Running => "[running]\n".to_owned(),
            Kind::Idle { stop_reason } => self.idle(stop_reason),
            Kind::Rescheduled => "[rescheduled]\n".to_owned(),
            Kind::Terminated => "[terminated]\n".to_owned(),
            Kind::Deleted => "[deleted]\n".to_owned(),
            Kind::Error { error } => failure(error),
            Kind::ModelRequestEnd { .. } => {
                let left = self.preview.take().filter(|preview| !preview.shown.is_empty());
                left.map(|_| "[cut off]\n".to_owned()).unwrap_or_default()
            }
            Kind::Thinking
            | Kind::ThreadTerminated { .. }
            | Kind::ModelRequestStart
            | Kind::Other => String::new(),
        };
        self.lines(&lines)
    }

    /// Text that begins on a line of its own.
    fn lines(&mut self, text: &str) -> String {
        if text.is_empty() {
            return String::new();
        }
        let start = if self.mid_line { "\n" } else { "" };
        self.mid_line = !text.ends_with('\n');
        format!("{start}{text}")
    }

    fn begin(&mut self, event: &Previewed) -> String {
        if event.kind == "agent.message" {
            // After a cut the pieces come again from the first.
            let same = self.preview.take().filter(|preview| preview.id == event.id);
            let shown = same.map(|preview| preview.shown).unwrap_or_default();
            let (id, heard) = (event.id.clone(), String::new());
            self.preview = Some(Preview { id, block: 0, heard, shown });
        }
        String::new()
    }

    fn go_on(&mut self, id: &str, delta: &Delta) -> String {
        // Without its beginning it is not shown: the whole message will come.
        let Some(preview) = self.preview.as_mut().filter(|preview| preview.id == id) else {
            return String::new();
        };
        if delta.index > preview.block {
            preview.block = delta.index;
            preview.heard.push('\n');
        }
        preview.heard.push_str(&text(std::slice::from_ref(&delta.content)));
        let Some(more) = preview.heard.strip_prefix(&preview.shown) else { return String::new() };
        let (first, more) = (preview.shown.is_empty(), printable(more));
        preview.shown.clone_from(&preview.heard);
        if first { self.lines(&more) } else { self.go_on_with(more) }
    }

    /// Text that goes on with the line.
    fn go_on_with(&mut self, text: String) -> String {
        if !text.is_empty() {
            self.mid_line = !text.ends_with('\n');
        }
        text
    }

    fn message(&mut self, id: Option<&str>, text: &str) -> String {
        let preview = self.preview.take().filter(|preview| Some(preview.id.as_str()) == id);
        let shown = preview.map(|preview| preview.shown).unwrap_or_default();
        let mut told = match text.strip_prefix(shown.as_str()) {
            Some(rest) if !shown.is_empty() => self.go_on_with(printable(rest)),
            Some(_) | None => self.lines(&printable(text)),
        };
        if std::mem::take(&mut self.mid_line) {
            told.push('\n');
        }
        told
    }

    fn idle(&self, reason: &StopReason) -> String {
        let StopReason::RequiresAction { event_ids } = reason else {
            return format!("[idle: {}]\n", visible(reason.as_str()));
        };
        let of = |party| {
            let waits = |id: &&String| *self.calls.get(*id).unwrap_or(&Party::Client) == party;
            event_ids.iter().filter(waits).map(|id| visible(id)).collect::<Vec<_>>()
        };
        let mut lines = String::new();
        if !of(Party::Worker).is_empty() {
            lines.push_str("[idle: waits for a worker]\n");
        }
        let calls = of(Party::Person);
        if !calls.is_empty() {
            let (session, calls) = (visible(&self.session), calls.join(" --allow "));
            let command = format!("leasehold session send {session} --allow {calls}");
            lines.push_str(&format!("[idle: waits for your word: {command}  (or --deny)]\n"));
        }
        let calls = of(Party::Client);
        if !calls.is_empty() {
            lines.push_str(&format!("[idle: waits for another client: {}]\n", calls.join(" ")));
        }
        if lines.is_empty() { "[idle: requires_action]\n".to_owned() } else { lines }
    }
}

/// The text of some blocks; one of another kind is named.
fn text(content: &[Block]) -> String {
    let block = |block: &Block| match block {
        Block::Text { text } => text.clone(),
        Block::Other(_) => format!("[{}]", block.kind()),
    };
    content.iter().map(block).collect::<Vec<_>>().join("\n")
}

/// The lines of a text, the first and the others each behind something.
fn led(first: &str, others: &str, text: &str) -> String {
    let mut led = String::new();
    for (number, line) in text.lines().enumerate() {
        led.push_str(if number == 0 { first } else { others });
        led.push_str(&visible(line));
        led.push('\n');
    }
    led
}

fn called(name: &str, call: &Call) -> String {
    let mut lines = match call.input.get("command").and_then(Value::as_str) {
        Some(command) if name == "bash" => led("$ ", "  ", command),
        Some(_) | None => {
            let input = if call.input.is_null() { String::new() } else { call.input.to_string() };
            led("* ", "  ", &format!("{name} {}", cut(&input)))
        }
    };
    if call.evaluated_permission == Some(Permission::Deny) {
        lines.push_str("  [not permitted]\n");
    }
    lines
}

fn answered(answer: &Answer) -> String {
    let lead = if answer.is_error == Some(true) { "  ! " } else { "  | " };
    let text = text(&answer.content);
    let mut lines = text.lines();
    let mut shown: String =
        lines.by_ref().take(LINES).map(|line| led(lead, lead, &cut(line))).collect();
    match lines.count() {
        0 => {}
        1 => shown.push_str(&format!("{lead}… 1 more line\n")),
        more => shown.push_str(&format!("{lead}… {more} more lines\n")),
    }
    if shown.is_empty() { format!("{lead}(no output)\n") } else { shown }
}

fn confirmation(call: &str, verdict: Verdict, reason: Option<&str>) -> String {
    let word = match verdict {
        Verdict::Allow => "allowed",
        Verdict::Deny => "denied",
    };
    let reason = reason.map(|reason| format!(": {}", visible(reason))).unwrap_or_default();
    format!("[{word} {}{reason}]\n", visible(call))
}

fn evaluated(result: &str, explanation: &str) -> String {
    let lines = led("  = ", "  = ", explanation);
    format!("[{}]\n{lines}", visible(&result.replace('_', " ")))
}

fn failure(error: &Failure) -> String {
    let Failure { kind, message, retry_status } = error;
    let next = match retry_status.as_ref().map(|retry| retry.kind.as_str()) {
        Some("retrying") => "; it is tried again",
        Some("exhausted") => "; the turn is over",
        Some("terminal") => "; the session is over",
        Some(_) | None => "",
    };
    let words = if message.is_empty() { kind.clone() } else { format!("{message} ({kind})") };
    format!("[error: {}{next}]\n", visible(&words))
}

/// A line cut to a width that a screen has.
fn cut(line: &str) -> String {
    match line.char_indices().nth(WIDTH) {
        Some(_) => line.chars().take(WIDTH).chain(['…']).collect(),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests;
