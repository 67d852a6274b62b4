//! One event as clients see it (events §7, §8).

use std::collections::BTreeMap;

use leasehold_model::event::{
    Answer, Kind, StopReason, Trouble, TroubleClass, Update, Use, Verdict,
};
use leasehold_model::{Event, EventId, Json, SessionId};
use serde::Serialize;
use utoipa::ToSchema;

use super::Manner;
use super::thread::thread_id;
use crate::time::micros6;

/// An event of a session. Which members it has besides `id` and `type` follows from its type.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = SessionEvent)]
pub(crate) struct EventWire<'a> {
    id: String,
    /// As `user.message`, `agent.tool_use`, `session.status_idle`.
    r#type: &'static str,
    /// Content blocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    content: Option<&'a Json>,
    /// The call that is answered or confirmed, by the id of its event.
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_use_id: Option<String>,
    /// The call of a custom tool that is answered, by the id of its event.
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_tool_use_id: Option<String>,
    /// The call to an MCP server that is answered, by the id of its event.
    #[serde(skip_serializing_if = "Option::is_none")]
    mcp_tool_use_id: Option<String>,
    /// Whether the tool failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_error: Option<bool>,
    /// `allow` or `deny`.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'static str>,
    /// Why a call was denied.
    #[serde(skip_serializing_if = "Option::is_none")]
    deny_message: Option<&'a str>,
    /// The MCP server that is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    mcp_server_name: Option<&'a str>,
    /// The tool that is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    /// What the tool is called with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    input: Option<&'a Json>,
    /// `allow`, `ask` or `deny`.
    #[serde(skip_serializing_if = "Option::is_none")]
    evaluated_permission: Option<&'static str>,
    /// The thread whose status changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_thread_id: Option<String>,
    /// The agent that runs in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_name: Option<&'a str>,
    /// Why a session or a thread rests.
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_reason: Option<StopReasonWire>,
    /// More on why a session rests; in dialect A alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<StopDetailsWire>)]
    stop_details: Option<Option<StopDetailsWire>>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorWire<'a>>,
    /// The title as it is now; `null` if it was cleared.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    title: Option<Option<&'a str>>,
    /// The metadata as it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a BTreeMap<String, String>>,
    /// What the session holds of its agent now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    agent: Option<Json>,
    /// The budget as it is now; `null` if it was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    budget: Option<Json>,
    /// The event that began the request to the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    model_request_start_id: Option<String>,
    /// What the request used.
    #[serde(skip_serializing_if = "Option::is_none")]
    model_usage: Option<UsageWire>,
    /// When it was taken into the log, RFC 3339 to the microsecond; absent while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    processed_at: Option<String>,
}

/// Why a session rests, in a dialect's words.
pub(crate) struct StopWire {
    /// `stop_reason.type`.
    pub(crate) reason: &'static str,
    /// `stop_details`; `None` in a dialect that has no such member.
    pub(crate) details: Option<Option<StopDetailsWire>>,
}

/// Why a session or a thread rests.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StopReason)]
struct StopReasonWire {
    /// `end_turn`, `requires_action`, `retries_exhausted`, `budget_reached`, `refusal` or
    /// `cancelled`.
    r#type: &'static str,
    /// The calls that wait for an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    event_ids: Option<Vec<String>>,
}

/// Why a model refused.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StopDetails)]
pub(crate) struct StopDetailsWire {
    /// Always `refusal`.
    pub(crate) r#type: &'static str,
    /// The kind of refusal.
    pub(crate) category: Option<String>,
    /// The model's explanation.
    pub(crate) explanation: Option<String>,
}

/// An error of a session.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SessionError)]
struct ErrorWire<'a> {
    /// Its class.
    r#type: &'static str,
    /// An English sentence.
    message: &'a str,
    retry_status: RetryWire,
    /// The MCP server that is to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    mcp_server_name: Option<&'a str>,
}

/// What the server does about an error.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RetryStatus)]
struct RetryWire {
    /// `retrying`, `exhausted` or `terminal`.
    r#type: &'static str,
}

/// What a request to the model used.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ModelUsage)]
#[serde(untagged)]
pub(crate) enum UsageWire {
    /// In tokens.
    #[schema(title = "Tokens")]
    Tokens {
        input_tokens: u64,
        output_tokens: u64,
        cache_read_input_tokens: u64,
        cache_creation_input_tokens: u64,
    },
    /// In credits.
    #[schema(title = "Credits")]
    Credits { credits: f64 },
}

