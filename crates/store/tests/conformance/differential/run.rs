//! Carrying commands out on one store.

#![expect(clippy::wildcard_enum_match_arm, reason = "`run` has told the commands apart already")]

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use leasehold_model::agent::ops::{ArchiveAgent, DeleteAgent, UpdateAgent};
use leasehold_model::agent::snapshot::Overrides;
use leasehold_model::environment::config::{Config, Strictness};
use leasehold_model::environment::ops::{
    ArchiveEnvironment, CreateEnvironment, DeleteEnvironment, InUse, LimitAttempts,
    UpdateEnvironment,
};
use leasehold_model::idempotency::{Once, ResponseKey};
use leasehold_model::op::Op;
use leasehold_model::session::Session;
use leasehold_model::session::ops::{
    Again, ArchiveSession, DeleteSession, Projection, UpdateSession,
};
use leasehold_model::token::Scopes;
use leasehold_model::token::ops::{CreateAccount, CreateKey, CreateToken, RevokeKey, RevokeToken};
use leasehold_model::work::heartbeat::{Expected, Heartbeat, Unheld};
use leasehold_model::work::ops::{Ack, Poll, Renew, StopWork, UpdateWork};
use leasehold_model::work::{State, Ttl, WorkerId};
use leasehold_model::{AccountId, AgentId, EnvironmentId, KeyId, TokenId, Work};
use leasehold_store::{CredentialId, Store, StoreError};

use super::command::Command;
use crate::dump::{all_agents, all_environments, all_sessions, everything};
use crate::lab::{START, agent_of, environment_of, renamed, session_of, update_of};

/// What there is in one store, in an order that is the same in all.
#[derive(Default)]
pub(super) struct Known {
    accounts: Vec<AccountId>,
    environments: Vec<(AccountId, EnvironmentId)>,
    agents: Vec<(AccountId, AgentId)>,
    sessions: Vec<Session>,
    work: Vec<Work>,
    tokens: Vec<TokenId>,
    keys: Vec<(AccountId, EnvironmentId, KeyId)>,
}

impl Known {
    pub(super) async fn of(store: &Store) -> Self {
        let views = store.views();
        let mut known = Self::default();
        for account in views.accounts(everything()).await.unwrap().items {
            let id = account.id;
            known.accounts.push(id);
            let tokens = views.tokens(id, everything()).await.unwrap().items;
            known.tokens.extend(tokens.iter().map(|token| token.item.id));
            let sessions = views.sessions(id, all_sessions(), everything()).await.unwrap().items;
            known.sessions.extend(sessions);
            let agents = views.agents(id, all_agents(), everything()).await.unwrap().items;
            known.agents.extend(agents.iter().map(|agent| (id, agent.id)));
            let environments = views.environments(id, all_environments(), everything()).await;
            for environment in environments.unwrap().items {
                known.environments.push((id, environment.id));
                let items = views.items(environment.id, everything()).await.unwrap().items;
                known.work.extend(items.into_iter().map(|item| item.work));
                let keys = views.keys(environment.id, everything()).await.unwrap().items;
                known.keys.extend(keys.iter().map(|k| (id, environment.id, k.item.id)));
            }
        }
        known
    }
}

fn pick<T: Clone>(from: &[T], at: usize) -> Option<T> {
    from.get(at.checked_rem(from.len())?).cloned()
}

/// An answer in words, still to come.
type Said<'a> = Pin<Box<dyn Future<Output = String> + 'a>>;

fn said<'a, O: Op>(store: &'a Store, op: O) -> Said<'a>
where
    O::Reply: Debug,
{
    Box::pin(async move {
        match store.submit(op).await {
            Ok(reply) => format!("{reply:?}"),
            Err(StoreError::Refused(refusal)) => format!("refused: {refusal:?}"),
            Err(error) => panic!("{error:?}"),
        }
    })
}

