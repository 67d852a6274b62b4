//! The queue as a whole in dialect Q: list, statistics, items of other environments (work §4, §5, §9).

use leasehold_testkit::{TestServer, on_each_backend};
use serde_json::{Value, json};

#[tokio::test]
async fn a_list_is_in_the_order_of_the_queue_and_shows_every_state() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let first = q.item().await;
        let mut items = vec![first.clone()];
        for _ in 0..3 {
            items.push(q.item_in(&first.environment).await);
        }
        items[0].stop().await.expect(200);
        items[1].ack().await.expect(200);
        items[2].hold().await;
        let list = q.get(first.queue()).await.expect(200);
        let shown = list["data"].as_array().unwrap();
        let expected = ["stopped", "starting", "active", "queued"];
        assert_eq!(shown.len(), 4);
        for ((item, shown), state) in items.iter().zip(shown).zip(expected) {
            assert_eq!(shown["state"], state);
            assert_eq!(*shown, item.now().await);
        }
    })
    .await;
}

#[tokio::test]
async fn statistics_count_what_could_be_polled_and_what_was_just_handed_out() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let item = q.item().await;
        let stats = async || {
            let path = format!("{}/stats", item.queue());
            q.get(path).await.expect(200)
        };
        let told = |depth: u8, pending: u8, oldest: Value, polling: u8| {
            json!({
                "type": "work_queue_stats",
                "depth": depth,
                "pending": pending,
                "oldest_queued_at": oldest,
                "workers_polling": polling,
            })
        };
        let start = json!("2026-07-02T09:20:00Z");
        assert_eq!(stats().await, told(1, 0, start.clone(), 0));
        server.advance_seconds(1);
        q.item_in(&item.environment).await;
        assert_eq!(stats().await, told(2, 0, start.clone(), 0));

        item.poll().worker("w1").await.expect(200);
        assert_eq!(stats().await, told(1, 1, start.clone(), 1));
        server.advance(std::time::Duration::from_millis(4_999));
        assert_eq!(stats().await, told(1, 1, start.clone(), 1));
        server.advance(std::time::Duration::from_millis(1));
        assert_eq!(stats().await, told(2, 0, start, 1));

        item.ack().await.expect(200);
        assert_eq!(stats().await, told(1, 0, json!("2026-07-02T09:20:01Z"), 1));
        // A lapse puts it back at that very instant, with a new time of entry.
        server.advance_seconds(120);
        assert_eq!(stats().await, told(2, 0, json!("2026-07-02T09:20:01Z"), 0));
    })
    .await;
}

#[tokio::test]
async fn workers_count_for_thirty_seconds_if_they_give_a_name() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let environment = q.environment().await;
        let queue = format!("/environments/{environment}/work");
        let polling =
            async || q.get(format!("{queue}/stats")).await.expect(200)["workers_polling"].clone();
        let poll = |query: &str| q.get(format!("{queue}/poll{query}"));
        poll("").await.expect(200);
        assert_eq!(polling().await, 0);
        poll("").worker("w1").await.expect(200);
        poll("").worker("w1").await.expect(200);
        poll("").header("anthropic-worker-id", "w2").await.expect(200);
        // A refused poll does not count.
        poll("?block_ms=0").worker("w3").await.invalid("block_ms");
        assert_eq!(polling().await, 2);
        server.advance_seconds(29);
        poll("").worker("w1").await.expect(200);
        assert_eq!(polling().await, 2);
        server.advance_seconds(2);
        assert_eq!(polling().await, 1);
        server.advance_seconds(30);
        assert_eq!(polling().await, 0);
    })
    .await;
}

#[tokio::test]
async fn an_empty_queue_has_no_oldest_item() {
    on_each_backend(async |server: &TestServer| {
        let environment = server.q().environment().await;
        let path = format!("/environments/{environment}/work/stats");
        let stats = server.q().get(path).await.expect(200);
        assert_eq!(stats["oldest_queued_at"], Value::Null);
        assert_eq!((&stats["depth"], &stats["pending"]), (&json!(0), &json!(0)));
    })
    .await;
}

/// The eight calls of the Work API on an item, after the environment's path.
fn calls(item: &str) -> [(&'static str, String); 8] {
    [
        ("GET", "/work".to_owned()),
        ("GET", "/work/poll".to_owned()),
        ("GET", "/work/stats".to_owned()),
        ("GET", format!("/work/{item}")),
        ("POST", format!("/work/{item}")),
        ("POST", format!("/work/{item}/ack")),
        ("POST", format!("/work/{item}/heartbeat")),
        ("POST", format!("/work/{item}/stop")),
    ]
}

#[tokio::test]
async fn only_a_self_hosted_environment_has_a_queue_and_only_its_own_items() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let item = q.item().await;
        let cloud = q.environment_of("cloud").await;
        let sibling = q.environment().await;
        let unknown = "env_ffffffffffffffffffffffffffffffff";
        for (method, path) in calls(&item.id) {
            let ask = |environment: &str| {
                let path = format!("/environments/{environment}{path}");
                if method == "GET" { q.get(path) } else { q.post(path, json!({})) }
            };
            let refused = ask(&cloud).await;
            refused.refused(400, "invalid_request_error");
            ask(unknown).await.not_found();
            if path.contains(&item.id) {
                ask(&sibling).await.not_found();
            }
        }
        assert_eq!(item.now().await["state"], "queued");
    })
    .await;
}

#[tokio::test]
async fn the_queue_of_an_archived_environment_drains() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let item = q.item().await;
        q.call(format!("/environments/{}/archive", item.environment)).await.expect(200);
        q.get(item.queue()).await.expect(200);
        assert_eq!(item.poll().await.expect(200)["id"], item.id.as_str());
        item.hold().await;
        q.post(item.path(), json!({"metadata": {"k": "v"}})).await.expect(200);
        q.get(format!("{}/stats", item.queue())).await.expect(200);
        item.stop().await.expect(200);
        assert_eq!(item.stop().await.expect(200)["state"], "stopped");
    })
    .await;
}

#[tokio::test]
async fn metadata_of_an_item_can_be_changed_in_every_state_and_nothing_else() {
    on_each_backend(async |server: &TestServer| {
        let item = server.q().item().await;
        let before = item.now().await;
        let update = async |body: Value| item.client.post(item.path(), body).await.expect(200);
        assert_eq!(update(json!({})).await, before);
        assert_eq!(update(json!({"state": "stopped", "id": "x"})).await, before);
        item.stop().await.expect(200);
        let changed = update(json!({"metadata": {"k": "v"}})).await;
        assert_eq!(changed["metadata"], json!({"k": "v"}));
        assert_eq!(changed["state"], "stopped");
        assert_eq!(update(json!({"metadata": {"k": null}})).await["metadata"], json!({}));
    })
    .await;
}
