//! Events: all that can stand in the log of a session (events §2, §7).
//!
//! An event says what happened and nothing about how a dialect writes it: ids are ids, and what is
//! derived from the session (its thread, the name of its agent) is not repeated in each event.

use serde::{Deserialize, Serialize};

use crate::id::EventId;
use crate::json::Json;
use crate::session::budget::Budget;
use crate::time::Timestamp;

/// An event of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// Where it stands in the log; `None` while it waits to be taken in.
    pub place: Option<Place>,
    /// What happened.
    pub kind: Kind,
}

/// A place in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// How many events precede it; there are no gaps.
    pub seq: u64,
    /// When it was taken into the log; rises strictly with `seq` (events §3).
    pub at: Timestamp,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// `user.message`
    #[serde(rename = "user.message")]
    UserMessage {
        /// Content blocks, at least one.
        content: Json,
    },
    /// `user.interrupt`
    #[serde(rename = "user.interrupt")]
    UserInterrupt,
    /// `user.tool_confirmation`
    #[serde(rename = "user.tool_confirmation")]
    UserToolConfirmation {
        /// The call that was asked about.
        call: EventId,
        /// What the user said.
        verdict: Verdict,
    },
    /// `user.tool_result`
    #[serde(rename = "user.tool_result")]
    UserToolResult(Answer),
    /// `user.custom_tool_result`
    #[serde(rename = "user.custom_tool_result")]
    UserCustomToolResult(Answer),
    /// `system.message`
    #[serde(rename = "system.message")]
    SystemMessage {
        /// Text blocks.
        content: Json,
    },
    /// `user.define_outcome`
    #[serde(rename = "user.define_outcome")]
    UserDefineOutcome {
        /// What the agent is to produce.
        description: String,
        /// How it is graded: plain text or Markdown.
        rubric: String,
        /// How many evaluations it gets at the most, 1–20.
        max_iterations: u8,
    },
    /// `agent.message`
    #[serde(rename = "agent.message")]
    AgentMessage {
        /// Text blocks.
        content: Json,
    },
    /// `agent.thinking`
    #[serde(rename = "agent.thinking")]
    AgentThinking {
        /// What the provider wants to see again with the next request; never on the wire.
        opaque: Option<Json>,
    },
    /// `agent.tool_use`
    #[serde(rename = "agent.tool_use")]
    AgentToolUse(Use),
    /// `agent.tool_result`
    #[serde(rename = "agent.tool_result")]
    AgentToolResult(Answer),
    /// `agent.mcp_tool_use`
    #[serde(rename = "agent.mcp_tool_use")]
    AgentMcpToolUse {
        /// The name of the server, as the agent knows it.
        server: String,
        /// The call.
        used: Use,
    },
    /// `agent.mcp_tool_result`
    #[serde(rename = "agent.mcp_tool_result")]
    AgentMcpToolResult(Answer),
    /// `agent.custom_tool_use`
    #[serde(rename = "agent.custom_tool_use")]
    AgentCustomToolUse(Use),
    /// `session.status_running`
    #[serde(rename = "session.status_running")]
    StatusRunning,
    /// `session.status_idle`
    #[serde(rename = "session.status_idle")]
    StatusIdle(StopReason),
    /// `session.status_rescheduled`
    #[serde(rename = "session.status_rescheduled")]
    StatusRescheduled,
    /// `session.status_terminated`
    #[serde(rename = "session.status_terminated")]
    StatusTerminated,
    /// `session.thread_status_running`
    #[serde(rename = "session.thread_status_running")]
    ThreadRunning,
    /// `session.thread_status_idle`
    #[serde(rename = "session.thread_status_idle")]
    ThreadIdle(StopReason),
    /// `session.thread_status_rescheduled`
    #[serde(rename = "session.thread_status_rescheduled")]
    ThreadRescheduled,
    /// `session.updated`
    #[serde(rename = "session.updated")]
    SessionUpdated(Update),
    /// `session.usage`
    #[serde(rename = "session.usage")]
    SessionUsage {
        /// What all requests have used so far.
        usage: Usage,
        /// For how long the session has run, in microseconds.
        active_micros: u64,
        /// What it may cost.
        budget: Option<Budget>,
    },
    /// `session.error`
    #[serde(rename = "session.error")]
    SessionError(Trouble),
    /// `span.model_request_start`
    #[serde(rename = "span.model_request_start")]
    ModelRequestStart,
    /// `span.model_request_end`
    #[serde(rename = "span.model_request_end")]
    ModelRequestEnd {
        /// The event that began it.
        start: EventId,
        /// Whether it gave no answer.
        is_error: bool,
        /// What it used.
        usage: Usage,
    },
    /// `span.outcome_evaluation_start`
    #[serde(rename = "span.outcome_evaluation_start")]
    OutcomeEvaluationStart {
        /// The event that defined the outcome.
        outcome: EventId,
        /// The number of the cycle, from 0.
        iteration: u32,
    },
    /// `span.outcome_evaluation_ongoing`
    #[serde(rename = "span.outcome_evaluation_ongoing")]
    OutcomeEvaluationOngoing {
        /// The event that defined the outcome.
        outcome: EventId,
        /// The number of the cycle, from 0.
        iteration: u32,
        /// What a request used that has just failed; never on the wire.
        used: Usage,
    },
    /// `span.outcome_evaluation_end`
    #[serde(rename = "span.outcome_evaluation_end")]
    OutcomeEvaluationEnd {
        /// The event that began it.
        start: EventId,
        /// The event that defined the outcome.
        outcome: EventId,
        /// The number of the cycle, from 0.
        iteration: u32,
        /// The verdict.
        grade: Grade,
        /// Why, for people and for the agent.
        explanation: String,
        /// What all requests of the cycle used.
        usage: Usage,
    },
}

