//! What dialect A says when the answer is no: one exhaustive map from a refusal to status, type,
//! words and details (conventions §15, work §7.8).

use std::borrow::Cow;

use http::StatusCode;
use leasehold_model::Refusal;
use leasehold_model::metadata::MetadataProblem;
use leasehold_model::refusal::{BudgetProblem, Resource, Verb};
use leasehold_model::work::heartbeat::{Current, Expected};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::failure::Problem;
use crate::time::micros6;

/// The type of most of A's errors, conflicts and lost leases included (conventions §15).
pub(super) const INVALID: &str = "invalid_request_error";

/// 529, which the `http` crate has no name for.
pub(super) const OVERLOADED: StatusCode = match StatusCode::from_u16(529) {
    Ok(status) => status,
    Err(_) => StatusCode::SERVICE_UNAVAILABLE,
};

/// An error.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ErrorResponse)]
pub(super) struct ErrorWire<'a> {
    /// Always `error`.
    #[schema(pattern = "^error$")]
    r#type: &'static str,
    error: Detail<'a>,
    /// The value of the header `request-id`.
    request_id: &'a str,
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
    /// `error_code` names the case; `current_state` tells where a work item stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    details: Option<Value>,
}

/// The body of an error. A fault in metadata has its own code, for which the SDK has a class.
pub(super) fn envelope(problem: &Problem, request_id: &str) -> Vec<u8> {
    let param = problem.param.as_deref();
    let in_metadata = param.is_some_and(|p| p == "metadata" || p.starts_with("metadata."));
    let details = problem.details.clone().or_else(|| in_metadata.then(|| code("invalid_metadata")));
    let error = Detail { r#type: problem.kind, message: &problem.message, param, details };
    let whole = ErrorWire { r#type: "error", error, request_id };
    // The map has string keys; nothing in it can fail.
    serde_json::to_vec(&whole).unwrap_or_default()
}

/// In A a conflict is an `invalid_request_error` like any other.
fn conflict(message: impl Into<Cow<'static, str>>) -> Problem {
    Problem::new(StatusCode::CONFLICT, INVALID, message)
}

/// The details from whose code A's SDK picks the class of its exception.
fn code(code: &str) -> Value {
    json!({ "error_visibility": "user_facing", "error_code": code })
}

fn coded(problem: Problem, name: &str) -> Problem {
    Problem { details: Some(code(name)), ..problem }
}

/// With the details that a worker reads before it lets an item go.
fn about(problem: Problem, current: &Current, code: &str) -> Problem {
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

/// What A says to a refusal of the rules.
#[expect(clippy::too_many_lines, reason = "one arm for each refusal, in one exhaustive map")]
pub(super) fn refused(refusal: &Refusal) -> Problem {
    match refusal {
        Refusal::NotFound(resource) => {
            Problem::not_found(format!("{} not found", capitalised(*resource)))
        }
        Refusal::NotYours(_) => Problem::forbidden(),
        Refusal::WrongState { verb, work, current } => {
            let (state, infinitive) = (required_state(*verb), infinitive(*verb));
            let now = current.state.as_str();
            let message =
                format!("Work item {work} must be {state} to {infinitive}. Current state: {now}");
            about(conflict(message), current, "invalid_work_state")
        }
        Refusal::NotHeld { expected, current, .. }
        | Refusal::BeatMismatch { expected, current, .. } => beat_refused(expected, current),
        Refusal::Finished { work, current } => {
            about(conflict(format!("Work item {work} is stopped")), current, "invalid_work_state")
        }
        Refusal::Superseded { verb, work, current } => {
            claim_refused(*verb, current, &format!("the claim on work item {work} is over"))
        }
        Refusal::ClaimedByAnother { verb, work, current } => {
            claim_refused(*verb, current, &format!("work item {work} is claimed by another worker"))
        }
        Refusal::Metadata(problem) => {
            coded(Problem::invalid(metadata_problem(*problem)), "invalid_metadata")
                .param("metadata")
        }
        Refusal::EnvironmentArchived => {
            coded(Problem::invalid("The environment is archived"), "environment_archived")
        }
        Refusal::EnvironmentKindChange => {
            let problem =
                Problem::invalid("Field 'config.type' must not be changed after creation.");
            coded(problem, "invalid_config_type_change").param("config.type")
        }
        Refusal::Unfit(problem) => {
            Problem::invalid(format!("Field '{}' {}.", problem.param, problem.problem))
                .param(problem.param.clone())
        }
        Refusal::EnvironmentInUse => {
            conflict("The environment is still used by sessions; archive it instead")
        }
        Refusal::AgentArchived => {
            coded(Problem::invalid("The agent is archived: it is read-only"), "agent_archived")
        }
        Refusal::AgentMoved { expected, newest } => conflict(format!(
            "Version conflict: expected version {expected}, the newest is {newest}"
        ))
        .param("version"),
        Refusal::AgentVersionUnknown { version } => {
            Problem::invalid(format!("The agent has no version {version}")).param("agent.version")
        }
        Refusal::AgentModelRequired => coded(
            Problem::invalid("Field 'agent.model' must not be null.").param("agent.model"),
            "agent_model_required",
        ),
        Refusal::Budget(problem) => {
            let sentence = match problem {
                BudgetProblem::CreateOnly => "A budget is given at creation alone",
                BudgetProblem::NotRaised => "The session has used up as much already",
                BudgetProblem::ModelWithoutPrice => {
                    "The model has no price here, so the session cannot be kept within a budget"
                }
            };
            coded(Problem::invalid(sentence).param("budget"), problem.as_str())
        }
        Refusal::SessionArchived => {
            coded(Problem::invalid("The session is archived"), "session_archived")
        }
        Refusal::SessionTerminated => {
            coded(Problem::invalid("The session has ended."), "session_terminated")
        }
        Refusal::SessionRunning => coded(
            Problem::invalid("The session is running; interrupt it and wait until it is idle."),
            "session_running",
        ),
        Refusal::Event(number, objection) => {
            let param = format!("events[{number}].{}", objection.member);
            Problem::invalid(format!("Field '{param}' {}.", objection.problem)).param(param)
        }
        Refusal::ClaimOver => Problem::forbidden(),
        Refusal::IdempotencyMismatch => {
            conflict("Idempotency key reused with a different request body.")
        }
    }
}

/// A heartbeat from a caller that does not hold the lease: 412, which makes a worker let go at once
/// and without a stop (work §7.2).
fn beat_refused(expected: &Expected, current: &Current) -> Problem {
    let actual = current.beat.map_or_else(|| "NULL".to_owned(), micros6);
    let expected = match expected {
        Expected::Any => "any".to_owned(),
        Expected::NoHeartbeat => "NO_HEARTBEAT".to_owned(),
        Expected::Beat(beat) => micros6(*beat),
        Expected::Never => "an instant between microseconds".to_owned(),
    };
    lease_lost(&format!("expected {expected}, actual was {actual}"), current)
        .param("expected_last_heartbeat")
}

fn claim_refused(verb: Verb, current: &Current, why: &str) -> Problem {
    match verb {
        Verb::Heartbeat => lease_lost(why, current),
        Verb::Ack | Verb::Stop => {
            about(conflict(format!("Not possible: {why}")), current, "claim_superseded")
        }
    }
}

fn lease_lost(why: &str, current: &Current) -> Problem {
    let message = format!("Heartbeat precondition failed: {why}");
    let problem = Problem::new(StatusCode::PRECONDITION_FAILED, INVALID, message);
    about(problem, current, "heartbeat_precondition_failed")
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
