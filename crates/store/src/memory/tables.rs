//! The tables of the memory backend.

use std::collections::{BTreeMap, HashMap};

use leasehold_model::agent::snapshot::Snapshot;
use leasehold_model::agent::{Agent, AgentVersion};
use leasehold_model::environment::Environment;
use leasehold_model::idempotency::{ResponseKey, StoredResponse};
use leasehold_model::log::TURN_QUEUE;
use leasehold_model::session::Session;
use leasehold_model::token::{Account, Key, Token};
use leasehold_model::work::Body;
use leasehold_model::work::attempt::Attempt;
use leasehold_model::{
    AccountId, AgentId, EnvironmentId, Event, KeyId, Log, SessionId, Timestamp, TokenId, Work,
    WorkId,
};

use crate::views::CredentialId;

/// All rows there are.
#[derive(Default)]
pub(super) struct Tables {
    pub(super) accounts: BTreeMap<AccountId, Account>,
    pub(super) tokens: BTreeMap<TokenId, Token>,
    pub(super) keys: BTreeMap<KeyId, Key>,
    pub(super) used: HashMap<CredentialId, Timestamp>,
    pub(super) environments: BTreeMap<EnvironmentId, Environment>,
    pub(super) agents: BTreeMap<AgentId, Agent>,
    pub(super) agent_versions: BTreeMap<(AgentId, u32), AgentVersion>,
    pub(super) sessions: BTreeMap<SessionId, Session>,
    pub(super) logs: BTreeMap<SessionId, Log>,
    pub(super) events: BTreeMap<SessionId, Vec<Event>>,
    pub(super) snapshots: BTreeMap<SessionId, Snapshot>,
    pub(super) work: BTreeMap<WorkId, Work>,
    pub(super) bodies: BTreeMap<WorkId, Body>,
    pub(super) attempts: BTreeMap<WorkId, Vec<Attempt>>,
    pub(super) responses: BTreeMap<ResponseKey, StoredResponse>,
}

impl Tables {
    /// Drops the work and the keys of environments that are gone: nothing can name them any more.
    pub(super) fn drop_orphans(&mut self) {
        let Self { environments, work, bodies, attempts, keys, .. } = self;
        work.retain(|_, work| {
            let queue = work.environment;
            environments.contains_key(&queue) || queue == TURN_QUEUE
        });
        bodies.retain(|id, _| work.contains_key(id));
        attempts.retain(|id, _| work.contains_key(id));
        keys.retain(|_, key| environments.contains_key(&key.environment));
    }
}
