//! Rows as SQLite keeps them, to and from values of the model.

use std::collections::BTreeMap;

use leasehold_model::agent::{Agent, AgentVersion};
use leasehold_model::environment::config::{Config, Kind};
use leasehold_model::environment::{Environment, Scope};
use leasehold_model::event::Place;
use leasehold_model::id::Id;
use leasehold_model::session::budget::Budget;
use leasehold_model::session::{AgentRef, Session, Status};
use leasehold_model::token::{Account, Key, Scopes, Token, Validity};
use leasehold_model::work::attempt::{Attempt, Outcome};
use leasehold_model::work::{Body, WorkerId};
use leasehold_model::{Event, Log, Metadata, Timestamp};
use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, Type, ValueRef};

/// Reads the columns of a row from left to right.
pub(super) struct Columns<'a, 'r> {
    row: &'a Row<'r>,
    next: usize,
}

impl<'a, 'r> Columns<'a, 'r> {
    pub(super) fn new(row: &'a Row<'r>) -> Self {
        Self { row, next: 0 }
    }

    pub(super) fn get<T: FromSql>(&mut self) -> rusqlite::Result<T> {
        self.next += 1;
        self.row.get(self.next - 1)
    }

    pub(super) fn id<K>(&mut self) -> rusqlite::Result<Id<K>> {
        self.get().map(Id::from_bytes)
    }

    pub(super) fn instant(&mut self) -> rusqlite::Result<Timestamp> {
        self.get().map(Timestamp::from_micros)
    }

    pub(super) fn maybe_instant(&mut self) -> rusqlite::Result<Option<Timestamp>> {
        Ok(self.get::<Option<i64>>()?.map(Timestamp::from_micros))
    }

    pub(super) fn worker(&mut self) -> rusqlite::Result<Option<WorkerId>> {
        Ok(self.get::<Option<WorkerName>>()?.map(|name| name.0))
    }

    fn metadata(&mut self) -> rusqlite::Result<Metadata> {
        self.json::<BTreeMap<String, String>>().map(Metadata::trusted)
    }

    pub(super) fn json<T: serde::de::DeserializeOwned>(&mut self) -> rusqlite::Result<T> {
        let text: String = self.get()?;
        serde_json::from_str(&text).map_err(|error| self.wrong(error))
    }

    /// The column read last holds what it never should.
    pub(super) fn wrong(
        &self,
        error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> rusqlite::Error {
        rusqlite::Error::FromSqlConversionFailure(
            self.next.saturating_sub(1),
            Type::Blob,
            error.into(),
        )
    }
}

struct WorkerName(WorkerId);

impl FromSql for WorkerName {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        WorkerId::new(value.as_str()?).map(Self).ok_or(FromSqlError::InvalidType)
    }
}

/// A map as JSON text.
pub(super) fn metadata_text(metadata: &Metadata) -> String {
    json_text(metadata.map())
}

/// A value of ours as JSON text; it is made of strings, lists and maps, so it always has one.
pub(super) fn json_text<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

pub(super) const ACCOUNT: &str = "id, name, created_at";

pub(super) fn account(row: &Row<'_>) -> rusqlite::Result<Account> {
    let mut row = Columns::new(row);
    Ok(Account { id: row.id()?, name: row.get()?, created_at: row.instant()? })
}

pub(super) const TOKEN: &str =
    "id, account, name, scopes, hash, created_at, expires_at, revoked_at, last_used_at";

pub(super) fn token(row: &Row<'_>) -> rusqlite::Result<(Token, Option<Timestamp>)> {
    let mut row = Columns::new(row);
    let token = Token {
        id: row.id()?,
        account: row.id()?,
        name: row.get()?,
        scopes: Scopes::from_bits(row.get()?),
        hash: row.get()?,
        validity: validity(&mut row)?,
    };
    Ok((token, row.maybe_instant()?))
}

pub(super) const KEY: &str =
    "id, environment, account, name, hash, created_at, expires_at, revoked_at, last_used_at";

pub(super) fn key(row: &Row<'_>) -> rusqlite::Result<(Key, Option<Timestamp>)> {
    let mut row = Columns::new(row);
    let key = Key {
        id: row.id()?,
        environment: row.id()?,
        account: row.id()?,
        name: row.get()?,
        hash: row.get()?,
        validity: validity(&mut row)?,
    };
    Ok((key, row.maybe_instant()?))
}

fn validity(row: &mut Columns<'_, '_>) -> rusqlite::Result<Validity> {
    Ok(Validity {
        created_at: row.instant()?,
        expires_at: row.maybe_instant()?,
        revoked_at: row.maybe_instant()?,
    })
}

pub(super) const ENVIRONMENT: &str = "id, account, name, description, config, metadata, scope, \
     max_attempts, created_at, updated_at, archived_at";

pub(super) fn environment(row: &Row<'_>) -> rusqlite::Result<Environment> {
    let mut row = Columns::new(row);
    Ok(Environment {
        id: row.id()?,
        account: row.id()?,
        name: row.get()?,
        description: row.get()?,
        config: row.json::<Config>()?,
        metadata: row.metadata()?,
        scope: match row.get::<Option<String>>()?.as_deref() {
            None => None,
            Some("organization") => Some(Scope::Organization),
            Some("account") => Some(Scope::Account),
            Some(other) => return Err(row.wrong(format!("unknown scope {other}"))),
        },
        max_attempts: row.get()?,
        created_at: row.instant()?,
        updated_at: row.instant()?,
        archived_at: row.maybe_instant()?,
    })
}

