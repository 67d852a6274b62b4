//! The head of a work item as a row of the table `work`.
//!
//! The columns are the union of what the states carry. The attempt that a stopped item ended with
//! is spread over the same columns that it had while it was live.

use leasehold_model::Timestamp;
use leasehold_model::work::attempt::{Attempt, Outcome};
use leasehold_model::work::{
    Beating, Claim, Delivery, Proof, State, StopReason, Stopped, Ttl, Work, WorkerId,
};
use rusqlite::{CachedStatement, Row};

use super::codec::Columns;

pub(super) const HEAD: &str = "id, environment, session, state, created_at, queued_at, floor, \
     deliveries, accepted, ttl, worker, delivered_at, acknowledged_at, last_attempt, started_at, \
     beat, previous_beat, beat_proof, stop_requested_at, stopped_at, stop_reason";

pub(super) const INSERT_HEAD: &str = "INSERT INTO work (id, environment, session, state, \
     created_at, queued_at, floor, deliveries, accepted, ttl, worker, delivered_at, \
     acknowledged_at, last_attempt, started_at, beat, previous_beat, beat_proof, \
     stop_requested_at, stopped_at, stop_reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, \
     ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)";

/// What never changes is bound by [`bind`] all the same and named here in the condition alone.
pub(super) const UPDATE_HEAD: &str = "UPDATE work SET state = ?4, queued_at = ?6, floor = ?7, \
     deliveries = ?8, accepted = ?9, ttl = ?10, worker = ?11, delivered_at = ?12, \
     acknowledged_at = ?13, last_attempt = ?14, started_at = ?15, beat = ?16, \
     previous_beat = ?17, beat_proof = ?18, stop_requested_at = ?19, stopped_at = ?20, \
     stop_reason = ?21 \
     WHERE id = ?1 AND environment = ?2 AND session = ?3 AND created_at = ?5";

const QUEUED: u8 = 0;
const STARTING: u8 = 1;
const ACTIVE: u8 = 2;
const STOPPING: u8 = 3;
/// The code of `stopped`; the schema's partial index counts on it.
const STOPPED: u8 = 4;

/// The columns that differ by state.
#[derive(Default)]
struct Spread<'a> {
    state: u8,
    worker: Option<&'a WorkerId>,
    delivered_at: Option<Timestamp>,
    acknowledged_at: Option<Timestamp>,
    last_attempt: bool,
    started_at: Option<Timestamp>,
    beat: Option<Timestamp>,
    previous_beat: Option<Timestamp>,
    beat_proof: u8,
    stop_requested_at: Option<Timestamp>,
    stopped_at: Option<Timestamp>,
    stop_reason: Option<u8>,
}

impl<'a> Spread<'a> {
    fn of(state: &'a State) -> Self {
        match state {
            State::Queued(None) => Self { state: QUEUED, ..Self::default() },
            State::Queued(Some(delivery)) => Self {
                state: QUEUED,
                worker: delivery.worker.as_ref(),
                delivered_at: Some(delivery.at),
                ..Self::default()
            },
            State::Starting(claim) => Self::of_claim(STARTING, claim, None),
            State::Active(claim, beating) => Self::of_claim(ACTIVE, claim, Some(beating)),
            State::Stopping(claim, beating, requested_at) => Self {
                stop_requested_at: Some(*requested_at),
                ..Self::of_claim(STOPPING, claim, beating.as_ref())
            },
            State::Stopped(stopped) => Self::of_stopped(stopped),
        }
    }

    fn of_claim(state: u8, claim: &'a Claim, beating: Option<&Beating>) -> Self {
        Self {
            state,
            worker: claim.worker.as_ref(),
            delivered_at: claim.delivered_at,
            acknowledged_at: Some(claim.acknowledged_at),
            last_attempt: claim.last,
            started_at: beating.map(|b| b.started_at),
            beat: beating.map(|b| b.beat),
            previous_beat: beating.and_then(|b| b.previous),
            beat_proof: proof_code(beating.and_then(|b| b.proof)),
            ..Self::default()
        }
    }

    fn of_stopped(stopped: &'a Stopped) -> Self {
        let attempt = stopped.attempt.as_deref();
        Self {
            state: STOPPED,
            worker: attempt.and_then(|a| a.worker.as_ref()),
            delivered_at: attempt.and_then(|a| a.delivered_at),
            acknowledged_at: attempt.and_then(|a| a.acknowledged_at),
            started_at: attempt.and_then(|a| a.first_beat),
            beat: attempt.and_then(|a| a.last_beat),
            stop_requested_at: stopped.requested_at,
            stopped_at: Some(stopped.at),
            stop_reason: Some(reason_code(stopped.reason)),
            ..Self::default()
        }
    }
}

