//! Filling in the working set: heads, facts and recent sessions from memory, everything else by its
//! key.

use std::collections::HashMap;
use std::time::Duration;

use leasehold_model::agent::AgentVersion;
use leasehold_model::agent::snapshot::Snapshot;
use leasehold_model::id::Id;
use leasehold_model::idempotency::ResponseKey;
use leasehold_model::log::TURN_QUEUE;
use leasehold_model::rows::{Keys, Rows, Table};
use leasehold_model::session::AgentRef;
use leasehold_model::{AgentId, EnvironmentId, Log, SessionId, Timestamp, WorkId};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::books::Books;
use super::{Shared, codec, head};

pub(super) fn load(
    db: &Connection,
    shared: &Shared,
    keys: &Keys,
    now: Timestamp,
    rows: &mut Rows,
) -> rusqlite::Result<()> {
    let Keys {
        any_account,
        accounts,
        tokens,
        keys: environment_keys,
        environments,
        facts,
        residents,
        agents,
        agent_versions,
        sessions,
        snapshots,
        live_work,
        logs,
        work,
        sessions_of_work,
        bodies,
        ready,
        responses,
    } = keys;
    if *any_account {
        let any: Option<i64> =
            db.query_row("SELECT 1 FROM accounts LIMIT 1", [], |row| row.get(0)).optional()?;
        rows.any_account = any.is_some();
    }
    by_id(db, "accounts", codec::ACCOUNT, accounts, &mut rows.accounts, codec::account)?;
    by_id(db, "tokens", codec::TOKEN, tokens, &mut rows.tokens, |r| Ok(codec::token(r)?.0))?;
    let keys_table = &mut rows.keys;
    by_id(db, "environment_keys", codec::KEY, environment_keys, keys_table, |r| {
        Ok(codec::key(r)?.0)
    })?;
    let environments_table = &mut rows.environments;
    by_id(
        db,
        "environments",
        codec::ENVIRONMENT,
        environments,
        environments_table,
        codec::environment,
    )?;
    by_id(db, codec::AGENTS, codec::AGENT, agents, &mut rows.agents, codec::agent)?;
    load_sessions(db, shared, sessions, rows)?;
    load_snapshots(db, agent_versions, snapshots, rows)?;
    load_facts(shared, facts, rows);
    for environment in residents {
        // One more than this batch can delete.
        let some = sessions.len() + 1;
        rows.residents.insert(*environment, sessions_of(db, *environment, some)?);
    }
    load_live_work(db, shared, live_work, rows)?;
    for session in logs {
        load_log(db, shared, *session, rows)?;
    }
    shared.recent().note(keys, rows);
    load_heads(db, &shared.books(), work, rows)?;
    let others = Others { turns: work.len() + logs.len(), items: work.len() + live_work.len() };
    load_candidates(db, shared, ready, others, now, rows)?;
    for id in sessions_of_work {
        load_waiting_session(db, shared, *id, rows)?;
    }
    for id in bodies {
        load_body(db, *id, rows)?;
    }
    load_responses(db, responses, rows)
}

/// Sessions; those that are remembered come out of memory.
fn load_sessions(
    db: &Connection,
    shared: &Shared,
    ids: &[SessionId],
    rows: &mut Rows,
) -> rusqlite::Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let mut others = Vec::new();
    {
        let mut recent = shared.recent();
        for id in ids {
            match recent.get(*id) {
                Some(known) => rows.sessions.load(*id, known.session.clone()),
                None => others.push(*id),
            }
        }
    }
    by_id(db, "sessions", codec::SESSION, &others, &mut rows.sessions, codec::session)
}

/// The live items of sessions, with their heads.
fn load_live_work(
    db: &Connection,
    shared: &Shared,
    sessions: &[SessionId],
    rows: &mut Rows,
) -> rusqlite::Result<()> {
    for session in sessions {
        let known = shared.recent().get(*session).map(|known| known.live);
        let live = match known {
            Some(live) => live,
            None => live_work_of(db, *session)?,
        };
        if let Some(id) = live {
            rows.live_work.insert(*session, id);
            load_head(db, &shared.books(), id, rows)?;
        }
    }
    Ok(())
}

fn load_responses(
    db: &Connection,
    responses: &[ResponseKey],
    rows: &mut Rows,
) -> rusqlite::Result<()> {
    for key in responses {
        let mut statement = db.prepare_cached(
            "SELECT fingerprint, status, body, created_at FROM responses \
             WHERE account = ?1 AND key = ?2",
        )?;
        let stored =
            statement.query_row(params![key.account.bytes(), key.key], super::views::response);
        if let Some(stored) = stored.optional()? {
            rows.responses.load(key.clone(), stored);
        }
    }
    Ok(())
}

