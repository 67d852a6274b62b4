//! Paths, methods and the order of checks (conventions §1, §2, §4).

use http::Method;
use leasehold_testkit::{Backend, Dialect, TestServer, on_each_backend};
use serde_json::json;

const UNKNOWN: &str = "env_ffffffffffffffffffffffffffffffff";

#[tokio::test]
async fn what_is_not_there_is_404_in_the_envelope_of_its_prefix() {
    let server = TestServer::start(Backend::Memory).await;
    let environment = server.q().environment().await;
    for dialect in [Dialect::Q, Dialect::A, Dialect::Native, Dialect::None] {
        let client = server.client(dialect);
        for path in [
            "/",
            "/nothing",
            "/environments/",
            "/environments//work",
            &format!("/environments/{environment}/"),
            &format!("/environments/{environment}/work/"),
            &format!("/environments/{environment}/work/poll/now"),
        ] {
            let reply = client.get(path).await;
            reply.not_found();
            let own = if dialect == Dialect::A { "request-id" } else { "x-request-id" };
            assert!(reply.header(own).is_some(), "{}", reply.asked);
            assert_eq!(reply.header("location"), None, "{}", reply.asked);
        }
    }
}

#[tokio::test]
async fn the_members_of_an_envelope_are_in_the_order_of_its_dialect() {
    let server = TestServer::start(Backend::Memory).await;
    let q = server.q().post("/environments", json!({})).header("x-request-id", "r-1").await;
    let error =
        r#"{"type":"invalid_request_error","message":"Field 'name' is required.","param":"name"}"#;
    assert_eq!(q.text(), format!(r#"{{"type":"error","request_id":"r-1","error":{error}}}"#));
    let a = server.a().post("/environments", json!({})).await;
    let id = a.header("request-id").unwrap();
    assert!(a.text().starts_with(r#"{"type":"error","error":{"type":"invalid_request_error","#));
    assert!(a.text().ends_with(&format!(r#","request_id":"{id}"}}"#)), "{}", a.text());
}

#[tokio::test]
async fn a_wrong_method_is_405_and_says_what_is_right() {
    let server = TestServer::start(Backend::Memory).await;
    for dialect in Dialect::VENDORS {
        let item = server.client(dialect).item().await;
        let client = &item.client;
        for (method, path, allowed) in [
            (Method::DELETE, "/environments".to_owned(), "GET, POST"),
            (Method::DELETE, item.queue(), "GET"),
            (Method::DELETE, item.path(), "GET, POST"),
            (Method::GET, format!("{}/ack", item.path()), "POST"),
            (Method::DELETE, format!("{}/poll", item.queue()), "GET, POST"),
        ] {
            let reply = client.request(method, path).await;
            reply.refused(405, "invalid_request_error");
            let mut methods: Vec<&str> = reply.header("allow").unwrap().split(", ").collect();
            methods.sort_unstable();
            assert_eq!(methods.join(", "), allowed, "{}", reply.asked);
        }
    }
}

#[tokio::test]
async fn poll_and_stats_win_over_an_item_but_only_for_reading() {
    let server = TestServer::start(Backend::Memory).await;
    for dialect in Dialect::VENDORS {
        let item = server.client(dialect).item().await;
        for name in ["poll", "stats"] {
            let path = format!("{}/{name}", item.queue());
            item.client.post(path, json!({"metadata": {}})).await.not_found();
        }
    }
}

#[tokio::test]
async fn an_id_is_decoded_and_anything_but_a_well_formed_one_is_404() {
    let server = TestServer::start(Backend::Memory).await;
    for dialect in Dialect::VENDORS {
        let client = server.client(dialect);
        let id = client.environment().await;
        let encoded = id.replace('_', "%5F").replace('e', "%65");
        let found = client.get(format!("/environments/{encoded}")).await.expect(200);
        assert_eq!(found["id"], id.as_str());
        for wrong in [
            UNKNOWN,
            "env_1",
            "work_ffffffffffffffffffffffffffffffff",
            &id.to_uppercase(),
            &id.replace("env_", ""),
            &format!("{id}0"),
            "%ff%fe",
            "%00",
            "..",
        ] {
            client.get(format!("/environments/{wrong}")).await.not_found();
        }
    }
}

#[tokio::test]
async fn who_calls_is_asked_before_anything_but_the_path() {
    let server = TestServer::start(Backend::Memory).await;
    for dialect in Dialect::VENDORS {
        let nobody = server.client(dialect).unnamed();
        nobody.get("/nothing").await.not_found();
        nobody.delete("/environments").await.refused(405, "invalid_request_error");
        nobody.call("/environments").body("{").key("").await.unauthenticated();
        nobody.get(format!("/environments/{UNKNOWN}")).await.unauthenticated();
    }
}

#[tokio::test]
async fn the_checks_come_in_the_order_of_the_conventions() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let item = q.item().await;
        let cloud = q.environment_of("cloud").await;
        let stranger = q.with(&server.stranger().await);
        let bad = "heartbeat?desired_ttl_seconds=0";
        let missing = "work_ffffffffffffffffffffffffffffffff";
        let queue = item.queue();

        // The environment comes first, then whose it is, its kind, the parameters, the item.
        q.call(format!("/environments/{UNKNOWN}/work/{missing}/{bad}")).await.not_found();
        stranger.call(format!("/environments/{cloud}/work/{missing}/{bad}")).await.forbidden();
        let kind = q.call(format!("/environments/{cloud}/work/{missing}/{bad}")).await;
        kind.refused(400, "invalid_request_error");
        assert!(kind.text().contains("self_hosted"), "{}", kind.text());
        q.call(format!("{queue}/{missing}/{bad}")).await.invalid("desired_ttl_seconds");
        q.call(format!("{queue}/{missing}/heartbeat")).await.not_found();
        // The item's state comes after that, and the precondition last.
        q.call(format!("{}/{bad}", item.path())).await.invalid("desired_ttl_seconds");
        let conflict = item.echo("2026-01-01T00:00:00Z").await;
        conflict.refused(409, "invalid_request_error");
        // A body is judged before its item is looked for.
        q.post(format!("{queue}/{missing}/stop"), json!({"force": 1})).await.invalid("force");
        q.post(format!("{queue}/{missing}"), json!({"metadata": []})).await.invalid("metadata");
    })
    .await;
}

#[tokio::test]
async fn parameters_that_nobody_knows_are_ignored() {
    let server = TestServer::start(Backend::Memory).await;
    for dialect in Dialect::VENDORS {
        let client = server.client(dialect);
        client.get("/environments?beta=true&nonsense=%ff&&=").await.expect(200);
        client.get("/environments?beta=true").header("anthropic-beta", "x").await.expect(200);
        client.get("/environments").header("qoder-workspace-id", "w").await.expect(200);
    }
}
