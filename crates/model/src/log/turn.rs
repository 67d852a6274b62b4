//! What a runner does with a turn: ask the model, write down what it answered, carry out calls.
//!
//! All that one response brings is one step: its calls and what follows from them cannot come apart,
//! wherever a runner dies.

use std::time::Duration;

use super::story::Story;
use super::{Asked, Family};
use crate::event::{Answer, Kind, Retry, StopReason, Trouble, TroubleClass, Usage};
use crate::id::EventId;
use crate::json::Json;
use crate::session::Status;
use crate::time::Timestamp;

/// After how many failed requests in a row a turn is given up.
pub const MAX_FAILURES: u32 = 5;
/// How long to wait after the first failure; twice as long after each further one.
const FIRST_DELAY: Duration = Duration::from_secs(1);
/// How long to wait at the most.
const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// What a runner has to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Ask the model, with everything in the log that stands before this request's start.
    Ask {
        /// The event that began the request.
        start: EventId,
        /// How many events precede it.
        seq: u64,
    },
    /// Have the newest outcome graded, by everything in the log that stands before this place.
    Grade {
        /// The event that began the evaluation.
        start: EventId,
        /// How many events precede it, and itself.
        seq: u64,
    },
    /// Carry out these calls and hand in their results.
    CarryOut(Vec<EventId>),
    /// Look again at this instant.
    Wait(Timestamp),
    /// Look again at once.
    Again,
    /// Nothing: the turn is over.
    Over,
}

/// What came of a request to the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It answered.
    Answered {
        /// What it said, in order.
        said: Vec<Said>,
        /// Why it says no more; `None` at the ordinary end of its words.
        refusal: Option<StopReason>,
        /// What the request used.
        usage: Usage,
    },
    /// It did not.
    Failed {
        /// The class of the error.
        class: TroubleClass,
        /// An English sentence.
        message: String,
        /// Whether another try might help.
        cure: Cure,
        /// What the request used all the same.
        usage: Usage,
    },
}

/// One thing that the model said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The id under which it was announced.
    pub id: EventId,
    /// What it is: a message, a thought or a call.
    pub kind: Kind,
    /// For a call that is not to be carried out: why, for the model.
    pub denied: Option<String>,
}

/// What might help against an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cure {
    /// Trying again, not before this time has passed if there is one.
    Retry(Option<Duration>),
    /// Another message, perhaps: this turn is over.
    NewTurn,
    /// Nothing: the session is over.
    None,
}

/// The result of a call that the server carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handed {
    /// The call.
    pub call: EventId,
    /// Content blocks.
    pub content: Json,
    /// Whether it failed.
    pub is_error: bool,
}

impl Story<'_, '_> {
    /// Decides what a runner does next, and begins it. Also the way to take up a turn that another
    /// runner left wherever it died.
    pub fn proceed(&mut self, troubles: &[Trouble], spent: Spent) -> Step {
        if let Some(start) = self.log.fold.request {
            // The answer to it, if there was one, is lost with who asked.
            self.say(Kind::ModelRequestEnd { start, is_error: true, usage: Usage::default() });
        }
        if self.log.fold.status == Status::Rescheduling {
            self.run();
        }
        self.give_up_begun_calls();
        let blocking = self.log.fold.blocking();
        if !blocking.is_empty() {
            self.rest(StopReason::RequiresAction(blocking));
            return Step::Over;
        }
        let calls: Vec<EventId> =
            self.log.fold.calls.iter().filter(|call| call.runs_here()).map(|c| c.id).collect();
        if !calls.is_empty() {
            self.log.begun.clone_from(&calls);
            return Step::CarryOut(calls);
        }
        match spent {
            Spent::All => {
                self.rest(StopReason::BudgetReached);
                return Step::Over;
            }
            Spent::Within => {}
        }
        let is_evaluated = self.log.fold.outcome().is_some_and(|o| o.evaluation().is_some());
        if (is_evaluated || !self.log.has_reason())
            && let Some(step) = self.evaluate()
        {
            return step;
        }
        for trouble in troubles {
            self.say(Kind::SessionError(trouble.clone()));
        }
        self.take_in_pending();
        let begun = self.say(Kind::ModelRequestStart);
        let seq = begun.place.map_or(0, |place| place.seq);
        Step::Ask { start: begun.id, seq }
    }

