//! The working set of one batch: the rows that its operations named, and what they made of them.
//!
//! A backend fills it, operations change it, the backend writes the difference. Heads of work items
//! are small and separate from their bodies, so a heartbeat never drags metadata along.

use std::borrow::Borrow;
use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::time::Duration;

use crate::agent::snapshot::Snapshot;
use crate::agent::{Agent, AgentVersion};
use crate::environment::{Environment, Facts};
use crate::id::{AccountId, AgentId, EnvironmentId, KeyId, SessionId, TokenId, WorkId};
use crate::idempotency::{ResponseKey, StoredResponse};
use crate::log::{EventWrite, Log, TURN_QUEUE};
use crate::session::{AgentRef, Session};
use crate::time::Timestamp;
use crate::token::{Account, Key, Token};
use crate::work::attempt::Attempt;
use crate::work::{Body, StopReason, Transition, Work};

/// Which rows a batch needs. Backends take it apart field by field, so none is forgotten.
#[derive(Debug, Default)]
pub struct Keys {
    /// Whether there is any account at all.
    pub any_account: bool,
    /// Accounts.
    pub accounts: Vec<AccountId>,
    /// Account tokens.
    pub tokens: Vec<TokenId>,
    /// Environment keys.
    pub keys: Vec<KeyId>,
    /// Environments, whole.
    pub environments: Vec<EnvironmentId>,
    /// Environments, as far as other operations ask about them.
    pub facts: Vec<EnvironmentId>,
    /// Some sessions of each of these environments: more than the batch can delete.
    pub residents: Vec<EnvironmentId>,
    /// Agents, with their newest versions.
    pub agents: Vec<AgentId>,
    /// Versions of agents.
    pub agent_versions: Vec<(AgentId, u32)>,
    /// Sessions.
    pub sessions: Vec<SessionId>,
    /// What each of these sessions holds of its agent; the sessions are named as well.
    pub snapshots: Vec<SessionId>,
    /// The live work item of each of these sessions.
    pub live_work: Vec<SessionId>,
    /// The logs of these sessions, with the heads of their turns.
    pub logs: Vec<SessionId>,
    /// Heads of work items.
    pub work: Vec<WorkId>,
    /// Of those of these items whose sessions wait for a worker: the sessions and their logs.
    pub sessions_of_work: Vec<WorkId>,
    /// Bodies of work items; their heads are named as well.
    pub bodies: Vec<WorkId>,
    /// For each poll of an environment, one more item that its window makes available, oldest
    /// first, head and body; and a few more than that, since other operations may take some.
    pub ready: Vec<(EnvironmentId, Duration)>,
    /// Kept answers.
    pub responses: Vec<ResponseKey>,
}

/// The working set.
#[derive(Debug, Default)]
pub struct Rows {
    /// Whether an account was there when the batch was loaded.
    pub any_account: bool,
    /// Accounts.
    pub accounts: Table<AccountId, Account>,
    /// Account tokens.
    pub tokens: Table<TokenId, Token>,
    /// Environment keys.
    pub keys: Table<KeyId, Key>,
    /// Environments, whole.
    pub environments: Table<EnvironmentId, Environment>,
    /// Environments, as far as other operations ask about them; read with [`Rows::facts`].
    pub loaded_facts: HashMap<EnvironmentId, Facts>,
    /// Some sessions of an environment.
    pub residents: HashMap<EnvironmentId, Vec<SessionId>>,
    /// Agents.
    pub agents: Table<AgentId, Agent>,
    /// Versions of agents.
    pub agent_versions: Table<(AgentId, u32), AgentVersion>,
    /// Sessions.
    pub sessions: Table<SessionId, Session>,
    /// What a session has differently from the version that it names; read with
    /// [`Rows::snapshot`].
    pub snapshots: Table<SessionId, Snapshot>,
    /// The live item of a session.
    pub live_work: HashMap<SessionId, WorkId>,
    /// Heads of logs; a session without a row here has heard nothing yet.
    pub logs: Table<SessionId, Log>,
    /// What is written to the events of sessions, in order; append-only.
    pub events: Vec<(SessionId, EventWrite)>,
    /// Heads of work items.
    pub work: Table<WorkId, Work>,
    /// Bodies of work items; an item without a row here has an empty one.
    pub bodies: Table<WorkId, Body>,
    /// Items that polls may choose from.
    pub candidates: HashMap<EnvironmentId, BTreeSet<WorkId>>,
    /// Attempts that ended while their item goes on; append-only.
    pub attempts: Vec<(WorkId, Attempt)>,
    /// Kept answers.
    pub responses: Table<ResponseKey, StoredResponse>,
    mark: Mark,
}