impl<'a> EventWire<'a> {
    /// An event of a session.
    pub(super) fn of(
        event: &'a Event,
        manner: &Manner,
        session: SessionId,
        agent_name: &'a str,
    ) -> Self {
        let id = |id: EventId| Some(manner.id(id));
        let whole = Self {
            id: manner.id(event.id),
            r#type: event.kind.as_str(),
            processed_at: event.place.map(|place| micros6(place.at)),
            ..Self::default()
        };
        let of_thread = |whole| Self {
            session_thread_id: Some(thread_id(session)),
            agent_name: Some(agent_name),
            ..whole
        };
        match &event.kind {
            Kind::UserMessage { content }
            | Kind::SystemMessage { content }
            | Kind::AgentMessage { content } => Self { content: Some(content), ..whole },
            Kind::UserInterrupt
            | Kind::AgentThinking { .. }
            | Kind::StatusRunning
            | Kind::StatusRescheduled
            | Kind::StatusTerminated
            | Kind::ModelRequestStart => whole,
            Kind::UserToolConfirmation { call, verdict } => {
                let (result, deny_message) = match verdict {
                    Verdict::Allow => ("allow", None),
                    Verdict::Deny { message } => ("deny", message.as_deref()),
                };
                Self { tool_use_id: id(*call), result: Some(result), deny_message, ..whole }
            }
            Kind::UserToolResult(answer) | Kind::AgentToolResult(answer) => {
                Self { tool_use_id: id(answer.call), ..whole.answering(answer) }
            }
            Kind::UserCustomToolResult(answer) => {
                Self { custom_tool_use_id: id(answer.call), ..whole.answering(answer) }
            }
            Kind::AgentMcpToolResult(answer) => {
                Self { mcp_tool_use_id: id(answer.call), ..whole.answering(answer) }
            }
            Kind::AgentToolUse(used) => whole.calling(used).permitted(used),
            Kind::AgentMcpToolUse { server, used } => {
                let whole = Self { mcp_server_name: Some(server), ..whole };
                whole.calling(used).permitted(used)
            }
            Kind::AgentCustomToolUse(used) => whole.calling(used),
            Kind::StatusIdle(reason) => {
                let whole = whole.resting(manner, reason);
                Self { stop_details: (manner.stop)(reason).details, ..whole }
            }
            Kind::ThreadRunning | Kind::ThreadRescheduled => of_thread(whole),
            Kind::ThreadIdle(reason) => of_thread(whole).resting(manner, reason),
            Kind::SessionUpdated(update) => whole.updated(manner, update),
            Kind::SessionError(trouble) => Self { error: Some(ErrorWire::of(trouble)), ..whole },
            Kind::ModelRequestEnd { start, is_error, usage } => Self {
                model_request_start_id: id(*start),
                is_error: Some(*is_error),
                model_usage: (manner.usage)(usage),
                ..whole
            },
        }
    }

    /// The event by which a stream says that its session is gone; it stands in no log.
    pub(super) fn deleted(id: String, at: String) -> Self {
        Self { id, r#type: DELETED, processed_at: Some(at), ..Self::default() }
    }

    fn answering(self, answer: &'a Answer) -> Self {
        Self { content: answer.content.as_ref(), is_error: answer.is_error, ..self }
    }

    fn calling(self, used: &'a Use) -> Self {
        Self { name: Some(&used.name), input: Some(&used.input), ..self }
    }

    fn permitted(self, used: &'a Use) -> Self {
        Self { evaluated_permission: Some(used.permission.as_str()), ..self }
    }

    fn resting(self, manner: &Manner, reason: &StopReason) -> Self {
        let event_ids = match reason {
            StopReason::RequiresAction(calls) => {
                Some(calls.iter().map(|call| manner.id(*call)).collect())
            }
            StopReason::EndTurn
            | StopReason::RetriesExhausted
            | StopReason::BudgetReached
            | StopReason::Refusal { .. }
            | StopReason::Cancelled => None,
        };
        let reason = (manner.stop)(reason).reason;
        Self { stop_reason: Some(StopReasonWire { r#type: reason, event_ids }), ..self }
    }

    fn updated(self, manner: &Manner, update: &'a Update) -> Self {
        Self {
            title: update.title.as_ref().map(Option::as_deref),
            metadata: update.metadata.as_ref(),
            agent: update.agent.as_ref().map(manner.agent),
            budget: update.budget.as_ref().map(manner.budget),
            ..self
        }
    }
}

/// The type of the event by which a stream says that its session is gone.
pub(super) const DELETED: &str = "session.deleted";

impl<'a> ErrorWire<'a> {
    fn of(trouble: &'a Trouble) -> Self {
        let mcp_server_name = match &trouble.class {
            TroubleClass::McpConnectionFailed { server }
            | TroubleClass::McpAuthenticationFailed { server } => Some(server.as_str()),
            TroubleClass::Unknown
            | TroubleClass::ModelOverloaded
            | TroubleClass::ModelRateLimited
            | TroubleClass::ModelRequestFailed
            | TroubleClass::Billing => None,
        };
        Self {
            r#type: trouble.class.as_str(),
            message: &trouble.message,
            retry_status: RetryWire { r#type: trouble.retry.as_str() },
            mcp_server_name,
        }
    }
}
