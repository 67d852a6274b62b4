//! What clients say to a session (events §2, §5.4, §6).

use super::outcome::{MAX_OUTCOMES, Outcome};
use super::story::Story;
use super::{Asked, Call, Family, Log, MAX_PENDING, Waits};
use crate::environment::config::Kind as Hosting;
use crate::event::{Answer, Event, Grade, Kind, Place, StopReason, Usage, Verdict};
use crate::id::EventId;
use crate::json::Json;
use crate::session::Status;
use crate::session::budget::Budget;

/// One event as a client sends it; its form has been checked by who read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// `user.message`
    Message {
        /// Content blocks.
        content: Json,
    },
    /// `user.interrupt`
    Interrupt,
    /// `user.tool_confirmation`
    Confirmation {
        /// The call.
        call: EventId,
        /// What is said to it.
        verdict: Verdict,
    },
    /// `user.tool_result`
    ToolResult(Answer),
    /// `user.custom_tool_result`
    CustomToolResult(Answer),
    /// `system.message`
    System {
        /// Text blocks.
        content: Json,
    },
    /// `user.define_outcome`
    DefineOutcome {
        /// What the agent is to produce.
        description: String,
        /// How it is graded.
        rubric: String,
        /// How many evaluations it gets at the most, 1–20.
        max_iterations: u8,
    },
}

impl Incoming {
    /// Whether it makes the model say more than it would have (sessions §3, budget): what settles a
    /// call does not.
    pub const fn costs(&self) -> bool {
        match self {
            Self::Message { .. } | Self::System { .. } | Self::DefineOutcome { .. } => true,
            Self::Interrupt
            | Self::Confirmation { .. }
            | Self::ToolResult(_)
            | Self::CustomToolResult(_) => false,
        }
    }
}

/// What is wrong with an event that was sent; a predicate that follows the parameter's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Objection {
    /// The member of the event.
    pub member: &'static str,
    /// A predicate that follows the member's name: "must …".
    pub problem: &'static str,
}

const NO_SUCH_CALL: &str = "must name a call of this session that waits for this answer";

impl Story<'_, '_> {
    /// Takes in what a client sends, in order.
    ///
    /// # Errors
    /// The first event that is not acceptable, by its number, and why; nothing must be kept then.
    pub fn hear(&mut self, incoming: &[Incoming]) -> Result<Vec<Event>, (usize, Objection)> {
        let mut heard = Vec::with_capacity(incoming.len());
        for (number, event) in incoming.iter().enumerate() {
            heard.push(self.hear_one(event).map_err(|objection| (number, objection))?);
        }
        self.go_on();
        Ok(heard)
    }

    fn hear_one(&mut self, incoming: &Incoming) -> Result<Event, Objection> {
        match incoming {
            Incoming::Message { content } => {
                let kind = Kind::UserMessage { content: content.clone() };
                self.wait_for_request(kind, Waits::ForRequest)
            }
            Incoming::System { content } => {
                let kind = Kind::SystemMessage { content: content.clone() };
                self.wait_for_request(kind, Waits::ForOtherRequest)
            }
            Incoming::DefineOutcome { description, rubric, max_iterations } => {
                self.define_outcome(Kind::UserDefineOutcome {
                    description: description.clone(),
                    rubric: rubric.clone(),
                    max_iterations: *max_iterations,
                })
            }
            Incoming::Interrupt => Ok(self.interrupt()),
            Incoming::Confirmation { call, verdict } => self.confirm(*call, verdict),
            Incoming::ToolResult(answer) => {
                self.answer(answer, Family::Worker, Kind::UserToolResult(answer.clone()))
            }
            Incoming::CustomToolResult(answer) => {
                self.answer(answer, Family::Custom, Kind::UserCustomToolResult(answer.clone()))
            }
        }
    }

    fn wait_for_request(&mut self, kind: Kind, waits: Waits) -> Result<Event, Objection> {
        if self.log.pending.len() >= MAX_PENDING {
            let problem = "must wait: too many events of this session wait for the model already";
            return Err(Objection { member: "type", problem });
        }
        Ok(self.hold(kind, waits))
    }

    /// Sets the agent to work (events §3, §7). A session that waits for answers to calls goes on
    /// waiting.
    fn define_outcome(&mut self, kind: Kind) -> Result<Event, Objection> {
        let fold = &self.log.fold;
        if fold.outcome().is_some_and(Outcome::is_live) {
            let problem = "must wait: another outcome is being worked on; 'user.interrupt' ends it";
            return Err(Objection { member: "type", problem });
        }
        if fold.outcomes.len() >= MAX_OUTCOMES {
            let problem = "must not come more than 20 times in one session";
            return Err(Objection { member: "type", problem });
        }
        if fold.status == Status::Idle && fold.blocking().is_empty() {
            self.run();
        }
        Ok(self.say(kind))
    }

    fn confirm(&mut self, call: EventId, verdict: &Verdict) -> Result<Event, Objection> {
        let objection = || Objection { member: "tool_use_id", problem: NO_SUCH_CALL };
        let asked = self.log.fold.open(call).filter(|c| c.asked == Asked::Waiting);
        let family = asked.ok_or_else(objection)?.family;
        let event = self.say(Kind::UserToolConfirmation { call, verdict: verdict.clone() });
        match verdict {
            Verdict::Allow => self.take_in_answer(call),
            Verdict::Deny { message } => {
                self.drop_answer(call);
                // The session goes on before the call is answered, if nothing else blocks it.
                if self.log.fold.status == Status::Idle && self.log.fold.blocking() == [call] {
                    self.run();
                }
                let why = match message {
                    None => "The user denied this call.".to_owned(),
                    Some(why) => format!("The user denied this call. Their message: {why}"),
                };
                self.answer_for(call, family, &why);
            }
        }
        Ok(event)
    }