fn by_id<K, V: Clone + PartialEq>(
    db: &Connection,
    table: &str,
    columns: &str,
    ids: &[Id<K>],
    rows: &mut Table<Id<K>, V>,
    read: impl Fn(&Row<'_>) -> rusqlite::Result<V>,
) -> rusqlite::Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let mut statement =
        db.prepare_cached(&format!("SELECT {columns} FROM {table} WHERE id = ?1"))?;
    for id in ids {
        if !rows.has(id)
            && let Some(row) = statement.query_row([id.bytes()], &read).optional()?
        {
            rows.load(*id, row);
        }
    }
    Ok(())
}

fn load_facts(shared: &Shared, facts: &[EnvironmentId], rows: &mut Rows) {
    if facts.is_empty() {
        return;
    }
    let directory = shared.directory();
    for id in facts {
        if let Some(facts) = directory.facts(*id) {
            rows.loaded_facts.insert(*id, facts);
        }
    }
}

fn load_snapshots(
    db: &Connection,
    versions: &[(AgentId, u32)],
    sessions: &[SessionId],
    rows: &mut Rows,
) -> rusqlite::Result<()> {
    for (agent, version) in versions {
        load_agent_version(db, *agent, *version, rows)?;
    }
    for session in sessions {
        load_snapshot(db, *session, rows)?;
    }
    Ok(())
}

fn load_agent_version(
    db: &Connection,
    agent: AgentId,
    version: u32,
    rows: &mut Rows,
) -> rusqlite::Result<()> {
    if !rows.agent_versions.has(&(agent, version))
        && let Some(kept) = agent_version(db, agent, version)?
    {
        rows.agent_versions.load((agent, version), kept);
    }
    Ok(())
}

pub(super) fn agent_version(
    db: &Connection,
    agent: AgentId,
    version: u32,
) -> rusqlite::Result<Option<AgentVersion>> {
    let sql = format!(
        "SELECT {} FROM agent_versions WHERE agent = ?1 AND version = ?2",
        codec::AGENT_VERSION
    );
    let mut statement = db.prepare_cached(&sql)?;
    statement.query_row(params![agent.bytes(), version], codec::agent_version).optional()
}

/// A session's own snapshot, or the version that it names.
fn load_snapshot(db: &Connection, session: SessionId, rows: &mut Rows) -> rusqlite::Result<()> {
    if rows.snapshots.has(&session) {
        return Ok(());
    }
    if let Some(own) = own_snapshot(db, session)? {
        rows.snapshots.load(session, own);
        return Ok(());
    }
    let Some(AgentRef { id, version }) = rows.sessions.get(&session).map(|s| s.agent.clone())
    else {
        return Ok(());
    };
    match AgentId::parse(&id) {
        Some(agent) => load_agent_version(db, agent, version, rows),
        None => Ok(()),
    }
}

pub(super) fn own_snapshot(
    db: &Connection,
    session: SessionId,
) -> rusqlite::Result<Option<Snapshot>> {
    let mut statement =
        db.prepare_cached("SELECT snapshot FROM session_agents WHERE session = ?1")?;
    statement.query_row([session.bytes()], |row| codec::Columns::new(row).json()).optional()
}

fn sessions_of(
    db: &Connection,
    environment: EnvironmentId,
    some: usize,
) -> rusqlite::Result<Vec<SessionId>> {
    let mut statement =
        db.prepare_cached("SELECT id FROM sessions WHERE environment = ?1 LIMIT ?2")?;
    let some = i64::try_from(some).unwrap_or(i64::MAX);
    statement
        .query_map(params![environment.bytes(), some], |row| row.get(0).map(Id::from_bytes))?
        .collect()
}

/// The condition of the index of live items, word for word.
const LIVE: &str = "state < 4 AND environment <> x'00000000000000000000000000000000'";

/// The session of an item and its log, if it waits for a worker; most do not.
fn load_waiting_session(
    db: &Connection,
    shared: &Shared,
    work: WorkId,
    rows: &mut Rows,
) -> rusqlite::Result<()> {
    let Some(session) = rows.work.get(&work).map(|work| work.session) else { return Ok(()) };
    load_log(db, shared, session, rows)?;
    match rows.logs.get(&session) {
        Some(log) if log.fold.needs_worker() => load_sessions(db, shared, &[session], rows),
        Some(_) | None => Ok(()),
    }
}

