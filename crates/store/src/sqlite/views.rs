//! The views: rows from read-only connections, heads and counts from the books.
//!
//! The row of a live item may be older than its head, so a head is looked up in the books first. An
//! item that is in no book has stopped, and its row is final.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use leasehold_model::agent::snapshot::Snapshot;
use leasehold_model::agent::{Agent, AgentVersion};
use leasehold_model::environment::{Environment, Facts};
use leasehold_model::id::Id;
use leasehold_model::idempotency::{ResponseKey, StoredResponse};
use leasehold_model::session::{AgentRef, Session};
use leasehold_model::token::{Account, Key, SecretHash, Token};
use leasehold_model::work::ops::Item;
use leasehold_model::{
    AccountId, AgentId, EnvironmentId, Event, EventId, KeyId, Log, SessionId, Timestamp, TokenId,
    Work, WorkId,
};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::list::Query;
use super::{Sqlite, codec, events, head, load};
use crate::error::StoreError;
use crate::views::{
    AgentFilter, Answer, Availability, Credential, CredentialId, EnvironmentFilter, EventFilter,
    History, Listing, Page, QueueStats, Seen, SessionFilter, Totals, Views,
};

impl Views for Sqlite {
    fn credential(&self, hash: SecretHash) -> Answer<'_, Option<Credential>> {
        let credential = self.shared.directory().credential(&hash);
        Box::pin(std::future::ready(Ok(credential)))
    }

    fn used(&self, credential: CredentialId) {
        let now = self.shared.clock.now();
        self.shared.uses().note(credential, now);
    }

    fn account(&self, id: AccountId) -> Answer<'_, Option<Account>> {
        self.one("accounts", codec::ACCOUNT, id, codec::account)
    }

    fn accounts(&self, page: Page<AccountId>) -> Answer<'_, Listing<Account>> {
        let query = Query::new(codec::ACCOUNT, "accounts");
        self.list(query, page, codec::account)
    }

    fn tokens(&self, of: AccountId, page: Page<TokenId>) -> Answer<'_, Listing<Seen<Token>>> {
        let query = Query::new(codec::TOKEN, "tokens").and("account = ?", *of.bytes());
        let tokens = self.list(query, page, codec::token);
        Box::pin(async move { Ok(seen(tokens.await?, |t| self.seen_token(t))) })
    }

    fn token(&self, id: TokenId) -> Answer<'_, Option<Seen<Token>>> {
        let token = self.one("tokens", codec::TOKEN, id, codec::token);
        Box::pin(async move { Ok(token.await?.map(|t| self.seen_token(t))) })
    }

    fn keys(&self, of: EnvironmentId, page: Page<KeyId>) -> Answer<'_, Listing<Seen<Key>>> {
        let query = Query::new(codec::KEY, "environment_keys").and("environment = ?", *of.bytes());
        let keys = self.list(query, page, codec::key);
        Box::pin(async move { Ok(seen(keys.await?, |k| self.seen_key(k))) })
    }

    fn key(&self, id: KeyId) -> Answer<'_, Option<Seen<Key>>> {
        let key = self.one("environment_keys", codec::KEY, id, codec::key);
        Box::pin(async move { Ok(key.await?.map(|k| self.seen_key(k))) })
    }

    fn facts(&self, id: EnvironmentId) -> Answer<'_, Option<Facts>> {
        let facts = self.shared.directory().facts(id);
        Box::pin(std::future::ready(Ok(facts)))
    }

    fn environment(&self, id: EnvironmentId) -> Answer<'_, Option<Environment>> {
        self.one("environments", codec::ENVIRONMENT, id, codec::environment)
    }

    fn environments(
        &self,
        of: AccountId,
        filter: EnvironmentFilter,
        page: Page<EnvironmentId>,
    ) -> Answer<'_, Listing<Environment>> {
        let mut query =
            Query::new(codec::ENVIRONMENT, "environments").and("account = ?", *of.bytes());
        if !filter.include_archived {
            query = query.only("archived_at IS NULL");
        }
        query = query.created(filter.created_from, filter.created_to);
        self.list(query, page, codec::environment)
    }

    fn agent(&self, id: AgentId) -> Answer<'_, Option<Agent>> {
        self.one(codec::AGENTS, codec::AGENT, id, codec::agent)
    }

    fn agent_version(&self, of: AgentId, version: u32) -> Answer<'_, Option<AgentVersion>> {
        Box::pin(
            self.readers.read(move |db| {
                load::agent_version(db, of, version).map_err(StoreError::unavailable)
            }),
        )
    }

    fn agents(
        &self,
        of: AccountId,
        filter: AgentFilter,
        page: Page<AgentId>,
    ) -> Answer<'_, Listing<Agent>> {
        let mut query = Query::new(codec::AGENT, codec::AGENTS).and("account = ?", *of.bytes());
        if !filter.include_archived {
            query = query.only("archived_at IS NULL");
        }
        query = query.created(filter.created_from, filter.created_to);
        self.list(query, page, codec::agent)
    }

    fn agent_versions(&self, of: AgentId, page: Page<u32>) -> Answer<'_, Listing<AgentVersion>> {
        let query =
            Query::new(codec::AGENT_VERSION, "agent_versions").and("agent = ?", *of.bytes());
        Box::pin(self.readers.read(move |db| {
            query
                .page_by("version", db, page, codec::agent_version)
                .map_err(StoreError::unavailable)
        }))
    }

    fn snapshots(&self, of: Vec<(SessionId, AgentRef)>) -> Answer<'_, Vec<Arc<Snapshot>>> {
        Box::pin(
            self.readers.read(move |db| snapshots_of(db, &of).map_err(StoreError::unavailable)),
        )
    }

    fn session(&self, id: SessionId) -> Answer<'_, Option<Session>> {
        let recent = self.shared.recent().get(id).map(|known| known.session.clone());
        if recent.is_some() {
            return Box::pin(std::future::ready(Ok(recent)));
        }
        self.one("sessions", codec::SESSION, id, codec::session)
    }

    fn sessions(
        &self,
        of: AccountId,
        filter: SessionFilter,
        page: Page<SessionId>,
    ) -> Answer<'_, Listing<Session>> {
        let mut query = Query::new(codec::SESSION, "sessions").and("account = ?", *of.bytes());
        if !filter.include_archived {
            query = query.only("archived_at IS NULL");
        }
        query = query.created(filter.created_from, filter.created_to).statuses(&filter.statuses);
        if let Some(agent) = filter.agent {
            query = query.and("agent = ?", agent);
        }
        if let Some(version) = filter.agent_version {
            query = query.and("agent_version = ?", version);
        }
        self.list(query, page, codec::session)
    }

    fn logs(&self, of: Vec<SessionId>) -> Answer<'_, HashMap<SessionId, Log>> {
        if let Some(logs) = self.recent_logs(&of) {
            return Box::pin(std::future::ready(Ok(logs)));
        }
        Box::pin(self.readers.read(move |db| logs_of(db, &of).map_err(StoreError::unavailable)))
    }

    fn events(
        &self,
        of: SessionId,
        filter: EventFilter,
        page: Page<EventId>,
    ) -> Answer<'_, Option<Listing<Event>>> {
        Box::pin(self.readers.read(move |db| {
            // Both parts as of one instant, or an event might be in neither or in both.
            let snapshot = db.unchecked_transaction().map_err(StoreError::unavailable)?;
            events::page(&snapshot, of, &filter, page).map_err(StoreError::unavailable)
        }))
    }

    fn events_from(&self, of: SessionId, seq: u64, most: usize) -> Answer<'_, Listing<Event>> {
        Box::pin(
            self.readers
                .read(move |db| events::from(db, of, seq, most).map_err(StoreError::unavailable)),
        )
    }

    fn event(&self, of: SessionId, id: EventId) -> Answer<'_, Option<Event>> {
        Box::pin(
            self.readers.read(move |db| events::one(db, of, id).map_err(StoreError::unavailable)),
        )
    }

    fn head(&self, id: WorkId) -> Answer<'_, Option<Work>> {
        let now = self.shared.clock.now();
        if let Some(work) = self.shared.books().get(id) {
            let work = work.settled(now).work;
            return Box::pin(std::future::ready(Ok(Some(work))));
        }
        let shared = self.shared.clone();
        Box::pin(self.readers.read(move |db| {
            let stopped = row_of(db, id).map_err(StoreError::unavailable)?;
            let work = shared.books().get(id).cloned().or(stopped);
            Ok(work.map(|work| work.settled(now).work))
        }))
    }

    fn item(&self, of: EnvironmentId, id: WorkId) -> Answer<'_, Option<Item>> {
        let head = self.head(id);
        Box::pin(async move {
            let Some(work) = head.await?.filter(|work| work.environment == of) else {
                return Ok(None);
            };
            let body = self.readers.read(move |db| body_of(db, id)).await?;
            Ok(Some(Item { work, body }))
        })
    }

    fn items(&self, of: EnvironmentId, page: Page<WorkId>) -> Answer<'_, Listing<Item>> {
        let shared = self.shared.clone();
        let query = Query::new(head::HEAD, "work").and("environment = ?", *of.bytes());
        Box::pin(self.readers.read(move |db| {
            let now = shared.clock.now();
            let listing = query.page(db, page, head::head).map_err(StoreError::unavailable)?;
            let mut items = Vec::with_capacity(listing.items.len());
            for row in listing.items {
                let work = newest(db, &shared, row)?.settled(now).work;
                items.push(Item { body: body_of(db, work.id)?, work });
            }
            Ok(Listing { items, more: listing.more })
        }))
    }

    fn history(&self, of: EnvironmentId, id: WorkId) -> Answer<'_, Option<History>> {
        let shared = self.shared.clone();
        Box::pin(self.readers.read(move |db| {
            let Some(row) = row_of(db, id)
                .map_err(StoreError::unavailable)?
                .filter(|work| work.environment == of)
            else {
                return Ok(None);
            };
            let now = shared.clock.now();
            let work = newest(db, &shared, row)?;
            let mut attempts = attempts_of(db, id).map_err(StoreError::unavailable)?;
            // An attempt that has been written since the head was read is there twice.
            let newest = work.newest_attempt(now);
            attempts.retain(|a| newest.as_ref().is_none_or(|n| a.number < n.number));
            attempts.extend(newest);
            Ok(Some(History { work: work.settled(now).work, attempts }))
        }))
    }

    fn stats(&self, of: EnvironmentId) -> Answer<'_, QueueStats> {
        let stats = self.shared.current_books().stats(of);
        Box::pin(std::future::ready(Ok(stats)))
    }

    fn availability(&self, of: EnvironmentId, window: Duration) -> Answer<'_, Availability> {
        let now = self.shared.clock.now();
        let availability = self.shared.current_books().availability(of, window, now);
        Box::pin(std::future::ready(Ok(availability)))
    }

    fn totals(&self) -> Answer<'_, Totals> {
        let totals = self.shared.current_books().totals();
        Box::pin(std::future::ready(Ok(totals)))
    }

    fn response(&self, key: ResponseKey) -> Answer<'_, Option<StoredResponse>> {
        let now = self.shared.clock.now();
        Box::pin(self.readers.read(move |db| {
            let stored = db
                .prepare_cached(
                    "SELECT fingerprint, status, body, created_at FROM responses \
                     WHERE account = ?1 AND key = ?2",
                )
                .and_then(|mut statement| {
                    statement.query_row(params![key.account.bytes(), key.key], response).optional()
                })
                .map_err(StoreError::unavailable)?;
            Ok(stored.filter(|response| response.holds(now)))
        }))
    }
}

