//! Writing the changes of a batch, table by table, within one transaction.
//!
//! A heartbeat is not written to its row but appended to the journal; see [`super::journal`].

use leasehold_model::log::EventWrite;
use leasehold_model::rows::{Change, Rows};
use leasehold_model::work::heartbeat::BeatRecord;
use leasehold_model::{Timestamp, Work, WorkId};
use rusqlite::{Connection, params};

use super::{codec, head};
use crate::views::CredentialId;

/// Writes everything but heartbeats; those it gives back, to be journaled.
pub(super) fn save(db: &Connection, rows: &Rows) -> rusqlite::Result<Vec<(WorkId, BeatRecord)>> {
    save_accounts(db, rows)?;
    save_tokens(db, rows)?;
    save_keys(db, rows)?;
    save_environments(db, rows)?;
    save_agents(db, rows)?;
    save_sessions(db, rows)?;
    save_logs(db, rows)?;
    save_events(db, rows)?;
    let beats = save_heads(db, rows)?;
    save_bodies(db, rows)?;
    save_attempts(db, rows)?;
    save_responses(db, rows)?;
    Ok(beats)
}

fn save_accounts(db: &Connection, rows: &Rows) -> rusqlite::Result<()> {
    for account in rows.accounts.changes().filter_map(|change| change.now) {
        db.prepare_cached(
            "INSERT OR REPLACE INTO accounts (id, name, created_at) VALUES (?1, ?2, ?3)",
        )?
        .execute(params![
            account.id.bytes(),
            account.name,
            account.created_at.micros()
        ])?;
    }
    Ok(())
}

fn save_tokens(db: &Connection, rows: &Rows) -> rusqlite::Result<()> {
    for token in rows.tokens.changes().filter_map(|change| change.now) {
        db.prepare_cached(
            "INSERT INTO tokens (id, account, name, scopes, hash, created_at, expires_at, \
             revoked_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
             ON CONFLICT (id) DO UPDATE SET revoked_at = excluded.revoked_at",
        )?
        .execute(params![
            token.id.bytes(),
            token.account.bytes(),
            token.name,
            token.scopes.bits(),
            token.hash,
            token.validity.created_at.micros(),
            token.validity.expires_at.map(Timestamp::micros),
            token.validity.revoked_at.map(Timestamp::micros),
        ])?;
    }
    Ok(())
}

fn save_keys(db: &Connection, rows: &Rows) -> rusqlite::Result<()> {
    for key in rows.keys.changes().filter_map(|change| change.now) {
        db.prepare_cached(
            "INSERT INTO environment_keys (id, environment, account, name, hash, created_at, \
             expires_at, revoked_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
             ON CONFLICT (id) DO UPDATE SET revoked_at = excluded.revoked_at",
        )?
        .execute(params![
            key.id.bytes(),
            key.environment.bytes(),
            key.account.bytes(),
            key.name,
            key.hash,
            key.validity.created_at.micros(),
            key.validity.expires_at.map(Timestamp::micros),
            key.validity.revoked_at.map(Timestamp::micros),
        ])?;
    }
    Ok(())
}

fn save_environments(db: &Connection, rows: &Rows) -> rusqlite::Result<()> {
    for Change { key, before: _, now } in rows.environments.changes() {
        let Some(environment) = now else {
            db.prepare_cached("DELETE FROM environments WHERE id = ?1")?.execute([key.bytes()])?;
            db.prepare_cached("INSERT OR IGNORE INTO deleted_environments (id) VALUES (?1)")?
                .execute([key.bytes()])?;
            continue;
        };
        db.prepare_cached(
            "INSERT OR REPLACE INTO environments (id, account, name, description, config, \
             metadata, scope, max_attempts, created_at, updated_at, archived_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            environment.id.bytes(),
            environment.account.bytes(),
            environment.name,
            environment.description,
            codec::json_text(&environment.config),
            codec::metadata_text(&environment.metadata),
            environment.scope.map(codec::scope_text),
            environment.max_attempts,
            environment.created_at.micros(),
            environment.updated_at.micros(),
            environment.archived_at.map(Timestamp::micros),
        ])?;
    }
    Ok(())
}

