//! Which members an event has, by its type.

use std::time::Duration;

use leasehold_model::event::{
    Answer, Grade, Kind, StopReason, Trouble, TroubleClass, Update, Usage, Use, Verdict,
};
use leasehold_model::session::budget::Budget;
use leasehold_model::{Event, EventId, Json, SessionId};

use super::{DELETED, ErrorWire, EventWire, RetryWire, StopReasonWire, UsedWire};
use crate::event::Manner;
use crate::event::outcome::{RubricWire, outcome_id};
use crate::event::thread::thread_id;
use crate::time::micros6;

impl<'a> EventWire<'a> {
    /// An event of a session.
    pub(in crate::event) fn of(
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
            Kind::UserDefineOutcome { description, rubric, max_iterations } => {
                whole.defining(event.id, description, rubric, *max_iterations)
            }
            Kind::OutcomeEvaluationStart { outcome, iteration }
            | Kind::OutcomeEvaluationOngoing { outcome, iteration, .. } => {
                whole.evaluating(*outcome, *iteration)
            }
            Kind::OutcomeEvaluationEnd { start, outcome, iteration, grade, explanation, usage } => {
                let whole = whole.evaluating(*outcome, *iteration);
                whole.graded(manner, *start, *grade, explanation, usage)
            }
            Kind::SessionUsage { usage, active_micros, budget } => {
                whole.having_used(manner, usage, Duration::from_micros(*active_micros), *budget)
            }
            Kind::UserInterrupt
            | Kind::AgentThinking { .. }
            | Kind::StatusRunning
            | Kind::StatusRescheduled
            | Kind::StatusTerminated
            | Kind::ModelRequestStart => whole,
            Kind::UserToolConfirmation { call, verdict } => {
                Self { tool_use_id: id(*call), ..whole.confirming(verdict) }
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
    pub(in crate::event) fn deleted(id: String, at: String) -> Self {
        Self { id, r#type: DELETED, processed_at: Some(at), ..Self::default() }
    }

    fn confirming(self, verdict: &'a Verdict) -> Self {
        let (result, deny_message) = match verdict {
            Verdict::Allow => ("allow", None),
            Verdict::Deny { message } => ("deny", message.as_deref()),
        };
        Self { result: Some(result), deny_message, ..self }
    }

    fn defining(
        self,
        id: EventId,
        description: &'a str,
        rubric: &'a str,
        max_iterations: u8,
    ) -> Self {
        Self {
            outcome_id: Some(outcome_id(id)),
            description: Some(description),
            rubric: Some(RubricWire::text(rubric)),
            max_iterations: Some(max_iterations),
            ..self
        }
    }

    fn graded(
        self,
        manner: &Manner,
        start: EventId,
        grade: Grade,
        explanation: &'a str,
        usage: &Usage,
    ) -> Self {
        Self {
            outcome_evaluation_start_id: Some(manner.id(start)),
            result: Some(grade.as_str()),
            explanation: Some(explanation),
            usage: (manner.usage)(usage).map(UsedWire::Evaluation),
            ..self
        }
    }

    fn having_used(
        self,
        manner: &Manner,
        usage: &Usage,
        active: Duration,
        budget: Option<Budget>,
    ) -> Self {
        Self {
            usage: Some(UsedWire::Session((manner.total)(usage, active))),
            budget: Some((manner.budget)(&Json::of(&budget))),
            ..self
        }
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

    fn evaluating(self, outcome: EventId, iteration: u32) -> Self {
        Self { outcome_id: Some(outcome_id(outcome)), iteration: Some(iteration), ..self }
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
