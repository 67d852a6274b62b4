//! Schema changes: numbered, applied once, remembered with their checksums.
//!
//! A migration that has been released never changes; a file that says otherwise is not ours.

use leasehold_model::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

/// A schema change.
struct Migration {
    version: u32,
    name: &'static str,
    sql: &'static str,
}

/// All of them, in order, numbered from 1 without a gap.
const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "lease", sql: include_str!("migrations/0001_lease.sql") },
    Migration { version: 2, name: "agents", sql: include_str!("migrations/0002_agents.sql") },
    Migration { version: 3, name: "log", sql: include_str!("migrations/0003_log.sql") },
];

/// The newest schema that this binary knows.
pub(super) fn newest() -> u32 {
    MIGRATIONS.iter().map(|m| m.version).max().unwrap_or(0)
}

/// What is wrong with the migrations that a file remembers.
#[derive(Debug)]
pub(super) enum Mismatch {
    /// It has one that this binary does not know.
    Newer(u32),
    /// It has one whose text was another.
    Changed(u32),
}

/// The schema of a file; 0 for an empty one.
pub(super) fn schema(db: &Connection) -> rusqlite::Result<Result<u32, Mismatch>> {
    let known: Option<i64> = db
        .query_row("SELECT 1 FROM sqlite_schema WHERE name = 'migrations'", [], |row| row.get(0))
        .optional()?;
    if known.is_none() {
        return Ok(Ok(0));
    }
    let mut rows = db.prepare("SELECT version, checksum FROM migrations ORDER BY version")?;
    let mut rows = rows.query([])?;
    let mut version = 0;
    while let Some(row) = rows.next()? {
        version = row.get(0)?;
        let checksum: Vec<u8> = row.get(1)?;
        match MIGRATIONS.iter().find(|m| m.version == version) {
            None => return Ok(Err(Mismatch::Newer(version))),
            Some(migration) if checksum != migration.checksum() => {
                return Ok(Err(Mismatch::Changed(version)));
            }
            Some(_) => {}
        }
    }
    Ok(Ok(version))
}

/// Brings a file to the newest schema, all or nothing.
pub(super) fn migrate(db: &mut Connection, now: Timestamp) -> rusqlite::Result<()> {
    let transaction = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS migrations (
            version    INTEGER NOT NULL PRIMARY KEY,
            name       TEXT    NOT NULL,
            checksum   BLOB    NOT NULL,
            applied_at INTEGER NOT NULL
        ) STRICT",
    )?;
    let applied: u32 =
        transaction
            .query_row("SELECT coalesce(max(version), 0) FROM migrations", [], |row| row.get(0))?;
    for migration in MIGRATIONS.iter().filter(|m| m.version > applied) {
        transaction.execute_batch(migration.sql)?;
        transaction.execute(
            "INSERT INTO migrations (version, name, checksum, applied_at) VALUES (?1, ?2, ?3, ?4)",
            params![migration.version, migration.name, migration.checksum(), now.micros()],
        )?;
        transaction.pragma_update(None, "user_version", migration.version)?;
    }
    transaction.commit()
}

impl Migration {
    fn checksum(&self) -> Vec<u8> {
        Sha256::digest(self.sql.as_bytes()).to_vec()
    }
}
