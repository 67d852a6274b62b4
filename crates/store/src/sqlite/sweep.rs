//! The sweep: removing what nobody can name any more, a few rows at a time while nobody waits.

use leasehold_model::id::Id;
use leasehold_model::idempotency::RETENTION;
use leasehold_model::{EnvironmentId, Timestamp, WorkId};
use rusqlite::{Connection, params};

use super::Shared;
use crate::writer::Housekeeping;

/// How many rows one step removes.
const STEP: usize = 256;

/// What is left to sweep.
pub(super) struct Sweep {
    environments: Vec<EnvironmentId>,
    /// When old answers were last looked for.
    looked_at: Timestamp,
}

impl Sweep {
    /// Takes up what was left when the file was closed.
    pub(super) fn resume(db: &Connection) -> rusqlite::Result<Self> {
        let environments = db
            .prepare("SELECT id FROM deleted_environments")?
            .query_map([], |row| row.get(0).map(Id::from_bytes))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(Self { environments, looked_at: Timestamp::ZERO })
    }

    /// An environment is gone; what it held is to follow.
    pub(super) fn add(&mut self, environment: EnvironmentId) {
        self.environments.push(environment);
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
        if removed == STEP {
            return Ok(Housekeeping::More);
        }
        self.looked_at = now;
        Ok(Housekeeping::Done)
    }
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
