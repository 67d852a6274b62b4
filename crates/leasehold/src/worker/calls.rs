//! What a worker knows of a session's calls: which it may run, which are answered, and whether the
//! turn is over. It is told the events and does nothing by itself.

use std::collections::{HashMap, HashSet};

use leasehold_client::event::{self, Event, Kind, Permission, StopReason, Verdict};
use serde_json::Value;

/// The one tool that this worker has.
const TOOL: &str = "bash";

/// A call that may be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// The id of its event.
    pub(super) id: String,
    /// The command; `None` if the model gave none.
    pub(super) command: Option<String>,
}

/// The calls of one session.
#[derive(Default)]
pub(super) struct Calls {
    /// Without an answer, in the order in which they came.
    open: Vec<Open>,
    /// Answered, or never to be run.
    settled: HashSet<String>,
    verdicts: HashMap<String, Verdict>,
    turn: Turn,
}

struct Open {
    call: Call,
    permission: Option<Permission>,
    thread: Option<String>,
}

/// Whether a worker is likely to be needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Turn {
    #[default]
    Going,
    Over,
}

/// What becomes of a call (worker protocol §5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gate {
    Run,
    Hold,
    Never,
}

impl Calls {
    /// Takes in an event; one that is seen twice changes nothing.
    pub(super) fn see(&mut self, event: &Event) {
        // What is said about calls does not say that the session goes on.
        let mut turn = Turn::Going;
        match &event.kind {
            Kind::ToolUse(call) if call.name == TOOL => self.open(event, call),
            Kind::Answered(answer) => self.settle(&answer.tool_use_id),
            Kind::Confirmation { tool_use_id, result, .. } => {
                self.verdicts.insert(tool_use_id.clone(), *result);
                turn = self.turn;
            }
            Kind::ThreadTerminated { session_thread_id } => {
                let gone = |open: &Open| open.thread.as_ref() == Some(session_thread_id);
                let ids = self.open.iter().filter(|open| gone(open)).map(|open| &open.call.id);
                self.settled.extend(ids.cloned());
                self.open.retain(|open| !gone(open));
                turn = self.turn;
            }
            Kind::Idle { stop_reason } => match stop_reason {
                StopReason::RequiresAction { .. } => {}
                StopReason::EndTurn | StopReason::Other { .. } => turn = Turn::Over,
            },
            Kind::ToolUse(_)
            | Kind::McpToolUse(_)
            | Kind::CustomToolUse(_)
            | Kind::UserMessage { .. }
            | Kind::Interrupt
            | Kind::AgentMessage { .. }
            | Kind::Thinking
            | Kind::Running
            | Kind::Rescheduled
            | Kind::Terminated
            | Kind::Deleted
            | Kind::Error { .. }
            | Kind::ModelRequestStart
            | Kind::ModelRequestEnd { .. }
            | Kind::OutcomeDefined { .. }
            | Kind::EvaluationStart { .. }
            | Kind::EvaluationEnd { .. }
            | Kind::PreviewStart { .. }
            | Kind::PreviewDelta { .. }
            | Kind::Other => {}
        }
        self.turn = turn;
    }

    fn open(&mut self, event: &Event, call: &event::Call) {
        let Some(id) = &event.id else { return };
        if self.is_settled(id) || self.open.iter().any(|open| open.call.id == *id) {
            return;
        }
        let command = call.input.get("command").and_then(Value::as_str).map(str::to_owned);
        self.open.push(Open {
            call: Call { id: id.clone(), command },
            permission: call.evaluated_permission.clone(),
            thread: call.session_thread_id.clone(),
        });
    }

    /// The next call to run. Those that must never run are given up on the way.
    pub(super) fn next(&mut self) -> Option<Call> {
        let gates = self.open.iter().map(|open| {
            let verdict = self.verdicts.get(&open.call.id).copied();
            (open.call.id.clone(), gate(open.permission.as_ref(), verdict))
        });
        for (id, gate) in gates.collect::<Vec<_>>() {
            match gate {
                Gate::Run => {
                    let mut calls = self.open.iter().map(|open| &open.call);
                    return calls.find(|call| call.id == id).cloned();
                }
                Gate::Hold => {}
                Gate::Never => self.settle(&id),
            }
        }
        None
    }

    /// Takes a call for answered.
    pub(super) fn settle(&mut self, id: &str) {
        self.settled.insert(id.to_owned());
        self.open.retain(|open| open.call.id != id);
    }

    /// Whether a call has been answered, by whomever.
    pub(super) fn is_settled(&self, id: &str) -> bool {
        self.settled.contains(id)
    }

    /// Whether the turn is over and no call waits.
    pub(super) fn are_over(&self) -> bool {
        self.turn == Turn::Over && self.open.is_empty()
    }
}

fn gate(permission: Option<&Permission>, verdict: Option<Verdict>) -> Gate {
    match (permission, verdict) {
        (Some(Permission::Deny), _) | (_, Some(Verdict::Deny)) => Gate::Never,
        (None | Some(Permission::Allow), None | Some(Verdict::Allow)) => Gate::Run,
        (Some(Permission::Ask), Some(Verdict::Allow)) => Gate::Run,
        (Some(Permission::Ask), None) | (Some(Permission::Other(_)), _) => Gate::Hold,
    }
}

#[cfg(test)]
mod tests;