/// The heads of agents, and new versions; a version that is there never changes.
fn save_agents(db: &Connection, rows: &Rows) -> rusqlite::Result<()> {
    for Change { key, before: _, now } in rows.agents.changes() {
        let Some(agent) = now else {
            db.prepare_cached("DELETE FROM agents WHERE id = ?1")?.execute([key.bytes()])?;
            continue;
        };
        db.prepare_cached(
            "INSERT OR REPLACE INTO agents (id, account, version, created_at, updated_at, \
             archived_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            agent.id.bytes(),
            agent.account.bytes(),
            agent.version,
            agent.created_at.micros(),
            agent.updated_at.micros(),
            agent.archived_at.map(Timestamp::micros),
        ])?;
    }
    for version in rows.agent_versions.changes().filter_map(|change| change.now) {
        db.prepare_cached(
            "INSERT INTO agent_versions (agent, version, definition, written_at) \
             VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            version.agent.bytes(),
            version.version,
            codec::json_text(&version.definition),
            version.written_at.micros(),
        ])?;
    }
    Ok(())
}

fn save_sessions(db: &Connection, rows: &Rows) -> rusqlite::Result<()> {
    for Change { key, before: _, now } in rows.sessions.changes() {
        let Some(session) = now else {
            for sql in [
                "DELETE FROM sessions WHERE id = ?1",
                "DELETE FROM logs WHERE session = ?1",
                "INSERT OR IGNORE INTO deleted_sessions (id) VALUES (?1)",
                "DELETE FROM session_agents WHERE session = ?1",
            ] {
                db.prepare_cached(sql)?.execute([key.bytes()])?;
            }
            continue;
        };
        db.prepare_cached(
            "INSERT OR REPLACE INTO sessions (id, account, environment, agent, agent_version, \
             title, metadata, environment_variables, budget, created_at, updated_at, \
             archived_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute(params![
            session.id.bytes(),
            session.account.bytes(),
            session.environment.bytes(),
            session.agent.id,
            session.agent.version,
            session.title,
            codec::metadata_text(&session.metadata),
            codec::json_text(&session.environment_variables),
            session.budget.map(|budget| budget.hundredths.cast_signed()),
            session.created_at.micros(),
            session.updated_at.micros(),
            session.archived_at.map(Timestamp::micros),
        ])?;
    }
    for Change { key, before: _, now } in rows.snapshots.changes() {
        let Some(snapshot) = now else { continue };
        db.prepare_cached(
            "INSERT OR REPLACE INTO session_agents (session, snapshot) VALUES (?1, ?2)",
        )?
        .execute(params![key.bytes(), codec::json_text(snapshot)])?;
    }
    Ok(())
}

/// Heads of logs; that of a session which is gone went with it.
fn save_logs(db: &Connection, rows: &Rows) -> rusqlite::Result<()> {
    for Change { key, before: _, now } in rows.logs.changes() {
        let Some(log) = now else { continue };
        db.prepare_cached(
            "INSERT OR REPLACE INTO logs (session, status, head) VALUES (?1, ?2, ?3)",
        )?
        .execute(params![
            key.bytes(),
            codec::status_code(log.fold.status),
            codec::json_text(log),
        ])?;
    }
    Ok(())
}

fn save_events(db: &Connection, rows: &Rows) -> rusqlite::Result<()> {
    for (session, write) in &rows.events {
        match write {
            EventWrite::New(event) => {
                db.prepare_cached(
                    "INSERT INTO events (id, session, seq, at, kind, body) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![
                    event.id.bytes(),
                    session.bytes(),
                    event.place.map(|place| codec::seq(place.seq)),
                    event.place.map(|place| place.at.micros()),
                    event.kind.as_str(),
                    codec::json_text(&event.kind),
                ])?;
            }
            EventWrite::TakenIn(id, place) => {
                db.prepare_cached("UPDATE events SET seq = ?2, at = ?3 WHERE id = ?1")?
                    .execute(params![id.bytes(), codec::seq(place.seq), place.at.micros()])?;
            }
            EventWrite::Dropped(id) => {
                db.prepare_cached("DELETE FROM events WHERE id = ?1")?.execute([id.bytes()])?;
            }
        }
    }
    Ok(())
}

