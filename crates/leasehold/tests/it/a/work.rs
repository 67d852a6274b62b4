//! The Work API in dialect A (work §11).

use leasehold_testkit::{TestServer, on_each_backend};
use serde_json::{Value, json};

#[tokio::test]
async fn an_item_has_a_secret_when_it_is_delivered_and_null_elsewhere() {
    on_each_backend(async |server: &TestServer| {
        let item = server.a().item().await;
        let delivered = item.poll().await.expect(200);
        assert!(delivered["secret"].is_string());
        let key = server.key(&item.environment).await;
        let listed = item.with(&key).client.get(item.queue()).await.expect(200)["data"][0].clone();
        for shown in [
            item.now().await,
            listed,
            item.ack().await.expect(200),
            item.client.post(item.path(), json!({"metadata": {}})).await.expect(200),
            item.stop().await.expect(200),
        ] {
            assert_eq!(shown.get("secret"), Some(&Value::Null));
            assert_eq!(shown.get("actor"), Some(&Value::Null));
            assert_eq!(shown["data"], json!({"type": "session", "id": item.session}));
        }
        assert!(item.session.starts_with("sesn_"));
    })
    .await;
}

#[tokio::test]
async fn the_metadata_of_a_session_is_not_the_items() {
    on_each_backend(async |server: &TestServer| {
        let a = server.a();
        let environment = a.environment().await;
        let body = json!({
            "agent": a.agent().await,
            "environment_id": environment,
            "metadata": {"ticket": "4711"},
        });
        a.post("/sessions", body).await.expect(200);
        let poll = format!("/environments/{environment}/work/poll");
        assert_eq!(a.get(poll).await.expect(200)["metadata"], json!({}));
    })
    .await;
}

#[tokio::test]
async fn an_update_needs_metadata() {
    on_each_backend(async |server: &TestServer| {
        let item = server.a().item().await;
        item.client.post(item.path(), json!({})).await.invalid("metadata");
        item.client.call(item.path()).await.invalid("metadata");
        let both = json!({"metadata": {}, "state": "stopped"});
        item.client.post(item.path(), both).await.invalid("state");
    })
    .await;
}

