//! Stops in dialect Q (work §8) and what becomes of an item that nobody stops (work §10).

use leasehold_testkit::{TestServer, on_each_backend};
use serde_json::{Value, json};

#[tokio::test]
async fn a_graceful_stop_is_confirmed_by_a_second_one() {
    on_each_backend(async |server: &TestServer| {
        let item = server.q().item().await;
        item.hold().await;
        server.advance_seconds(1);
        let stopping = item.stop().await.expect(200);
        assert_eq!(stopping["state"], "stopping");
        assert_eq!(stopping["stop_requested_at"], "2026-07-02T09:20:01Z");
        assert_eq!(stopping["stopped_at"], Value::Null);
        server.advance_seconds(1);
        let stopped = item.stop().await.expect(200);
        assert_eq!(stopped["state"], "stopped");
        assert_eq!(stopped["stop_requested_at"], "2026-07-02T09:20:01Z");
        assert_eq!(stopped["stopped_at"], "2026-07-02T09:20:02Z");
        server.advance_seconds(1);
        for repeat in [item.stop(), item.force_stop()] {
            assert_eq!(repeat.await.expect(200), stopped);
        }
        assert_eq!(item.now().await, stopped);
    })
    .await;
}

#[tokio::test]
async fn a_queued_item_stops_at_once() {
    on_each_backend(async |server: &TestServer| {
        let at = json!("2026-07-02T09:20:00Z");
        for (body, requested) in [
            ("", at.clone()),
            ("{}", at.clone()),
            (r#"{"force":false}"#, at.clone()),
            (r#"{"force":true}"#, Value::Null),
        ] {
            let item = server.q().item().await;
            let stopped = item.stop().body(body).await.expect(200);
            assert_eq!(stopped["state"], "stopped", "{body}");
            assert_eq!(stopped["stopped_at"], at, "{body}");
            assert_eq!(stopped["stop_requested_at"], requested, "{body}");
            assert_eq!(item.poll().await.expect(200), Value::Null);
        }
    })
    .await;
}

#[tokio::test]
async fn force_stops_from_every_state_and_clears_no_request() {
    on_each_backend(async |server: &TestServer| {
        let starting = server.q().item().await;
        starting.ack().await.expect(200);
        let active = server.q().item().await;
        active.hold().await;
        let stopping = server.q().item().await;
        stopping.hold().await;
        stopping.stop().await.expect(200);
        for (item, requested) in [
            (starting, Value::Null),
            (active, Value::Null),
            (stopping, json!("2026-07-02T09:20:00Z")),
        ] {
            let stopped = item.force_stop().await.expect(200);
            assert_eq!(stopped["state"], "stopped");
            assert_eq!(stopped["stop_requested_at"], requested);
        }
    })
    .await;
}

#[tokio::test]
async fn force_is_a_boolean() {
    on_each_backend(async |server: &TestServer| {
        let item = server.q().item().await;
        for force in [json!("yes"), json!(1), Value::Null, json!([]), json!({})] {
            let path = format!("{}/stop", item.path());
            item.client.post(path, json!({"force": force})).await.invalid("force");
        }
        assert_eq!(item.now().await["state"], "queued");
        let path = format!("{}/stop", item.path());
        let other = item.client.post(path, json!({"why": "because"})).await.expect(200);
        assert_eq!(other["state"], "stopped");
    })
    .await;
}

#[tokio::test]
async fn a_stop_that_nobody_confirms_ends_with_the_lease_and_a_minute() {
    on_each_backend(async |server: &TestServer| {
        // Never beaten: the lease of the ack outlasts the minute.
        let starting = server.q().item().await;
        starting.ack().await.expect(200);
        starting.stop().await.expect(200);
        // A short lease: the minute outlasts it.
        let active = server.q().item().await;
        active.ack().await.expect(200);
        active.beat("?desired_ttl_seconds=10").await.expect(200);
        active.stop().await.expect(200);
        server.advance_seconds(59);
        assert_eq!(active.now().await["state"], "stopping");
        server.advance_seconds(1);
        let ended = active.now().await;
        assert_eq!(ended["state"], "stopped");
        assert_eq!(ended["stopped_at"], "2026-07-02T09:21:00Z");
        assert_eq!(starting.now().await["state"], "stopping");
        server.advance_seconds(59);
        assert_eq!(starting.now().await["state"], "stopping");
        server.advance_seconds(1);
        assert_eq!(starting.now().await["state"], "stopped");
    })
    .await;
}

#[tokio::test]
async fn a_worker_of_another_name_stops_nothing() {
    on_each_backend(async |server: &TestServer| {
        let item = server.q().item().await;
        item.ack().worker("w1").await.expect(200);
        item.stop().worker("w2").await.refused(409, "invalid_request_error");
        item.force_stop().worker("w2").await.refused(409, "invalid_request_error");
        assert_eq!(item.now().await["state"], "starting");
        item.stop().worker("w1").await.expect(200);
        // Whoever gives no name has the rights of the account.
        item.stop().await.expect(200);
    })
    .await;
}
