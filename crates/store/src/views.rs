//! What can be read from a store.
//!
//! A view is true as of one instant of the store's time: lapses are applied, so a lapsed lease
//! never shows as `active`. Lists go by id, which is the order of creation.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use leasehold_model::agent::snapshot::Snapshot;
use leasehold_model::agent::{Agent, AgentVersion};
use leasehold_model::environment::{Environment, Facts};
use leasehold_model::idempotency::{ResponseKey, StoredResponse};
use leasehold_model::session::{AgentRef, Session, Status};
use leasehold_model::token::{Account, Key, SecretHash, Token};
use leasehold_model::work::attempt::Attempt;
use leasehold_model::work::ops::Item;
use leasehold_model::{
    AccountId, AgentId, EnvironmentId, Event, EventId, KeyId, Log, SessionId, Timestamp, TokenId,
    Work, WorkId,
};

use crate::error::StoreError;

/// A view's answer, still to come.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// The reads that the program needs; no more.
pub trait Views: Send + Sync {
    /// The credential with this hash, good or not: the caller asks its validity.
    fn credential(&self, hash: SecretHash) -> Answer<'_, Option<Credential>>;
    /// Notes that a credential was used. Costs no commit of its own: it rides on the next one, so
    /// a crash may lose it.
    fn used(&self, credential: CredentialId);

    /// An account.
    fn account(&self, id: AccountId) -> Answer<'_, Option<Account>>;
    /// Accounts.
    fn accounts(&self, page: Page<AccountId>) -> Answer<'_, Listing<Account>>;
    /// Tokens of an account, revoked ones included.
    fn tokens(&self, of: AccountId, page: Page<TokenId>) -> Answer<'_, Listing<Seen<Token>>>;
    /// A token and its last use.
    fn token(&self, id: TokenId) -> Answer<'_, Option<Seen<Token>>>;
    /// Keys of an environment, revoked ones included.
    fn keys(&self, of: EnvironmentId, page: Page<KeyId>) -> Answer<'_, Listing<Seen<Key>>>;
    /// A key and its last use.
    fn key(&self, id: KeyId) -> Answer<'_, Option<Seen<Key>>>;

    /// Whose an environment is, of what kind, and whether it is archived. Cheap.
    fn facts(&self, id: EnvironmentId) -> Answer<'_, Option<Facts>>;
    /// An environment.
    fn environment(&self, id: EnvironmentId) -> Answer<'_, Option<Environment>>;
    /// Environments of an account.
    fn environments(
        &self,
        of: AccountId,
        filter: EnvironmentFilter,
        page: Page<EnvironmentId>,
    ) -> Answer<'_, Listing<Environment>>;

    /// An agent as it is now.
    fn agent(&self, id: AgentId) -> Answer<'_, Option<Agent>>;
    /// A version of an agent, which may be gone by now.
    fn agent_version(&self, of: AgentId, version: u32) -> Answer<'_, Option<AgentVersion>>;
    /// Agents of an account.
    fn agents(
        &self,
        of: AccountId,
        filter: AgentFilter,
        page: Page<AgentId>,
    ) -> Answer<'_, Listing<Agent>>;
    /// Versions of an agent, by their numbers.
    fn agent_versions(&self, of: AgentId, page: Page<u32>) -> Answer<'_, Listing<AgentVersion>>;

    /// What each of these sessions holds of its agent, in their order.
    fn snapshots(&self, of: Vec<(SessionId, AgentRef)>) -> Answer<'_, Vec<Arc<Snapshot>>>;

    /// A session.
    fn session(&self, id: SessionId) -> Answer<'_, Option<Session>>;
    /// Sessions of an account.
    fn sessions(
        &self,
        of: AccountId,
        filter: SessionFilter,
        page: Page<SessionId>,
    ) -> Answer<'_, Listing<Session>>;

    /// The heads of the logs of these sessions; one that has heard nothing yet has none.
    fn logs(&self, of: Vec<SessionId>) -> Answer<'_, HashMap<SessionId, Log>>;
    /// Events of a session in the order of the log, those that wait behind all others; a page ends
    /// early once it has become heavy. `None` if the cursor names no event of this session.
    fn events(
        &self,
        of: SessionId,
        filter: EventFilter,
        page: Page<EventId>,
    ) -> Answer<'_, Option<Listing<Event>>>;
    /// At most so many events of a session from a place in the log on, as far as they are there, but
    /// no more than are light enough to be held by many readers at the same time; at least one.
    fn events_from(&self, of: SessionId, seq: u64, most: usize) -> Answer<'_, Listing<Event>>;
    /// An event of a session.
    fn event(&self, of: SessionId, id: EventId) -> Answer<'_, Option<Event>>;

    /// The head of an item as of now, whatever its environment.
    fn head(&self, id: WorkId) -> Answer<'_, Option<Work>>;
    /// An item of an environment as of now.
    fn item(&self, of: EnvironmentId, id: WorkId) -> Answer<'_, Option<Item>>;
    /// Items of an environment as of now, stopped ones included.
    fn items(&self, of: EnvironmentId, page: Page<WorkId>) -> Answer<'_, Listing<Item>>;
    /// An item of an environment and all its attempts, oldest first.
    fn history(&self, of: EnvironmentId, id: WorkId) -> Answer<'_, Option<History>>;

