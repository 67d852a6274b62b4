//! Environments and sessions, and what their ends mean for the queue.

use std::collections::BTreeMap;

use leasehold_model::environment::config::{Config, Strictness};
use leasehold_model::environment::ops::{
    ArchiveEnvironment, ConfigChange, CreateEnvironment, DeleteEnvironment, InUse, LimitAttempts,
    UpdateEnvironment,
};
use leasehold_model::id::Id;
use leasehold_model::session::ops::{
    Again, ArchiveSession, CreateSession, DeleteSession, Projection, UpdateSession,
};
use leasehold_model::token::ops::CreateAccount;
use leasehold_model::work::ops::UpdateWork;
use leasehold_model::work::stop::Stop;
use leasehold_model::work::{RECLAIM_WINDOW, State, StateName, StopReason};
use leasehold_model::{EnvironmentId, Metadata};
use leasehold_store::Availability;

use crate::lab::*;

on_every_backend!(
    an_environment_changes_only_where_it_is_told_to,
    an_environment_of_another_is_refused,
    an_archived_environment_drains_and_takes_nothing_new,
    an_environment_in_use_stays,
    a_forced_delete_takes_the_queue_with_it,
    a_session_queues_its_item_in_the_same_commit,
    a_session_in_the_cloud_queues_nothing,
    the_end_of_a_session_stops_its_item_in_the_same_commit,
    a_session_changes_until_it_is_archived,
    metadata_of_an_item_can_be_patched_in_every_state,
);

const CLOUD: Config = Config::Cloud { packages: None, networking: None, setup_script: None };

fn update(lab: &Lab) -> UpdateEnvironment {
    UpdateEnvironment {
        account: lab.account,
        environment: lab.environment,
        name: None,
        description: None,
        config: None,
        strictness: Strictness::Bounds,
        metadata: None,
        scope: None,
    }
}

fn delete(lab: &Lab, environment: EnvironmentId, in_use: InUse) -> DeleteEnvironment {
    DeleteEnvironment { account: lab.account, environment, in_use }
}

async fn an_environment_changes_only_where_it_is_told_to(lab: Lab) {
    let read = || lab.store.views().environment(lab.environment);
    let made = read().await.unwrap().unwrap();
    lab.wait(seconds(1));
    assert_eq!(lab.done(update(&lab)).await, made, "nothing changed, `updated_at` neither");
    let patch = BTreeMap::from([("a".to_owned(), Some("1".to_owned()))]);
    let changed = lab
        .done(UpdateEnvironment {
            description: Some(Some("what for".to_owned())),
            metadata: Some(patch),
            ..update(&lab)
        })
        .await;
    assert_eq!(changed.updated_at, START.plus(seconds(1)));
    assert_eq!((&changed.name, changed.created_at), (&made.name, START));
    assert_eq!(read().await.unwrap(), Some(changed));
    let other_kind =
        UpdateEnvironment { config: Some(ConfigChange::Replace(CLOUD)), ..update(&lab) };
    assert_eq!(lab.refused(other_kind).await, "environment_kind_change");
    let limit =
        LimitAttempts { account: lab.account, environment: lab.environment, max_attempts: Some(3) };
    lab.done(limit).await;
    let facts = lab.store.views().facts(lab.environment).await.unwrap().unwrap();
    assert_eq!(facts.max_attempts, Some(3));
}

async fn an_environment_of_another_is_refused(lab: Lab) {
    let other = lab.done(CreateAccount { name: "other".to_owned() }).await.id;
    let stranger = UpdateEnvironment { account: other, ..update(&lab) };
    assert_eq!(lab.refused(stranger).await, "not_yours");
    assert_eq!(lab.refused(session_of(other, lab.agent, lab.environment)).await, "not_yours");
    assert_eq!(lab.refused(session_of(other, lab.agent, Id::MIN)).await, "not_found");
    let delete =
        DeleteEnvironment { account: other, ..delete(&lab, lab.environment, InUse::Refused) };
    assert_eq!(lab.refused(delete).await, "not_yours");
}

async fn an_archived_environment_drains_and_takes_nothing_new(lab: Lab) {
    let (_, work) = lab.queued().await;
    let archive = || ArchiveEnvironment { account: lab.account, environment: lab.environment };
    let archived = lab.done(archive()).await;
    lab.wait(seconds(1));
    assert_eq!(lab.done(archive()).await, archived);
    let session = lab.session_in(lab.environment);
    assert_eq!(lab.refused(session).await, "environment_archived");
    assert_eq!(lab.refused(update(&lab)).await, "environment_archived");
    assert_eq!(lab.take().await.unwrap().work.id, work);
    lab.done(lab.ack(work)).await;
    lab.beat(work).await;
}

async fn an_environment_in_use_stays(lab: Lab) {
    let session = lab.session().await.id;
    let delete = || delete(&lab, lab.environment, InUse::Refused);
    assert_eq!(lab.refused(delete()).await, "environment_in_use");
    let archive = ArchiveSession { account: lab.account, session, again: Again::Refused };
    lab.done(archive).await;
    assert_eq!(lab.refused(delete()).await, "environment_in_use", "an archived session refers too");
    lab.done(DeleteSession { account: lab.account, session }).await;
    lab.done(delete()).await;
    assert_eq!(lab.store.views().environment(lab.environment).await.unwrap(), None);
    assert_eq!(lab.store.views().facts(lab.environment).await.unwrap(), None);
    assert_eq!(lab.refused(delete()).await, "not_found");
}

