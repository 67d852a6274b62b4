//! Operations on logs: what clients send, and what runners do with turns.

use super::outcome::Graded;
use super::send::{Incoming, Objection};
use super::story::Story;
use super::turn::{Handed, Outcome, Spent, Step};
use super::{Log, TURN_QUEUE};
use crate::environment::config::Kind as Hosting;
use crate::event::{Event, Trouble};
use crate::id::{AccountId, EnvironmentId, EventId, SessionId, WorkId};
use crate::metadata::Metadata;
use crate::op::{Context, Op};
use crate::refusal::{Refusal, Resource};
use crate::rows::{Keys, Rows};
use crate::session::Session;
use crate::session::ops::Projection;
use crate::time::Timestamp;
use crate::work::heartbeat::{Expected, Heartbeat, Unheld};
use crate::work::{Body, Caller, RECLAIM_WINDOW, State, StopReason, Ttl, Work, WorkerId};

/// Sends events to a session (events §2): all of them or none.
#[derive(Clone, Debug)]
pub struct SendEvents {
    /// On whose behalf.
    pub account: AccountId,
    /// To which session.
    pub session: SessionId,
    /// Where it runs.
    pub environment: EnvironmentId,
    /// What.
    pub events: Vec<Incoming>,
    /// The claim by which the sender was let in, if it was by one: a claim that is over by now
    /// writes nothing.
    pub claim: Option<Claimed>,
    /// What of the metadata work items get, if nothing has happened in the session yet.
    pub projection: Projection,
    /// The W3C trace context of the request.
    pub traceparent: Option<Box<str>>,
}

/// A claim on an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The item.
    pub work: WorkId,
    /// The number of the delivery.
    pub delivery: u32,
}

impl Op for SendEvents {
    type Reply = Vec<Event>;

    fn needs(&self, keys: &mut Keys) {
        keys.sessions.push(self.session);
        keys.logs.push(self.session);
        keys.live_work.push(self.session);
        keys.facts.push(self.environment);
        keys.work.extend(self.claim.map(|claim| claim.work));
    }

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<Vec<Event>, Refusal> {
        let session = open_session(rows, self.account, self.session)?;
        if let Some(claim) = self.claim
            && !holds(rows, claim, context.now())
        {
            return Err(Refusal::ClaimOver);
        }
        let log = log_of(rows, &session, self.projection);
        if !log.listens() {
            return Err(Refusal::SessionTerminated);
        }
        let results_only = |event: &Incoming| match event {
            Incoming::ToolResult(_) => log.hosting == Hosting::SelfHosted,
            Incoming::Message { .. }
            | Incoming::Interrupt
            | Incoming::Confirmation { .. }
            | Incoming::CustomToolResult(_)
            | Incoming::System { .. }
            | Incoming::DefineOutcome { .. } => true,
        };
        if let Some(number) = self.events.iter().position(|event| !results_only(event)) {
            let problem = "must not be 'user.tool_result' in a session of a cloud environment";
            return Err(Refusal::Event(number, Objection { member: "type", problem }));
        }
        let is_spent = session.budget.is_some_and(|budget| budget.is_spent(&log.fold.usage));
        if is_spent && let Some(number) = self.events.iter().position(Incoming::costs) {
            let problem = "must wait: the budget of the session is used up";
            return Err(Refusal::Event(number, Objection { member: "type", problem }));
        }
        let wakes = self.events.iter().any(|event| match event {
            Incoming::Interrupt | Incoming::System { .. } => false,
            Incoming::Message { .. }
            | Incoming::Confirmation { .. }
            | Incoming::ToolResult(_)
            | Incoming::CustomToolResult(_)
            | Incoming::DefineOutcome { .. } => true,
        });
        let mut story = Story::of(log, session.budget, context);
        let heard = story
            .hear(&self.events)
            .map_err(|(number, objection)| Refusal::Event(number, objection))?;
        let log = story.end(rows);
        if wakes && (log.fold.status.is_active() || log.fold.needs_worker()) {
            let now = context.now();
            call_worker(rows, context, &session, &log, now, self.traceparent.clone());
        }
        Ok(heard)
    }
}

/// Ends what runs in a session (sessions §5, Q). Nothing happens to one that rests.
#[derive(Clone, Debug)]
pub struct CancelSession {
    /// On whose behalf.
    pub account: AccountId,
    /// Which session.
    pub session: SessionId,
}

impl Op for CancelSession {
    type Reply = ();

    fn needs(&self, keys: &mut Keys) {
        keys.sessions.push(self.session);
        keys.logs.push(self.session);
    }

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<(), Refusal> {
        let session = open_session(rows, self.account, self.session)?;
        if let Some(log) = rows.logs.get(&session.id).cloned() {
            let mut story = Story::of(log, session.budget, context);
            story.cancel();
            story.end(rows);
        }
        Ok(())
    }
}

/// Takes the oldest turn that nobody drives, and its lease with it, in one step.
#[derive(Clone, Debug)]
pub struct TakeTurn {
    /// The runner that asks.
    pub runner: WorkerId,
    /// How long the lease is to last from now on.
    pub ttl: Ttl,
}

