//! What there is in a store, in an order that is the same in all.

use leasehold_model::session::Session;
use leasehold_model::{AccountId, AgentId, EnvironmentId, KeyId, TokenId, Work};
use leasehold_store::Store;

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
        known.sort();
        known
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
