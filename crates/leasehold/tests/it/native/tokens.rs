//! Account tokens: made, shown once, used, expired and revoked.

use leasehold_testkit::{Backend, TestServer, on_each_backend};
use serde_json::{Value, json};

const ORDINARY: [&str; 8] = [
    "environments:read",
    "environments:write",
    "agents:read",
    "agents:write",
    "sessions:read",
    "sessions:write",
    "work:read",
    "work:write",
];

fn text(object: &Value, member: &str) -> String {
    object[member].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_token_is_shown_once_and_is_good() {
    on_each_backend(async |server: &TestServer| {
        let native = server.native();
        let mut made = native.post("/tokens", json!({"name": "ci"})).await.expect(201);
        let secret = made.as_object_mut().unwrap().remove("token").unwrap();
        let secret = secret.as_str().unwrap();
        assert_eq!((secret.len(), &secret[..3]), (46, "pt-"));
        assert_eq!(
            made,
            json!({
                "id": made["id"],
                "type": "token",
                "account_id": server.account().await,
                "name": "ci",
                "scopes": ORDINARY,
                "created_at": "2026-07-02T09:20:00.00431Z",
                "expires_at": null,
                "last_used_at": null,
                "revoked_at": null,
            })
        );
        server.q().with(secret).environment().await;
        let list = native.get("/tokens").await;
        list.expect(200);
        assert!(!list.text().contains("pt-") && !list.text().contains(secret), "{}", list.text());
    })
    .await;
}

#[tokio::test]
async fn a_token_expires_at_its_instant() {
    on_each_backend(async |server: &TestServer| {
        let body = json!({"name": "n", "expires_at": "2026-07-02T11:20:10+02:00"});
        let made = server.native().post("/tokens", body).await.expect(201);
        assert_eq!(made["expires_at"], "2026-07-02T09:20:10Z");
        let caller = server.q().with(&text(&made, "token"));
        server.advance_seconds(9);
        caller.get("/environments").await.expect(200);
        server.advance_seconds(1);
        caller.get("/environments").await.unauthenticated();
        // One that has expired before it was made is of no use.
        let body = json!({"name": "n", "expires_at": "2020-01-01T00:00:00Z"});
        let late = server.native().post("/tokens", body).await.expect(201);
        server.q().with(&text(&late, "token")).get("/environments").await.unauthenticated();
    })
    .await;
}

#[tokio::test]
async fn a_revoked_token_is_refused_from_then_on() {
    on_each_backend(async |server: &TestServer| {
        let native = server.native();
        let made = native.post("/tokens", json!({"name": "n"})).await.expect(201);
        let caller = server.q().with(&text(&made, "token"));
        caller.get("/environments").await.expect(200);
        server.advance_seconds(1);
        let revoke = format!("/tokens/{}/revoke", text(&made, "id"));
        let revoked = native.call(&revoke).await.expect(200);
        assert_eq!(revoked["revoked_at"], "2026-07-02T09:20:01.00431Z");
        assert_eq!(revoked.get("token"), None);
        caller.get("/environments").await.unauthenticated();
        server.advance_seconds(1);
        let again = native.call(&revoke).await.expect(200);
        assert_eq!(again["revoked_at"], revoked["revoked_at"]);
        native.call("/tokens/tok_ffffffffffffffffffffffffffffffff/revoke").await.not_found();
        native.call("/tokens/tok_1/revoke").await.not_found();
    })
    .await;
}

#[tokio::test]
async fn the_last_use_is_told() {
    on_each_backend(async |server: &TestServer| {
        let native = server.native();
        let made = native.post("/tokens", json!({"name": "n"})).await.expect(201);
        server.advance_seconds(90);
        server.q().with(&text(&made, "token")).get("/environments").await.expect(200);
        let list = native.get("/tokens").await.expect(200);
        let rows = list["data"].as_array().unwrap();
        let row = rows.iter().find(|row| row["id"] == made["id"]).unwrap();
        assert!(row["last_used_at"].as_str().unwrap() >= "2026-07-02T09:21", "{row}");
    })
    .await;
}

#[tokio::test]
async fn a_wrong_token_is_not_made() {
    let server = TestServer::start(Backend::Memory).await;
    let native = server.native();
    for (body, param) in [
        (json!({}), "name"),
        (json!({"name": " "}), "name"),
        (json!({"name": "n", "scopes": "admin"}), "scopes"),
        (json!({"name": "n", "scopes": ["root"]}), "scopes"),
        (json!({"name": "n", "scopes": [1]}), "scopes"),
        (json!({"name": "n", "expires_at": "soon"}), "expires_at"),
        (json!({"name": "n", "expires_at": 1}), "expires_at"),
        (json!({"name": "n", "account_id": "x"}), "account_id"),
        (json!({"name": "n", "account_id": 1}), "account_id"),
        (json!({"name": "n", "colour": "red"}), "colour"),
    ] {
        native.post("/tokens", body).await.invalid(param);
    }
    let nobody = "acct_ffffffffffffffffffffffffffffffff";
    native.post("/tokens", json!({"name": "n", "account_id": nobody})).await.not_found();
}

#[tokio::test]
async fn nobody_hands_out_more_than_it_has() {
    on_each_backend(async |server: &TestServer| {
        let writer = server.token(&["environments:write", "work:read"]).await;
        let native = server.native().with(&writer);
        let ask = async |scopes: &[&str]| {
            native.post("/tokens", json!({"name": "n", "scopes": scopes})).await
        };
        ask(&["environments:write", "work:read"]).await.expect(201);
        ask(&["work:read"]).await.expect(201);
        for more in ["environments:read", "work:write", "admin"] {
            ask(&["work:read", more]).await.forbidden();
        }
        // Without scopes it would be all the ordinary ones.
        native.post("/tokens", json!({"name": "n"})).await.forbidden();
        let reader = server.native().with(&server.token(&["environments:read"]).await);
        reader.get("/tokens").await.expect(200);
        reader.post("/tokens", json!({"name": "n", "scopes": []})).await.forbidden();
    })
    .await;
}

#[tokio::test]
async fn tokens_of_another_account_are_an_administrators_matter() {
    on_each_backend(async |server: &TestServer| {
        let native = server.native();
        let second = native.post("/accounts", json!({"name": "second"})).await.expect(201);
        let second = text(&second, "id");
        let body = json!({"name": "theirs", "account_id": second});
        let made = native.post("/tokens", body.clone()).await.expect(201);
        assert_eq!(made["account_id"], second.as_str());
        let theirs = native.with(&text(&made, "token"));
        let first = server.account().await;

        let of = async |account: &str| native.get(format!("/tokens?account_id={account}")).await;
        assert_eq!(of(&second).await.expect(200)["data"][0]["id"], made["id"]);
        let own = native.get("/tokens").await;
        assert!(!own.text().contains(&second), "{}", own.text());
        native.get("/tokens?account_id=x").await.invalid("account_id");

        theirs.get(format!("/tokens?account_id={first}")).await.forbidden();
        let body = json!({"name": "n", "account_id": first});
        theirs.post("/tokens", body).await.forbidden();
        let mine = native.post("/tokens", json!({"name": "n"})).await.expect(201);
        theirs.call(format!("/tokens/{}/revoke", text(&mine, "id"))).await.forbidden();
        // An administrator may take any back.
        native.call(format!("/tokens/{}/revoke", text(&made, "id"))).await.expect(200);
        theirs.get("/tokens").await.unauthenticated();
    })
    .await;
}
