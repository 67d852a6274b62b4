//! What there is in a store, in an order that is the same in all.

use std::collections::HashMap;

use leasehold_model::log::ops::Claimed;
use leasehold_model::session::Session;
use leasehold_model::{
    AccountId, AgentId, EnvironmentId, EventId, KeyId, Log, SessionId, TokenId, Work,
};
use leasehold_store::{Store, Views};

use crate::dump::{all_agents, all_environments, all_sessions, everything};

/// What there is, the oldest of each kind first.
#[derive(Default)]
pub(super) struct Known {
    pub(super) accounts: Vec<AccountId>,
    pub(super) environments: Vec<(AccountId, EnvironmentId)>,
    pub(super) agents: Vec<(AccountId, AgentId)>,
    pub(super) sessions: Vec<Session>,
    pub(super) work: Vec<Work>,
    pub(super) tokens: Vec<TokenId>,
    pub(super) keys: Vec<(AccountId, EnvironmentId, KeyId)>,
    pub(super) logs: HashMap<SessionId, Log>,
    pub(super) turns: Vec<Turn>,
    pub(super) past: Past,
}

/// A turn that there is now.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    pub(super) session: SessionId,
    /// Its item.
    pub(super) work: Work,
}

impl Turn {
    /// The newest claim on it, which may have lapsed.
    pub(super) fn claim(&self) -> Claimed {
        Claimed { work: self.work.id, delivery: self.work.deliveries }
    }
}

/// What was seen in logs and may be over: whoever comes too late still speaks of it.
#[derive(Clone, Default)]
pub(super) struct Past {
    pub(super) calls: Vec<EventId>,
    pub(super) turns: Vec<(SessionId, Claimed)>,
}

impl Past {
    fn note(&mut self, log: &Log, turn: Option<&Turn>) {
        let calls = log.fold.calls.iter().map(|call| call.id);
        let new: Vec<EventId> = calls.filter(|call| !self.calls.contains(call)).collect();
        self.calls.extend(new);
        let claim = turn.map(|turn| (turn.session, turn.claim()));
        self.turns.extend(claim.filter(|claim| !self.turns.contains(claim)));
    }
}

impl Known {
    /// Looks around, and remembers what was seen before.
    pub(super) async fn of(store: &Store, past: Past) -> Self {
        let views = store.views();
        let mut known = Self { past, ..Self::default() };
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
        known.sort();
        known.look_at_logs(views).await;
        known
    }

    async fn look_at_logs(&mut self, views: &dyn Views) {
        let sessions: Vec<SessionId> = self.sessions.iter().map(|session| session.id).collect();
        self.logs = views.logs(sessions.clone()).await.unwrap();
        for session in sessions {
            let Some(log) = self.logs.get(&session) else { continue };
            let turn = match log.turn {
                Some(turn) => views.head(turn).await.unwrap().map(|work| Turn { session, work }),
                None => None,
            };
            self.past.note(log, turn.as_ref());
            self.turns.extend(turn);
        }
    }

    fn sort(&mut self) {
        self.environments.sort_by_key(|(_, id)| *id);
        self.agents.sort_by_key(|(_, id)| *id);
        self.sessions.sort_by_key(|session| session.id);
        self.work.sort_by_key(|work| work.id);
        self.tokens.sort();
        self.keys.sort_by_key(|(_, _, id)| *id);
    }
}
