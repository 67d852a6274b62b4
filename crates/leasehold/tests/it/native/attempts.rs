//! The history of an item, and the limit of attempts.

use leasehold_testkit::{Item, TestServer, on_each_backend};
use serde_json::{Value, json};

async fn history(item: &Item<'_>) -> Value {
    let native = item.client.server().native();
    native.get(format!("{}/attempts", item.path())).await.expect(200)
}

#[tokio::test]
async fn every_attempt_is_told_with_how_it_ended() {
    on_each_backend(async |server: &TestServer| {
        let item = server.q().item().await;
        assert_eq!(
            history(&item).await,
            json!({
                "type": "work_attempts",
                "work_id": item.id,
                "state": "queued",
                "stop_reason": null,
                "data": [],
            })
        );
        // Handed out and never accepted; accepted and lapsed; stopped by its holder.
        item.poll().worker("w1").await.expect(200);
        server.advance_seconds(5);
        item.poll().worker("w2").await.expect(200);
        server.advance_seconds(1);
        item.ack().worker("w2").await.expect(200);
        let beat = item.first_beat().worker("w2").await.expect(200);
        server.advance_seconds(1);
        let beat = item.echo(beat["last_heartbeat"].as_str().unwrap()).worker("w2").await;
        beat.expect(200);
        server.advance_seconds(300);
        item.poll().await.expect(200);
        let open = history(&item).await;
        assert_eq!(open["data"][2]["outcome"], "open");
        item.ack().await.expect(200);
        item.force_stop().await.expect(200);

        let told = history(&item).await;
        assert_eq!(
            (&told["state"], &told["stop_reason"]),
            (&json!("stopped"), &json!("requested"))
        );
        let attempt = |number: u8, worker: Value, at: [&str; 6], outcome: &str| {
            let at = at.map(|at| if at.is_empty() { Value::Null } else { json!(at) });
            let [delivered, acknowledged, first, last, ended, _] = at;
            json!({
                "type": "work_attempt",
                "attempt": number,
                "worker_id": worker,
                "delivered_at": delivered,
                "acknowledged_at": acknowledged,
                "first_heartbeat_at": first,
                "last_heartbeat_at": last,
                "ended_at": ended,
                "outcome": outcome,
            })
        };
        let stamp = |seconds: u16, trimmed: bool| {
            let (minute, second) = (20 + seconds / 60, seconds % 60);
            let zero = if trimmed { "" } else { "0" };
            format!("2026-07-02T09:{minute:02}:{second:02}.00431{zero}Z")
        };
        let (start, five, six) = (stamp(0, true), stamp(5, true), stamp(6, true));
        let (beat, again, end) = (stamp(6, false), stamp(7, false), stamp(307, true));
        assert_eq!(
            told["data"],
            json!([
                attempt(1, json!("w1"), [&start, "", "", "", &five, ""], "superseded"),
                attempt(2, json!("w2"), [&five, &six, &beat, &again, &end, ""], "lapsed"),
                attempt(3, Value::Null, [&end, &end, "", "", &end, ""], "stopped"),
            ])
        );
    })
    .await;
}

#[tokio::test]
async fn the_reason_of_a_stop_is_told() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let archived = q.item().await;
        q.call(format!("/sessions/{}/archive", archived.session)).await.expect(200);
        assert_eq!(history(&archived).await["stop_reason"], "session_archived");
        let abandoned = q.item().await;
        abandoned.ack().await.expect(200);
        abandoned.stop().await.expect(200);
        server.advance_seconds(120);
        assert_eq!(history(&abandoned).await["stop_reason"], "abandoned");
    })
    .await;
}

#[tokio::test]
async fn a_history_is_as_private_as_its_item() {
    on_each_backend(async |server: &TestServer| {
        let item = server.q().item().await;
        let native = server.native();
        let path = format!("{}/attempts", item.path());
        native.with(&server.key(&item.environment).await).get(&path).await.expect(200);
        native.with(&server.stranger().await).get(&path).await.forbidden();
        let other = server.q().environment().await;
        let elsewhere = format!("/environments/{other}/work/{}/attempts", item.id);
        native.get(elsewhere).await.not_found();
        assert!(!native.get(&path).await.text().contains(&item.session));
    })
    .await;
}

#[tokio::test]
async fn an_item_stops_when_its_attempts_are_used_up() {
    on_each_backend(async |server: &TestServer| {
        let item = server.q().item().await;
        let settings = format!("/environments/{}/settings", item.environment);
        let native = server.native();
        let body = json!({"max_attempts": 2});
        let set = native.post(&settings, body).await.expect(200);
        assert_eq!(
            set,
            json!({
                "type": "environment_settings",
                "environment_id": item.environment,
                "max_attempts": 2,
            })
        );
        // A delivery alone is no attempt that counts.
        for _ in 0..3 {
            item.poll().await.expect(200);
            server.advance_seconds(5);
        }
        for state in ["queued", "stopped"] {
            assert_eq!(item.now().await["state"], "queued");
            item.ack().await.expect(200);
            server.advance_seconds(120);
            assert_eq!(item.now().await["state"], state);
        }
        let told = history(&item).await;
        assert_eq!(told["stop_reason"], "attempts_exhausted");
        assert_eq!(item.poll().await.expect(200), Value::Null);
        let stats = server.q().get(format!("{}/stats", item.queue())).await.expect(200);
        assert_eq!(stats["depth"], 0);
    })
    .await;
}

#[tokio::test]
async fn a_limit_is_null_or_1_to_1000() {
    on_each_backend(async |server: &TestServer| {
        let environment = server.q().environment().await;
        let path = format!("/environments/{environment}/settings");
        let native = server.native();
        assert_eq!(native.get(&path).await.expect(200)["max_attempts"], Value::Null);
        for limit in [json!(1), json!(1_000), Value::Null] {
            let set = native.post(&path, json!({"max_attempts": limit})).await.expect(200);
            assert_eq!(set["max_attempts"], limit);
            assert_eq!(native.get(&path).await.expect(200), set);
        }
        for wrong in [json!(0), json!(1_001), json!(-1), json!(1.5), json!("3"), json!(true)] {
            native.post(&path, json!({"max_attempts": wrong})).await.invalid("max_attempts");
        }
        native.post(&path, json!({})).await.invalid("max_attempts");
        native.post(&path, json!({"max_attempts": 1, "x": 1})).await.invalid("x");
        let reader = native.with(&server.token(&["environments:read"]).await);
        reader.post(&path, json!({"max_attempts": 1})).await.forbidden();
    })
    .await;
}