async fn a_forced_delete_takes_the_queue_with_it(lab: Lab) {
    lab.held().await;
    for _ in 0..5 {
        lab.queued().await;
    }
    let kept = lab.done(environment_of(lab.account)).await.id;
    let session = lab.done(lab.session_in(kept)).await.session.id;
    lab.done(delete(&lab, lab.environment, InUse::Deleted)).await;
    assert_eq!(lab.store.views().facts(lab.environment).await.unwrap(), None);
    // The rest is swept while nobody waits.
    soon(async {
        loop {
            let totals = lab.store.views().totals().await.unwrap();
            if (totals.held, totals.depth) == (0, 1) {
                break;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    let item = lab.done(poll(kept)).await.unwrap();
    assert_eq!(item.work.session, session, "another queue is not touched");
}

async fn a_session_queues_its_item_in_the_same_commit(lab: Lab) {
    let create =
        CreateSession { traceparent: Some("00-1-2-01".into()), ..lab.session_in(lab.environment) };
    let session = lab.done(create.clone()).await.session;
    assert_eq!(lab.store.views().session(session.id).await.unwrap(), Some(session.clone()));
    let item = lab.take().await.unwrap();
    assert_eq!(item.work.session, session.id);
    assert_eq!(item.work.created_at, START);
    assert_eq!(item.body.metadata, session.metadata);
    assert_eq!(item.body.traceparent.as_deref(), Some("00-1-2-01"));
    let read = lab.store.views().item(lab.environment, item.work.id).await.unwrap();
    assert_eq!(read, Some(item.clone()));
    assert_eq!(lab.store.views().item(Id::MIN, item.work.id).await.unwrap(), None);
    lab.done(CreateSession { projection: Projection::Empty, traceparent: None, ..create }).await;
    assert_eq!(lab.take().await.unwrap().body.metadata, Metadata::default());
}

async fn a_session_in_the_cloud_queues_nothing(lab: Lab) {
    let cloud = CreateEnvironment { config: CLOUD, ..environment_of(lab.account) };
    let cloud = lab.done(cloud).await.id;
    lab.done(lab.session_in(cloud)).await;
    assert_eq!(lab.done(poll(cloud)).await, None);
    assert_eq!(lab.store.views().totals().await.unwrap().depth, 0);
}

async fn the_end_of_a_session_stops_its_item_in_the_same_commit(lab: Lab) {
    let reason = async |work| {
        let state = lab.head(work).await.state;
        let State::Stopped(stopped) = state else { panic!("{state:?}") };
        stopped.reason
    };
    for held in [false, true] {
        let (session, work) = if held { lab.held().await } else { lab.queued().await };
        if held {
            lab.beat(work).await;
        }
        let archive = |again| ArchiveSession { account: lab.account, session: session.id, again };
        let archived = lab.done(archive(Again::Refused)).await;
        assert_eq!(archived.session.archived_at, Some(lab.clock.now()));
        assert_eq!(reason(work).await, StopReason::SessionArchived);
        assert_eq!(lab.done(archive(Again::Unchanged)).await, archived);
        assert_eq!(lab.refused(archive(Again::Refused)).await, "session_archived");

        let (session, work) = if held { lab.held().await } else { lab.queued().await };
        let delete = || DeleteSession { account: lab.account, session: session.id };
        lab.done(delete()).await;
        assert_eq!(reason(work).await, StopReason::SessionDeleted);
        assert_eq!(lab.store.views().session(session.id).await.unwrap(), None);
        assert_eq!(lab.refused(delete()).await, "not_found");
    }
    assert_eq!(lab.stats().await.depth, 0);
    assert_eq!(lab.take().await, None);
    let availability = lab.store.views().availability(lab.environment, RECLAIM_WINDOW).await;
    assert_eq!(availability.unwrap(), Availability::Nothing);
}

async fn a_session_changes_until_it_is_archived(lab: Lab) {
    let (session, work) = lab.queued().await;
    let update = |title: Option<&str>| UpdateSession {
        title: Some(title.map(str::to_owned)),
        metadata: Some(BTreeMap::from([("ticket".to_owned(), None)])),
        ..update_of(&session)
    };
    lab.wait(seconds(1));
    let changed = lab.done(update(Some("a title"))).await.session;
    assert_eq!(changed.title.as_deref(), Some("a title"));
    assert!(changed.metadata.is_empty());
    assert_eq!(changed.updated_at, lab.clock.now());
    let item = lab.store.views().item(lab.environment, work).await.unwrap().unwrap();
    assert_eq!(item.body.metadata, session.metadata, "the item keeps what it has");
    let archive =
        ArchiveSession { account: lab.account, session: session.id, again: Again::Refused };
    lab.done(archive).await;
    assert_eq!(lab.refused(update(None)).await, "session_archived");
}

async fn metadata_of_an_item_can_be_patched_in_every_state(lab: Lab) {
    let (_, work) = lab.held().await;
    let patch = |environment, value: Option<&str>| UpdateWork {
        environment,
        work,
        metadata: BTreeMap::from([("k".to_owned(), value.map(str::to_owned))]),
    };
    let item = lab.done(patch(lab.environment, Some("1"))).await;
    assert_eq!(item.body.metadata, metadata(&[("k", "1"), ("ticket", "4711")]));
    lab.done(lab.stop(work, Stop::Force)).await;
    let item = lab.done(patch(lab.environment, Some(""))).await;
    assert_eq!(item.work.state_name(), StateName::Stopped);
    assert_eq!(item.body.metadata, metadata(&[("k", ""), ("ticket", "4711")]));
    assert_eq!(lab.done(patch(lab.environment, None)).await.body.metadata.map().len(), 1);
    assert_eq!(lab.refused(patch(Id::MIN, None)).await, "not_found");
}