impl Sqlite {
    fn one<K: 'static, T: Send + 'static>(
        &self,
        table: &'static str,
        columns: &'static str,
        id: Id<K>,
        read: fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Answer<'_, Option<T>> {
        Box::pin(self.readers.read(move |db| {
            db.prepare_cached(&format!("SELECT {columns} FROM {table} WHERE id = ?1"))
                .and_then(|mut statement| statement.query_row([id.bytes()], read).optional())
                .map_err(StoreError::unavailable)
        }))
    }

    /// The heads of the logs of these sessions, if all are remembered.
    fn recent_logs(&self, of: &[SessionId]) -> Option<HashMap<SessionId, Log>> {
        let mut recent = self.shared.recent();
        let mut logs = HashMap::with_capacity(of.len());
        for id in of {
            if let Some(log) = recent.get(*id)?.log.clone() {
                logs.insert(*id, log);
            }
        }
        Some(logs)
    }

    fn list<K: 'static, T: Send + 'static>(
        &self,
        query: Query,
        page: Page<Id<K>>,
        read: fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Answer<'_, Listing<T>> {
        Box::pin(
            self.readers
                .read(move |db| query.page(db, page, read).map_err(StoreError::unavailable)),
        )
    }

    fn seen_token(&self, (token, written): (Token, Option<Timestamp>)) -> Seen<Token> {
        let last = self.shared.uses().last(CredentialId::Token(token.id));
        Seen { item: token, last_used_at: last.or(written) }
    }