/// What [`Rows::undo`] needs besides the tables' own notes.
#[derive(Debug, Default)]
struct Mark {
    attempts: usize,
    events: usize,
    queued: Vec<(EnvironmentId, WorkId, SessionId)>,
}

impl Rows {
    /// What others may ask about an environment, changes of this batch included.
    pub fn facts(&self, environment: EnvironmentId) -> Option<Facts> {
        match self.environments.find(&environment) {
            Some(row) => row.now.as_ref().map(Environment::facts),
            None => self.loaded_facts.get(&environment).copied(),
        }
    }

    /// Whether there is an account, one made in this batch included.
    pub fn has_accounts(&self) -> bool {
        self.any_account || self.accounts.changes().next().is_some()
    }

    /// Whether a session refers to the environment, changes of this batch included.
    pub fn is_inhabited(&self, environment: EnvironmentId) -> bool {
        let survives = |id: &SessionId| self.sessions.find(id).is_none_or(|row| row.now.is_some());
        let loaded = self.residents.get(&environment);
        loaded.is_some_and(|sessions| sessions.iter().any(survives))
            || self
                .sessions
                .changes()
                .any(|change| change.now.is_some_and(|s| s.environment == environment))
    }

    /// Puts a new item at the end of its queue, where polls of this batch can see it.
    pub fn enqueue(&mut self, work: Work, body: Body) {
        self.candidates.entry(work.environment).or_default().insert(work.id);
        if work.environment != TURN_QUEUE {
            self.live_work.insert(work.session, work.id);
        }
        self.mark.queued.push((work.environment, work.id, work.session));
        if body != Body::default() {
            self.bodies.put(work.id, body);
        }
        self.work.put(work.id, work);
    }

    /// Writes what a verb made of an item, and gives its answer.
    pub fn advance<R>(&mut self, transition: Transition<R>) -> R {
        let Transition { next, reply, ended } = transition;
        if let Some(ended) = ended {
            self.attempts.push((next.id, ended));
        }
        self.work.put(next.id, next);
        reply
    }

    /// Ends the live item of a session that is over, if it has one.
    pub fn end_work_of(&mut self, session: SessionId, now: Timestamp, reason: StopReason) {
        let Some(id) = self.live_work.get(&session) else { return };
        if let Some(work) = self.work.get(id) {
            let transition = work.end(now, reason);
            self.advance(transition);
        }
    }

    /// What a session holds of its agent: its own, or the version that it names. Sessions that are
    /// older than agents name some that never were.
    pub fn snapshot(&self, session: &Session) -> Snapshot {
        if let Some(own) = self.snapshots.get(&session.id) {
            return own.clone();
        }
        let AgentRef { id, version } = &session.agent;
        let kept = AgentId::parse(id).and_then(|id| self.agent_versions.get(&(id, *version)));
        session.agent.snapshot(kept)
    }

    /// The body of an item; empty if it has none.
    pub fn body(&self, work: WorkId) -> Body {
        self.bodies.get(&work).cloned().unwrap_or_default()
    }

    /// Begins an operation: [`Rows::undo`] comes back to here.
    pub fn mark(&mut self) {
        self.mark.attempts = self.attempts.len();
        self.mark.events = self.events.len();
        self.mark.queued.clear();
        let Self {
            accounts,
            tokens,
            keys,
            environments,
            agents,
            agent_versions,
            sessions,
            snapshots,
            logs,
            work,
            bodies,
            responses,
            ..
        } = self;
        accounts.undo.clear();
        tokens.undo.clear();
        keys.undo.clear();
        environments.undo.clear();
        agents.undo.clear();
        agent_versions.undo.clear();
        sessions.undo.clear();
        logs.undo.clear();
        snapshots.undo.clear();
        work.undo.clear();
        bodies.undo.clear();
        responses.undo.clear();
    }

