//! The events of a session: what happened (events §7), sent, and listed. [`crate::stream`] has
//! them as they happen.

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::content::Block;
use crate::{Client, Cursor, Page, Reply, Result};

#[cfg(test)]
mod tests;

/// An event of the log, or a frame that previews one.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Value")]
pub struct Event {
    /// `evt_…` in Q, `sevt_…` in A; `None` for a preview.
    pub id: Option<String>,
    /// RFC 3339; `None`: it waits until the agent takes it in, or it is a preview.
    pub processed_at: Option<String>,
    /// What happened.
    pub kind: Kind,
    json: Value,
}

impl Event {
    /// As on the wire, such as `agent.message`; empty if the server gave none.
    pub fn name(&self) -> &str {
        text(&self.json, "type").unwrap_or_default()
    }

    /// Every member that the server sent, in its order.
    pub fn json(&self) -> &Value {
        &self.json
    }
}

impl From<Value> for Event {
    /// Reads leniently: what does not look as this crate expects is [`Kind::Other`].
    fn from(json: Value) -> Self {
        Self {
            id: text(&json, "id").map(str::to_owned),
            processed_at: text(&json, "processed_at").map(str::to_owned),
            kind: Kind::deserialize(&json).unwrap_or(Kind::Other),
            json,
        }
    }
}

fn text<'a>(json: &'a Value, member: &str) -> Option<&'a str> {
    json.get(member)?.as_str()
}

/// What happened, as far as people and workers need to tell it apart.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "type")]
pub enum Kind {
    /// A person said something.
    #[serde(rename = "user.message")]
    UserMessage {
        /// What.
        content: Vec<Block>,
    },
    /// A person wants the turn to end.
    #[serde(rename = "user.interrupt")]
    Interrupt,
    /// A person allowed or denied a call.
    #[serde(rename = "user.tool_confirmation")]
    Confirmation {
        /// The call: the id of its event.
        tool_use_id: String,
        /// What they said.
        result: Verdict,
        /// Why, as the agent is told.
        deny_message: Option<String>,
    },
    /// A call was answered: by a worker, by the server, or by an interrupt.
    #[serde(
        rename = "user.tool_result",
        alias = "agent.tool_result",
        alias = "agent.mcp_tool_result",
        alias = "user.custom_tool_result"
    )]
    Answered(Answer),
    /// The agent said something.
    #[serde(rename = "agent.message")]
    AgentMessage {
        /// What.
        content: Vec<Block>,
    },
    /// The agent thought.
    #[serde(rename = "agent.thinking")]
    Thinking,
    /// The agent calls a tool of the built-in toolset.
    #[serde(rename = "agent.tool_use")]
    ToolUse(Call),
    /// The agent calls a tool of an MCP server.
    #[serde(rename = "agent.mcp_tool_use")]
    McpToolUse(Call),
    /// The agent calls a tool that some client has.
    #[serde(rename = "agent.custom_tool_use")]
    CustomToolUse(Call),
    /// A turn goes on.
    #[serde(rename = "session.status_running")]
    Running,
    /// The agent waits.
    #[serde(rename = "session.status_idle")]
    Idle {
        /// What for.
        stop_reason: StopReason,
    },
    /// The server will try again by itself.
    #[serde(rename = "session.status_rescheduled")]
    Rescheduled,
    /// The session is over for good.
    #[serde(rename = "session.status_terminated")]
    Terminated,
    /// The session is gone. The last event of a stream.
    #[serde(rename = "session.deleted")]
    Deleted,
    /// Something failed (events §8).
    #[serde(rename = "session.error")]
    Error {
        /// What.
        error: Failure,
    },
    /// A thread is over for good.
    #[serde(rename = "session.thread_status_terminated")]
    ThreadTerminated {
        /// Which.
        session_thread_id: String,
    },
    /// The model is asked.
    #[serde(rename = "span.model_request_start")]
    ModelRequestStart,
    /// The model has answered or failed; a preview without its event is void.
    #[serde(rename = "span.model_request_end")]
    ModelRequestEnd {
        /// Whether it failed.
        is_error: bool,
    },
    /// A person wants something brought about.
    #[serde(rename = "user.define_outcome")]
    OutcomeDefined {
        /// What.
        description: String,
    },
    /// A grader begins to look at what was done.
    #[serde(rename = "span.outcome_evaluation_start")]
    EvaluationStart {
        /// How often it has done so before.
        iteration: u32,
    },
    /// A grader has said something.
    #[serde(rename = "span.outcome_evaluation_end")]
    EvaluationEnd {
        /// Its verdict, such as `satisfied` or `needs_revision`.
        result: String,
        /// Why.
        explanation: String,
    },
    /// A preview begins.
    #[serde(rename = "event_start")]
    PreviewStart {
        /// Of which event.
        event: Previewed,
    },
    /// A preview goes on.
    #[serde(rename = "event_delta")]
    PreviewDelta {
        /// Of which event.
        event_id: String,
        /// How.
        delta: Delta,
    },
    /// Something that this crate does not know; [`Event::json`] has it.
    #[serde(other)]
    Other,
}

