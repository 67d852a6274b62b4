//! The log of one session, told step by step through its operations.

mod boundaries;
mod calls;
mod histories;
mod interrupts;
mod outcomes;
mod turns;

use std::time::Duration;

use crate::environment::Facts;
use crate::environment::config::Kind as Hosting;
use crate::event::{self, Event, Kind, Permission, StopReason, TroubleClass, Usage, Use};
use crate::id::{AccountId, EnvironmentId, EventId, Mint, SessionId};
use crate::json::Json;
use crate::log::ops::{
    CancelSession, Claimed, Conclude, EndEvaluation, HandIn, Proceed, SendEvents, TakeTurn,
};
use crate::log::outcome::{Graded, Verdict};
use crate::log::send::Incoming;
use crate::log::turn::{Cure, Handed, Outcome, Said, Step};
use crate::log::{EventWrite, Log};
use crate::metadata::Metadata;
use crate::op::{Context, Op};
use crate::refusal::Refusal;
use crate::rows::Rows;
use crate::session::budget::Budget;
use crate::session::ops::Projection;
use crate::session::{AgentRef, Session, Status};
use crate::time::Timestamp;
use crate::work::ops::StopWork;
use crate::work::stop::Stop;
use crate::work::{Caller, Ttl, Work, WorkerId};

/// A session alone in the world, and everything that was written for it.
struct Room {
    rows: Rows,
    mint: Mint,
    now: Timestamp,
    session: Session,
}

impl Room {
    fn new(hosting: Hosting) -> Self {
        let (account, environment) =
            (AccountId::from_bytes([1; 16]), EnvironmentId::from_bytes([2; 16]));
        let now = Timestamp::from_micros(1_000_000_000);
        let session = Session {
            id: SessionId::from_bytes([3; 16]),
            account,
            environment,
            agent: AgentRef { id: "agent_a".to_owned(), version: 1 },
            title: None,
            metadata: Metadata::default(),
            created_at: now,
            updated_at: now,
            archived_at: None,
            budget: None,
            environment_variables: Default::default(),
        };
        let mut rows = Rows::default();
        rows.sessions.load(session.id, session.clone());
        let facts = Facts { account, kind: hosting, archived: false, max_attempts: None };
        rows.loaded_facts.insert(environment, facts);
        Self { rows, mint: Mint::new(7), now, session }
    }

    fn hosted() -> Self {
        Self::new(Hosting::SelfHosted)
    }

    fn wait(&mut self, by: Duration) {
        self.now = self.now.plus(by);
    }

    fn decide<O: Op>(&mut self, op: &O) -> Result<O::Reply, Refusal> {
        self.rows.mark();
        let decided = op.decide(&mut Context::new(self.now, &mut self.mint), &mut self.rows);
        match &decided {
            Ok(_) => assert_eq!(self.log().check(), Ok(())),
            Err(_) => self.rows.undo(),
        }
        decided
    }

    fn log(&self) -> Log {
        crate::log::ops::log_of(&self.rows, &self.session, Projection::Copy)
    }

    fn send(&mut self, events: &[Incoming]) -> Result<Vec<Event>, Refusal> {
        let Session { account, id: session, environment, .. } = self.session;
        let (events, claim, traceparent) = (events.to_vec(), None, None);
        let projection = Projection::Copy;
        self.decide(&SendEvents {
            account,
            session,
            environment,
            events,
            claim,
            projection,
            traceparent,
        })
    }

    fn say(&mut self, words: &str) {
        self.send(&[message(words)]).unwrap();
    }

    fn cancel(&mut self) {
        let (account, session) = (self.session.account, self.session.id);
        self.decide(&CancelSession { account, session }).unwrap();
    }

    fn take(&mut self) -> Option<Claimed> {
        let runner = WorkerId::new("runner").unwrap();
        self.decide(&TakeTurn { runner, ttl: Ttl::clamped(10) }).unwrap().map(|taken| taken.claim)
    }

    fn proceed(&mut self, claim: Claimed) -> Result<Step, Refusal> {
        let session = self.session.id;
        self.decide(&Proceed { session, claim, troubles: Vec::new() })
    }

    fn ask(&mut self, claim: Claimed) -> EventId {
        match self.proceed(claim).unwrap() {
            Step::Ask { start, .. } => start,
            step @ (Step::Grade { .. }
            | Step::CarryOut(_)
            | Step::Wait(_)
            | Step::Again
            | Step::Over) => panic!("{step:?}"),
        }
    }

    /// The turn goes on to the grader: the event that began the evaluation.
    fn be_graded(&mut self, claim: Claimed) -> EventId {
        let step = self.proceed(claim).unwrap();
        let Step::Grade { start, .. } = step else { panic!("{step:?}") };
        start
    }

    fn grade(&mut self, claim: Claimed, start: EventId, verdict: Verdict) -> Result<Step, Refusal> {
        let usage = Usage { input_tokens: 10, ..Usage::default() };
        let graded = Graded::Verdict { verdict, explanation: "because".to_owned(), usage };
        let session = self.session.id;
        self.decide(&EndEvaluation { session, claim, start, graded })
    }

    fn fail_to_grade(
        &mut self,
        claim: Claimed,
        start: EventId,
        cure: Cure,
    ) -> Result<Step, Refusal> {
        let graded = Graded::Unanswered {
            class: TroubleClass::ModelOverloaded,
            message: "The model is overloaded.".to_owned(),
            cure,
            usage: Usage { input_tokens: 1, ..Usage::default() },
        };
        let session = self.session.id;
        self.decide(&EndEvaluation { session, claim, start, graded })
    }

    fn event(&self, id: EventId) -> Kind {
        self.events().into_iter().find(|event| event.id == id).expect("no such event").kind
    }