    /// Writes down what came of a request. `None` if that request is not the open one.
    pub fn conclude(&mut self, start: EventId, outcome: &Outcome) -> Option<Step> {
        if self.log.fold.request != Some(start) {
            return None;
        }
        Some(match outcome {
            Outcome::Answered { said, refusal, usage } => {
                self.answered(start, said, refusal.as_ref(), *usage)
            }
            Outcome::Failed { class, message, cure, usage } => {
                self.say(Kind::ModelRequestEnd { start, is_error: true, usage: *usage });
                self.failed(class, message, *cure)
            }
        })
    }

    /// Writes down results of calls that the server carried out; those that were answered in the
    /// meantime, by an interrupt perhaps, stay as they are.
    pub fn hand_in(&mut self, results: &[Handed]) -> Step {
        for result in results {
            let Some(call) = self.log.fold.open(result.call) else { continue };
            let answer = Answer {
                call: result.call,
                content: Some(result.content.clone()),
                is_error: Some(result.is_error),
            };
            let kind = match call.family {
                Family::Mcp => Kind::AgentMcpToolResult(answer),
                Family::Worker | Family::Server | Family::Custom => Kind::AgentToolResult(answer),
            };
            self.say(kind);
        }
        Step::Again
    }

    fn answered(
        &mut self,
        start: EventId,
        said: &[Said],
        refusal: Option<&StopReason>,
        usage: Usage,
    ) -> Step {
        let mut denied = Vec::new();
        let mut called = false;
        for Said { id, kind, denied: why } in said {
            self.say_as(*id, kind.clone());
            let Some(call) = self.log.fold.open(*id) else { continue };
            called = true;
            if call.asked == Asked::Denied {
                denied.push((*id, call.family, why.as_deref()));
            }
        }
        self.say(Kind::ModelRequestEnd { start, is_error: false, usage });
        for (call, family, why) in denied {
            self.answer_for(call, family, why.unwrap_or("This tool is not available."));
        }
        if called {
            let blocking = self.log.fold.blocking();
            if blocking.is_empty() {
                return Step::Again;
            }
            self.rest(StopReason::RequiresAction(blocking));
            return Step::Over;
        }
        match refusal {
            Some(reason) => self.rest(reason.clone()),
            None if self.log.has_reason() || self.log.is_to_be_graded() => return Step::Again,
            None => self.rest(StopReason::EndTurn),
        }
        if self.log.has_reason() {
            self.end_turn();
            self.run();
        }
        Step::Over
    }

    /// What is done about a failure that comes now.
    pub(super) fn retry(&self, cure: Cure) -> Retry {
        match cure {
            Cure::Retry(_) if self.log.fold.failures + 1 < MAX_FAILURES => Retry::Retrying,
            Cure::Retry(_) | Cure::NewTurn => Retry::Exhausted,
            Cure::None => Retry::Terminal,
        }
    }

    pub(super) fn failed(&mut self, class: &TroubleClass, message: &str, cure: Cure) -> Step {
        let failures = self.log.fold.failures;
        let retry = self.retry(cure);
        let (class, message) = (class.clone(), message.to_owned());
        self.say(Kind::SessionError(Trouble { class, message, retry }));
        match retry {
            Retry::Retrying => {
                self.say(Kind::ThreadRescheduled);
                self.say(Kind::StatusRescheduled);
                let asked = match cure {
                    Cure::Retry(after) => after,
                    Cure::NewTurn | Cure::None => None,
                };
                let time = delay(failures).max(asked.unwrap_or_default()).min(LONGEST_DELAY);
                Step::Wait(self.now().plus(time))
            }
            Retry::Exhausted => {
                self.take_in_pending();
                self.rest(StopReason::RetriesExhausted);
                Step::Over
            }
            Retry::Terminal => {
                self.take_in_pending();
                self.say(Kind::StatusTerminated);
                Step::Over
            }
        }
    }

    /// A call that was begun and has no result is not begun again: nobody knows what it has done.
    fn give_up_begun_calls(&mut self) {
        for call in std::mem::take(&mut self.log.begun) {
            if let Some(family) = self.log.fold.open(call).map(|call| call.family) {
                let why = "The server stopped while this call ran. It may or may not have had an \
                           effect, and was not repeated.";
                self.answer_for(call, family, why);
            }
        }
    }
}

/// Whether a budget has anything left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spent {
    /// There is something left, or there is no budget.
    Within,
    /// There is nothing left.
    All,
}

/// How long to wait after so many failures before this one.
fn delay(failures: u32) -> Duration {
    FIRST_DELAY.saturating_mul(2_u32.saturating_pow(failures))
}