    /// Takes back what was changed since [`Rows::mark`].
    pub fn undo(&mut self) {
        self.attempts.truncate(self.mark.attempts);
        self.events.truncate(self.mark.events);
        for (environment, work, session) in std::mem::take(&mut self.mark.queued) {
            if let Some(candidates) = self.candidates.get_mut(&environment) {
                candidates.remove(&work);
            }
            if environment != TURN_QUEUE {
                self.live_work.remove(&session);
            }
        }
        let Self {
            accounts,
            tokens,
            keys,
            environments,
            agents,
            agent_versions,
            sessions,
            snapshots,
            logs,
            work,
            bodies,
            responses,
            ..
        } = self;
        accounts.undo();
        tokens.undo();
        keys.undo();
        environments.undo();
        agents.undo();
        agent_versions.undo();
        sessions.undo();
        logs.undo();
        snapshots.undo();
        work.undo();
        bodies.undo();
        responses.undo();
    }

    /// Whether there is anything to write.
    pub fn is_dirty(&self) -> bool {
        let Self {
            accounts,
            tokens,
            keys,
            environments,
            agents,
            agent_versions,
            sessions,
            snapshots,
            logs,
            work,
            bodies,
            responses,
            ..
        } = self;
        !self.attempts.is_empty()
            || !self.events.is_empty()
            || accounts.is_dirty()
            || tokens.is_dirty()
            || keys.is_dirty()
            || environments.is_dirty()
            || agents.is_dirty()
            || agent_versions.is_dirty()
            || sessions.is_dirty()
            || logs.is_dirty()
            || snapshots.is_dirty()
            || work.is_dirty()
            || bodies.is_dirty()
            || responses.is_dirty()
    }
}

/// The loaded rows of one table and their changes.
#[derive(Debug)]
pub struct Table<K, V> {
    rows: HashMap<K, Row<V>>,
    undo: Vec<(K, Option<Row<V>>)>,
}

/// A row: as it was loaded and as it is now; `None` is a row that does not exist.
#[derive(Clone, Debug)]
pub struct Row<V> {
    /// As it was loaded.
    pub before: Option<V>,
    /// As it is now.
    pub now: Option<V>,
}

/// A row that is to be written.
#[derive(Debug)]
pub struct Change<'a, K, V> {
    /// Its key.
    pub key: &'a K,
    /// As it was; `None`: it is new.
    pub before: Option<&'a V>,
    /// As it is; `None`: it is gone.
    pub now: Option<&'a V>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { rows: HashMap::new(), undo: Vec::new() }
    }
}

impl<K: Clone + Eq + Hash, V: Clone + PartialEq> Table<K, V> {
    /// Takes in a row as it was loaded; does nothing if it is there already.
    pub fn load(&mut self, key: K, value: V) {
        self.rows
            .entry(key)
            .or_insert_with(|| Row { before: Some(value.clone()), now: Some(value) });
    }

    /// Whether the row has been loaded or made.
    pub fn has<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.rows.contains_key(key)
    }

    /// The row as it is now.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.rows.get(key)?.now.as_ref()
    }

    fn find(&self, key: &K) -> Option<&Row<V>> {
        self.rows.get(key)
    }

    /// Writes a row; writing what is there already is no change.
    pub fn put(&mut self, key: K, value: V) {
        self.set(key, Some(value));
    }

    /// Deletes a row.
    pub fn delete(&mut self, key: K) {
        self.set(key, None);
    }

    fn set(&mut self, key: K, value: Option<V>) {
        match self.rows.get_mut(&key) {
            Some(row) if row.now == value => {}
            Some(row) => {
                self.undo.push((key, Some(row.clone())));
                row.now = value;
            }
            None => {
                self.undo.push((key.clone(), None));
                self.rows.insert(key, Row { before: None, now: value });
            }
        }
    }

    fn undo(&mut self) {
        for (key, row) in self.undo.drain(..).rev() {
            match row {
                Some(row) => self.rows.insert(key, row),
                None => self.rows.remove(&key),
            };
        }
    }

    /// The rows that differ from what was loaded.
    pub fn changes(&self) -> impl Iterator<Item = Change<'_, K, V>> {
        self.rows.iter().filter(|(_, row)| row.before != row.now).map(|(key, row)| Change {
            key,
            before: row.before.as_ref(),
            now: row.now.as_ref(),
        })
    }

    /// Whether there is any such row.
    pub fn is_dirty(&self) -> bool {
        self.changes().next().is_some()
    }
}
