//! The queue and the lease through the store: views say what is true at this instant, without
//! anybody having to poll first.

use std::time::Duration;

use leasehold_model::environment::ops::LimitAttempts;
use leasehold_model::id::Id;
use leasehold_model::work::heartbeat::{Expected, Heartbeat};
use leasehold_model::work::ops::{Ack, Poll, Renew, StopWork};
use leasehold_model::work::stop::Stop;
use leasehold_model::work::{StateName, WorkerId};
use leasehold_store::{Availability, QueueStats};

use crate::lab::*;

on_every_backend!(
    the_oldest_item_is_delivered_first_and_once_within_its_window,
    the_window_of_each_poll_is_its_own,
    a_lapsed_lease_counts_at_the_very_instant,
    a_lapsed_item_keeps_its_place,
    statistics_follow_a_delivery_through_its_window,
    a_superseded_claim_touches_nothing,
    an_item_is_named_by_its_environment,
    one_of_many_first_heartbeats_wins,
    a_limit_of_attempts_ends_the_item,
    an_abandoned_item_ends_by_itself,
    pollers_are_counted_by_name_for_thirty_seconds,
);

async fn the_oldest_item_is_delivered_first_and_once_within_its_window(lab: Lab) {
    let (_, first) = lab.queued().await;
    let (_, second) = lab.queued().await;
    assert_eq!(lab.take().await.unwrap().work.id, first);
    assert_eq!(lab.take().await.unwrap().work.id, second);
    assert_eq!(lab.take().await, None);
    lab.wait(Duration::from_micros(4_999_999));
    assert_eq!(lab.take().await, None);
    lab.wait(Duration::from_micros(1));
    let again = lab.take().await.unwrap().work;
    assert_eq!((again.id, again.deliveries), (first, 2));
    assert_eq!(again.state_name(), StateName::Queued);
    lab.done(lab.ack(first)).await;
    assert_eq!(lab.take().await.unwrap().work.id, second);
    assert_eq!(lab.take().await, None);
}

async fn the_window_of_each_poll_is_its_own(lab: Lab) {
    let (_, work) = lab.queued().await;
    lab.take().await.unwrap();
    let within = |window| Poll { window, ..poll(lab.environment) };
    let found = |window| lab.store.views().availability(lab.environment, window);
    assert_eq!(found(seconds(60)).await.unwrap(), Availability::At(START.plus(seconds(60))));
    assert_eq!(found(Duration::ZERO).await.unwrap(), Availability::Now);
    lab.wait(seconds(30));
    assert_eq!(lab.done(within(seconds(60))).await, None);
    assert_eq!(lab.done(within(seconds(30))).await.unwrap().work.id, work);
    assert_eq!(lab.done(within(Duration::ZERO)).await.unwrap().work.deliveries, 3);
}

async fn a_lapsed_lease_counts_at_the_very_instant(lab: Lab) {
    let (_, work) = lab.held().await;
    lab.wait(seconds(1));
    lab.beat(work).await;
    let lapse = lab.head(work).await.lease_end().unwrap();
    assert_eq!(lapse, START.plus(seconds(301)));
    lab.wait_until(lapse.minus(Duration::from_micros(1)));
    assert_eq!(lab.head(work).await.state_name(), StateName::Active);
    assert_eq!(lab.stats().await, QueueStats::default());
    assert_eq!(lab.store.views().totals().await.unwrap().held, 1);
    lab.wait_until(lapse);
    // Nobody has polled, and nothing has had the time to tidy up.
    assert_eq!(
        lab.stats().await,
        QueueStats { depth: 1, pending: 0, oldest_queued_at: Some(lapse) }
    );
    assert_eq!(lab.store.views().totals().await.unwrap().held, 0);
    let head = lab.head(work).await;
    assert_eq!((head.state_name(), head.acknowledged_at()), (StateName::Queued, None));
    let listed = lab.store.views().items(lab.environment, crate::dump::everything()).await.unwrap();
    assert_eq!(listed.items[0].work, head);
    assert_eq!(lab.refused(lab.renew(work)).await, "not_held");
    assert_eq!(lab.take().await.unwrap().work.id, work);
}

async fn a_lapsed_item_keeps_its_place(lab: Lab) {
    let (_, old) = lab.held().await;
    lab.wait(seconds(60));
    let (_, young) = lab.queued().await;
    lab.wait(seconds(60));
    assert_eq!(lab.take().await.unwrap().work.id, old);
    assert_eq!(lab.take().await.unwrap().work.id, young);
}

async fn statistics_follow_a_delivery_through_its_window(lab: Lab) {
    assert_eq!(lab.stats().await, QueueStats::default());
    let (_, work) = lab.queued().await;
    let counted = |depth, pending| QueueStats { depth, pending, oldest_queued_at: Some(START) };
    assert_eq!(lab.stats().await, counted(1, 0));
    lab.take().await.unwrap();
    assert_eq!(lab.stats().await, counted(0, 1));
    lab.wait(Duration::from_micros(4_999_999));
    assert_eq!(lab.stats().await, counted(0, 1));
    lab.wait(Duration::from_micros(1));
    assert_eq!(lab.stats().await, counted(1, 0));
    lab.done(lab.ack(work)).await;
    assert_eq!(lab.stats().await, QueueStats::default());
}

