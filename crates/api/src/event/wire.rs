//! One event as clients see it (events §7, §8).

mod of;

use std::collections::BTreeMap;

use leasehold_model::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::outcome::RubricWire;

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
    /// What a user says to a call, `allow` or `deny`; what a grader says of an outcome, `satisfied`,
    /// `needs_revision`, `max_iterations_reached`, `failed` or `interrupted`.
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
    /// The budget as it is now; `null` if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    budget: Option<Json>,
    /// The event that began the request to the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    model_request_start_id: Option<String>,
    /// What the request used.
    #[serde(skip_serializing_if = "Option::is_none")]
    model_usage: Option<UsageWire>,
    /// The outcome that is defined or graded.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome_id: Option<String>,
    /// What the agent is to produce.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    /// How it is graded.
    #[serde(skip_serializing_if = "Option::is_none")]
    rubric: Option<RubricWire<'a>>,
    /// How many evaluations the outcome gets at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_iterations: Option<u8>,
    /// The number of the cycle of evaluation and revision, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    iteration: Option<u32>,
    /// The event that began the evaluation.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome_evaluation_start_id: Option<String>,
    /// Why the grader says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<&'a str>,
    /// What an evaluation used, or a session so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<UsedWire>,
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

/// What something used.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Used)]
#[serde(untagged)]
enum UsedWire {
    /// An evaluation.
    #[schema(title = "Evaluation")]
    Evaluation(UsageWire),
    /// A session so far, as it shows it itself.
    #[schema(title = "Session", value_type = Object)]
    Session(Json),
}

/// The type of the event by which a stream says that its session is gone.
pub(super) const DELETED: &str = "session.deleted";
