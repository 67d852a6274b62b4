//! JSON bodies and their size (conventions §2, §8).

use leasehold_api::Settings;
use leasehold_testkit::{Backend, Dialect, TestServer};
use serde_json::json;

#[tokio::test]
async fn a_body_that_is_not_a_json_object_is_refused_wherever_there_may_be_one() {
    let server = TestServer::start(Backend::Memory).await;
    let deep = format!(r#"{{"name":{}{}}}"#, "[".repeat(200), "]".repeat(200));
    let bodies: [&[u8]; 12] = [
        b"{",
        b"{} {}",
        b"[]",
        b"null",
        b"1",
        b"\"x\"",
        b"{'name':'n'}",
        b"{\"name\":\"\xff\"}",
        b"{\"name\":\"a\\u0000b\"}",
        b"{\"a\\u0000b\":1}",
        b"\xef\xbb\xbf{}",
        deep.as_bytes(),
    ];
    for dialect in Dialect::VENDORS {
        let item = server.client(dialect).item().await;
        for path in [
            "/environments".to_owned(),
            format!("/environments/{}", item.environment),
            "/sessions".to_owned(),
            format!("/sessions/{}", item.session),
            item.path(),
            format!("{}/stop", item.path()),
        ] {
            for body in bodies {
                let reply = item.client.call(&path).body(body.to_vec()).await;
                reply.refused(400, "invalid_request_error");
            }
        }
        assert_eq!(item.now().await["state"], "queued");
    }
}

#[tokio::test]
async fn a_type_of_content_is_not_asked_for() {
    let server = TestServer::start(Backend::Memory).await;
    for dialect in Dialect::VENDORS {
        let client = server.client(dialect);
        let body = r#" {"name":"n","config":{"type":"self_hosted"}} "#;
        for request in [
            client.call("/environments").body(body),
            client.call("/environments").body(body).header("content-type", "text/plain"),
        ] {
            request.await.expect(client.created());
        }
    }
}

#[tokio::test]
async fn of_repeated_members_the_last_one_counts() {
    let server = TestServer::start(Backend::Memory).await;
    for dialect in Dialect::VENDORS {
        let client = server.client(dialect);
        let body = r#"{"name":1,"config":{"type":"x","type":"self_hosted"},"name":"last"}"#;
        let made = client.call("/environments").body(body).await.expect(client.created());
        assert_eq!(made["name"], "last");
    }
}

#[tokio::test]
async fn members_that_nobody_knows_are_ignored_by_q_and_refused_by_a() {
    let server = TestServer::start(Backend::Memory).await;
    let body = json!({"name": "n", "config": {"type": "self_hosted"}, "colour": "red"});
    server.q().post("/environments", body.clone()).await.expect(201);
    server.a().post("/environments", body).await.invalid("colour");
}

#[tokio::test]
async fn a_call_without_a_body_takes_none_and_an_empty_object() {
    let server = TestServer::start(Backend::Memory).await;
    for dialect in Dialect::VENDORS {
        for body in ["", "{}", " \n"] {
            let item = server.client(dialect).item().await;
            item.ack().body(body).await.expect(200);
            item.first_beat().body(body).await.expect(200);
            item.stop().body(body).await.expect(200);
            let environment = format!("/environments/{}", item.environment);
            item.client.call(format!("{environment}/archive")).body(body).await.expect(200);
            let session = format!("/sessions/{}", item.session);
            item.client.delete(session).body(body).await.expect(200);
            item.client.delete(environment).body(body).await.expect(200);
        }
    }
}

#[tokio::test]
async fn a_body_may_be_as_long_as_the_limit_and_no_longer() {
    let settings = Settings { body_limit_bytes: 1_000, ..Settings::default() };
    let server = TestServer::start_with(Backend::Memory, TestServer::clock(), settings).await;
    let of_length = |length: usize| {
        let body = r#"{"name":"n","config":{"type":"self_hosted"}}"#;
        format!("{body}{}", " ".repeat(length - body.len()))
    };
    for (dialect, status, kind) in
        [(Dialect::Q, 400, "invalid_request_error"), (Dialect::A, 413, "request_too_large")]
    {
        let client = server.client(dialect);
        client.call("/environments").body(of_length(1_000)).await.expect(client.created());
        for request in [
            // Counted while it is read.
            client.call("/environments").body(of_length(1_001)),
            // Judged by what is announced, before anything is read.
            client.call("/environments").body("{}").header("content-length", "1001"),
            client.call("/environments").body("{}").header("content-length", "99999999999999"),
        ] {
            let refused = request.await;
            let error = refused.refused(status, kind);
            assert_eq!(error["message"], "Request body exceeds the maximum allowed size.");
            assert_eq!(refused.header("connection"), Some("close"));
        }
        client.call("/nothing").body(of_length(1_001)).await.not_found();
    }
}