#[tokio::test]
async fn a_beat_without_a_precondition_claims_what_nobody_holds() {
    on_each_backend(async |server: &TestServer| {
        let item = server.a().item().await;
        let refused = item.first_beat().await.refused(412, "invalid_request_error");
        assert_eq!(refused["details"]["current_state"]["state"], "queued");
        let beat = item.beat("?desired_ttl_seconds=60").await.expect(200);
        assert_eq!((&beat["state"], &beat["ttl_seconds"]), (&json!("active"), &json!(60)));
        let now = item.now().await;
        assert_eq!(now["acknowledged_at"], "2026-07-02T09:20:00Z");
        assert_eq!(now["latest_heartbeat_at"], beat["last_heartbeat"]);
        item.beat("").await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn a_lost_lease_is_412_with_what_the_sdk_parses() {
    on_each_backend(async |server: &TestServer| {
        let item = server.a().item().await;
        let beat = item.hold().await;
        let error = item.first_beat().await.refused(412, "invalid_request_error");
        let message =
            format!("Heartbeat precondition failed: expected NO_HEARTBEAT, actual was {beat}");
        assert_eq!(error["message"], message);
        assert_eq!(
            error["details"],
            json!({
                "current_state": {
                    "state": "active",
                    "last_heartbeat": beat,
                    "lease_updated_at": beat,
                    "lease_extended": false,
                    "ttl_seconds": 300,
                },
                "error_visibility": "user_facing",
                "error_code": "heartbeat_precondition_failed",
            })
        );
        server.advance_seconds(300);
        let error = item.echo(&beat).await.refused(412, "invalid_request_error");
        assert_eq!(
            error["details"]["current_state"],
            json!({
                "state": "queued",
                "last_heartbeat": null,
                "lease_updated_at": null,
                "lease_extended": false,
                "ttl_seconds": 120,
            })
        );
    })
    .await;
}

#[tokio::test]
async fn a_beat_on_a_stopped_item_tells_the_worker_so() {
    on_each_backend(async |server: &TestServer| {
        let never_beat = server.a().item().await;
        never_beat.stop().await.expect(200);
        let beaten = server.a().item().await;
        beaten.ack().await.expect(200);
        let last = beaten.beat("?desired_ttl_seconds=60").await.expect(200);
        beaten.force_stop().await.expect(200);
        for (item, last, ttl) in
            [(never_beat, json!(""), 120), (beaten, last["last_heartbeat"].clone(), 60)]
        {
            for query in [
                "",
                "?expected_last_heartbeat=NO_HEARTBEAT",
                "?expected_last_heartbeat=2020-01-01T00:00:00Z",
            ] {
                let told = json!({
                    "type": "work_heartbeat",
                    "last_heartbeat": last,
                    "lease_extended": false,
                    "state": "stopped",
                    "ttl_seconds": ttl,
                });
                assert_eq!(item.beat(query).await.expect(200), told);
            }
            item.beat("?desired_ttl_seconds=0").await.refused(400, "invalid_request_error");
        }
    })
    .await;
}

#[tokio::test]
async fn an_ack_may_be_repeated_until_the_item_ends() {
    on_each_backend(async |server: &TestServer| {
        let item = server.a().item().await;
        let acked = item.ack().await.expect(200);
        assert_eq!(item.ack().await.expect(200), acked);
        item.first_beat().await.expect(200);
        item.ack().await.expect(200);
        for state in ["stopping", "stopped"] {
            assert_eq!(item.stop().await.expect(200)["state"], state);
            item.ack().await.refused(409, "invalid_request_error");
        }
        assert_eq!(item.stop().await.expect(200)["state"], "stopped");
    })
    .await;
}

#[tokio::test]
async fn a_worker_may_be_named_in_either_way() {
    on_each_backend(async |server: &TestServer| {
        let item = server.a().item().await;
        item.poll().header("anthropic-worker-id", "w1").await.expect(200);
        item.ack().header("anthropic-worker-id", "w2").await.refused(409, "invalid_request_error");
        item.ack().worker("w1").await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn the_parameters_of_a_poll_have_bounds() {
    on_each_backend(async |server: &TestServer| {
        let item = server.a().item().await;
        for wrong in [
            "block_ms=0",
            "block_ms=1000",
            "reclaim_older_than_ms=0",
            "reclaim_older_than_ms=-1",
            "reclaim_older_than_ms=x",
        ] {
            let path = format!("{}/poll?{wrong}", item.queue());
            item.client.get(path).await.refused(400, "invalid_request_error");
        }
        let path = format!("{}/poll?block_ms=999&reclaim_older_than_ms=1&beta=true", item.queue());
        assert_eq!(item.client.get(path).await.expect(200)["id"], item.id.as_str());
    })
    .await;
}

#[tokio::test]
async fn what_is_not_self_hosted_has_no_work() {
    on_each_backend(async |server: &TestServer| {
        let a = server.a();
        let cloud = a.environment_of("cloud").await;
        let key = a.with(&server.key(&cloud).await);
        let queue = format!("/environments/{cloud}/work");
        let item = a.item().await;
        a.get(format!("{queue}/poll")).await.refused(400, "invalid_request_error");
        key.get(&queue).await.not_found();
        let stats = a.get(format!("{queue}/stats")).await.expect(200);
        assert_eq!((&stats["depth"], &stats["workers_polling"]), (&json!(0), &Value::Null));
        a.get(format!("{queue}/{}", item.id)).await.not_found();
        for call in ["ack", "heartbeat", "stop"] {
            a.call(format!("{queue}/{}/{call}", item.id)).await.not_found();
        }
    })
    .await;
}