/// A call of a tool.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Call {
    /// The tool.
    pub name: String,
    /// Its parameters.
    #[serde(default)]
    pub input: Value,
    /// What the agent's policy says; `None` counts as allowed (worker protocol §5.3).
    pub evaluated_permission: Option<Permission>,
    /// The thread that calls, if it is not the session's own.
    pub session_thread_id: Option<String>,
}

/// What an agent's policy says of a call.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// It may run.
    Allow,
    /// A person must be asked.
    Ask,
    /// It must not run.
    Deny,
    /// Something that this crate does not know.
    #[serde(untagged)]
    Other(String),
}

/// The result of a call.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Answer {
    /// The call: the id of its event.
    #[serde(alias = "mcp_tool_use_id", alias = "custom_tool_use_id")]
    pub tool_use_id: String,
    /// What came out.
    #[serde(default)]
    pub content: Vec<Block>,
    /// Whether it failed.
    pub is_error: Option<bool>,
}

/// Why the agent waits.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum StopReason {
    /// It is done.
    EndTurn,
    /// Calls wait for a person, a worker or another client.
    RequiresAction {
        /// The calls: the ids of their events.
        #[serde(default)]
        event_ids: Vec<String>,
    },
    /// Any other end of a turn, such as `retries_exhausted`.
    #[serde(untagged)]
    Other {
        /// As on the wire.
        #[serde(rename = "type")]
        name: String,
    },
}

impl StopReason {
    /// As on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::EndTurn => "end_turn",
            Self::RequiresAction { .. } => "requires_action",
            Self::Other { name } => name,
        }
    }
}

/// What a `session.error` says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Failure {
    /// The class, such as `model_overloaded_error`.
    #[serde(rename = "type")]
    pub kind: String,
    /// A sentence for people.
    #[serde(default)]
    pub message: String,
    /// What follows.
    pub retry_status: Option<Retry>,
}

/// What follows a failure.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Retry {
    /// `retrying`, `exhausted` or `terminal`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// The event that a preview is of.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Previewed {
    /// The id that it will have.
    pub id: String,
    /// Its kind, such as `agent.message`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// A piece of an event that is being made.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Delta {
    /// Which block of the content it goes on; a new one begins it.
    #[serde(default)]
    pub index: u32,
    /// What is appended.
    pub content: Block,
}

/// A person's word on a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It may run.
    Allow,
    /// It must not run.
    Deny,
}

/// An event to be sent (events §2).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type")]
pub enum NewEvent {
    /// Something that a person says.
    #[serde(rename = "user.message")]
    Message {
        /// What; at least one block.
        content: Vec<Block>,
    },
    /// The turn is to end.
    #[serde(rename = "user.interrupt")]
    Interrupt,
    /// A person's word on a call that waits for it.
    #[serde(rename = "user.tool_confirmation")]
    Confirmation {
        /// The call: the id of its event.
        tool_use_id: String,
        /// What they say.
        result: Verdict,
        /// Why not, for the agent.
        #[serde(skip_serializing_if = "Option::is_none")]
        deny_message: Option<String>,
    },
    /// What came out of a call of the built-in toolset.
    #[serde(rename = "user.tool_result")]
    ToolResult {
        /// The call: the id of its event.
        tool_use_id: String,
        /// Whether it failed.
        is_error: bool,
        /// What came out.
        content: Vec<Block>,
    },
    /// Something that the agent is to bring about, and by what it is graded.
    #[serde(rename = "user.define_outcome")]
    Outcome {
        /// What.
        description: String,
        /// How it is graded.
        rubric: Rubric,
        /// How many evaluations it gets at the most, 1–20; `None`: 3.
        #[serde(skip_serializing_if = "Option::is_none")]
        max_iterations: Option<u8>,
    },
}

/// How an outcome is graded.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Rubric {
    /// By this text.
    Text {
        /// Plain text or Markdown.
        content: String,
    },
}

impl NewEvent {
    /// A message of one text.
    pub fn message(text: impl Into<String>) -> Self {
        Self::Message { content: vec![Block::text(text)] }
    }
}

/// In which order a list comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Oldest first.
    Ascending,
    /// Newest first.
    Descending,
}

impl Order {
    const fn query(self) -> [(&'static str, &'static str); 1] {
        [("order", if matches!(self, Self::Ascending) { "asc" } else { "desc" })]
    }
}

#[derive(Serialize)]
struct Batch<'a> {
    events: &'a [NewEvent],
}

impl Client {
    /// Sends events, all or none of them; gives them as they are kept, in the same order.
    pub async fn send_events(
        &self,
        session_id: &str,
        events: &[NewEvent],
    ) -> Result<Reply<Page<Event>>> {
        let request = self.cloud(Method::POST, &["sessions", session_id, "events"])?;
        self.send_json(request, &Batch { events }).await
    }

    /// One page of a session's events in the order in which the agent takes them in; those that
    /// still wait for it come last. Here [`Cursor::limit`] may be 1..=1000.
    pub async fn list_events(
        &self,
        session_id: &str,
        order: Order,
        cursor: &Cursor,
    ) -> Result<Reply<Page<Event>>> {
        let request = self.cloud(Method::GET, &["sessions", session_id, "events"])?;
        self.send(request.query(&order.query()).query(cursor)).await
    }
}
