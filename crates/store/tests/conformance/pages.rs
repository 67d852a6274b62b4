//! Pages of lists: every cursor, both orders, ids that exist and ids that do not.

use std::fmt::Debug;

use leasehold_model::environment::ops::ArchiveEnvironment;
use leasehold_model::id::{Id, Kind};
use leasehold_model::session::Status;
use leasehold_model::session::ops::{Again, ArchiveSession, DeleteSession};
use leasehold_model::token::Scopes;
use leasehold_model::token::ops::{CreateAccount, CreateKey, CreateToken};
use leasehold_model::{SessionId, Timestamp};
use leasehold_store::{Answer, Cursor, EnvironmentFilter, Listing, Order, Page, SessionFilter};

use crate::dump::{all_agents, all_environments, all_sessions, everything};
use crate::lab::*;

on_every_backend!(
    every_list_is_cut_as_its_whole_says,
    environments_are_filtered,
    sessions_are_filtered,
    a_list_is_of_one_owner,
);

/// Checks all pages of a list against the whole of it.
async fn check<'a, K: Kind, T: Debug + PartialEq>(
    list: impl Fn(Page<Id<K>>) -> Answer<'a, Listing<T>>,
    id: impl Fn(&T) -> Id<K>,
    gone: Option<Id<K>>,
) {
    let whole = list(everything()).await.unwrap().items;
    assert!(whole.len() >= 5, "too short to be cut");
    assert!(whole.is_sorted_by(|a, b| id(a) < id(b)));
    let mut positions = vec![Id::MIN, Id::from_bytes([0xff; 16])];
    positions.extend(whole.iter().map(&id).chain(gone));
    for order in [Order::Ascending, Order::Descending] {
        let mut ids: Vec<Id<K>> = whole.iter().map(&id).collect();
        if order == Order::Descending {
            ids.reverse();
        }
        let precedes = |a: &Id<K>, b: &Id<K>| match order {
            Order::Ascending => a < b,
            Order::Descending => b < a,
        };
        for limit in [1, 2, 3, whole.len(), whole.len() + 1] {
            let first: Vec<_> = ids.iter().take(limit).copied().collect();
            let page = Page { cursor: Cursor::Start, limit, order };
            let found = brief(&list(page).await.unwrap(), &id);
            assert_eq!(found, (first, ids.len() > limit), "{page:?}");
            for position in &positions {
                let after: Vec<_> =
                    ids.iter().filter(|id| precedes(position, id)).copied().collect();
                let page = Page { cursor: Cursor::After(*position), limit, order };
                let found = brief(&list(page).await.unwrap(), &id);
                let expected = after[..limit.min(after.len())].to_vec();
                assert_eq!(found, (expected, after.len() > limit), "{page:?}");

                let before: Vec<_> =
                    ids.iter().filter(|id| precedes(id, position)).copied().collect();
                let page = Page { cursor: Cursor::Before(*position), limit, order };
                let found = brief(&list(page).await.unwrap(), &id);
                let expected = before[before.len().saturating_sub(limit)..].to_vec();
                assert_eq!(found, (expected, before.len() > limit), "{page:?}");
            }
        }
    }
}

fn brief<K, T>(listing: &Listing<T>, id: impl Fn(&T) -> Id<K>) -> (Vec<Id<K>>, bool) {
    (listing.items.iter().map(id).collect(), listing.more)
}

async fn every_list_is_cut_as_its_whole_says(lab: Lab) {
    let mut gone = None;
    for n in 0..6 {
        lab.wait(seconds(u64::from(n % 2)));
        lab.done(CreateAccount { name: format!("account {n}") }).await;
        lab.done(environment_of(lab.account)).await;
        lab.done(agent_of(lab.account)).await;
        let session = lab.session().await.id;
        if n == 3 {
            lab.done(DeleteSession { account: lab.account, session }).await;
            gone = Some(session);
        }
        lab.done(CreateToken {
            account: lab.account,
            name: "token".to_owned(),
            scopes: Scopes::ordinary(),
            hash: [n; 32],
            expires_at: None,
        })
        .await;
        lab.done(CreateKey {
            account: lab.account,
            environment: lab.environment,
            name: "key".to_owned(),
            hash: [100 + n; 32],
            expires_at: None,
        })
        .await;
    }
    let views = lab.store.views();
    check(|page| views.accounts(page), |a| a.id, None).await;
    check(|page| views.tokens(lab.account, page), |t| t.item.id, None).await;
    check(|page| views.keys(lab.environment, page), |k| k.item.id, None).await;
    check(|page| views.items(lab.environment, page), |i| i.work.id, None).await;
    let environments = |page| views.environments(lab.account, all_environments(), page);
    check(environments, |e| e.id, None).await;
    check(|page| views.agents(lab.account, all_agents(), page), |a| a.id, None).await;
    let sessions = |page| views.sessions(lab.account, all_sessions(), page);
    check(sessions, |s| s.id, gone).await;
}