/// A log comes with the head of its turn.
fn load_log(
    db: &Connection,
    shared: &Shared,
    session: SessionId,
    rows: &mut Rows,
) -> rusqlite::Result<()> {
    if rows.logs.has(&session) {
        return Ok(());
    }
    let known = shared.recent().get(session).map(|known| known.log.clone());
    let log = match known {
        Some(log) => log,
        None => log_of(db, session)?,
    };
    let Some(log) = log else { return Ok(()) };
    let turn = log.turn;
    rows.logs.load(session, log);
    match turn {
        Some(turn) => load_head(db, &shared.books(), turn, rows),
        None => Ok(()),
    }
}

pub(super) fn log_of(db: &Connection, session: SessionId) -> rusqlite::Result<Option<Log>> {
    db.prepare_cached(&format!("SELECT {} FROM logs WHERE session = ?1", codec::LOG))?
        .query_row([session.bytes()], codec::log)
        .optional()
}

pub(super) fn live_work_of(
    db: &Connection,
    session: SessionId,
) -> rusqlite::Result<Option<WorkId>> {
    let mut statement =
        db.prepare_cached(&format!("SELECT id FROM work WHERE session = ?1 AND {LIVE}"))?;
    statement.query_row([session.bytes()], |row| row.get(0).map(Id::from_bytes)).optional()
}

fn load_heads(
    db: &Connection,
    books: &Books,
    ids: &[WorkId],
    rows: &mut Rows,
) -> rusqlite::Result<()> {
    for id in ids {
        load_head(db, books, *id, rows)?;
    }
    Ok(())
}

/// A head that is not in the books belongs to a stopped item; its row is final.
fn load_head(db: &Connection, books: &Books, id: WorkId, rows: &mut Rows) -> rusqlite::Result<()> {
    if rows.work.has(&id) {
        return Ok(());
    }
    if let Some(work) = books.get(id) {
        rows.work.load(id, work.clone());
        return Ok(());
    }
    let mut statement =
        db.prepare_cached(&format!("SELECT {} FROM work WHERE id = ?1", head::HEAD))?;
    if let Some(work) = statement.query_row([id.bytes()], head::head).optional()? {
        rows.work.load(id, work);
    }
    Ok(())
}

/// How many candidates the other operations of a batch might take away at the most.
#[derive(Clone, Copy)]
struct Others {
    /// Turns: whoever has a log has the turn that it names.
    turns: usize,
    /// Items of workers.
    items: usize,
}

impl Others {
    fn in_queue(self, queue: EnvironmentId) -> usize {
        if queue == TURN_QUEUE { self.turns } else { self.items }
    }
}

/// For each queue as many candidates as there are polls of it, and as many more as other operations
/// of the batch might take away.
fn load_candidates(
    db: &Connection,
    shared: &Shared,
    ready: &[(EnvironmentId, Duration)],
    others: Others,
    now: Timestamp,
    rows: &mut Rows,
) -> rusqlite::Result<()> {
    if ready.is_empty() {
        return Ok(());
    }
    let mut polls: HashMap<EnvironmentId, (usize, Vec<Duration>)> = HashMap::new();
    for (environment, window) in ready {
        let (count, windows) = polls.entry(*environment).or_default();
        *count += 1;
        if !windows.contains(window) {
            windows.push(*window);
        }
    }
    let mut chosen = Vec::new();
    {
        let mut books = shared.books();
        shared.advance(&mut books, now);
        for (environment, (count, windows)) in polls {
            let candidates = rows.candidates.entry(environment).or_default();
            let most = count + others.in_queue(environment);
            for window in windows {
                for id in books.candidates(environment, window, most, now) {
                    if let Some(work) = books.get(id).filter(|_| candidates.insert(id)) {
                        rows.work.load(id, work.clone());
                        chosen.push(id);
                    }
                }
            }
        }
    }
    for id in chosen {
        load_body(db, id, rows)?;
    }
    Ok(())
}

fn load_body(db: &Connection, id: WorkId, rows: &mut Rows) -> rusqlite::Result<()> {
    if rows.bodies.has(&id) {
        return Ok(());
    }
    let mut statement =
        db.prepare_cached(&format!("SELECT {} FROM work_bodies WHERE work = ?1", codec::BODY))?;
    if let Some(body) = statement.query_row([id.bytes()], codec::body).optional()? {
        rows.bodies.load(id, body);
    }
    Ok(())
}