/// Binds a head to [`INSERT_HEAD`] or [`UPDATE_HEAD`].
pub(super) fn bind(statement: &mut CachedStatement<'_>, work: &Work) -> rusqlite::Result<()> {
    let Work {
        id,
        environment,
        session,
        created_at,
        queued_at,
        floor,
        deliveries,
        accepted,
        ttl,
        state,
    } = work;
    let spread = Spread::of(state);
    let instant = |at: Option<Timestamp>| at.map(Timestamp::micros);
    statement.raw_bind_parameter(1, id.bytes())?;
    statement.raw_bind_parameter(2, environment.bytes())?;
    statement.raw_bind_parameter(3, session.bytes())?;
    statement.raw_bind_parameter(4, spread.state)?;
    statement.raw_bind_parameter(5, created_at.micros())?;
    statement.raw_bind_parameter(6, queued_at.micros())?;
    statement.raw_bind_parameter(7, floor.micros())?;
    statement.raw_bind_parameter(8, deliveries)?;
    statement.raw_bind_parameter(9, accepted)?;
    statement.raw_bind_parameter(10, ttl.seconds())?;
    statement.raw_bind_parameter(11, spread.worker.map(WorkerId::as_str))?;
    statement.raw_bind_parameter(12, instant(spread.delivered_at))?;
    statement.raw_bind_parameter(13, instant(spread.acknowledged_at))?;
    statement.raw_bind_parameter(14, spread.last_attempt)?;
    statement.raw_bind_parameter(15, instant(spread.started_at))?;
    statement.raw_bind_parameter(16, instant(spread.beat))?;
    statement.raw_bind_parameter(17, instant(spread.previous_beat))?;
    statement.raw_bind_parameter(18, spread.beat_proof)?;
    statement.raw_bind_parameter(19, instant(spread.stop_requested_at))?;
    statement.raw_bind_parameter(20, instant(spread.stopped_at))?;
    statement.raw_bind_parameter(21, spread.stop_reason)
}

/// Reads a head from the columns of [`HEAD`].
pub(super) fn head(row: &Row<'_>) -> rusqlite::Result<Work> {
    let mut row = Columns::new(row);
    let id = row.id()?;
    let environment = row.id()?;
    let session = row.id()?;
    let state: u8 = row.get()?;
    let created_at = row.instant()?;
    let queued_at = row.instant()?;
    let floor = row.instant()?;
    let deliveries = row.get()?;
    let accepted = row.get()?;
    let ttl = Ttl::clamped(row.get::<u32>()?.into());
    let work = Work {
        id,
        environment,
        session,
        created_at,
        queued_at,
        floor,
        deliveries,
        accepted,
        ttl,
        state: read_state(&mut row, state, deliveries)?,
    };
    work.check().map_err(|what| row.wrong(what))?;
    Ok(work)
}

fn read_state(row: &mut Columns<'_, '_>, state: u8, deliveries: u32) -> rusqlite::Result<State> {
    let worker = row.worker()?;
    let delivered_at = row.maybe_instant()?;
    let acknowledged_at = row.maybe_instant()?;
    let last: bool = row.get()?;
    if state == QUEUED {
        return Ok(State::Queued(delivered_at.map(|at| Delivery { at, worker })));
    }
    let started_at = row.maybe_instant()?;
    let beat = row.maybe_instant()?;
    let previous = row.maybe_instant()?;
    let proof = read_proof(row.get()?);
    if state == STOPPED {
        let attempt = Attempt {
            number: deliveries,
            worker,
            delivered_at,
            acknowledged_at,
            first_beat: started_at,
            last_beat: beat,
            end: None,
        };
        return read_stopped(row, attempt);
    }
    let acknowledged_at = acknowledged_at.ok_or_else(|| row.wrong("a claim without an ack"))?;
    let claim = Claim { delivered_at, worker, acknowledged_at, last };
    let beating = started_at.zip(beat).map(|(started_at, beat)| Beating {
        started_at,
        beat,
        previous,
        proof,
    });
    match state {
        STARTING => Ok(State::Starting(claim)),
        ACTIVE => match beating {
            Some(beating) => Ok(State::Active(claim, beating)),
            None => Err(row.wrong("an active item without a heartbeat")),
        },
        STOPPING => match row.maybe_instant()? {
            Some(requested_at) => Ok(State::Stopping(claim, beating, requested_at)),
            None => Err(row.wrong("a stopping item that nobody stopped")),
        },
        other => Err(row.wrong(format!("unknown state {other}"))),
    }
}

fn read_stopped(row: &mut Columns<'_, '_>, attempt: Attempt) -> rusqlite::Result<State> {
    let requested_at = row.maybe_instant()?;
    let at = row.maybe_instant()?.ok_or_else(|| row.wrong("a stopped item without an end"))?;
    let (reason, outcome) = match row.get::<Option<u8>>()? {
        Some(0) => (StopReason::Requested, Outcome::Stopped),
        Some(1) => (StopReason::AttemptsExhausted, Outcome::Lapsed),
        Some(2) => (StopReason::Abandoned, Outcome::Lapsed),
        Some(3) => (StopReason::SessionArchived, Outcome::Stopped),
        Some(4) => (StopReason::SessionDeleted, Outcome::Stopped),
        Some(5) => (StopReason::SessionTerminated, Outcome::Stopped),
        other => return Err(row.wrong(format!("unknown reason {other:?}"))),
    };
    let tried = attempt.delivered_at.is_some() || attempt.acknowledged_at.is_some();
    let attempt = tried.then(|| Box::new(attempt.closed(at, outcome)));
    Ok(State::Stopped(Stopped { at, requested_at, attempt, reason }))
}

const fn reason_code(reason: StopReason) -> u8 {
    match reason {
        StopReason::Requested => 0,
        StopReason::AttemptsExhausted => 1,
        StopReason::Abandoned => 2,
        StopReason::SessionArchived => 3,
        StopReason::SessionDeleted => 4,
        StopReason::SessionTerminated => 5,
    }
}

pub(super) const fn proof_code(proof: Option<Proof>) -> u8 {
    match proof {
        None => 0,
        Some(Proof::Token) => 1,
        Some(Proof::Name) => 2,
    }
}

/// A code that nobody writes proves nothing.
pub(super) const fn read_proof(code: u8) -> Option<Proof> {
    match code {
        1 => Some(Proof::Token),
        2 => Some(Proof::Name),
        _ => None,
    }
}
