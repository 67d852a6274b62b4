//! All that the views of a store show, as text.

use std::fmt::Debug;
use std::time::Duration;

use leasehold_model::id::Id;
use leasehold_model::work::RECLAIM_WINDOW;
use leasehold_store::{
    AgentFilter, Cursor, EnvironmentFilter, Listing, Order, Page, Seen, SessionFilter, Store,
};

pub(crate) const fn everything<K>() -> Page<Id<K>> {
    Page { cursor: Cursor::Start, limit: 100_000, order: Order::Ascending }
}

pub(crate) fn all_environments() -> EnvironmentFilter {
    EnvironmentFilter { include_archived: true, ..EnvironmentFilter::default() }
}

pub(crate) fn all_agents() -> AgentFilter {
    AgentFilter { include_archived: true, ..AgentFilter::default() }
}

pub(crate) fn all_sessions() -> SessionFilter {
    SessionFilter { include_archived: true, ..SessionFilter::default() }
}

/// Everything, object by object.
pub(crate) async fn dump(store: &Store) -> Vec<String> {
    let views = store.views();
    let mut lines = vec![format!("{:?} {:?}", store.now(), views.totals().await.unwrap())];
    for account in views.accounts(everything()).await.unwrap().items {
        lines.push(format!("{account:?}"));
        seen(&mut lines, views.tokens(account.id, everything()).await.unwrap());
        let sessions = views.sessions(account.id, all_sessions(), everything()).await.unwrap();
        let named = sessions.items.iter().map(|session| (session.id, session.agent.clone()));
        let held = views.snapshots(named.collect()).await.unwrap();
        for (session, held) in sessions.items.into_iter().zip(held) {
            assert_eq!(views.session(session.id).await.unwrap().as_ref(), Some(&session));
            lines.push(format!("{session:?} {held:?}"));
        }
        for agent in views.agents(account.id, all_agents(), everything()).await.unwrap().items {
            assert_eq!(views.agent(agent.id).await.unwrap().as_ref(), Some(&agent));
            let page = Page { cursor: Cursor::Start, limit: 100_000, order: Order::Ascending };
            let versions = views.agent_versions(agent.id, page).await.unwrap().items;
            let newest = versions.last().map(|version| (version.version, &version.definition));
            assert_eq!(newest, Some((agent.version, &agent.definition)));
            lines.push(format!("{agent:?} {versions:?}"));
        }
        let environments =
            views.environments(account.id, all_environments(), everything()).await.unwrap();
        for environment in environments.items {
            let id = environment.id;
            assert_eq!(views.environment(id).await.unwrap().as_ref(), Some(&environment));
            assert_eq!(views.facts(id).await.unwrap(), Some(environment.facts()));
            lines.push(format!("{environment:?} {:?}", views.stats(id).await.unwrap()));
            for window in [Duration::ZERO, RECLAIM_WINDOW, Duration::from_secs(30)] {
                let availability = views.availability(id, window).await.unwrap();
                lines.push(format!("{window:?} {availability:?}"));
            }
            seen(&mut lines, views.keys(id, everything()).await.unwrap());
            for item in views.items(id, everything()).await.unwrap().items {
                let work = item.work.id;
                assert_eq!(views.item(id, work).await.unwrap().as_ref(), Some(&item));
                assert_eq!(views.head(work).await.unwrap().as_ref(), Some(&item.work));
                let history = views.history(id, work).await.unwrap().unwrap();
                assert_eq!(history.work, item.work);
                lines.push(format!("{item:?} {:?}", history.attempts));
            }
        }
    }
    lines
}

/// The last use counts to the second.
fn seen<T: Debug>(lines: &mut Vec<String>, listing: Listing<Seen<T>>) {
    for Seen { item, last_used_at } in listing.items {
        let second = last_used_at.map(leasehold_model::Timestamp::whole_second);
        lines.push(format!("{item:?} {second:?}"));
    }
}

/// The first line in which two dumps differ.
#[track_caller]
pub(crate) fn assert_same(left: &[String], right: &[String], story: &str) {
    for (left, right) in left.iter().zip(right) {
        assert_eq!(left, right, "{story}");
    }
    assert_eq!(left.len(), right.len(), "{story}");
}
