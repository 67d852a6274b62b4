//! Accounts: an administrator's matter.

use leasehold_testkit::{TestServer, on_each_backend};
use serde_json::{Value, json};

#[tokio::test]
async fn an_administrator_makes_and_sees_accounts() {
    on_each_backend(async |server: &TestServer| {
        let native = server.native();
        let made = native.post("/accounts", json!({"name": "second"})).await.expect(201);
        assert_eq!(
            made,
            json!({
                "id": made["id"],
                "type": "account",
                "name": "second",
                "created_at": "2026-07-02T09:20:00.00431Z",
            })
        );
        let path = format!("/accounts/{}", made["id"].as_str().unwrap());
        assert_eq!(native.get(&path).await.expect(200), made);
        let all = native.get("/accounts").await.expect(200);
        let names: Vec<&Value> =
            all["data"].as_array().unwrap().iter().map(|row| &row["name"]).collect();
        assert_eq!(names.len(), 2);
        assert!(names.contains(&&json!("second")) && names.contains(&&json!("default")));
        native.get("/accounts/acct_ffffffffffffffffffffffffffffffff").await.not_found();
        native.get("/accounts/second").await.not_found();
        for wrong in [json!({}), json!({"name": ""}), json!({"name": 1}), json!({"name": null})] {
            native.post("/accounts", wrong).await.invalid("name");
        }
        native.post("/accounts", json!({"name": "x".repeat(257)})).await.invalid("name");
    })
    .await;
}

#[tokio::test]
async fn nobody_else_sees_an_account() {
    on_each_backend(async |server: &TestServer| {
        let own = format!("/accounts/{}", server.account().await);
        let everything_else = server
            .token(&[
                "environments:read",
                "environments:write",
                "agents:read",
                "agents:write",
                "sessions:read",
                "sessions:write",
                "work:read",
                "work:write",
            ])
            .await;
        let caller = server.native().with(&everything_else);
        caller.get("/accounts").await.forbidden();
        caller.get(own).await.forbidden();
        caller.post("/accounts", json!({"name": "n"})).await.forbidden();
    })
    .await;
}

#[tokio::test]
async fn to_administrate_is_not_to_see_what_others_own() {
    on_each_backend(async |server: &TestServer| {
        let stranger = server.q().with(&server.stranger().await);
        let item = stranger.item().await;
        let administrator = server.q();
        item.seen_by(&administrator).get().await.forbidden();
        administrator.get(format!("/environments/{}", item.environment)).await.forbidden();
        assert_eq!(administrator.get("/environments").await.expect(200)["data"], json!([]));
        assert_eq!(administrator.get("/sessions").await.expect(200)["data"], json!([]));
    })
    .await;
}
