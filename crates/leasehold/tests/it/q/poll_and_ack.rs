//! Delivery and acceptance in dialect Q (work §6).

use std::time::Duration;

use leasehold_testkit::{Backend, TestServer, on_each_backend};
use serde_json::{Value, json};

#[tokio::test]
async fn an_empty_queue_is_the_word_null() {
    on_each_backend(async |server: &TestServer| {
        let environment = server.q().environment().await;
        let path = format!("/environments/{environment}/work/poll");
        let reply = server.q().get(path).await;
        reply.expect(200);
        assert_eq!(reply.text(), "null");
        assert_eq!(reply.header("cache-control"), Some("no-store"));
    })
    .await;
}

#[tokio::test]
async fn a_poll_hands_out_the_oldest_item_and_leaves_it_queued() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let first = q.item().await;
        let second = q.item_in(&first.environment).await;
        let path = format!("{}/poll", first.queue());
        let mut delivered = q.get(&path).await.expect(200);
        let secret = delivered.as_object_mut().unwrap().remove("secret");
        assert!(secret.is_some_and(|secret| secret.is_string()));
        assert_eq!(
            delivered,
            json!({
                "id": first.id,
                "type": "work",
                "environment_id": first.environment,
                "data": {"type": "session", "id": first.session},
                "state": "queued",
                "created_at": "2026-07-02T09:20:00Z",
                "acknowledged_at": null,
                "started_at": null,
                "latest_heartbeat_at": null,
                "stop_requested_at": null,
                "stopped_at": null,
                "metadata": {},
            })
        );
        assert_eq!(q.get(&path).await.expect(200)["id"], second.id.as_str());
        assert_eq!(q.get(&path).await.expect(200), Value::Null);
        // Nowhere else is there a secret to be had.
        let listed = q.get(first.queue()).await.expect(200);
        for item in [&first.now().await, &listed["data"][0]] {
            assert!(item.get("secret").is_none_or(Value::is_null), "{item}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_item_that_nobody_acked_is_handed_out_again_after_the_window() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let item = q.item().await;
        let poll = format!("{}/poll", item.queue());
        let id =
            async |query: &str| q.get(format!("{poll}{query}")).await.expect(200)["id"].clone();
        assert_eq!(id("").await, item.id.as_str());
        server.advance(Duration::from_millis(4_999));
        assert_eq!(id("").await, Value::Null);
        server.advance(Duration::from_millis(1));
        assert_eq!(id("").await, item.id.as_str());
        // The window is the polling request's own.
        assert_eq!(id("?reclaim_older_than_ms=0").await, item.id.as_str());
        assert_eq!(id("?reclaim_older_than_ms=1").await, Value::Null);
        server.advance(Duration::from_millis(1));
        assert_eq!(id("?reclaim_older_than_ms=1").await, item.id.as_str());
        server.advance_seconds(60);
        assert_eq!(id("?reclaim_older_than_ms=60001").await, Value::Null);
        assert_eq!(id("?reclaim_older_than_ms=99999999999999999999").await, Value::Null);
        // The widest window is a day.
        server.advance_seconds(24 * 60 * 60);
        assert_eq!(id("?reclaim_older_than_ms=99999999999999999999").await, item.id.as_str());
        item.ack().await.expect(200);
        assert_eq!(id("?reclaim_older_than_ms=0").await, Value::Null);
    })
    .await;
}

#[tokio::test]
async fn the_parameters_of_a_poll_have_bounds() {
    on_each_backend(async |server: &TestServer| {
        let item = server.q().item().await;
        let poll = |query: &str| server.q().get(format!("{}/poll?{query}", item.queue()));
        for wrong in ["0", "1000", "-1", "x", "", "1.5", "99999999999999999999"] {
            poll(&format!("block_ms={wrong}")).await.invalid("block_ms");
        }
        for wrong in ["-1", "x", "", "0.5", "5s"] {
            poll(&format!("reclaim_older_than_ms={wrong}")).await.invalid("reclaim_older_than_ms");
        }
        poll("block_ms=1&block_ms=1").await.invalid("block_ms");
        // A refused poll has delivered nothing.
        assert_eq!(poll("block_ms=1").await.expect(200)["id"], item.id.as_str());
        assert_eq!(poll("block_ms=1").await.expect(200), Value::Null);
    })
    .await;
}

#[tokio::test]
async fn a_worker_has_a_name_of_256_visible_characters_at_most() {
    let server = TestServer::start(Backend::Memory).await;
    let item = server.q().item().await;
    let (longest, too_long) = ("w".repeat(256), "w".repeat(257));
    for wrong in ["a b", "ä", &too_long] {
        item.poll().worker(wrong).await.invalid("Worker-ID");
        item.ack().worker(wrong).await.invalid("Worker-ID");
    }
    item.poll().worker(&longest).await.expect(200);
    item.ack().worker(&longest).await.expect(200);
    // Space around a name does not belong to it, and space alone is none.
    let other = server.q().item().await;
    other.poll().worker("  ").await.expect(200);
    other.ack().worker(" padded ").await.expect(200);
    other.ack().worker("padded").await.expect(200);
}

#[tokio::test]
async fn an_ack_accepts_and_may_be_repeated() {
    on_each_backend(async |server: &TestServer| {
        let item = server.q().item().await;
        server.advance_seconds(2);
        // It was never delivered; that is no reason to refuse.
        let acked = item.ack().await.expect(200);
        assert_eq!(acked["state"], "starting");
        assert_eq!(acked["acknowledged_at"], "2026-07-02T09:20:02Z");
        server.advance_seconds(2);
        assert_eq!(item.ack().await.expect(200), acked);
        item.first_beat().await.expect(200);
        let active = item.ack().await.expect(200);
        assert_eq!(active["state"], "active");
        assert_eq!(active["acknowledged_at"], acked["acknowledged_at"]);
    })
    .await;
}

#[tokio::test]
async fn an_ack_by_another_name_is_a_conflict() {
    on_each_backend(async |server: &TestServer| {
        let item = server.q().item().await;
        item.poll().worker("w1").await.expect(200);
        item.ack().worker("w2").await.refused(409, "invalid_request_error");
        assert_eq!(item.now().await["state"], "queued");
        // The vendors' clients do not send their name with an ack.
        item.ack().await.expect(200);
        item.ack().worker("w1").await.expect(200);
        item.ack().worker("w2").await.refused(409, "invalid_request_error");
        item.first_beat().await.expect(200);
        item.ack().worker("w2").await.refused(409, "invalid_request_error");

        // The synonym of the other dialect counts, unless both are there.
        let other = server.q().item().await;
        other.poll().header("anthropic-worker-id", "w1").await.expect(200);
        other.ack().worker("w2").await.refused(409, "invalid_request_error");
        let both = other.ack().worker("w1").header("anthropic-worker-id", "w2");
        both.await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn an_item_that_ends_cannot_be_accepted() {
    on_each_backend(async |server: &TestServer| {
        let item = server.q().item().await;
        item.ack().await.expect(200);
        for state in ["stopping", "stopped"] {
            assert_eq!(item.stop().await.expect(200)["state"], state);
            let error = item.ack().await.refused(409, "invalid_request_error");
            assert_eq!(
                error["message"],
                format!(
                    "Work item {} must be in queued state to acknowledge. Current state: {state}.",
                    item.id
                )
            );
        }
    })
    .await;
}
