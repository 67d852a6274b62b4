//! What follows from the events of a log, one by one.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};

use super::outcome::Outcome;
use crate::event::{
    Answer, Grade, Kind, Permission, Place, Retry, StopReason, Usage, Use, Verdict,
};
use crate::id::EventId;
use crate::session::Status;
use crate::time::Timestamp;

/// The tools of the built-in toolset that the server itself carries out (agents §5.1).
const SERVER_TOOLS: [&str; 2] = ["web_fetch", "web_search"];

/// What a session has come to by its events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fold {
    /// How many events there are; the place of the next.
    pub next: u64,
    /// The instant of the newest.
    pub at: Timestamp,
    /// What the session is doing.
    pub status: Status,
    /// Why it rests, if it does and ever ran.
    pub stop: Option<StopReason>,
    /// The request to the model that has no end yet.
    pub request: Option<EventId>,
    /// The calls of the newest response that had any, answered ones included.
    pub calls: Vec<Call>,
    /// Whether a request was made since those calls: the next call begins a new list.
    pub calls_are_over: bool,
    /// How many requests to the model have failed one after another.
    pub failures: u32,
    /// What all requests used.
    pub usage: Usage,
    /// For how long it ran before it last began to, in microseconds.
    pub active_micros: u64,
    /// Since when it runs.
    pub running_since: Option<Timestamp>,
    /// What the agent was to bring about, oldest first; only the last one may be live.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outcomes: Vec<Outcome>,
    /// Whether something was used since the newest `session.usage`.
    #[serde(default)]
    pub usage_is_news: bool,
}

/// A call of a tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The event that asks for it.
    pub id: EventId,
    /// Who carries it out.
    pub family: Family,
    /// Whether somebody has to agree.
    pub asked: Asked,
    /// The event that answered it, and a digest of what it said.
    pub answer: Option<(EventId, u64)>,
}

/// Who carries out a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Family {
    /// A worker of the environment.
    Worker,
    /// The server.
    Server,
    /// The server, by asking an MCP server.
    Mcp,
    /// A client.
    Custom,
}

/// Whether somebody has to agree to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Asked {
    /// Nobody was asked.
    Never,
    /// Nobody has said yet.
    Waiting,
    /// It was allowed.
    Allowed,
    /// It was denied, by the policy or by the user.
    Denied,
}

impl Default for Fold {
    fn default() -> Self {
        Self {
            next: 0,
            at: Timestamp::ZERO,
            status: Status::Idle,
            stop: None,
            request: None,
            calls: Vec::new(),
            calls_are_over: true,
            failures: 0,
            usage: Usage::default(),
            active_micros: 0,
            running_since: None,
            outcomes: Vec::new(),
            usage_is_news: false,
        }
    }
}

impl Call {
    /// Whether it keeps the session waiting for a client or a worker (events §6).
    pub fn blocks(&self) -> bool {
        self.answer.is_none()
            && match self.family {
                Family::Worker | Family::Custom => true,
                Family::Server | Family::Mcp => self.asked == Asked::Waiting,
            }
    }

    /// Whether the server may carry it out now.
    pub fn runs_here(&self) -> bool {
        self.answer.is_none()
            && match self.family {
                Family::Worker | Family::Custom => false,
                Family::Server | Family::Mcp => {
                    matches!(self.asked, Asked::Never | Asked::Allowed)
                }
            }
    }
}

impl Fold {
    /// The place of the next event: behind all others, at a later instant.
    pub fn take_place(&mut self, now: Timestamp) -> Place {
        let place = Place { seq: self.next, at: now.max(self.at.next()) };
        self.next += 1;
        self.at = place.at;
        place
    }

    /// Takes in an event in the place that was taken for it.
    pub fn apply(&mut self, id: EventId, kind: &Kind, at: Timestamp) {
        match kind {
            Kind::UserMessage { .. }
            | Kind::SystemMessage { .. }
            | Kind::AgentMessage { .. }
            | Kind::AgentThinking { .. }
            | Kind::ThreadRunning
            | Kind::ThreadIdle(_)
            | Kind::ThreadRescheduled
            | Kind::SessionUpdated(_) => {}
            Kind::UserInterrupt => self.on_outcome(|o| o.end(Grade::Interrupted, at)),
            Kind::UserToolConfirmation { call, verdict } => {
                if let Some(call) = self.calls.iter_mut().find(|c| c.id == *call) {
                    call.asked = match verdict {
                        Verdict::Allow => Asked::Allowed,
                        Verdict::Deny { .. } => Asked::Denied,
                    };
                }
            }
            Kind::UserToolResult(answer)
            | Kind::UserCustomToolResult(answer)
            | Kind::AgentToolResult(answer)
            | Kind::AgentMcpToolResult(answer) => self.answer(answer.call, id, digest(answer)),
            Kind::AgentToolUse(used) => self.call(id, family_of(used), used.permission),
            Kind::AgentMcpToolUse { used, .. } => self.call(id, Family::Mcp, used.permission),
            Kind::AgentCustomToolUse(_) => self.call(id, Family::Custom, Permission::Allow),
            Kind::StatusRunning => {
                self.status = Status::Running;
                self.stop = None;
                self.running_since = Some(at);
            }
            Kind::StatusIdle(reason) => self.idle(reason, at),
            Kind::StatusRescheduled => self.rest(Status::Rescheduling, at),
            Kind::StatusTerminated => {
                self.rest(Status::Terminated, at);
                self.on_outcome(|outcome| outcome.end(Grade::Failed, at));
            }
            Kind::SessionError(trouble) => match trouble.retry {
                Retry::Retrying => self.failures += 1,
                Retry::Exhausted | Retry::Terminal => {}
            },
            Kind::ModelRequestStart => {
                self.request = Some(id);
                self.calls_are_over = true;
                self.on_outcome(Outcome::agent_asked);
            }
            Kind::ModelRequestEnd { is_error, usage, .. } => {
                self.request = None;
                self.used(*usage);
                if !is_error {
                    self.answered();
                }
            }
            Kind::SessionUsage { .. } => self.usage_is_news = false,
            Kind::UserDefineOutcome { description, max_iterations, .. } => {
                self.outcomes.push(Outcome::new(id, description.clone(), *max_iterations));
            }
            Kind::OutcomeEvaluationStart { .. } => self.on_outcome(|o| o.evaluate(id)),
            Kind::OutcomeEvaluationOngoing { used, .. } => {
                self.on_outcome(|outcome| outcome.evaluation_goes_on(*used));
            }
            Kind::OutcomeEvaluationEnd { grade, explanation, usage, .. } => {
                self.used(*usage);
                self.failures = 0;
                self.on_outcome(|outcome| outcome.evaluated(*grade, explanation, at));
            }
        }
    }

