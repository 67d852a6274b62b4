//! Sessions in dialect A.

use leasehold_testkit::{TestServer, on_each_backend};
use serde_json::{Value, json};

#[tokio::test]
async fn a_session_has_what_the_sdk_demands() {
    on_each_backend(async |server: &TestServer| {
        let a = server.a();
        let environment = a.environment().await;
        let body = json!({
            "agent": {"type": "agent", "id": a.agent().await},
            "environment_id": environment,
            "initial_events": [],
            "resources": [],
            "vault_ids": [],
            "budget": null,
        });
        let made = a.post("/sessions?beta=true", body).await.expect(200);
        let members = made.as_object().unwrap();
        for member in [
            "id",
            "type",
            "agent",
            "environment_id",
            "status",
            "title",
            "metadata",
            "resources",
            "vault_ids",
            "outcome_evaluations",
            "budget",
            "stats",
            "usage",
            "created_at",
            "updated_at",
            "archived_at",
        ] {
            assert!(members.contains_key(member), "{member}");
        }
        assert!(!members.contains_key("environment_variables"));
        assert_eq!(made["agent"]["execution_identity"], json!({"type": "service_account"}));
        assert_eq!(made["agent"]["model"]["id"], "model-small");
        assert!(made["id"].as_str().unwrap().starts_with("sesn_"));
        let path = format!("/sessions/{}", made["id"].as_str().unwrap());
        assert_eq!(a.get(&path).await.expect(200), made);
        // It is the session that the other dialect shows under its own prefix.
        let in_q = server.q().get(path.replace("sesn_", "sess_")).await.expect(200);
        assert_eq!(in_q["created_at"], made["created_at"]);
        server.q().get(path).await.not_found();
    })
    .await;
}

#[tokio::test]
async fn archiving_ends_a_session_and_may_be_repeated() {
    on_each_backend(async |server: &TestServer| {
        let item = server.a().item().await;
        let a = &item.client;
        let path = format!("/sessions/{}", item.session);
        let archived = a.call(format!("{path}/archive")).await.expect(200);
        assert_eq!(archived["status"], "terminated");
        server.advance_seconds(1);
        assert_eq!(a.call(format!("{path}/archive")).await.expect(200), archived);
        assert_eq!(item.now().await["state"], "stopped");
        a.post(&path, json!({"title": "t"})).await.refused(400, "invalid_request_error");
        let gone = a.delete(&path).await.expect(200);
        assert_eq!(gone, json!({"id": item.session, "type": "session_deleted"}));
        a.get(&path).await.not_found();
    })
    .await;
}

#[tokio::test]
async fn what_this_server_keeps_nothing_for_is_refused() {
    on_each_backend(async |server: &TestServer| {
        let a = server.a();
        let environment = a.environment().await;
        let agent = a.agent().await;
        for (member, value) in [
            ("resources", json!([{"type": "file", "file_id": "file_1"}])),
            ("vault_ids", json!(["vault_1"])),
            ("environment_variables", json!({})),
            ("colour", json!("red")),
        ] {
            let mut body = json!({"agent": agent, "environment_id": environment});
            body[member] = value;
            a.post("/sessions", body).await.invalid(member);
        }
        let session = a.session(&environment).await;
        let path = format!("/sessions/{session}");
        a.post(path, json!({"vault_ids": []})).await.invalid("vault_ids");
    })
    .await;
}

#[tokio::test]
async fn a_list_may_be_read_in_both_orders() {
    on_each_backend(async |server: &TestServer| {
        let a = server.a();
        let environment = a.environment().await;
        let first = a.session(&environment).await;
        let second = a.session(&environment).await;
        let ids = async |query: &str| -> Value {
            let list = a.get(format!("/sessions?{query}")).await.expect(200);
            list["data"].as_array().unwrap().iter().map(|row| row["id"].clone()).collect()
        };
        assert_eq!(ids("").await, json!([second, first]));
        assert_eq!(ids("order=asc").await, json!([first, second]));
        assert_eq!(ids("statuses[]=idle&statuses[]=running").await, json!([second, first]));
        assert_eq!(ids("statuses[]=terminated").await, json!([]));
        a.get("/sessions?statuses[]=canceling").await.refused(400, "invalid_request_error");
    })
    .await;
}
