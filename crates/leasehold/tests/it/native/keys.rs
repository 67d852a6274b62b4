//! Environment keys: made, shown once, used, expired and revoked.

use leasehold_testkit::{TestServer, on_each_backend};
use serde_json::{Value, json};

fn text(object: &Value, member: &str) -> String {
    object[member].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_key_is_shown_once_and_is_good_for_its_queue() {
    on_each_backend(async |server: &TestServer| {
        let item = server.a().item().await;
        let keys = format!("/environments/{}/keys", item.environment);
        let native = server.native();
        let mut made = native.post(&keys, json!({"name": "worker"})).await.expect(201);
        let secret = made.as_object_mut().unwrap().remove("key").unwrap();
        let secret = secret.as_str().unwrap();
        assert_eq!((secret.len(), &secret[..3]), (46, "ek-"));
        assert_eq!(
            made,
            json!({
                "id": made["id"],
                "type": "environment_key",
                "environment_id": item.environment,
                "name": "worker",
                "created_at": "2026-07-02T09:20:00.00431Z",
                "expires_at": null,
                "last_used_at": null,
                "revoked_at": null,
            })
        );
        assert_eq!(item.with(secret).poll().await.expect(200)["id"], item.id.as_str());
        let list = native.get(&keys).await;
        list.expect(200);
        assert!(!list.text().contains("ek-") && !list.text().contains(secret), "{}", list.text());
        // A key makes no keys and sees none.
        native.with(secret).get(&keys).await.forbidden();
        native.with(secret).post(&keys, json!({"name": "n"})).await.forbidden();
    })
    .await;
}

#[tokio::test]
async fn a_key_expires_and_is_revoked() {
    on_each_backend(async |server: &TestServer| {
        let item = server.q().item().await;
        let keys = format!("/environments/{}/keys", item.environment);
        let native = server.native();
        let body = json!({"name": "n", "expires_at": "2026-07-02T09:20:10Z"});
        let short = native.post(&keys, body).await.expect(201);
        let worker = item.with(&text(&short, "key"));
        worker.poll().await.expect(200);
        server.advance_seconds(10);
        worker.poll().await.unauthenticated();

        let made = native.post(&keys, json!({"name": "n"})).await.expect(201);
        let worker = item.with(&text(&made, "key"));
        worker.poll().await.expect(200);
        let revoke = format!("{keys}/{}/revoke", text(&made, "id"));
        let revoked = native.call(&revoke).await.expect(200);
        assert_eq!(revoked["revoked_at"], "2026-07-02T09:20:10.00431Z");
        worker.poll().await.unauthenticated();
        server.advance_seconds(1);
        let again = native.call(&revoke).await.expect(200);
        assert_eq!(again["revoked_at"], revoked["revoked_at"]);
        // A key is looked for in its own environment.
        let other = server.q().environment().await;
        let elsewhere = format!("/environments/{other}/keys/{}/revoke", text(&made, "id"));
        native.call(elsewhere).await.not_found();
        native.call(format!("{keys}/ekey_1/revoke")).await.not_found();
    })
    .await;
}

#[tokio::test]
async fn a_wrong_key_is_not_made() {
    on_each_backend(async |server: &TestServer| {
        let environment = server.q().environment().await;
        let keys = format!("/environments/{environment}/keys");
        let native = server.native();
        for (body, param) in [
            (json!({}), "name"),
            (json!({"name": ""}), "name"),
            (json!({"name": "n", "expires_at": "x"}), "expires_at"),
            (json!({"name": "n", "scopes": []}), "scopes"),
        ] {
            native.post(&keys, body).await.invalid(param);
        }
        let nowhere = "/environments/env_ffffffffffffffffffffffffffffffff/keys";
        native.post(nowhere, json!({"name": "n"})).await.not_found();
        let reader = native.with(&server.token(&["environments:read"]).await);
        reader.get(&keys).await.expect(200);
        reader.post(&keys, json!({"name": "n"})).await.forbidden();
        assert_eq!(native.get(&keys).await.expect(200)["data"], json!([]));
    })
    .await;
}