    fn used(&mut self, usage: Usage) {
        self.usage = self.usage.plus(usage);
        self.usage_is_news |= usage != Usage::default();
    }

    fn idle(&mut self, reason: &StopReason, at: Timestamp) {
        self.rest(Status::Idle, at);
        self.stop = Some(reason.clone());
        self.failures = 0;
        match reason {
            StopReason::Cancelled => self.on_outcome(|o| o.end(Grade::Interrupted, at)),
            // What waited is told with the next request, whoever gives reason for it.
            StopReason::RetriesExhausted => self.on_outcome(Outcome::agent_asked),
            StopReason::EndTurn
            | StopReason::RequiresAction(_)
            | StopReason::BudgetReached
            | StopReason::Refusal { .. } => {}
        }
    }

    /// The model has answered.
    fn answered(&mut self) {
        self.failures = 0;
        // No call has begun a new list since the request began.
        if self.calls_are_over {
            self.on_outcome(Outcome::agent_done);
        }
    }

    fn on_outcome(&mut self, change: impl FnOnce(&mut Outcome)) {
        if let Some(outcome) = self.outcomes.last_mut() {
            change(outcome);
        }
    }

    /// The newest outcome.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcomes.last()
    }

    /// Takes in the answer to a call; the first one counts.
    pub fn answer(&mut self, call: EventId, by: EventId, digest: u64) {
        let call = self.calls.iter_mut().find(|c| c.id == call && c.answer.is_none());
        if let Some(call) = call {
            call.answer = Some((by, digest));
        }
    }

    /// A call of the newest response, answered or not.
    pub fn find(&self, call: EventId) -> Option<&Call> {
        self.calls.iter().find(|c| c.id == call)
    }

    /// A call without an answer.
    pub fn open(&self, call: EventId) -> Option<&Call> {
        self.find(call).filter(|c| c.answer.is_none())
    }

    /// The calls that keep the session waiting, in the model's order.
    pub fn blocking(&self) -> Vec<EventId> {
        self.calls.iter().filter(|c| c.blocks()).map(|c| c.id).collect()
    }

    /// The calls that wait for a worker, in the model's order.
    pub fn worker_calls(&self) -> Vec<EventId> {
        let waits = |c: &&Call| c.family == Family::Worker && c.blocks();
        self.calls.iter().filter(waits).map(|c| c.id).collect()
    }

    /// Whether a worker has something to do.
    pub fn needs_worker(&self) -> bool {
        !self.worker_calls().is_empty()
    }

    /// For how long it ran by `now`, in microseconds.
    pub fn active_by(&self, now: Timestamp) -> u64 {
        let running = self.running_since.map_or(0, |since| micros_between(since, now));
        self.active_micros.saturating_add(running)
    }

    fn call(&mut self, id: EventId, family: Family, permission: Permission) {
        if std::mem::take(&mut self.calls_are_over) {
            self.calls.clear();
        }
        let asked = match permission {
            Permission::Allow => Asked::Never,
            Permission::Ask => Asked::Waiting,
            Permission::Deny => Asked::Denied,
        };
        self.calls.push(Call { id, family, asked, answer: None });
    }

    fn rest(&mut self, status: Status, at: Timestamp) {
        self.active_micros = self.active_by(at);
        self.running_since = None;
        self.status = status;
    }
}

/// Who carries out a call of the built-in toolset.
fn family_of(used: &Use) -> Family {
    if SERVER_TOOLS.contains(&used.name.as_str()) { Family::Server } else { Family::Worker }
}

/// By what a repeated answer is recognised. It need not be hard to forge: who repeats an answer
/// wrongly harms nobody.
pub(crate) fn digest(answer: &Answer) -> u64 {
    let mut hasher = DefaultHasher::new();
    answer.content.hash(&mut hasher);
    answer.is_error.hash(&mut hasher);
    hasher.finish()
}

fn micros_between(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.since(from).as_micros()).unwrap_or(u64::MAX)
}