/// Writes heads that changed before those that are new: within one batch a session may end one item
/// and queue the next, and only one may be live. Gives back the heartbeats.
fn save_heads(db: &Connection, rows: &Rows) -> rusqlite::Result<Vec<(WorkId, BeatRecord)>> {
    let mut beats = Vec::new();
    let mut fresh = Vec::new();
    for Change { key, before, now } in rows.work.changes() {
        match (before, now) {
            (Some(before), Some(now)) => match now.beat_since(before) {
                Some(beat) => beats.push((*key, beat)),
                None => update_head(db, now)?,
            },
            (None, Some(now)) => fresh.push(now),
            (_, None) => {}
        }
    }
    fresh.sort_by_key(|work| work.id);
    for work in fresh {
        let mut statement = db.prepare_cached(head::INSERT_HEAD)?;
        head::bind(&mut statement, work)?;
        statement.raw_execute()?;
    }
    Ok(beats)
}

pub(super) fn update_head(db: &Connection, work: &Work) -> rusqlite::Result<()> {
    let mut statement = db.prepare_cached(head::UPDATE_HEAD)?;
    head::bind(&mut statement, work)?;
    match statement.raw_execute()? {
        1 => Ok(()),
        _ => Err(rusqlite::Error::QueryReturnedNoRows),
    }
}

fn save_bodies(db: &Connection, rows: &Rows) -> rusqlite::Result<()> {
    for Change { key, before: _, now } in rows.bodies.changes() {
        let Some(body) = now else { continue };
        db.prepare_cached(
            "INSERT OR REPLACE INTO work_bodies (work, metadata, traceparent) VALUES (?1, ?2, ?3)",
        )?
        .execute(params![
            key.bytes(),
            codec::metadata_text(&body.metadata),
            body.traceparent
        ])?;
    }
    Ok(())
}

fn save_attempts(db: &Connection, rows: &Rows) -> rusqlite::Result<()> {
    for (work, attempt) in &rows.attempts {
        let Some((ended_at, outcome)) = attempt.end else { continue };
        db.prepare_cached(
            "INSERT INTO attempts (work, number, worker, delivered_at, acknowledged_at, \
             first_beat, last_beat, ended_at, outcome) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            work.bytes(),
            attempt.number,
            attempt.worker.as_ref().map(leasehold_model::work::WorkerId::as_str),
            attempt.delivered_at.map(Timestamp::micros),
            attempt.acknowledged_at.map(Timestamp::micros),
            attempt.first_beat.map(Timestamp::micros),
            attempt.last_beat.map(Timestamp::micros),
            ended_at.micros(),
            codec::outcome_code(outcome),
        ])?;
    }
    Ok(())
}

fn save_responses(db: &Connection, rows: &Rows) -> rusqlite::Result<()> {
    for Change { key, before: _, now } in rows.responses.changes() {
        let Some(response) = now else { continue };
        db.prepare_cached(
            "INSERT OR REPLACE INTO responses (account, key, fingerprint, status, body, \
             created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            key.account.bytes(),
            key.key,
            response.fingerprint,
            response.status,
            response.body,
            response.created_at.micros(),
        ])?;
    }
    Ok(())
}

/// Writes the last uses of credentials; they ride on a commit that happens anyway.
pub(super) fn save_uses(
    db: &Connection,
    uses: &[(CredentialId, Timestamp)],
) -> rusqlite::Result<()> {
    for (credential, at) in uses {
        let (sql, id) = match credential {
            CredentialId::Token(id) => {
                ("UPDATE tokens SET last_used_at = ?2 WHERE id = ?1", *id.bytes())
            }
            CredentialId::Key(id) => {
                ("UPDATE environment_keys SET last_used_at = ?2 WHERE id = ?1", *id.bytes())
            }
        };
        db.prepare_cached(sql)?.execute(params![id, at.micros()])?;
    }
    Ok(())
}
