//! Group commit: many operations, one commit, and each its own verdict when that fails.

use std::time::Duration;

use leasehold_model::id::Id;
use leasehold_model::log::ops::{CancelSession, TakeTurn};
use leasehold_model::log::send::Incoming;
use leasehold_model::op::{Context, Op};
use leasehold_model::rows::{Keys, Rows};
use leasehold_model::session::ops::{CreateSession, DeleteSession};
use leasehold_model::work::{Ttl, WorkerId};
use leasehold_model::{Json, Refusal, WorkId};
use leasehold_store::{QUEUE_DEPTH, StoreError};

use crate::dump::{assert_same, dump};
use crate::gate::together;
use crate::lab::*;

on_every_backend!(
    operations_that_wait_together_see_each_other,
    a_turn_that_is_ended_leaves_the_next_one_to_a_runner_in_the_same_batch,
    a_panic_harms_nobody_else,
    a_full_queue_says_so,
    an_operation_whose_caller_has_gone_is_not_carried_out,
);

/// Changes a row, then panics.
struct Panics(WorkId);

impl Op for Panics {
    type Reply = ();

    fn needs(&self, keys: &mut Keys) {
        keys.work.push(self.0);
    }

    fn decide(&self, _: &mut Context<'_>, rows: &mut Rows) -> Result<(), Refusal> {
        let mut work = rows.work.get(&self.0).unwrap().clone();
        work.accepted = 0;
        rows.work.put(self.0, work);
        panic!("as this test wants it");
    }
}

async fn operations_that_wait_together_see_each_other(lab: Lab) {
    let (kept, _) = lab.held().await;
    let mut create = Box::pin(lab.store.submit(lab.session_in(lab.environment)));
    let mut first = Box::pin(lab.store.submit(poll(lab.environment)));
    let mut second = Box::pin(lab.store.submit(poll(lab.environment)));
    let delete = DeleteSession { account: lab.account, session: kept.id };
    let mut delete_twice =
        [Box::pin(lab.store.submit(delete.clone())), Box::pin(lab.store.submit(delete))];
    together(&lab, async || {
        assert!(nudge(create.as_mut()).await.is_none());
        assert!(nudge(first.as_mut()).await.is_none());
        assert!(nudge(second.as_mut()).await.is_none());
        for delete in &mut delete_twice {
            assert!(nudge(delete.as_mut()).await.is_none());
        }
    })
    .await;
    let session = create.await.unwrap().session;
    assert_eq!(first.await.unwrap().unwrap().work.session, session.id);
    assert_eq!(second.await.unwrap(), None, "one item, one delivery");
    let [first, second] = delete_twice;
    first.await.unwrap();
    assert!(matches!(second.await, Err(StoreError::Refused(Refusal::NotFound(_)))));
}

async fn a_turn_that_is_ended_leaves_the_next_one_to_a_runner_in_the_same_batch(lab: Lab) {
    let hello = || vec![Incoming::Message { content: Json::text("hello") }];
    let talk = || CreateSession { initial_events: hello(), ..lab.session_in(lab.environment) };
    let first = lab.done(talk()).await.session;
    let second = lab.done(talk()).await.session;
    let cancel = CancelSession { account: lab.account, session: first.id };
    let mut cancel = Box::pin(lab.store.submit(cancel));
    let runner = WorkerId::new("runner").unwrap();
    let mut take = Box::pin(lab.store.submit(TakeTurn { runner, ttl: Ttl::clamped(10) }));
    together(&lab, async || {
        assert!(nudge(cancel.as_mut()).await.is_none());
        assert!(nudge(take.as_mut()).await.is_none());
    })
    .await;
    cancel.await.unwrap();
    assert_eq!(take.await.unwrap().map(|taken| taken.session), Some(second.id));
}