    fn answer(&mut self, answer: &Answer, family: Family, kind: Kind) -> Result<Event, Objection> {
        let member = match family {
            Family::Custom => "custom_tool_use_id",
            Family::Worker | Family::Server | Family::Mcp => "tool_use_id",
        };
        let objection = Objection { member, problem: NO_SUCH_CALL };
        let call = self.log.fold.find(answer.call).filter(|c| c.family == family);
        let call = call.ok_or(objection)?.clone();
        let digest = super::fold::digest(answer);
        match call {
            Call { answer: Some((event, stored)), .. } if stored == digest => {
                Ok(Event { id: event, place: Some(self.last_place()), kind })
            }
            Call { answer: Some(_), .. } => Err(objection),
            Call { asked: Asked::Waiting, .. } => self.hold_answer(answer.call, digest, kind),
            Call { asked: Asked::Never | Asked::Allowed | Asked::Denied, .. } => Ok(self.say(kind)),
        }
    }

    /// Keeps an answer that came before its call was allowed (events §2). The first one counts.
    fn hold_answer(&mut self, call: EventId, digest: u64, kind: Kind) -> Result<Event, Objection> {
        let held = self.log.pending.iter().find_map(|pending| match pending.waits {
            Waits::ForConfirmation { call: of, digest } if of == call => Some((pending.id, digest)),
            Waits::ForConfirmation { .. } | Waits::ForRequest | Waits::ForOtherRequest => None,
        });
        match held {
            None => Ok(self.hold(kind, Waits::ForConfirmation { call, digest })),
            Some((id, stored)) if stored == digest => Ok(Event { id, place: None, kind }),
            Some(_) => Err(Objection { member: "tool_use_id", problem: NO_SUCH_CALL }),
        }
    }

    /// The place of the newest event: an answer that is repeated is shown as no later than that.
    fn last_place(&self) -> Place {
        Place { seq: self.log.fold.next.saturating_sub(1), at: self.log.fold.at }
    }

    /// Ends what runs at once (events §5.4): every open call gets an answer, the session rests.
    fn interrupt(&mut self) -> Event {
        let was_busy = self.break_off("The user interrupted this call.");
        let event = self.say(Kind::UserInterrupt);
        if was_busy {
            self.rest(StopReason::Cancelled);
        }
        event
    }

    /// Ends what runs, and what waits with it (sessions §5, cancel).
    pub fn cancel(&mut self) {
        if self.break_off("The session was cancelled.") {
            self.take_in_pending();
            self.rest(StopReason::Cancelled);
        }
    }

    /// Closes the open request and the open calls; whether there was anything to break off.
    fn break_off(&mut self, why: &str) -> bool {
        let fold = &self.log.fold;
        let was_busy =
            fold.status.is_active() || matches!(fold.stop, Some(StopReason::RequiresAction(_)));
        let request = fold.request;
        self.end_turn();
        self.end_evaluation(Grade::Interrupted, "It was broken off.", Usage::default());
        if let Some(start) = request {
            self.say(Kind::ModelRequestEnd { start, is_error: true, usage: Usage::default() });
        }
        let open: Vec<(EventId, Family)> = self
            .log
            .fold
            .calls
            .iter()
            .filter(|call| call.answer.is_none())
            .map(|call| (call.id, call.family))
            .collect();
        for (call, family) in open {
            self.drop_answer(call);
            let kind = match (family, self.log.hosting) {
                // The stock worker knows an answer by this kind alone; it might run the call again.
                (Family::Worker, Hosting::SelfHosted) => Kind::UserToolResult(failed(call, why)),
                (Family::Custom, _) => Kind::UserCustomToolResult(failed(call, why)),
                (Family::Worker | Family::Server | Family::Mcp, _) => synthetic(call, family, why),
            };
            self.say(kind);
        }
        was_busy
    }

    /// Answers a call in the name of the server, as one that failed.
    pub(super) fn answer_for(&mut self, call: EventId, family: Family, why: &str) {
        self.say(synthetic(call, family, why));
    }

    /// Takes up a turn that was cut off by its budget, if there is something left by now.
    pub fn go_on_within(&mut self, budget: Option<Budget>) {
        let is_spent = budget.is_some_and(|budget| budget.is_spent(&self.log.fold.usage));
        if self.log.fold.stop == Some(StopReason::BudgetReached) && !is_spent {
            self.run();
        }
    }

    /// What follows once all is heard: the session runs if it can, or says again what it waits for.
    fn go_on(&mut self) {
        let fold = &self.log.fold;
        match (fold.status, &fold.stop) {
            (Status::Idle, Some(StopReason::RequiresAction(asked))) => {
                let blocking = fold.blocking();
                if blocking.is_empty() {
                    self.run();
                } else if blocking != *asked {
                    self.rest(StopReason::RequiresAction(blocking));
                }
            }
            (Status::Idle, _) => {
                if self.log.has_reason() {
                    self.run();
                }
            }
            (Status::Running | Status::Rescheduling | Status::Terminated, _) => {}
        }
    }
}

impl Log {
    /// Whether a client may speak at all: a session that is over hears nothing.
    pub fn listens(&self) -> bool {
        self.fold.status != Status::Terminated
    }
}

fn failed(call: EventId, why: &str) -> Answer {
    Answer { call, content: Some(Json::text(why)), is_error: Some(true) }
}

fn synthetic(call: EventId, family: Family, why: &str) -> Kind {
    match family {
        Family::Mcp => Kind::AgentMcpToolResult(failed(call, why)),
        Family::Custom => Kind::UserCustomToolResult(failed(call, why)),
        Family::Worker | Family::Server => Kind::AgentToolResult(failed(call, why)),
    }
}