    /// The statistics of a queue as of now.
    fn stats(&self, of: EnvironmentId) -> Answer<'_, QueueStats>;
    /// Whether a poll with this window would find something. Cheap.
    fn availability(&self, of: EnvironmentId, window: Duration) -> Answer<'_, Availability>;
    /// The sums over all queues as of now.
    fn totals(&self) -> Answer<'_, Totals>;

    /// The answer kept under an idempotency key, if it still counts.
    fn response(&self, key: ResponseKey) -> Answer<'_, Option<StoredResponse>>;
}

/// A credential that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// An account token.
    Token(Token),
    /// An environment key.
    Key(Key),
}

/// Names a credential that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CredentialId {
    /// An account token.
    Token(TokenId),
    /// An environment key.
    Key(KeyId),
}

/// A credential and when it was last used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen<T> {
    /// The credential.
    pub item: T,
    /// Its last use, as far as it is known.
    pub last_used_at: Option<Timestamp>,
}

/// Which part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page<K> {
    /// Where it begins or ends.
    pub cursor: Cursor<K>,
    /// At most how many; at least 1.
    pub limit: usize,
    /// In which order of ids.
    pub order: Order,
}

impl<K> Page<K> {
    /// The same part by another measure of position.
    pub(crate) fn map<L>(self, to: impl FnOnce(K) -> L) -> Page<L> {
        let cursor = match self.cursor {
            Cursor::Start => Cursor::Start,
            Cursor::After(position) => Cursor::After(to(position)),
            Cursor::Before(position) => Cursor::Before(to(position)),
        };
        Page { cursor, limit: self.limit, order: self.order }
    }
}

/// A position in a list. An id that does not exist is a position as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cursor<K> {
    /// The list's beginning.
    Start,
    /// The first rows after this id, in list order.
    After(K),
    /// The rows that immediately precede this id, in list order.
    Before(K),
}

/// An order of ids, which is an order of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Oldest first.
    Ascending,
    /// Newest first.
    Descending,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing<T> {
    /// The rows, in list order.
    pub items: Vec<T>,
    /// Whether more rows follow; for a `Before` page, whether rows precede it.
    pub more: bool,
}

/// Which environments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EnvironmentFilter {
    /// Archived ones too.
    pub include_archived: bool,
    /// Created at or after.
    pub created_from: Option<Timestamp>,
    /// Created at or before.
    pub created_to: Option<Timestamp>,
}

/// Which agents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AgentFilter {
    /// Archived ones too.
    pub include_archived: bool,
    /// Created at or after.
    pub created_from: Option<Timestamp>,
    /// Created at or before.
    pub created_to: Option<Timestamp>,
}

/// Which sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionFilter {
    /// Archived ones too.
    pub include_archived: bool,
    /// Created at or after.
    pub created_from: Option<Timestamp>,
    /// Created at or before.
    pub created_to: Option<Timestamp>,
    /// Of this agent.
    pub agent: Option<String>,
    /// Of this version of the agent.
    pub agent_version: Option<u32>,
    /// With one of these statuses; empty: with any.
    pub statuses: Vec<Status>,
}

/// Which events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Of these kinds, by the wire's words; empty: of any.
    pub kinds: Vec<String>,
    /// Taken in at or after. Either bound leaves out what still waits.
    pub from: Option<Timestamp>,
    /// Taken in at or before.
    pub to: Option<Timestamp>,
}

impl EventFilter {
    /// Whether it lets events through that wait to be taken in.
    pub(crate) fn takes_waiting(&self) -> bool {
        self.from.is_none() && self.to.is_none()
    }
}

/// An item and its attempts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// The item as of now.
    pub work: Work,
    /// Its attempts, oldest first; the last may be open.
    pub attempts: Vec<Attempt>,
}

/// The statistics of a queue (work §9), without its pollers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueStats {
    /// Items that a poll with the default window could take now.
    pub depth: u64,
    /// Items handed out within that window that nobody has acked.
    pub pending: u64,
    /// The oldest entry into the queue among both; `None` if there are none.
    pub oldest_queued_at: Option<Timestamp>,
}

/// Whether there is something for a poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    /// There is, now.
    Now,
    /// There will be at this instant, if nothing happens before.
    At(Timestamp),
    /// Nothing waits. A lease may lapse all the same; that wakes whoever waits.
    Nothing,
}

/// The sums over all queues; turns are told apart from the work of workers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// As in [`QueueStats::depth`].
    pub depth: u64,
    /// As in [`QueueStats::pending`].
    pub pending: u64,
    /// Items that are held: `starting`, `active` or `stopping`.
    pub held: u64,
    /// The oldest entry into any queue.
    pub oldest_queued_at: Option<Timestamp>,
    /// Turns that no runner has taken.
    pub turns_waiting: u64,
    /// Turns that a runner holds.
    pub turns_running: u64,
}