async fn a_panic_harms_nobody_else(lab: Lab) {
    let (_, work) = lab.held().await;
    let before = lab.head(work).await;
    let mut broken = Box::pin(lab.store.submit(Panics(work)));
    let mut beat = Box::pin(lab.store.submit(lab.renew(work)));
    together(&lab, async || {
        assert!(nudge(broken.as_mut()).await.is_none());
        assert!(nudge(beat.as_mut()).await.is_none());
    })
    .await;
    assert!(matches!(broken.await, Err(StoreError::Unavailable { .. })));
    assert!(beat.await.unwrap().extended);
    assert_eq!(lab.head(work).await.accepted, before.accepted, "what it had changed is undone");
}

async fn a_full_queue_says_so(lab: Lab) {
    let (_, work) = lab.held().await;
    let mut waiting: Vec<_> =
        (0..QUEUE_DEPTH).map(|_| Box::pin(lab.store.submit(lab.renew(work)))).collect();
    together(&lab, async || {
        for op in &mut waiting {
            assert!(nudge(op.as_mut()).await.is_none());
        }
        let one_more = lab.store.submit(lab.renew(work)).await;
        assert!(matches!(one_more, Err(StoreError::Overloaded)), "{one_more:?}");
    })
    .await;
    let mut last = None;
    for op in waiting {
        let beat = op.await.unwrap().beat;
        assert!(beat > last, "each after the one before");
        last = beat;
    }
    assert_eq!(lab.head(work).await.beat(), last);
}

async fn an_operation_whose_caller_has_gone_is_not_carried_out(lab: Lab) {
    let (_, work) = lab.held().await;
    let (_, queued) = lab.queued().await;
    let stays = lab.store.submit(lab.renew(work));
    let mut stays = Box::pin(stays);
    together(&lab, async || {
        let mut takes = Box::pin(lab.store.submit(poll(lab.environment)));
        let mut creates = Box::pin(lab.store.submit(lab.session_in(lab.environment)));
        assert!(nudge(takes.as_mut()).await.is_none());
        assert!(nudge(stays.as_mut()).await.is_none());
        assert!(nudge(creates.as_mut()).await.is_none());
    })
    .await;
    assert!(stays.await.unwrap().extended);
    assert_eq!(lab.head(queued).await.deliveries, 0);
    assert_eq!(lab.stats().await.depth, 1, "one item is queued and none was added");
}

#[tokio::test]
async fn a_commit_that_fails_changes_nothing_and_says_so() {
    let (lab, faults) = Lab::faulty().await;
    let (_, work) = lab.held().await;
    let before = dump(&lab.store).await;
    faults.fail_commits(1);
    let failed = lab.store.submit(lab.renew(work)).await;
    assert!(matches!(failed, Err(StoreError::Unavailable { .. })), "{failed:?}");
    assert_same(&dump(&lab.store).await, &before, "after a failure");
    faults.fail_commits(1);
    assert_eq!(lab.refused(lab.ack(Id::MIN)).await, "not_found");
    assert_eq!(lab.done(poll(lab.environment)).await, None, "what writes nothing cannot fail");
    faults.fail_commits(0);
    assert!(lab.beat(work).await.extended);
}

#[tokio::test]
async fn a_batch_that_fails_is_carried_out_one_by_one() {
    for failures in [1, 2] {
        let (lab, faults) = Lab::faulty().await;
        let (_, work) = lab.held().await;
        let mut ops: Vec<_> = (0..3).map(|_| Box::pin(lab.store.submit(lab.renew(work)))).collect();
        together(&lab, async || {
            for op in &mut ops {
                assert!(nudge(op.as_mut()).await.is_none());
            }
            faults.fail_commits(failures);
        })
        .await;
        let mut said = Vec::new();
        for op in ops {
            said.push(op.await.is_ok());
        }
        // The first failure is the batch's, the second that of its first operation alone.
        assert_eq!(said, [failures == 1, true, true]);
        let beats = Duration::from_micros(u64::from(3 - failures));
        assert_eq!(lab.head(work).await.floor, START.plus(beats));
    }
}