async fn environments_are_filtered(lab: Lab) {
    let mut made = vec![lab.environment];
    for _ in 0..3 {
        lab.wait(seconds(10));
        made.push(lab.done(environment_of(lab.account)).await.id);
    }
    lab.done(ArchiveEnvironment { account: lab.account, environment: made[1] }).await;
    let list = async |filter| {
        let listing = lab.store.views().environments(lab.account, filter, everything()).await;
        listing.unwrap().items.iter().map(|e| e.id).collect::<Vec<_>>()
    };
    assert_eq!(list(EnvironmentFilter::default()).await, [made[0], made[2], made[3]]);
    assert_eq!(list(all_environments()).await, made);
    let from = Some(START.plus(seconds(10)));
    let to = Some(START.plus(seconds(20)));
    let between = EnvironmentFilter { include_archived: true, created_from: from, created_to: to };
    assert_eq!(list(between).await, [made[1], made[2]], "both bounds are inclusive");
    let from = from.map(Timestamp::next);
    assert_eq!(list(EnvironmentFilter { created_from: from, ..between }).await, [made[2]]);
}

async fn sessions_are_filtered(lab: Lab) {
    let mut made = Vec::new();
    let other = lab.done(agent_of(lab.account)).await.id;
    for number in 1..=4 {
        let agent = if number % 2 == 0 { other } else { lab.agent };
        let create = session_of(lab.account, agent, lab.environment);
        made.push(lab.done(create).await.session.id);
        if number == 2 {
            lab.done(renamed(lab.account, lab.agent, "another")).await;
        }
        lab.wait(seconds(10));
    }
    let archive = ArchiveSession { account: lab.account, session: made[1], again: Again::Refused };
    lab.done(archive).await;
    let list = async |filter: SessionFilter| {
        let listing = lab.store.views().sessions(lab.account, filter, everything()).await;
        listing.unwrap().items.iter().map(|s| s.id).collect::<Vec<_>>()
    };
    let all = all_sessions;
    assert_eq!(list(SessionFilter::default()).await, [made[0], made[2], made[3]]);
    assert_eq!(list(all()).await, made);
    let even = Some(other.to_string());
    assert_eq!(list(SessionFilter { agent: even, ..all() }).await, [made[1], made[3]]);
    assert_eq!(list(SessionFilter { agent_version: Some(2), ..all() }).await, [made[2]]);
    let over = vec![Status::Terminated];
    assert_eq!(list(SessionFilter { statuses: over.clone(), ..all() }).await, [made[1]]);
    let none: [SessionId; 0] = [];
    let hidden = SessionFilter { statuses: over, ..SessionFilter::default() };
    assert_eq!(list(hidden).await, none);
    let idle = SessionFilter { statuses: vec![Status::Idle], ..all() };
    assert_eq!(list(idle).await, [made[0], made[2], made[3]]);
    let both = SessionFilter { statuses: vec![Status::Idle, Status::Terminated], ..all() };
    assert_eq!(list(both).await, made);
    let from = Some(START.plus(seconds(20)));
    assert_eq!(list(SessionFilter { created_from: from, ..all() }).await, [made[2], made[3]]);
    let to = Some(START.plus(seconds(20)));
    assert_eq!(list(SessionFilter { created_to: to, ..all() }).await, made[..3]);
}

async fn a_list_is_of_one_owner(lab: Lab) {
    lab.session().await;
    let other = lab.done(CreateAccount { name: "other".to_owned() }).await.id;
    let views = lab.store.views();
    assert!(views.sessions(other, all_sessions(), everything()).await.unwrap().items.is_empty());
    let environments = views.environments(other, all_environments(), everything()).await.unwrap();
    assert!(environments.items.is_empty());
    assert!(views.tokens(other, everything()).await.unwrap().items.is_empty());
    let empty = lab.done(environment_of(lab.account)).await.id;
    assert!(views.items(empty, everything()).await.unwrap().items.is_empty());
    assert!(views.keys(empty, everything()).await.unwrap().items.is_empty());
}
