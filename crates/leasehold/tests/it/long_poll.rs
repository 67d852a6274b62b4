//! Waiting for work: a blocked poll is woken, not asked again and again (work §6.1).
//!
//! The bounds on elapsed time are upper ones: what wakes a poll must do so well before its deadline.

use std::time::{Duration, Instant};

use futures_util::future::{join, join_all, join3};
use leasehold_testkit::{Dialect, Request, TestServer, on_each_backend};
use serde_json::Value;

/// The longest block, in the path of a poll.
const BLOCK: &str = "poll?block_ms=999";
/// Well before the longest block ends.
const EARLY: Duration = Duration::from_millis(800);

async fn timed(request: Request<'_>) -> (Value, Duration) {
    let began = Instant::now();
    let body = request.await.expect(200);
    (body, began.elapsed())
}

#[tokio::test]
async fn a_poll_of_an_empty_queue_blocks_for_as_long_as_it_said() {
    on_each_backend(async |server: &TestServer| {
        let environment = server.q().environment().await;
        let queue = format!("/environments/{environment}/work");
        let path = format!("{queue}/poll?block_ms=200");
        let (body, took) = timed(server.q().get(path)).await;
        assert_eq!(body, Value::Null);
        assert!(took >= Duration::from_millis(200), "{took:?}");
        let (body, took) = timed(server.q().get(format!("{queue}/poll"))).await;
        assert_eq!(body, Value::Null);
        assert!(took < EARLY, "{took:?}");
    })
    .await;
}

#[tokio::test]
async fn a_new_session_wakes_a_blocked_poll() {
    on_each_backend(async |server: &TestServer| {
        for dialect in Dialect::VENDORS {
            let client = server.client(dialect);
            let environment = client.environment().await;
            let poll = client.get(format!("/environments/{environment}/work/{BLOCK}"));
            let ((body, took), session) = join(timed(poll), client.session(&environment)).await;
            assert_eq!(body["data"]["id"], session.as_str());
            assert!(took < EARLY, "{took:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_lapse_wakes_a_blocked_poll() {
    on_each_backend(async |server: &TestServer| {
        let item = server.q().item().await;
        item.ack().await.expect(200);
        item.beat("?desired_ttl_seconds=10").await.expect(200);
        let poll = server.q().get(format!("{}/{BLOCK}", item.queue()));
        let lapse = async { server.advance_seconds(10) };
        let ((body, took), ()) = join(timed(poll), lapse).await;
        assert_eq!(body["id"], item.id.as_str());
        assert!(took < EARLY, "{took:?}");
    })
    .await;
}

#[tokio::test]
async fn the_end_of_a_window_wakes_a_blocked_poll() {
    on_each_backend(async |server: &TestServer| {
        let item = server.q().item().await;
        item.poll().await.expect(200);
        let poll = server.q().get(format!("{}/{BLOCK}", item.queue()));
        let window = async { server.advance_seconds(5) };
        let ((body, took), ()) = join(timed(poll), window).await;
        assert_eq!(body["id"], item.id.as_str());
        assert!(took < EARLY, "{took:?}");
    })
    .await;
}

#[tokio::test]
async fn one_item_goes_to_one_of_those_who_wait() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let environment = q.environment().await;
        let path = format!("/environments/{environment}/work/{BLOCK}");
        let polls = join_all((0..8).map(|_| q.get(&path).into_future()));
        let (answers, session) = join(polls, q.session(&environment)).await;
        let delivered: Vec<Value> = answers
            .iter()
            .map(|answer| answer.expect(200))
            .filter(|body| !body.is_null())
            .collect();
        assert_eq!(delivered.len(), 1);
        assert_eq!(delivered[0]["data"]["id"], session.as_str());
    })
    .await;
}

#[tokio::test]
async fn every_item_wakes_somebody_who_waits() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let environment = q.environment().await;
        let path = format!("/environments/{environment}/work/{BLOCK}");
        let polls = [(); 2].map(|()| timed(q.get(&path)));
        let [first, second] = polls;
        let both = async { [q.session(&environment).await, q.session(&environment).await] };
        let (first, second, sessions) = join3(first, second, both).await;
        let mut delivered = [first, second].map(|(body, took)| {
            assert!(took < EARLY, "{took:?}");
            body["data"]["id"].as_str().unwrap().to_owned()
        });
        delivered.sort();
        assert_eq!(delivered, sessions);
    })
    .await;
}

#[tokio::test]
async fn a_poll_of_another_queue_sleeps_on() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let (here, there) = (q.environment().await, q.environment().await);
        let poll = q.get(format!("/environments/{here}/work/poll?block_ms=100"));
        let ((body, took), _) = join(timed(poll), q.session(&there)).await;
        assert_eq!(body, Value::Null);
        assert!(took >= Duration::from_millis(100), "{took:?}");
    })
    .await;
}

#[tokio::test]
async fn a_server_that_closes_answers_those_who_wait() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let environment = q.environment().await;
        let path = format!("/environments/{environment}/work/{BLOCK}");
        let release = async { server.store().release_pollers() };
        let ((body, took), ()) = join(timed(q.get(&path)), release).await;
        assert_eq!(body, Value::Null);
        assert!(took < EARLY, "{took:?}");
        // And nobody blocks any more.
        let (body, took) = timed(q.get(&path)).await;
        assert_eq!(body, Value::Null);
        assert!(took < EARLY, "{took:?}");
    })
    .await;
}