    fn seen_key(&self, (key, written): (Key, Option<Timestamp>)) -> Seen<Key> {
        let last = self.shared.uses().last(CredentialId::Key(key.id));
        Seen { item: key, last_used_at: last.or(written) }
    }
}

fn seen<A, B>(listing: Listing<A>, map: impl FnMut(A) -> B) -> Listing<B> {
    Listing { items: listing.items.into_iter().map(map).collect(), more: listing.more }
}

/// The newest head of an item whose row was just read. If the row calls it live and no book knows
/// it, it has stopped in between, and the row that says so is there by now.
fn newest(db: &Connection, shared: &super::Shared, row: Work) -> Result<Work, StoreError> {
    if row.stopped_at().is_some() {
        return Ok(row);
    }
    if let Some(work) = shared.books().get(row.id) {
        return Ok(work.clone());
    }
    let again = row_of(db, row.id).map_err(StoreError::unavailable)?;
    Ok(again.unwrap_or(row))
}

fn logs_of(db: &Connection, sessions: &[SessionId]) -> rusqlite::Result<HashMap<SessionId, Log>> {
    let mut logs = HashMap::with_capacity(sessions.len());
    for session in sessions {
        if let Some(log) = load::log_of(db, *session)? {
            logs.insert(*session, log);
        }
    }
    Ok(logs)
}

