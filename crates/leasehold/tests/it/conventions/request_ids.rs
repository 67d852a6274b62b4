//! Request ids (conventions §5).

use leasehold_testkit::{Backend, TestServer};

#[tokio::test]
async fn q_echoes_a_request_id_that_is_acceptable() {
    let server = TestServer::start(Backend::Memory).await;
    let q = server.q();
    let longest = "x".repeat(128);
    for id in ["a", "0f6f6f0e-6a52-4a0e-9a39-0d1f0a5a7f11", &longest, "!~#"] {
        let success = q.get("/environments").header("x-request-id", id).await;
        success.expect(200);
        assert_eq!(success.header("x-request-id"), Some(id));
        let refused = q.get("/environments/no").header("x-request-id", id).await;
        refused.not_found();
        assert_eq!(refused.json()["request_id"], id);
    }
}

#[tokio::test]
async fn q_makes_a_uuid_of_its_own_instead_of_an_odd_one() {
    let server = TestServer::start(Backend::Memory).await;
    let too_long = "x".repeat(129);
    let mut seen = Vec::new();
    for id in ["", "a b", &too_long, "ä"] {
        let reply = server.q().get("/environments").header("x-request-id", id).await;
        seen.push(reply.header("x-request-id").unwrap().to_owned());
    }
    let reply = server.q().get("/environments").await;
    seen.push(reply.header("x-request-id").unwrap().to_owned());
    for id in &seen {
        let parts: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12], "{id}");
        assert_eq!(id.as_bytes()[14], b'4', "{id}");
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 5);
}

#[tokio::test]
async fn a_names_every_request_itself() {
    let server = TestServer::start(Backend::Memory).await;
    for path in ["/environments", "/environments/no", "/nothing"] {
        let reply = server.a().get(path).header("x-request-id", "mine").await;
        let id = reply.header("request-id").unwrap();
        let digits = id.strip_prefix("req_").unwrap();
        assert_eq!(digits.len(), 32, "{id}");
        assert_eq!(reply.header("x-request-id"), None);
    }
}
