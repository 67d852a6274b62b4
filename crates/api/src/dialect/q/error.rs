//! What dialect Q says when the answer is no: one exhaustive map from a refusal to status, type,
//! words and details (conventions §4, work §7.8).

use http::StatusCode;
use leasehold_model::Refusal;
use leasehold_model::metadata::MetadataProblem;
use leasehold_model::refusal::{BudgetProblem, Resource, Verb};
use leasehold_model::work::heartbeat::{Current, Expected};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::failure::Problem;
use crate::route::Shape;
use crate::time::micros6;

/// What is said to a caller without a credential that holds (conventions §3).
pub(crate) const UNAUTHENTICATED: &str = "Invalid API key or token.";

/// An error.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ErrorResponse)]
struct ErrorWire<'a> {
    /// Always `error`.
    #[schema(pattern = "^error$")]
    r#type: &'static str,
    /// The value of the header `x-request-id`.
    request_id: &'a str,
    error: Detail<'a>,
}

/// What went wrong.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Error)]
struct Detail<'a> {
    /// Its class.
    r#type: &'static str,
    /// An English sentence.
    message: &'a str,
    /// The parameter that is to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    param: Option<&'a str>,
    /// Names the case, where there is more than one of a class.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// `error_code` names the case; `current_state` tells where a work item stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    details: Option<Value>,
}

/// The shape of an error.
pub(crate) fn shape() -> Shape {
    Shape::of::<ErrorWire<'static>>()
}