async fn a_superseded_claim_touches_nothing(lab: Lab) {
    let (_, work) = lab.held().await;
    lab.beat(work).await;
    lab.wait(seconds(300));
    lab.take().await.unwrap();
    let ack = |caller| Ack { caller, ..lab.ack(work) };
    let stop = |caller| StopWork { caller, ..lab.stop(work, Stop::Force) };
    let beat = |caller| {
        let renew = lab.renew(work);
        Renew { heartbeat: Heartbeat { caller, ..renew.heartbeat }, ..renew }
    };
    lab.done(ack(token(2))).await;
    let before = lab.head(work).await;
    assert_eq!(lab.refused(ack(token(1))).await, "superseded");
    assert_eq!(lab.refused(stop(token(1))).await, "superseded");
    assert_eq!(lab.refused(beat(token(1))).await, "superseded");
    assert_eq!(lab.head(work).await, before);
    lab.done(beat(token(2))).await;
}

async fn an_item_is_named_by_its_environment(lab: Lab) {
    let (_, work) = lab.held().await;
    let elsewhere = lab.done(environment_of(lab.account)).await.id;
    assert_eq!(lab.refused(Ack { environment: elsewhere, ..lab.ack(work) }).await, "not_found");
    assert_eq!(lab.refused(Renew { environment: elsewhere, ..lab.renew(work) }).await, "not_found");
    let stop = StopWork { environment: elsewhere, ..lab.stop(work, Stop::Force) };
    assert_eq!(lab.refused(stop).await, "not_found");
    assert_eq!(lab.refused(lab.ack(Id::MIN)).await, "not_found");
    assert_eq!(lab.store.views().history(elsewhere, work).await.unwrap(), None);
    assert_eq!(lab.store.views().head(Id::MIN).await.unwrap(), None);
}

async fn one_of_many_first_heartbeats_wins(lab: Lab) {
    let (_, work) = lab.held().await;
    let racers: Vec<_> = (0..50)
        .map(|_| {
            let (store, mut renew) = (lab.store.clone(), lab.renew(work));
            renew.heartbeat.expected = Expected::NoHeartbeat;
            tokio::spawn(async move { store.submit(renew).await })
        })
        .collect();
    let mut winners = 0;
    for racer in racers {
        winners += usize::from(racer.await.unwrap().is_ok());
    }
    assert_eq!(winners, 1);
}

async fn a_limit_of_attempts_ends_the_item(lab: Lab) {
    let limit = |max_attempts| LimitAttempts {
        account: lab.account,
        environment: lab.environment,
        max_attempts,
    };
    lab.done(limit(Some(2))).await;
    let (_, work) = lab.held().await;
    lab.wait(seconds(120));
    lab.take().await.unwrap();
    lab.done(lab.ack(work)).await;
    lab.beat(work).await;
    lab.wait(seconds(300));
    assert_eq!(lab.head(work).await.stopped_at(), Some(lab.clock.now()));
    assert_eq!(lab.stats().await, QueueStats::default());
    assert_eq!(lab.store.views().totals().await.unwrap().held, 0);
    assert_eq!(lab.take().await, None);
    assert_eq!(lab.refused(lab.renew(work)).await, "finished");
}

async fn an_abandoned_item_ends_by_itself(lab: Lab) {
    let (_, work) = lab.held().await;
    lab.done(lab.stop(work, Stop::Graceful)).await;
    assert_eq!(lab.store.views().totals().await.unwrap().held, 1);
    lab.wait(seconds(119));
    assert_eq!(lab.head(work).await.state_name(), StateName::Stopping);
    lab.wait(seconds(1));
    assert_eq!(lab.head(work).await.stopped_at(), Some(START.plus(seconds(120))));
    assert_eq!(lab.store.views().totals().await.unwrap().held, 0);
    lab.wait(seconds(1_000));
    assert_eq!(lab.done(lab.stop(work, Stop::Force)).await.work, lab.head(work).await);
    assert_eq!(lab.head(work).await.stopped_at(), Some(START.plus(seconds(120))));
}

async fn pollers_are_counted_by_name_for_thirty_seconds(lab: Lab) {
    let note = |name: &str| {
        let worker = WorkerId::new(name).unwrap();
        lab.store.pollers().note(lab.environment, &worker, lab.clock.now());
    };
    note("a");
    note("b");
    note("a");
    assert_eq!(lab.store.workers_polling(lab.environment), 2);
    assert_eq!(lab.store.workers_polling(Id::MIN), 0);
    lab.wait(seconds(20));
    note("a");
    lab.wait(Duration::from_micros(9_999_999));
    assert_eq!(lab.store.workers_polling(lab.environment), 2);
    lab.wait(Duration::from_micros(1));
    assert_eq!(lab.store.workers_polling(lab.environment), 1);
}
