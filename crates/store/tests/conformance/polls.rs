//! The long poll: woken by what brings an item, one waiter for each.

use std::pin::pin;
use std::time::Duration;

use leasehold_model::work::ops::Poll;
use leasehold_store::{Polled, StoreError};

use crate::gate::together;
use crate::lab::*;

on_every_backend!(
    a_poll_that_does_not_wait_answers_at_once,
    a_new_item_wakes_a_blocked_poll,
    a_lapse_wakes_a_blocked_poll,
    a_delivery_that_falls_back_wakes_a_blocked_poll,
    a_delivery_falls_back_at_the_window_of_the_poll_that_waits,
    each_item_goes_to_one_of_the_waiters,
    a_waiter_that_goes_away_leaves_its_item_to_the_next,
    a_waiter_that_goes_away_while_it_takes_its_item_leaves_it_to_the_next,
    a_poll_ends_at_its_deadline,
    closing_answers_blocked_polls_with_nothing,
    other_queues_wake_nobody,
);

/// Longer than any test may take.
const LONG: Duration = Duration::from_secs(3_600);

async fn a_poll_that_does_not_wait_answers_at_once(lab: Lab) {
    let polled = soon(lab.store.poll(poll(lab.environment), Duration::ZERO)).await.unwrap();
    assert_eq!(polled.item, None);
    let (_, work) = lab.queued().await;
    let polled = soon(lab.store.poll(poll(lab.environment), LONG)).await.unwrap();
    assert_eq!(polled.item.unwrap().work.id, work);
}

async fn a_new_item_wakes_a_blocked_poll(lab: Lab) {
    let mut waiter = pin!(lab.store.poll(poll(lab.environment), LONG));
    assert!(nudge(waiter.as_mut()).await.is_none());
    let session = lab.session().await;
    let polled = soon(waiter).await.unwrap();
    assert_eq!(polled.item.unwrap().work.session, session.id);
}

async fn a_lapse_wakes_a_blocked_poll(lab: Lab) {
    let (_, work) = lab.held().await;
    lab.beat(work).await;
    let mut waiter = pin!(lab.store.poll(poll(lab.environment), LONG));
    assert!(nudge(waiter.as_mut()).await.is_none());
    lab.wait(seconds(299));
    assert!(nudge(waiter.as_mut()).await.is_none());
    lab.wait(seconds(1));
    assert_eq!(soon(waiter).await.unwrap().item.unwrap().work.id, work);
}

async fn a_delivery_that_falls_back_wakes_a_blocked_poll(lab: Lab) {
    let (_, work) = lab.queued().await;
    lab.take().await.unwrap();
    let mut waiter = pin!(lab.store.poll(poll(lab.environment), LONG));
    assert!(nudge(waiter.as_mut()).await.is_none());
    lab.wait(seconds(5));
    assert_eq!(soon(waiter).await.unwrap().item.unwrap().work.id, work);
}

async fn a_delivery_falls_back_at_the_window_of_the_poll_that_waits(lab: Lab) {
    for window in [Duration::from_millis(100), seconds(60)] {
        let (_, work) = lab.queued().await;
        lab.take().await.unwrap();
        let patient = Poll { window, ..poll(lab.environment) };
        let mut waiter = pin!(lab.store.poll(patient, LONG));
        assert!(nudge(waiter.as_mut()).await.is_none());
        lab.wait(window - Duration::from_micros(1));
        for _ in 0..20 {
            tokio::task::yield_now().await;
            assert!(nudge(waiter.as_mut()).await.is_none(), "before its window");
        }
        lab.wait(Duration::from_micros(1));
        assert_eq!(soon(waiter).await.unwrap().item.unwrap().work.id, work);
        lab.done(lab.ack(work)).await;
    }
}

async fn each_item_goes_to_one_of_the_waiters(lab: Lab) {
    const WAITERS: usize = 20;
    let waiters: Vec<_> = (0..WAITERS)
        .map(|_| {
            let (store, poll) = (lab.store.clone(), poll(lab.environment));
            tokio::spawn(async move { store.poll(poll, LONG).await.unwrap().item.unwrap() })
        })
        .collect();
    tokio::task::yield_now().await;
    let mut queued = Vec::new();
    for _ in 0..WAITERS {
        queued.push(lab.session().await.id);
    }
    let mut taken = Vec::new();
    for waiter in waiters {
        let item = soon(waiter).await.unwrap();
        assert_eq!(item.work.deliveries, 1);
        taken.push(item.work.session);
    }
    taken.sort();
    assert_eq!(taken, queued);
}

async fn a_waiter_that_goes_away_leaves_its_item_to_the_next(lab: Lab) {
    let mut stays = pin!(lab.store.poll(poll(lab.environment), LONG));
    {
        let mut leaves = pin!(lab.store.poll(poll(lab.environment), LONG));
        assert!(nudge(leaves.as_mut()).await.is_none());
        assert!(nudge(stays.as_mut()).await.is_none());
        lab.session().await;
        // It was woken first and has not looked yet.
    }
    let polled = soon(stays).await.unwrap();
    assert_eq!(polled.item.unwrap().work.deliveries, 1);
}

async fn a_waiter_that_goes_away_while_it_takes_its_item_leaves_it_to_the_next(lab: Lab) {
    let mut leaves = Box::pin(lab.store.poll(poll(lab.environment), LONG));
    let mut stays = pin!(lab.store.poll(poll(lab.environment), LONG));
    assert!(nudge(leaves.as_mut()).await.is_none());
    assert!(nudge(stays.as_mut()).await.is_none());
    lab.session().await;
    together(&lab, async move || {
        // It was woken, has looked, and now waits for the writer.
        assert!(nudge(leaves.as_mut()).await.is_none());
    })
    .await;
    let polled = soon(stays).await.unwrap();
    assert_eq!(polled.item.unwrap().work.deliveries, 1);
}

async fn a_poll_ends_at_its_deadline(lab: Lab) {
    let block = Duration::from_millis(30);
    let polled = soon(lab.store.poll(poll(lab.environment), block)).await.unwrap();
    assert_eq!(polled.item, None);
    assert!(polled.waited >= block);
}

async fn closing_answers_blocked_polls_with_nothing(lab: Lab) {
    let store = lab.store.clone();
    let mut waiter = pin!(store.poll(poll(lab.environment), LONG));
    assert!(nudge(waiter.as_mut()).await.is_none());
    lab.store.release_pollers();
    let Polled { item, .. } = soon(waiter).await.unwrap();
    assert_eq!(item, None);
    let late = soon(store.poll(poll(lab.environment), LONG)).await.unwrap();
    assert_eq!(late.item, None, "new polls do not block");
    let (_, work) = lab.queued().await;
    let late = lab.session_in(lab.environment);
    assert_eq!(lab.take().await.unwrap().work.id, work, "everything else still works");
    lab.store.close().await;
    let closed = store.submit(late).await;
    assert!(matches!(closed, Err(StoreError::Unavailable { .. })), "{closed:?}");
}

async fn other_queues_wake_nobody(lab: Lab) {
    let other = lab.done(environment_of(lab.account)).await.id;
    let mut waiter = pin!(lab.store.poll(poll(other), LONG));
    assert!(nudge(waiter.as_mut()).await.is_none());
    lab.session().await;
    tokio::task::yield_now().await;
    assert!(nudge(waiter.as_mut()).await.is_none());
    lab.done(lab.session_in(other)).await;
    assert!(soon(waiter).await.unwrap().item.is_some());
}
