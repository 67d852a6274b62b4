//! The history of attempts.

use leasehold_model::work::WorkerId;
use leasehold_model::work::attempt::Outcome;
use leasehold_model::work::ops::Poll;
use leasehold_model::work::stop::Stop;

use crate::lab::*;

on_every_backend!(every_hand_out_is_told_once, an_item_that_was_never_handed_out_has_no_attempt);

async fn every_hand_out_is_told_once(lab: Lab) {
    let (_, work) = lab.queued().await;
    let take = |name: &str| Poll { worker: WorkerId::new(name), ..poll(lab.environment) };
    let told = async || {
        let history = lab.store.views().history(lab.environment, work).await.unwrap().unwrap();
        assert_eq!(history.work, lab.head(work).await);
        let attempts = history.attempts.into_iter();
        let brief = attempts.map(|a| (a.number, a.worker.unwrap().as_str().to_owned(), a.end));
        brief.collect::<Vec<_>>()
    };
    let w = |name: &str| name.to_owned();
    let after = |n| START.plus(seconds(n));

    lab.done(take("w1")).await.unwrap();
    assert_eq!(told().await, [(1, w("w1"), None)]);
    lab.wait(seconds(10));
    lab.done(take("w2")).await.unwrap();
    let superseded = (1, w("w1"), Some((after(10), Outcome::Superseded)));
    assert_eq!(told().await, [superseded.clone(), (2, w("w2"), None)]);
    lab.done(lab.ack(work)).await;
    lab.beat(work).await;
    lab.wait(seconds(600));
    // The lapse is told as of its instant, before anybody has written it down and after.
    let lapsed = (2, w("w2"), Some((after(310), Outcome::Lapsed)));
    assert_eq!(told().await, [superseded.clone(), lapsed.clone()]);
    lab.done(take("w3")).await.unwrap();
    assert_eq!(told().await, [superseded.clone(), lapsed.clone(), (3, w("w3"), None)]);
    lab.done(lab.stop(work, Stop::Force)).await;
    let stopped = (3, w("w3"), Some((after(610), Outcome::Stopped)));
    assert_eq!(told().await, [superseded, lapsed, stopped]);
}

async fn an_item_that_was_never_handed_out_has_no_attempt(lab: Lab) {
    let (_, work) = lab.queued().await;
    let attempts =
        async || lab.store.views().history(lab.environment, work).await.unwrap().unwrap().attempts;
    assert!(attempts().await.is_empty());
    lab.done(lab.stop(work, Stop::Graceful)).await;
    assert!(attempts().await.is_empty());
}