/// A turn that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Whose turn it is.
    pub session: SessionId,
    /// By what the runner proves that it has the turn.
    pub claim: Claimed,
    /// The first heartbeat; the next one echoes it.
    pub beat: Timestamp,
}

impl Op for TakeTurn {
    type Reply = Option<Taken>;

    fn needs(&self, keys: &mut Keys) {
        keys.ready.push((TURN_QUEUE, RECLAIM_WINDOW));
    }

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<Option<Taken>, Refusal> {
        let now = context.now();
        let Some(candidates) = rows.candidates.get(&TURN_QUEUE) else { return Ok(None) };
        let delivered = candidates.iter().find_map(|id| {
            rows.work.get(id)?.deliver(now, RECLAIM_WINDOW, Some(self.runner.clone()))
        });
        let Some(delivered) = delivered else { return Ok(None) };
        let claim = Claimed { work: delivered.next.id, delivery: delivered.next.deliveries };
        let beaten = delivered.next.heartbeat(now, &heartbeat(claim, Expected::Any, self.ttl))?;
        rows.advance(delivered);
        let session = beaten.next.session;
        let beat = rows.advance(beaten).beat.unwrap_or(now);
        Ok(Some(Taken { session, claim, beat }))
    }
}

/// The heartbeat by which a runner takes or renews the lease of a turn.
pub fn heartbeat(claim: Claimed, expected: Expected, ttl: Ttl) -> Heartbeat {
    let caller = Caller { claim: Some(claim.delivery), worker: None };
    Heartbeat { expected, ttl, caller, unheld: Unheld::Claim { limit: None } }
}

/// Begins the next step of a turn.
#[derive(Clone, Debug)]
pub struct Proceed {
    /// Whose turn it is.
    pub session: SessionId,
    /// By what the runner proves that it has the turn.
    pub claim: Claimed,
    /// What went wrong before the model could be asked, to be told.
    pub troubles: Vec<Trouble>,
}

impl Op for Proceed {
    type Reply = Step;

    fn needs(&self, keys: &mut Keys) {
        needs_of_turn(keys, self.session, self.claim);
    }

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<Step, Refusal> {
        let budget = rows.sessions.get(&self.session).and_then(|session| session.budget);
        drive(rows, context, self.session, self.claim, |story| {
            let is_spent = budget.is_some_and(|budget| budget.is_spent(&story.log.fold.usage));
            let spent = if is_spent { Spent::All } else { Spent::Within };
            Some(story.proceed(&self.troubles, spent))
        })
    }
}

/// Writes down what came of a request to the model, and what follows from it.
#[derive(Clone, Debug)]
pub struct Conclude {
    /// Whose turn it is.
    pub session: SessionId,
    /// By what the runner proves that it has the turn.
    pub claim: Claimed,
    /// The event that began the request.
    pub start: EventId,
    /// What came of it.
    pub outcome: Outcome,
}

impl Op for Conclude {
    type Reply = Step;

    fn needs(&self, keys: &mut Keys) {
        needs_of_turn(keys, self.session, self.claim);
    }

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<Step, Refusal> {
        drive(rows, context, self.session, self.claim, |story| {
            story.conclude(self.start, &self.outcome)
        })
    }
}

/// Says that a grader is still at it.
#[derive(Clone, Copy, Debug)]
pub struct GoOnEvaluating {
    /// Whose turn it is.
    pub session: SessionId,
    /// By what the runner proves that it has the turn.
    pub claim: Claimed,
    /// The event that began the evaluation.
    pub start: EventId,
}

impl Op for GoOnEvaluating {
    type Reply = Step;

    fn needs(&self, keys: &mut Keys) {
        needs_of_turn(keys, self.session, self.claim);
    }

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<Step, Refusal> {
        drive(rows, context, self.session, self.claim, |story| story.go_on_evaluating(self.start))
    }
}

/// Writes down what came of a request to a grader, and what follows from it.
#[derive(Clone, Debug)]
pub struct EndEvaluation {
    /// Whose turn it is.
    pub session: SessionId,
    /// By what the runner proves that it has the turn.
    pub claim: Claimed,
    /// The event that began the evaluation.
    pub start: EventId,
    /// What came of it.
    pub graded: Graded,
}

impl Op for EndEvaluation {
    type Reply = Step;

    fn needs(&self, keys: &mut Keys) {
        needs_of_turn(keys, self.session, self.claim);
    }

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<Step, Refusal> {
        drive(rows, context, self.session, self.claim, |story| {
            story.grade(self.start, &self.graded)
        })
    }
}

/// Hands in results of calls that the runner carried out.
#[derive(Clone, Debug)]
pub struct HandIn {
    /// Whose turn it is.
    pub session: SessionId,
    /// By what the runner proves that it has the turn.
    pub claim: Claimed,
    /// The results.
    pub results: Vec<Handed>,
}

impl Op for HandIn {
    type Reply = Step;

    fn needs(&self, keys: &mut Keys) {
        needs_of_turn(keys, self.session, self.claim);
    }

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<Step, Refusal> {
        drive(rows, context, self.session, self.claim, |story| Some(story.hand_in(&self.results)))
    }
}

