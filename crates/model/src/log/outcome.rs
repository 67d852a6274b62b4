//! Outcomes: what an agent is to bring about, and how often a grader has looked at it (events §7).
//!
//! A `user.define_outcome` sets the agent to work. Whenever the agent thinks that it is done, a grader,
//! which is the same model in a conversation of its own, is shown the rubric and what was done. What
//! it finds wanting goes back to the agent, as often as the outcome allows. One outcome at a time.

use serde::{Deserialize, Serialize};

use super::story::Story;
use super::turn::{Cure, Step};
use crate::event::{Grade, Kind, Retry, StopReason, TroubleClass, Usage};
use crate::id::EventId;
use crate::time::Timestamp;

/// How many outcomes one session takes; all of them stand in its head.
pub const MAX_OUTCOMES: usize = 20;
/// How many characters of a grader's explanation a session shows; the event has all of them.
const SHOWN_CHARS: usize = 4_096;

/// An outcome and what has become of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The event that defined it.
    pub id: EventId,
    /// What the agent is to produce.
    pub description: String,
    /// How many evaluations it gets at the most, 1–20.
    pub max_iterations: u8,
    /// How many evaluations have ended with a verdict: the number of the present cycle, from 0.
    pub iteration: u32,
    /// How far it has come.
    pub stage: Stage,
    /// What the grader last said.
    pub explanation: Option<String>,
    /// When it came to its end.
    pub completed_at: Option<Timestamp>,
}

/// How far an outcome has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// The agent has not begun.
    Pending,
    /// The agent works.
    Working,
    /// The agent has nothing more to say: it is the grader's turn.
    Done,
    /// The grader looks at it.
    Evaluating {
        /// The event that began this.
        start: EventId,
        /// What requests used by which it did not come to a verdict.
        used: Usage,
    },
    /// It was found wanting, and the agent has not been told yet.
    Wanting,
    /// It was found wanting for the last time: it is over, but for the agent's last word.
    LastWord,
    /// It is over.
    Over(Grade),
}

impl Outcome {
    /// One that has just been defined.
    pub const fn new(id: EventId, description: String, max_iterations: u8) -> Self {
        Self {
            id,
            description,
            max_iterations,
            iteration: 0,
            stage: Stage::Pending,
            explanation: None,
            completed_at: None,
        }
    }

    /// The wire's word for how it stands (events §7).
    pub const fn result(&self) -> &'static str {
        match self.stage {
            Stage::Pending => "pending",
            Stage::Working | Stage::Done | Stage::Wanting => "running",
            Stage::Evaluating { .. } => "evaluating",
            Stage::LastWord => Grade::MaxIterationsReached.as_str(),
            Stage::Over(grade) => grade.as_str(),
        }
    }

    /// Whether another one has to wait for it.
    pub const fn is_live(&self) -> bool {
        self.completed_at.is_none()
    }

    /// Whether the agent has to be told something of it.
    pub(super) const fn wants_agent(&self) -> bool {
        matches!(self.stage, Stage::Pending | Stage::Wanting | Stage::LastWord)
    }

    /// Whether it is the grader's turn.
    pub(super) const fn wants_grader(&self) -> bool {
        matches!(self.stage, Stage::Done | Stage::Evaluating { .. })
    }

    /// The evaluation that is open: what began it, and what it has used so far.
    pub(super) const fn evaluation(&self) -> Option<(EventId, Usage)> {
        if let Stage::Evaluating { start, used } = self.stage { Some((start, used)) } else { None }
    }

    /// The agent is asked: it knows all there is to know.
    pub(super) const fn agent_asked(&mut self) {
        self.stage = match self.stage {
            Stage::Pending | Stage::Working | Stage::Done | Stage::Wanting => Stage::Working,
            Stage::LastWord => Stage::Over(Grade::MaxIterationsReached),
            Stage::Evaluating { .. } | Stage::Over(_) => self.stage,
        };
    }

    /// The agent has answered and calls nothing.
    pub(super) fn agent_done(&mut self) {
        if self.stage == Stage::Working {
            self.stage = Stage::Done;
        }
    }

    /// The grader begins to look at it.
    pub(super) fn evaluate(&mut self, start: EventId) {
        self.stage = Stage::Evaluating { start, used: Usage::default() };
    }

    /// The grader could not say anything this time.
    pub(super) const fn evaluation_goes_on(&mut self, usage: Usage) {
        if let Stage::Evaluating { used, .. } = &mut self.stage {
            *used = used.plus(usage);
        }
    }

    /// The grader has said something.
    pub(super) fn evaluated(&mut self, grade: Grade, explanation: &str, at: Timestamp) {
        self.explanation = Some(explanation.chars().take(SHOWN_CHARS).collect());
        match grade {
            Grade::NeedsRevision => {
                self.iteration += 1;
                self.stage = Stage::Wanting;
            }
            Grade::MaxIterationsReached => {
                self.stage = Stage::LastWord;
                self.completed_at = Some(at);
            }
            Grade::Satisfied | Grade::Failed | Grade::Interrupted => self.end(grade, at),
        }
    }

    /// Nobody goes on with it.
    pub(super) const fn end(&mut self, grade: Grade, at: Timestamp) {
        match self.stage {
            Stage::LastWord => self.stage = Stage::Over(Grade::MaxIterationsReached),
            Stage::Over(_) => {}
            Stage::Pending
            | Stage::Working
            | Stage::Done
            | Stage::Evaluating { .. }
            | Stage::Wanting => {
                self.stage = Stage::Over(grade);
                self.completed_at = Some(at);
            }
        }
    }
}