pub(super) fn scope_text(scope: Scope) -> &'static str {
    match scope {
        Scope::Organization => "organization",
        Scope::Account => "account",
    }
}

/// What of an environment is held in memory: id, account, kind, archived_at, max_attempts.
pub(super) const FACTS: &str = "id, account, config ->> '$.type', archived_at, max_attempts";

pub(super) fn facts(
    row: &Row<'_>,
) -> rusqlite::Result<(leasehold_model::EnvironmentId, leasehold_model::environment::Facts)> {
    let mut row = Columns::new(row);
    let id = row.id()?;
    let facts = leasehold_model::environment::Facts {
        account: row.id()?,
        kind: match row.get::<String>()?.as_str() {
            "cloud" => Kind::Cloud,
            "self_hosted" => Kind::SelfHosted,
            other => return Err(row.wrong(format!("unknown kind {other}"))),
        },
        archived: row.maybe_instant()?.is_some(),
        max_attempts: row.get()?,
    };
    Ok((id, facts))
}

/// Agents and what their newest versions say.
pub(super) const AGENTS: &str = "agents JOIN agent_versions ON agent_versions.agent = agents.id \
     AND agent_versions.version = agents.version";

pub(super) const AGENT: &str = "id, account, agents.version, definition, created_at, updated_at, \
     archived_at";

pub(super) fn agent(row: &Row<'_>) -> rusqlite::Result<Agent> {
    let mut row = Columns::new(row);
    Ok(Agent {
        id: row.id()?,
        account: row.id()?,
        version: row.get()?,
        definition: row.json()?,
        created_at: row.instant()?,
        updated_at: row.instant()?,
        archived_at: row.maybe_instant()?,
    })
}

pub(super) const AGENT_VERSION: &str = "agent, version, definition, written_at";

pub(super) fn agent_version(row: &Row<'_>) -> rusqlite::Result<AgentVersion> {
    let mut row = Columns::new(row);
    Ok(AgentVersion {
        agent: row.id()?,
        version: row.get()?,
        definition: row.json()?,
        written_at: row.instant()?,
    })
}

pub(super) const SESSION: &str = "id, account, environment, agent, agent_version, title, \
     metadata, environment_variables, budget, created_at, updated_at, archived_at";

pub(super) fn session(row: &Row<'_>) -> rusqlite::Result<Session> {
    let mut row = Columns::new(row);
    Ok(Session {
        id: row.id()?,
        account: row.id()?,
        environment: row.id()?,
        agent: AgentRef { id: row.get()?, version: row.get()? },
        title: row.get()?,
        metadata: row.metadata()?,
        environment_variables: row.json()?,
        budget: row.get::<Option<i64>>()?.map(|limit| Budget { hundredths: limit.cast_unsigned() }),
        created_at: row.instant()?,
        updated_at: row.instant()?,
        archived_at: row.maybe_instant()?,
    })
}

pub(super) const LOG: &str = "head";

pub(super) fn log(row: &Row<'_>) -> rusqlite::Result<Log> {
    Columns::new(row).json()
}

/// As the column `status` of a log has it.
pub(super) const fn status_code(status: Status) -> u8 {
    match status {
        Status::Idle => 0,
        Status::Running => 1,
        Status::Rescheduling => 2,
        Status::Terminated => 3,
    }
}

pub(super) const EVENT: &str = "id, seq, at, body";

pub(super) fn event(row: &Row<'_>) -> rusqlite::Result<Event> {
    let mut row = Columns::new(row);
    let id = row.id()?;
    let seq: Option<i64> = row.get()?;
    let at = row.maybe_instant()?;
    let place = match (seq.map(u64::try_from), at) {
        (Some(Ok(seq)), Some(at)) => Some(Place { seq, at }),
        (None, None) => None,
        (Some(_), _) | (None, Some(_)) => return Err(row.wrong("half a place in the log")),
    };
    Ok(Event { id, place, kind: row.json()? })
}

/// A place in a log, as a column has it.
pub(super) fn seq(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

pub(super) const BODY: &str = "metadata, traceparent";

pub(super) fn body(row: &Row<'_>) -> rusqlite::Result<Body> {
    let mut row = Columns::new(row);
    let metadata = row.metadata()?;
    let traceparent: Option<String> = row.get()?;
    Ok(Body { metadata, traceparent: traceparent.map(String::into_boxed_str) })
}

pub(super) const ATTEMPT: &str = "number, worker, delivered_at, acknowledged_at, first_beat, \
     last_beat, ended_at, outcome";

pub(super) fn attempt(row: &Row<'_>) -> rusqlite::Result<Attempt> {
    let mut row = Columns::new(row);
    Ok(Attempt {
        number: row.get()?,
        worker: row.worker()?,
        delivered_at: row.maybe_instant()?,
        acknowledged_at: row.maybe_instant()?,
        first_beat: row.maybe_instant()?,
        last_beat: row.maybe_instant()?,
        end: {
            let at = row.instant()?;
            let outcome = match row.get::<u8>()? {
                0 => Outcome::Stopped,
                1 => Outcome::Lapsed,
                2 => Outcome::Superseded,
                other => return Err(row.wrong(format!("unknown outcome {other}"))),
            };
            Some((at, outcome))
        },
    })
}

pub(super) const fn outcome_code(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Stopped => 0,
        Outcome::Lapsed => 1,
        Outcome::Superseded => 2,
    }
}
