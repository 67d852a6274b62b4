//! What needs no credential: probes, metrics and the OpenAPI documents.

use std::collections::BTreeSet;

use http::Method;
use leasehold_testkit::{Backend, TestServer, on_each_backend};
use serde_json::Value;

#[tokio::test]
async fn a_server_lives_and_is_ready_until_it_closes() {
    on_each_backend(async |server| {
        let anybody = server.anybody();
        assert_eq!(anybody.get("/healthz").await.expect(200)["status"], "ok");
        assert_eq!(anybody.get("/readyz").await.expect(200)["status"], "ready");
        server.api().begin_shutdown();
        assert_eq!(anybody.get("/healthz").await.expect(200)["status"], "ok");
        assert_eq!(anybody.get("/readyz").await.status, 503);
    })
    .await;
}

#[tokio::test]
async fn a_probe_is_read_alone() {
    let server = TestServer::start(Backend::Memory).await;
    let refused = server.anybody().call("/healthz").await;
    refused.refused(405, "invalid_request_error");
    assert_eq!(refused.header("allow"), Some("GET, HEAD"));
}

#[tokio::test]
async fn metrics_name_routes_and_neither_ids_nor_secrets() {
    let server = TestServer::start(Backend::Memory).await;
    let item = server.q().item().await;
    item.hold().await;
    let reply = server.anybody().get("/metrics").await;
    assert_eq!(reply.status, 200);
    let text = reply.text();
    assert!(text.contains("/api/v1/cloud/environments/{environment_id}/work/{work_id}/ack"));
    for secret in [&item.id, &item.environment, &item.session, "pt-", "lct_"] {
        assert!(!text.contains(secret), "{secret} is in the metrics");
    }
}

#[tokio::test]
async fn metrics_count_the_streams_that_are_open() {
    on_each_backend(async |server| {
        let open = async || {
            let page = server.anybody().get("/metrics").await.text();
            let line = page.lines().find_map(|line| line.strip_prefix("leasehold_streams_open "));
            line.unwrap().to_owned()
        };
        assert_eq!(open().await, "0");
        let mut streams = Vec::new();
        for client in [server.q(), server.a()] {
            let environment = client.environment().await;
            let session = client.session(&environment).await;
            streams.push(client.stream(&session).await);
        }
        assert_eq!(open().await, "2");
        streams.pop();
        assert_eq!(open().await, "1");
        // One that is refused was never open.
        server.q().get("/sessions/sess_1/events/stream").await.not_found();
        server.store().release_pollers();
        for stream in streams {
            stream.rest().await;
        }
        assert_eq!(open().await, "0");
    })
    .await;
}

#[tokio::test]
async fn the_documents_hold_every_route_and_nothing_else() {
    let server = TestServer::start(Backend::Memory).await;
    let mut documented = BTreeSet::new();
    for (path, prefix) in [
        ("/openapi/q.json", "/api/v1/cloud/"),
        ("/openapi/a.json", "/v1/"),
        ("/openapi/leasehold.json", "/leasehold/v1/"),
    ] {
        let document = server.anybody().get(path).await.expect(200);
        for (template, operations) in document["paths"].as_object().unwrap() {
            assert!(template.starts_with(prefix), "{template} in {path}");
            for (method, operation) in operations.as_object().unwrap() {
                if method.parse::<Method>().is_err() || method == "parameters" {
                    continue;
                }
                let id = operation["operationId"].as_str().unwrap();
                assert!(has_answers(operation), "{id} documents no answer");
                documented.insert((method.to_uppercase(), template.clone(), id.to_owned()));
            }
        }
    }
    let served = leasehold_api::routes().iter().map(|route| {
        let method = route.method().as_str().to_owned();
        (method, route.template().to_owned(), route.operation().to_owned())
    });
    assert_eq!(documented, served.collect::<BTreeSet<_>>());
}

fn has_answers(operation: &Value) -> bool {
    operation["responses"].as_object().is_some_and(|all| {
        all.keys().any(|status| status.starts_with('2')) && all.contains_key("401")
    })
}