/// What an evaluation of an outcome comes to (events §7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Grade {
    /// `satisfied`
    Satisfied,
    /// `needs_revision`
    NeedsRevision,
    /// `max_iterations_reached`
    MaxIterationsReached,
    /// `failed`
    Failed,
    /// `interrupted`
    Interrupted,
}

impl Grade {
    /// The wire's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Satisfied => "satisfied",
            Self::NeedsRevision => "needs_revision",
            Self::MaxIterationsReached => "max_iterations_reached",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }
}

/// What a user says to a call that was asked about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Verdict {
    /// `allow`
    Allow,
    /// `deny`
    Deny {
        /// Why, for the model.
        message: Option<String>,
    },
}

/// The result of a call.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Answer {
    /// The call.
    pub call: EventId,
    /// Content blocks, as they were sent; a result may have none.
    pub content: Option<Json>,
    /// Whether the tool failed, as far as that was said.
    pub is_error: Option<bool>,
}

/// A call that the model asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// The tool.
    pub name: String,
    /// Its input, an object.
    pub input: Json,
    /// What the agent's policy says to it; a custom tool is never asked about.
    pub permission: Permission,
    /// The provider's own name of the call; never on the wire.
    pub model_id: String,
}

/// What a policy makes of a call (agents §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Permission {
    /// `allow`
    Allow,
    /// `ask`
    Ask,
    /// `deny`
    Deny,
}

impl Permission {
    /// The wire's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Deny => "deny",
        }
    }
}

/// Why a session is idle (events §7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StopReason {
    /// `end_turn`
    EndTurn,
    /// `requires_action`, with the calls that block.
    RequiresAction(Vec<EventId>),
    /// `retries_exhausted`
    RetriesExhausted,
    /// `budget_reached`
    BudgetReached,
    /// `refusal`
    Refusal {
        /// The provider's word for the kind of refusal.
        category: Option<String>,
        /// The provider's explanation.
        explanation: Option<String>,
    },
    /// `cancelled`
    Cancelled,
}

/// What an update changed; only what changed is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// The new title; `Some(None)` if it was cleared.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "cleared")]
    pub title: Option<Option<String>>,
    /// The whole new metadata.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<std::collections::BTreeMap<String, String>>,
    /// The whole new snapshot of the agent, as it is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<Json>,
    /// The new budget, as it is stored; `Some` of JSON `null` if it was removed.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "Json::present")]
    pub budget: Option<Json>,
}

/// Tells a member that is `null` from one that is absent.
mod cleared {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(
        value: &Option<Option<String>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_ref().and_then(Option::as_ref).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Option<String>>, D::Error> {
        Option::<String>::deserialize(deserializer).map(Some)
    }
}

/// An error of a session (events §8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Its class.
    pub class: TroubleClass,
    /// An English sentence.
    pub message: String,
    /// What the server does about it.
    pub retry: Retry,
}

/// The classes of errors of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TroubleClass {
    /// `unknown_error`
    Unknown,
    /// `model_overloaded_error`
    ModelOverloaded,
    /// `model_rate_limited_error`
    ModelRateLimited,
    /// `model_request_failed_error`
    ModelRequestFailed,
    /// `billing_error`
    Billing,
    /// `mcp_connection_failed_error`
    McpConnectionFailed {
        /// Which server.
        server: String,
    },
    /// `mcp_authentication_failed_error`
    McpAuthenticationFailed {
        /// Which server.
        server: String,
    },
}

impl TroubleClass {
    /// The wire's word.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown_error",
            Self::ModelOverloaded => "model_overloaded_error",
            Self::ModelRateLimited => "model_rate_limited_error",
            Self::ModelRequestFailed => "model_request_failed_error",
            Self::Billing => "billing_error",
            Self::McpConnectionFailed { .. } => "mcp_connection_failed_error",
            Self::McpAuthenticationFailed { .. } => "mcp_authentication_failed_error",
        }
    }
}

/// What the server does about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Retry {
    /// It tries again on its own.
    Retrying,
    /// The turn is over.
    Exhausted,
    /// The session is over.
    Terminal,
}