fn row_of(db: &Connection, id: WorkId) -> rusqlite::Result<Option<Work>> {
    db.prepare_cached(&format!("SELECT {} FROM work WHERE id = ?1", head::HEAD))?
        .query_row([id.bytes()], head::head)
        .optional()
}

fn body_of(db: &Connection, id: WorkId) -> Result<leasehold_model::work::Body, StoreError> {
    db.prepare_cached(&format!("SELECT {} FROM work_bodies WHERE work = ?1", codec::BODY))
        .and_then(|mut statement| statement.query_row([id.bytes()], codec::body).optional())
        .map(Option::unwrap_or_default)
        .map_err(StoreError::unavailable)
}

/// Sessions of one version share its snapshot.
fn snapshots_of(
    db: &Connection,
    sessions: &[(SessionId, AgentRef)],
) -> rusqlite::Result<Vec<Arc<Snapshot>>> {
    let mut shared: HashMap<(&str, u32), Arc<Snapshot>> = HashMap::new();
    let mut snapshots = Vec::with_capacity(sessions.len());
    for (session, agent) in sessions {
        if let Some(own) = load::own_snapshot(db, *session)? {
            snapshots.push(Arc::new(own));
            continue;
        }
        let version = (agent.id.as_str(), agent.version);
        let snapshot = match shared.get(&version) {
            Some(snapshot) => Arc::clone(snapshot),
            None => {
                let kept = match AgentId::parse(&agent.id) {
                    Some(id) => load::agent_version(db, id, agent.version)?,
                    None => None,
                };
                let snapshot = Arc::new(agent.snapshot(kept.as_ref()));
                shared.insert(version, Arc::clone(&snapshot));
                snapshot
            }
        };
        snapshots.push(snapshot);
    }
    Ok(snapshots)
}

fn attempts_of(
    db: &Connection,
    id: WorkId,
) -> rusqlite::Result<Vec<leasehold_model::work::attempt::Attempt>> {
    db.prepare_cached(&format!(
        "SELECT {} FROM attempts WHERE work = ?1 ORDER BY number",
        codec::ATTEMPT
    ))?
    .query_map([id.bytes()], codec::attempt)?
    .collect()
}

pub(super) fn response(row: &Row<'_>) -> rusqlite::Result<StoredResponse> {
    Ok(StoredResponse {
        fingerprint: row.get(0)?,
        status: row.get(1)?,
        body: row.get(2)?,
        created_at: Timestamp::from_micros(row.get(3)?),
    })
}
