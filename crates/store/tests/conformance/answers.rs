//! Idempotency keys: carried out once, answered alike for a day.

use std::time::Duration;

use leasehold_model::environment::ops::ArchiveEnvironment;
use leasehold_model::event::Answer;
use leasehold_model::id::Id;
use leasehold_model::idempotency::{Keyed, Once, Remember, ResponseKey, StoredResponse};
use leasehold_model::log::send::Incoming;
use leasehold_model::session::ops::{CreateSession, Held};
use leasehold_model::{EventId, Refusal};
use leasehold_store::Totals;

use crate::lab::*;

on_every_backend!(
    a_request_with_a_key_is_carried_out_once,
    a_key_with_another_request_is_refused,
    an_answer_counts_for_a_day,
    a_refusal_is_kept_if_it_is_written_down,
    a_refusal_under_a_key_leaves_nothing_else,
    an_answer_can_be_kept_without_an_operation,
);

type Written = Option<(u16, Vec<u8>)>;
type Render = fn(&Result<Held, Refusal>) -> Written;

fn render(outcome: &Result<Held, Refusal>) -> Written {
    match outcome {
        Ok(held) => Some((201, held.session.id.to_string().into_bytes())),
        Err(Refusal::EnvironmentArchived) => Some((409, b"archived".to_vec())),
        Err(_) => None,
    }
}

fn key(lab: &Lab, key: &str) -> ResponseKey {
    ResponseKey { account: lab.account, key: key.into() }
}

fn once(lab: &Lab, name: &str, fingerprint: u8) -> Once<CreateSession, Render> {
    Once {
        key: key(lab, name),
        fingerprint: [fingerprint; 32],
        op: lab.session_in(lab.environment),
        render,
    }
}

async fn a_request_with_a_key_is_carried_out_once(lab: Lab) {
    let Keyed::Now(Ok(held)) = lab.done(once(&lab, "k", 1)).await else { panic!("not now") };
    lab.wait(seconds(60));
    let stored = StoredResponse {
        fingerprint: [1; 32],
        status: 201,
        body: held.session.id.to_string().into_bytes(),
        created_at: START,
    };
    assert_eq!(lab.done(once(&lab, "k", 1)).await, Keyed::Before(stored.clone()));
    assert_eq!(lab.store.views().response(key(&lab, "k")).await.unwrap(), Some(stored));
    assert_eq!(lab.stats().await.depth, 1);
    assert!(matches!(lab.done(once(&lab, "other", 1)).await, Keyed::Now(Ok(_))));
    assert_eq!(lab.stats().await.depth, 2);
    // Two at once: the second sees what the first one did.
    let (first, second) = tokio::join!(
        lab.store.submit(once(&lab, "twin", 1)),
        lab.store.submit(once(&lab, "twin", 1))
    );
    assert!(matches!(first.unwrap(), Keyed::Now(Ok(_))));
    assert!(matches!(second.unwrap(), Keyed::Before(_)));
    assert_eq!(lab.stats().await.depth, 3);
}

async fn a_key_with_another_request_is_refused(lab: Lab) {
    lab.done(once(&lab, "k", 1)).await;
    assert_eq!(lab.refused(once(&lab, "k", 2)).await, "idempotency_mismatch");
    assert_eq!(lab.stats().await.depth, 1);
}

async fn an_answer_counts_for_a_day(lab: Lab) {
    lab.done(once(&lab, "k", 1)).await;
    lab.wait(seconds(86_400) - Duration::from_micros(1));
    assert!(matches!(lab.done(once(&lab, "k", 1)).await, Keyed::Before(_)));
    lab.wait(Duration::from_micros(1));
    assert_eq!(lab.store.views().response(key(&lab, "k")).await.unwrap(), None);
    assert!(matches!(lab.done(once(&lab, "k", 2)).await, Keyed::Now(Ok(_))));
    assert_eq!(lab.refused(once(&lab, "k", 1)).await, "idempotency_mismatch");
}

async fn a_refusal_is_kept_if_it_is_written_down(lab: Lab) {
    let mut nowhere = once(&lab, "k", 1);
    nowhere.op.environment = Id::MIN;
    assert!(matches!(lab.done(nowhere).await, Keyed::Now(Err(Refusal::NotFound(_)))));
    assert_eq!(lab.store.views().response(key(&lab, "k")).await.unwrap(), None);
    lab.done(ArchiveEnvironment { account: lab.account, environment: lab.environment }).await;
    let refused = lab.done(once(&lab, "k", 1)).await;
    assert_eq!(refused, Keyed::Now(Err(Refusal::EnvironmentArchived)));
    let Keyed::Before(stored) = lab.done(once(&lab, "k", 1)).await else { panic!("not kept") };
    assert_eq!((stored.status, stored.body), (409, b"archived".to_vec()));
}

async fn a_refusal_under_a_key_leaves_nothing_else(lab: Lab) {
    let answer = Answer { call: EventId::MIN, content: None, is_error: None };
    let mut request = once(&lab, "k", 1);
    request.op.initial_events = vec![Incoming::ToolResult(answer)];
    assert!(matches!(lab.done(request).await, Keyed::Now(Err(Refusal::Event(0, _)))));
    assert_eq!(lab.store.views().totals().await.unwrap(), Totals::default());
}

async fn an_answer_can_be_kept_without_an_operation(lab: Lab) {
    let remember = |status| Remember {
        key: key(&lab, "k"),
        fingerprint: [1; 32],
        status,
        body: b"no".to_vec(),
    };
    lab.done(remember(400)).await;
    lab.done(remember(404)).await;
    let stored = lab.store.views().response(key(&lab, "k")).await.unwrap().unwrap();
    assert_eq!(stored.status, 400, "the first one counts");
    assert!(matches!(lab.done(once(&lab, "k", 1)).await, Keyed::Before(_)));
}
