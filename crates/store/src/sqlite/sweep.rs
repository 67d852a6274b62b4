//! The sweep: removing what nobody can name any more, a few rows at a time while nobody waits.

use leasehold_model::id::Id;
use leasehold_model::idempotency::RETENTION;
use leasehold_model::log::TURN_QUEUE;
use leasehold_model::{EnvironmentId, SessionId, Timestamp, WorkId};
use rusqlite::{Connection, params};

use super::Shared;
use crate::writer::Housekeeping;

/// How many rows one step removes.
const STEP: usize = 256;

/// What is left to sweep.
pub(super) struct Sweep {
    environments: Vec<EnvironmentId>,
    sessions: Vec<SessionId>,
    /// When old answers were last looked for.
    looked_at: Timestamp,
}

impl Sweep {
    /// Takes up what was left when the file was closed.
    pub(super) fn resume(db: &Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            environments: deleted(db, "deleted_environments")?,
            sessions: deleted(db, "deleted_sessions")?,
            looked_at: Timestamp::ZERO,
        })
    }

    /// An environment is gone; what it held is to follow.
    pub(super) fn add(&mut self, environment: EnvironmentId) {
        self.environments.push(environment);
    }

    /// A session is gone; its events are to follow.
    pub(super) fn add_session(&mut self, session: SessionId) {
        self.sessions.push(session);
    }

    /// Removes some rows.
    pub(super) fn step(
        &mut self,
        db: &mut Connection,
        now: Timestamp,
        shared: &Shared,
    ) -> rusqlite::Result<Housekeeping> {
        if let Some(environment) = self.environments.last().copied() {
            if !sweep_environment(db, environment, shared)? {
                self.environments.pop();
            }
            return Ok(Housekeeping::More);
        }
        if let Some(session) = self.sessions.last().copied() {
            if !sweep_session(db, session)? {
                self.sessions.pop();
            }
            return Ok(Housekeeping::More);
        }
        // Old answers are never read, so they may stay until a minute has something to show.
        if now.since(self.looked_at).as_secs() < 60 {
            return Ok(Housekeeping::Done);
        }
        let limit = i64::try_from(STEP).unwrap_or(i64::MAX);
        let removed = db.execute(
            "DELETE FROM responses WHERE (account, key) IN (SELECT account, key FROM responses \
             WHERE created_at <= ?1 LIMIT ?2)",
            params![now.minus(RETENTION).micros(), limit],
        )?;
        // Nor are turns that are over.
        let turns = db.execute(
            "DELETE FROM work WHERE id IN (SELECT id FROM work WHERE environment = ?1 \
             AND state = 4 LIMIT ?2)",
            params![TURN_QUEUE.bytes(), limit],
        )?;
        if removed == STEP || turns == STEP {
            return Ok(Housekeeping::More);
        }
        self.looked_at = now;
        Ok(Housekeeping::Done)
    }
}

fn deleted<K>(db: &Connection, table: &str) -> rusqlite::Result<Vec<Id<K>>> {
    db.prepare(&format!("SELECT id FROM {table}"))?
        .query_map([], |row| row.get(0).map(Id::from_bytes))?
        .collect()
}

/// Removes some of a session's events; whether there may be more.
fn sweep_session(db: &mut Connection, session: SessionId) -> rusqlite::Result<bool> {
    let transaction = db.transaction()?;
    let limit = i64::try_from(STEP).unwrap_or(i64::MAX);
    let mut removed = 0;
    for part in ["seq IS NOT NULL", "seq IS NULL"] {
        removed += transaction
            .prepare_cached(&format!(
                "DELETE FROM events WHERE n IN (SELECT n FROM events WHERE session = ?1 AND {part} \
                 LIMIT ?2)"
            ))?
            .execute(params![session.bytes(), limit])?;
    }
    let more = removed >= STEP;
    if !more {
        transaction
            .prepare_cached("DELETE FROM deleted_sessions WHERE id = ?1")?
            .execute([session.bytes()])?;
    }
    transaction.commit()?;
    Ok(more)
}

/// Removes some of an environment's rows; whether there may be more.
fn sweep_environment(
    db: &mut Connection,
    environment: EnvironmentId,
    shared: &Shared,
) -> rusqlite::Result<bool> {
    let transaction = db.transaction()?;
    let limit = i64::try_from(STEP).unwrap_or(i64::MAX);
    let ids: Vec<WorkId> = transaction
        .prepare_cached("SELECT id FROM work WHERE environment = ?1 LIMIT ?2")?
        .query_map(params![environment.bytes(), limit], |row| row.get(0).map(Id::from_bytes))?
        .collect::<rusqlite::Result<_>>()?;
    for id in &ids {
        for sql in [
            "DELETE FROM work_bodies WHERE work = ?1",
            "DELETE FROM attempts WHERE work = ?1",
            "DELETE FROM work WHERE id = ?1",
        ] {
            transaction.prepare_cached(sql)?.execute([id.bytes()])?;
        }
    }
    let more = ids.len() == STEP;
    if !more {
        for sql in [
            "DELETE FROM environment_keys WHERE environment = ?1",
            "DELETE FROM deleted_environments WHERE id = ?1",
        ] {
            transaction.prepare_cached(sql)?.execute([environment.bytes()])?;
        }
    }
    transaction.commit()?;
    shared.books().forget(&ids);
    Ok(more)
}