impl Retry {
    /// The wire's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Retrying => "retrying",
            Self::Exhausted => "exhausted",
            Self::Terminal => "terminal",
        }
    }
}

/// What requests to a model used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens that were read and not cached.
    pub input_tokens: u64,
    /// Tokens that were written.
    pub output_tokens: u64,
    /// Tokens that were read from the provider's cache.
    pub cache_read_input_tokens: u64,
    /// Tokens that were put into it.
    pub cache_creation_input_tokens: u64,
    /// What they cost by the operator's price list, in billionths of a US dollar; 0 without one.
    pub cost_nanos: u64,
}

impl Usage {
    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
            cache_read_input_tokens: self
                .cache_read_input_tokens
                .saturating_add(other.cache_read_input_tokens),
            cache_creation_input_tokens: self
                .cache_creation_input_tokens
                .saturating_add(other.cache_creation_input_tokens),
            cost_nanos: self.cost_nanos.saturating_add(other.cost_nanos),
        }
    }
}

impl Kind {
    /// The wire's word, the same in both dialects.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::UserMessage { .. } => "user.message",
            Self::UserInterrupt => "user.interrupt",
            Self::UserToolConfirmation { .. } => "user.tool_confirmation",
            Self::UserToolResult(_) => "user.tool_result",
            Self::UserCustomToolResult(_) => "user.custom_tool_result",
            Self::SystemMessage { .. } => "system.message",
            Self::UserDefineOutcome { .. } => "user.define_outcome",
            Self::AgentMessage { .. } => "agent.message",
            Self::AgentThinking { .. } => "agent.thinking",
            Self::AgentToolUse(_) => "agent.tool_use",
            Self::AgentToolResult(_) => "agent.tool_result",
            Self::AgentMcpToolUse { .. } => "agent.mcp_tool_use",
            Self::AgentMcpToolResult(_) => "agent.mcp_tool_result",
            Self::AgentCustomToolUse(_) => "agent.custom_tool_use",
            Self::StatusRunning => "session.status_running",
            Self::StatusIdle(_) => "session.status_idle",
            Self::StatusRescheduled => "session.status_rescheduled",
            Self::StatusTerminated => "session.status_terminated",
            Self::ThreadRunning => "session.thread_status_running",
            Self::ThreadIdle(_) => "session.thread_status_idle",
            Self::ThreadRescheduled => "session.thread_status_rescheduled",
            Self::SessionUpdated(_) => "session.updated",
            Self::SessionUsage { .. } => "session.usage",
            Self::SessionError(_) => "session.error",
            Self::ModelRequestStart => "span.model_request_start",
            Self::ModelRequestEnd { .. } => "span.model_request_end",
            Self::OutcomeEvaluationStart { .. } => "span.outcome_evaluation_start",
            Self::OutcomeEvaluationOngoing { .. } => "span.outcome_evaluation_ongoing",
            Self::OutcomeEvaluationEnd { .. } => "span.outcome_evaluation_end",
        }
    }

    /// About how many bytes it takes, here and on the wire; for bounds, not for accounts.
    pub fn weight(&self) -> usize {
        /// What every event has.
        const FRAME: usize = 128;
        let carried = match self {
            Self::UserMessage { content }
            | Self::SystemMessage { content }
            | Self::AgentMessage { content } => content.as_str().len(),
            Self::AgentThinking { opaque } => length(opaque.as_ref()),
            Self::UserToolConfirmation { verdict, .. } => match verdict {
                Verdict::Allow => 0,
                Verdict::Deny { message } => message.as_ref().map_or(0, String::len),
            },
            Self::UserToolResult(answer)
            | Self::UserCustomToolResult(answer)
            | Self::AgentToolResult(answer)
            | Self::AgentMcpToolResult(answer) => length(answer.content.as_ref()),
            Self::AgentToolUse(used)
            | Self::AgentMcpToolUse { used, .. }
            | Self::AgentCustomToolUse(used) => used.input.as_str().len(),
            Self::SessionUpdated(update) => {
                length(update.agent.as_ref()) + length(update.budget.as_ref())
            }
            Self::SessionError(trouble) => trouble.message.len(),
            Self::UserDefineOutcome { description, rubric, .. } => description.len() + rubric.len(),
            Self::OutcomeEvaluationEnd { explanation, .. } => explanation.len(),
            Self::UserInterrupt
            | Self::StatusRunning
            | Self::StatusIdle(_)
            | Self::StatusRescheduled
            | Self::StatusTerminated
            | Self::ThreadRunning
            | Self::ThreadIdle(_)
            | Self::ThreadRescheduled
            | Self::SessionUsage { .. }
            | Self::ModelRequestStart
            | Self::ModelRequestEnd { .. }
            | Self::OutcomeEvaluationStart { .. }
            | Self::OutcomeEvaluationOngoing { .. } => 0,
        };
        FRAME + carried
    }
}

fn length(json: Option<&Json>) -> usize {
    json.map_or(0, |json| json.as_str().len())
}