/// What came of a request to the grader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Graded {
    /// A verdict.
    Verdict {
        /// What it is.
        verdict: Verdict,
        /// Why, for people and for the agent.
        explanation: String,
        /// What the request used.
        usage: Usage,
    },
    /// None.
    Unanswered {
        /// The class of the error.
        class: TroubleClass,
        /// An English sentence.
        message: String,
        /// Whether another try might help. Nothing that befalls a grader ends a session.
        cure: Cure,
        /// What the request used all the same.
        usage: Usage,
    },
}

/// What a grader can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All of the rubric is met.
    Satisfied,
    /// Something is missing that the agent can add.
    NeedsRevision,
    /// The rubric does not fit what was to be done.
    Failed,
}

impl Story<'_, '_> {
    /// Turns to the grader, if it is its turn.
    pub(super) fn evaluate(&mut self) -> Option<Step> {
        let outcome = self.log.fold.outcome().filter(|_| self.log.is_to_be_graded())?;
        let (id, iteration) = (outcome.id, outcome.iteration);
        let start = match outcome.evaluation() {
            Some((start, _)) => start,
            None => self.say(Kind::OutcomeEvaluationStart { outcome: id, iteration }).id,
        };
        Some(Step::Grade { start, seq: self.log.fold.next })
    }

    /// Says that the grader is still at it. `None` if that evaluation is not the open one.
    pub fn go_on_evaluating(&mut self, start: EventId) -> Option<Step> {
        self.open_evaluation(start)?;
        self.say_evaluating(Usage::default());
        Some(Step::Again)
    }

    /// Writes down what came of a request to the grader. `None` if that evaluation is not the open
    /// one.
    pub fn grade(&mut self, start: EventId, graded: &Graded) -> Option<Step> {
        let outcome = self.open_evaluation(start)?;
        let is_last = outcome.iteration + 1 >= outcome.max_iterations.into();
        match graded {
            Graded::Verdict { verdict, explanation, usage } => {
                let grade = match verdict {
                    Verdict::Satisfied => Grade::Satisfied,
                    Verdict::NeedsRevision if is_last => Grade::MaxIterationsReached,
                    Verdict::NeedsRevision => Grade::NeedsRevision,
                    Verdict::Failed => Grade::Failed,
                };
                self.end_evaluation(grade, explanation, *usage);
                if self.log.has_reason() {
                    return Some(Step::Again);
                }
                self.rest(StopReason::EndTurn);
                Some(Step::Over)
            }
            Graded::Unanswered { class, message, cure, usage } => {
                let cure = match cure {
                    Cure::None => Cure::NewTurn,
                    Cure::Retry(_) | Cure::NewTurn => *cure,
                };
                match self.retry(cure) {
                    Retry::Retrying => self.say_evaluating(*usage),
                    Retry::Exhausted | Retry::Terminal => {
                        let why = format!("No verdict could be had: {message}");
                        self.end_evaluation(Grade::Failed, &why, *usage);
                    }
                }
                Some(self.failed(class, message, cure))
            }
        }
    }

    /// Ends the open evaluation, if there is one.
    pub(super) fn end_evaluation(&mut self, grade: Grade, explanation: &str, usage: Usage) {
        let Some(outcome) = self.log.fold.outcome() else { return };
        let Some((start, used)) = outcome.evaluation() else { return };
        let (outcome, iteration) = (outcome.id, outcome.iteration);
        let (explanation, usage) = (explanation.to_owned(), used.plus(usage));
        self.say(Kind::OutcomeEvaluationEnd {
            start,
            outcome,
            iteration,
            grade,
            explanation,
            usage,
        });
    }

    fn say_evaluating(&mut self, used: Usage) {
        let Some(outcome) = self.log.fold.outcome() else { return };
        let (outcome, iteration) = (outcome.id, outcome.iteration);
        self.say(Kind::OutcomeEvaluationOngoing { outcome, iteration, used });
    }

    /// The outcome that an evaluation is of, if that is the open one.
    fn open_evaluation(&self, of: EventId) -> Option<&Outcome> {
        let outcome = self.log.fold.outcome()?;
        outcome.evaluation().filter(|(start, _)| *start == of)?;
        Some(outcome)
    }
}