/// The body of an error.
pub(crate) fn envelope(problem: &Problem, request_id: &str) -> Vec<u8> {
    let error = Detail {
        r#type: problem.kind,
        message: &problem.message,
        param: problem.param.as_deref(),
        code: problem.code,
        details: problem.details.clone(),
    };
    // Strings and JSON values write themselves.
    serde_json::to_vec(&ErrorWire { r#type: "error", request_id, error }).unwrap_or_default()
}

/// What Q says to a refusal of the rules.
#[expect(clippy::too_many_lines, reason = "one arm for each refusal, in one exhaustive map")]
pub(crate) fn refused(refusal: &Refusal) -> Problem {
    match refusal {
        Refusal::NotFound(resource) => {
            Problem::not_found(format!("{} not found.", capitalised(*resource)))
        }
        Refusal::NotYours(_) => Problem::forbidden(),
        Refusal::WrongState { verb, work, current } => about(
            conflict(format!(
                "Work item {work} must be {} to {}. Current state: {}.",
                required_state(*verb),
                infinitive(*verb),
                current.state.as_str()
            )),
            current,
            "invalid_work_state",
        ),
        Refusal::NotHeld { work, current, .. } => about(
            conflict(format!(
                "Work item {work} is not held by anybody. Current state: {}.",
                current.state.as_str()
            )),
            current,
            "heartbeat_precondition_failed",
        ),
        Refusal::Finished { work, current } => {
            about(conflict(format!("Work item {work} is stopped.")), current, "work_stopped")
        }
        Refusal::BeatMismatch { expected, current, .. } => mismatch(expected, current),
        Refusal::Superseded { verb, work, current } => {
            claim_refused(*verb, current, format!("The claim on work item {work} is over."))
        }
        Refusal::ClaimedByAnother { verb, work, current } => {
            claim_refused(*verb, current, format!("Work item {work} is claimed by another worker."))
        }
        Refusal::Metadata(problem) => {
            Problem::invalid(metadata_problem(*problem)).param("metadata")
        }
        Refusal::EnvironmentArchived => coded(
            Problem::invalid("The environment is archived.").param("environment_id"),
            "environment_archived",
        ),
        Refusal::EnvironmentKindChange => coded(
            Problem::invalid("Field 'config.type' cannot be changed after creation.")
                .param("config.type"),
            "invalid_config_type_change",
        ),
        Refusal::Unfit(problem) => {
            Problem::invalid(format!("Field '{}' {}.", problem.param, problem.problem))
                .param(problem.param.clone())
        }
        Refusal::EnvironmentInUse => conflict(
            "Environment is still referenced by sessions or tool calls; archive it instead.",
        ),
        Refusal::AgentArchived => {
            coded(Problem::invalid("The agent is archived.").param("agent"), "agent_archived")
        }
        Refusal::AgentMoved { expected, newest } => moved(*expected, *newest),
        Refusal::AgentVersionUnknown { version } => {
            Problem::invalid(format!("The agent has no version {version}.")).param("agent.version")
        }
        Refusal::AgentModelRequired => coded(
            Problem::invalid("Field 'agent.model' must not be null.").param("agent.model"),
            "agent_model_required",
        ),
        Refusal::Budget(problem) => {
            let sentence = match problem {
                BudgetProblem::CreateOnly => "A budget is given at creation alone.",
                BudgetProblem::NotRaised => "The session has used up as much already.",
                BudgetProblem::ModelWithoutPrice => {
                    "The model has no price here, so the session cannot be kept within a budget."
                }
            };
            coded(Problem::invalid(sentence).param("budget"), problem.as_str())
        }
        Refusal::SessionArchived => coded(
            Problem::new(StatusCode::CONFLICT, "conflict_error", "The session is archived."),
            "session_archived",
        ),
        Refusal::SessionTerminated => coded(
            Problem::new(StatusCode::CONFLICT, "conflict_error", "The session has ended."),
            "session_terminated",
        ),
        Refusal::SessionRunning => coded(
            Problem::invalid("The session is running; interrupt it and wait until it is idle."),
            "session_running",
        ),
        Refusal::Event(number, objection) => {
            let param = format!("events[{number}].{}", objection.member);
            Problem::invalid(format!("Field '{param}' {}.", objection.problem)).param(param)
        }
        Refusal::ClaimOver => Problem::forbidden(),
        Refusal::IdempotencyMismatch => Problem::new(
            StatusCode::CONFLICT,
            "conflict_error",
            "Idempotency key reused with a different request body.",
        ),
    }
}

fn moved(expected: u32, newest: u32) -> Problem {
    let message = format!("Version conflict: expected version {expected}, the newest is {newest}.");
    Problem::new(StatusCode::CONFLICT, "conflict_error", message).param("version")
}

/// On these pages a conflict is an `invalid_request_error` (conventions §4.1).
fn conflict(message: impl Into<std::borrow::Cow<'static, str>>) -> Problem {
    Problem::new(StatusCode::CONFLICT, "invalid_request_error", message)
}

fn precondition(message: String) -> Problem {
    Problem::new(StatusCode::PRECONDITION_FAILED, "precondition_failed_error", message)
}

fn mismatch(expected: &Expected, current: &Current) -> Problem {
    let actual = current.beat.map_or_else(|| "NULL".to_owned(), micros6);
    let expected = match expected {
        Expected::Any => "any".to_owned(),
        Expected::NoHeartbeat => "NO_HEARTBEAT".to_owned(),
        Expected::Beat(beat) => micros6(*beat),
        Expected::Never => "an instant between microseconds".to_owned(),
    };
    let message =
        format!("Heartbeat precondition failed: expected {expected}, actual was {actual}");
    let problem = precondition(message).param("expected_last_heartbeat");
    about(problem, current, "heartbeat_precondition_failed")
}

fn claim_refused(verb: Verb, current: &Current, message: String) -> Problem {
    match verb {
        Verb::Heartbeat => {
            let problem = precondition(format!("Heartbeat precondition failed: {message}"));
            about(problem, current, "heartbeat_precondition_failed")
        }
        Verb::Ack | Verb::Stop => about(conflict(message), current, "claim_superseded"),
    }
}

/// With the details that a careful worker reads before it lets an item go (work §7.2).
fn about(problem: Problem, current: &Current, code: &'static str) -> Problem {
    let beat = current.beat.map(micros6);
    let details = json!({
        "current_state": {
            "state": current.state.as_str(),
            "last_heartbeat": beat,
            "lease_updated_at": beat,
            "lease_extended": false,
            "ttl_seconds": current.ttl.seconds(),
        },
        "error_visibility": "user_facing",
        "error_code": code,
    });
    Problem { details: Some(details), ..problem }
}

fn coded(problem: Problem, code: &'static str) -> Problem {
    let details = json!({ "error_visibility": "user_facing", "error_code": code });
    Problem { code: Some(code), details: Some(details), ..problem }
}

const fn required_state(verb: Verb) -> &'static str {
    match verb {
        Verb::Ack => "in queued state",
        Verb::Heartbeat => "in starting or active state",
        Verb::Stop => "live",
    }
}

const fn infinitive(verb: Verb) -> &'static str {
    match verb {
        Verb::Ack => "acknowledge",
        Verb::Heartbeat => "heartbeat",
        Verb::Stop => "stop",
    }
}

const fn capitalised(resource: Resource) -> &'static str {
    match resource {
        Resource::Account => "Account",
        Resource::Token => "Token",
        Resource::Key => "Environment key",
        Resource::Environment => "Environment",
        Resource::Agent => "Agent",
        Resource::Session => "Session",
        Resource::Thread => "Thread",
        Resource::Work => "Work item",
        Resource::Model => "Model",
    }
}

const fn metadata_problem(problem: MetadataProblem) -> &'static str {
    match problem {
        MetadataProblem::TooManyKeys => "Field 'metadata' must not have more than 16 keys.",
        MetadataProblem::EmptyKey => "Field 'metadata' must not have an empty key.",
        MetadataProblem::KeyTooLong => "Field 'metadata' must have keys of at most 64 characters.",
        MetadataProblem::ValueTooLong => {
            "Field 'metadata' must have values of at most 512 characters."
        }
    }
}

#[cfg(test)]
mod tests;