/// Gives a turn back: it waits for another runner at once.
#[derive(Clone, Copy, Debug)]
pub struct YieldTurn {
    /// Whose turn it is.
    pub session: SessionId,
    /// By what the runner proves that it has the turn.
    pub claim: Claimed,
}

impl Op for YieldTurn {
    type Reply = ();

    fn needs(&self, keys: &mut Keys) {
        needs_of_turn(keys, self.session, self.claim);
    }

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<(), Refusal> {
        let given_back = |story: &mut Story<'_, '_>| {
            story.end_turn();
            Some(Step::Over)
        };
        drive(rows, context, self.session, self.claim, given_back).map(|_| ())
    }
}

fn needs_of_turn(keys: &mut Keys, session: SessionId, claim: Claimed) {
    keys.sessions.push(session);
    keys.logs.push(session);
    keys.live_work.push(session);
    keys.work.push(claim.work);
}

/// Does a step of a turn, if the runner still has it.
fn drive(
    rows: &mut Rows,
    context: &mut Context<'_>,
    session: SessionId,
    claim: Claimed,
    step: impl FnOnce(&mut Story<'_, '_>) -> Option<Step>,
) -> Result<Step, Refusal> {
    let now = context.now();
    let session = rows.sessions.get(&session).cloned().ok_or(Refusal::ClaimOver)?;
    let log = rows.logs.get(&session.id).cloned().ok_or(Refusal::ClaimOver)?;
    if log.turn != Some(claim.work) || !holds(rows, claim, now) {
        return Err(Refusal::ClaimOver);
    }
    let needed_worker = log.fold.needs_worker();
    let mut story = Story::of(log, session.budget, context);
    let step = step(&mut story).ok_or(Refusal::ClaimOver)?;
    let log = story.end(rows);
    if log.fold.needs_worker() && !needed_worker {
        call_worker(rows, context, &session, &log, now, None);
    }
    if !log.listens() {
        rows.end_work_of(session.id, now, StopReason::SessionTerminated);
    }
    Ok(step)
}

/// Whether a claim stands: the item is held, and was not handed out again.
fn holds(rows: &Rows, claim: Claimed, now: Timestamp) -> bool {
    rows.work.get(&claim.work).is_some_and(|work| {
        let work = work.settled(now).work;
        let held = match work.state {
            State::Queued(delivery) => delivery.is_some(),
            State::Starting(_) | State::Active(..) | State::Stopping(..) => true,
            State::Stopped(_) => false,
        };
        held && work.deliveries == claim.delivery
    })
}

/// The log of a session; one that has heard nothing yet has none in the store.
pub(crate) fn log_of(rows: &Rows, session: &Session, projection: Projection) -> Log {
    rows.logs.get(&session.id).cloned().unwrap_or_else(|| {
        let hosting =
            rows.facts(session.environment).map_or(Hosting::SelfHosted, |facts| facts.kind);
        Log::new(session.id, hosting, projection)
    })
}

/// A session of an account that takes changes.
fn open_session(rows: &Rows, account: AccountId, id: SessionId) -> Result<Session, Refusal> {
    let session = rows.sessions.get(&id).ok_or(Refusal::NotFound(Resource::Session))?;
    if session.account != account {
        return Err(Refusal::NotYours(Resource::Session));
    }
    if session.archived_at.is_some() {
        return Err(Refusal::SessionArchived);
    }
    Ok(session.clone())
}

/// Queues a work item for a session that has none, to be polled from `due` on (sessions §7).
pub(crate) fn call_worker(
    rows: &mut Rows,
    context: &mut Context<'_>,
    session: &Session,
    log: &Log,
    due: Timestamp,
    traceparent: Option<Box<str>>,
) {
    match log.hosting {
        Hosting::Cloud => return,
        Hosting::SelfHosted => {}
    }
    let now = context.now();
    if let Some(work) = rows.live_work.get(&session.id).and_then(|id| rows.work.get(id)) {
        if !work.ended_by(now) && work.stopped_at().is_none() {
            return;
        }
        // Time has ended it and its row does not say so yet; only one may be live.
        let settled = work.end(now, StopReason::Abandoned);
        rows.advance(settled);
    }
    let metadata = match log.projection {
        Projection::Copy => session.metadata.clone(),
        Projection::Empty => Metadata::default(),
    };
    let work = Work::queued(context.mint(), session.environment, session.id, now);
    rows.enqueue(work.not_before(due), Body { metadata, traceparent });
}

/// Calls a worker again if an item has just ended and left calls behind (sessions §7). The rows are
/// those of [`Keys::sessions_of_work`].
pub(crate) fn call_worker_again(rows: &mut Rows, context: &mut Context<'_>, ended: &Work) {
    let Some(session) = rows.sessions.get(&ended.session).cloned() else { return };
    let Some(mut log) = rows.logs.get(&session.id).cloned() else { return };
    if session.archived_at.is_some() || !log.listens() {
        return;
    }
    if let Some(due) = log.call_again(context.now()) {
        call_worker(rows, context, &session, &log, due, None);
        rows.logs.put(session.id, log);
    }
}