    fn conclude(
        &mut self,
        claim: Claimed,
        start: EventId,
        outcome: Outcome,
    ) -> Result<Step, Refusal> {
        let session = self.session.id;
        self.decide(&Conclude { session, claim, start, outcome })
    }

    fn hand_in(&mut self, claim: Claimed, calls: &[EventId]) -> Result<Step, Refusal> {
        let results = calls.iter().map(|call| Handed {
            call: *call,
            content: Json::text("done"),
            is_error: false,
        });
        let (session, results) = (self.session.id, results.collect());
        self.decide(&HandIn { session, claim, results })
    }

    /// Takes the turn, asks the model and lets it say this.
    fn turn(&mut self, said: &[Said]) -> Step {
        let claim = self.take().expect("no turn waits");
        self.answer(claim, said)
    }

    fn answer(&mut self, claim: Claimed, said: &[Said]) -> Step {
        let start = self.ask(claim);
        self.conclude(claim, start, answered(said)).unwrap()
    }

    fn id(&mut self) -> EventId {
        self.mint.next(self.now)
    }

    fn speech(&mut self, words: &str) -> Said {
        let content = Json::text(words);
        Said { id: self.id(), kind: Kind::AgentMessage { content }, denied: None }
    }

    fn call(&mut self, tool: &str, permission: Permission) -> Said {
        let used = Use {
            name: tool.to_owned(),
            input: Json::of(&serde_json::json!({})),
            permission,
            model_id: "toolu_1".to_owned(),
        };
        let kind = match tool {
            "custom" => Kind::AgentCustomToolUse(used),
            "mcp" => Kind::AgentMcpToolUse { server: "s".to_owned(), used },
            _ => Kind::AgentToolUse(used),
        };
        Said { id: self.id(), kind, denied: None }
    }

    /// A worker stops its item.
    fn stop(&mut self, work: &Work) {
        let (environment, work) = (work.environment, work.id);
        let (how, caller) = (Stop::Force, Caller::default());
        self.decide(&StopWork { environment, work, how, caller }).unwrap();
    }

    /// A worker stops the one live item; from when on the next one can be polled.
    fn stop_live_item(&mut self) -> Timestamp {
        let live = |work: &&Work| work.stopped_at().is_none();
        let work = self.work().into_iter().find(live).cloned().expect("no item is live");
        self.stop(&work);
        let next = self.work().into_iter().find(live).expect("no item was queued");
        next.available_at(Duration::ZERO).expect("it can be polled")
    }

    /// All events: the log in its order, then what waits.
    fn events(&self) -> Vec<Event> {
        let mut events: Vec<Event> = Vec::new();
        for (_, write) in &self.rows.events {
            match write {
                EventWrite::New(event) => events.push(event.clone()),
                EventWrite::TakenIn(id, place) => {
                    let event = events.iter_mut().find(|e| e.id == *id).unwrap();
                    assert_eq!(event.place.replace(*place), None, "taken in twice");
                }
                EventWrite::Dropped(id) => events.retain(|e| e.id != *id),
            }
        }
        events.sort_by_key(|e| e.place.map_or(u64::MAX, |place| place.seq));
        events
    }

    /// The kinds of events from the last look on, in short; what waits is in brackets.
    fn told(&self, from: usize) -> Vec<String> {
        self.events().iter().skip(from).map(short).collect()
    }

    fn work(&self) -> Vec<&Work> {
        let all = self.rows.work.changes().filter_map(|change| change.now);
        let mut work: Vec<&Work> =
            all.filter(|work| work.environment == self.session.environment).collect();
        work.sort_by_key(|work| work.id);
        work
    }

    fn status(&self) -> Status {
        self.log().fold.status
    }
}

fn short(event: &Event) -> String {
    let word = event.kind.as_str().replace("session.", "").replace("thread_status_", "thread ");
    let detail = if let Kind::StatusIdle(reason) = &event.kind {
        match reason {
            StopReason::RequiresAction(calls) => format!(" on {}", calls.len()),
            reason @ (StopReason::EndTurn
            | StopReason::RetriesExhausted
            | StopReason::BudgetReached
            | StopReason::Refusal { .. }
            | StopReason::Cancelled) => format!(" {reason:?}"),
        }
    } else {
        String::new()
    };
    let word = format!("{}{detail}", word.replace("status_", ""));
    if event.place.is_none() { format!("({word})") } else { word }
}

fn message(words: &str) -> Incoming {
    Incoming::Message { content: Json::text(words) }
}

fn outcome(max_iterations: u8) -> Incoming {
    let (description, rubric) = ("a report".to_owned(), "It has a title.".to_owned());
    Incoming::DefineOutcome { description, rubric, max_iterations }
}

fn result_of(call: EventId, words: &str) -> Incoming {
    Incoming::ToolResult(answer_to(call, words))
}

fn custom_result_of(call: EventId) -> Incoming {
    Incoming::CustomToolResult(answer_to(call, "done"))
}

fn answer_to(call: EventId, words: &str) -> event::Answer {
    event::Answer { call, content: Some(Json::text(words)), is_error: Some(false) }
}

fn allow(call: EventId) -> Incoming {
    Incoming::Confirmation { call, verdict: event::Verdict::Allow }
}

fn deny(call: EventId) -> Incoming {
    let message = Some("no".to_owned());
    Incoming::Confirmation { call, verdict: event::Verdict::Deny { message } }
}

fn answered(said: &[Said]) -> Outcome {
    Outcome::Answered { said: said.to_vec(), refusal: None, usage: Usage::default() }
}

fn failed(cure: Cure) -> Outcome {
    Outcome::Failed {
        class: TroubleClass::ModelOverloaded,
        message: "The model is overloaded.".to_owned(),
        cure,
        usage: Usage::default(),
    }
}