impl Command {
    /// Carries it out; `None` if there is nothing to do it to.
    pub(super) fn run<'a>(&self, store: &'a Store, known: &Known) -> Option<Said<'a>> {
        match self {
            Self::Account => Some(said(store, CreateAccount { name: "more".to_owned() })),
            Self::Environment { .. }
            | Self::Rename { .. }
            | Self::Limit { .. }
            | Self::ArchiveEnvironment(_)
            | Self::DeleteEnvironment(_) => self.run_on_environment(store, known),
            Self::Agent { .. }
            | Self::Redefine { .. }
            | Self::ArchiveAgent(_)
            | Self::DeleteAgent(_) => self.run_on_agent(store, known),
            Self::Session { .. }
            | Self::Title { .. }
            | Self::Retool { .. }
            | Self::ArchiveSession(_)
            | Self::DeleteSession(_) => self.run_on_session(store, known),
            Self::Token { .. }
            | Self::Key { .. }
            | Self::RevokeToken(_)
            | Self::RevokeKey(_)
            | Self::Use(_) => self.run_on_credential(store, known),
            Self::Poll { .. }
            | Self::Ack { .. }
            | Self::Beat { .. }
            | Self::Stop { .. }
            | Self::Patch { .. } => self.run_on_work(store, known),
        }
    }

    fn run_on_environment<'a>(&self, store: &'a Store, known: &Known) -> Option<Said<'a>> {
        if let Self::Environment { of, cloud } = self {
            let config = match cloud {
                true => Config::Cloud { packages: None, networking: None, setup_script: None },
                false => Config::SelfHosted { setup_script: Some("true".to_owned()) },
            };
            let account = pick(&known.accounts, *of)?;
            return Some(said(store, CreateEnvironment { config, ..environment_of(account) }));
        }
        let (Self::Rename { environment: at, .. }
        | Self::Limit { environment: at, .. }
        | Self::ArchiveEnvironment(at)
        | Self::DeleteEnvironment(at)) = self
        else {
            return None;
        };
        let (account, environment) = pick(&known.environments, *at)?;
        Some(match self {
            Self::Rename { name, .. } => {
                let rename = UpdateEnvironment {
                    account,
                    environment,
                    name: Some(format!("name {name}")),
                    description: None,
                    config: None,
                    strictness: Strictness::Bounds,
                    metadata: None,
                    scope: None,
                };
                said(store, rename)
            }
            Self::Limit { most, .. } => {
                said(store, LimitAttempts { account, environment, max_attempts: *most })
            }
            Self::ArchiveEnvironment(_) => said(store, ArchiveEnvironment { account, environment }),
            _ => {
                let in_use = InUse::Refused;
                said(store, DeleteEnvironment { account, environment, in_use })
            }
        })
    }

    fn run_on_agent<'a>(&self, store: &'a Store, known: &Known) -> Option<Said<'a>> {
        let agent = |at: &usize| pick(&known.agents, *at);
        Some(match self {
            Self::Agent { of } => said(store, agent_of(pick(&known.accounts, *of)?)),
            Self::Redefine { agent: at, name, stale } => {
                let (account, agent) = agent(at)?;
                let expected = stale.then_some(1);
                let change = renamed(account, agent, &format!("name {name}"));
                said(store, UpdateAgent { expected, ..change })
            }
            Self::ArchiveAgent(at) => {
                let (account, agent) = agent(at)?;
                said(store, ArchiveAgent { account, agent })
            }
            Self::DeleteAgent(at) => {
                let (account, agent) = agent(at)?;
                said(store, DeleteAgent { account, agent })
            }
            _ => return None,
        })
    }

    fn run_on_session<'a>(&self, store: &'a Store, known: &Known) -> Option<Said<'a>> {
        let session = |at: &usize| pick(&known.sessions, *at);
        let without_tools = || Overrides { tools: Some(Vec::new()), ..Overrides::default() };
        Some(match self {
            Self::Session { environment, agent, copy, own, key } => {
                let (account, environment) = pick(&known.environments, *environment)?;
                let (_, agent) = pick(&known.agents, *agent)?;
                let projection = if *copy { Projection::Copy } else { Projection::Empty };
                let mut create = session_of(account, agent, environment);
                create.projection = projection;
                if *own {
                    create.agent.overrides = without_tools();
                }
                match key {
                    None => said(store, create),
                    Some(key) => {
                        let key = ResponseKey { account, key: format!("key {key}").into() };
                        let fingerprint = [u8::from(*copy); 32];
                        let render = |_: &Result<_, _>| Some((201, b"made".to_vec()));
                        said(store, Once { key, fingerprint, op: create, render })
                    }
                }
            }
            Self::Title { session: at, title } => {
                let title = Some((*title > 0).then(|| format!("title {title}")));
                said(store, UpdateSession { title, ..update_of(&session(at)?) })
            }
            Self::Retool { session: at, tools } => {
                let agent = match tools {
                    true => Overrides { system: Some(None), ..Overrides::default() },
                    false => without_tools(),
                };
                said(store, UpdateSession { agent, ..update_of(&session(at)?) })
            }
            Self::ArchiveSession(at) => {
                let Session { account, id: session, .. } = session(at)?;
                said(store, ArchiveSession { account, session, again: Again::Refused })
            }
            Self::DeleteSession(at) => {
                let Session { account, id: session, .. } = session(at)?;
                said(store, DeleteSession { account, session })
            }
            _ => return None,
        })
    }

    fn run_on_credential<'a>(&self, store: &'a Store, known: &Known) -> Option<Said<'a>> {
        Some(match self {
            Self::Token { of, hash } => {
                let create = CreateToken {
                    account: pick(&known.accounts, *of)?,
                    name: "token".to_owned(),
                    scopes: Scopes::ordinary(),
                    hash: hash_of(*hash),
                    expires_at: None,
                };
                said(store, create)
            }
            Self::Key { environment, hash } => {
                let (account, environment) = pick(&known.environments, *environment)?;
                let create = CreateKey {
                    account,
                    environment,
                    name: "key".to_owned(),
                    hash: hash_of(*hash),
                    expires_at: Some(START),
                };
                said(store, create)
            }
            Self::RevokeToken(at) => {
                said(store, RevokeToken { account: None, token: pick(&known.tokens, *at)? })
            }
            Self::RevokeKey(at) => {
                let (account, environment, key) = pick(&known.keys, *at)?;
                said(store, RevokeKey { account, environment, key })
            }
            Self::Use(at) => {
                store.views().used(CredentialId::Token(pick(&known.tokens, *at)?));
                return None;
            }
            _ => return None,
        })
    }

    fn run_on_work<'a>(&self, store: &'a Store, known: &Known) -> Option<Said<'a>> {
        Some(match self {
            Self::Poll { environment, window, worker } => {
                let (_, environment) = pick(&known.environments, *environment)?;
                let window = Duration::from_millis(*window);
                let worker = WorkerId::new(&format!("w{worker}")).filter(|_| *worker > 0);
                said(store, Poll { environment, window, worker })
            }
            Self::Ack { work, who } => {
                let work = pick(&known.work, *work)?;
                let caller = who.caller(&work);
                said(store, Ack { environment: work.environment, work: work.id, caller })
            }
            Self::Beat { work, who, echo, ttl, claims } => {
                let work = pick(&known.work, *work)?;
                let expected = match echo {
                    0 | 1 => Expected::Any,
                    2 => Expected::NoHeartbeat,
                    3 => previous_of(&work).map_or(Expected::NoHeartbeat, Expected::Beat),
                    _ => Expected::Beat(work.floor),
                };
                let unheld = match claims {
                    true => Unheld::Claim { limit: None },
                    false => Unheld::Refuse,
                };
                let caller = who.caller(&work);
                let heartbeat = Heartbeat { expected, ttl: Ttl::clamped(*ttl), caller, unheld };
                said(store, Renew { environment: work.environment, work: work.id, heartbeat })
            }
            Self::Stop { work, who, how } => {
                let work = pick(&known.work, *work)?;
                let (environment, caller) = (work.environment, who.caller(&work));
                said(store, StopWork { environment, work: work.id, how: *how, caller })
            }
            Self::Patch { work, value } => {
                let work = pick(&known.work, *work)?;
                let value = (*value > 0).then(|| value.to_string());
                let metadata = [("k".to_owned(), value)].into();
                said(store, UpdateWork { environment: work.environment, work: work.id, metadata })
            }
            _ => return None,
        })
    }
}

fn previous_of(work: &Work) -> Option<leasehold_model::Timestamp> {
    match &work.state {
        State::Active(_, beating) => beating.previous,
        State::Queued(_) | State::Starting(_) | State::Stopping(..) | State::Stopped(_) => None,
    }
}

fn hash_of(number: u64) -> [u8; 32] {
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&number.to_le_bytes());
    hash
}
