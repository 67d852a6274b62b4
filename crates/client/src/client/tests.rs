//! What goes over the wire, against a server that plays one scripted answer.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;
use std::time::Duration;

use secrecy::SecretString;

use super::{Client, Dialect};
use crate::agent::{NewAgent, Policy};
use crate::environment::Archived;
use crate::event::{Kind, NewEvent, Order};
use crate::key::NewKey;
use crate::session::{NewSession, SessionChange, SessionFilter};
use crate::work::{Expected, Poll, Stop};
use crate::{Cursor, Error, TransportFault};

/// A server that answers one request and hands over what it read: head and body.
struct Script {
    url: String,
    heard: JoinHandle<(String, String)>,
}

impl Script {
    fn answering(status: &str, headers: &str, body: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}",
            body.len()
        );
        let heard = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream);
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                assert_ne!(reader.read_line(&mut head).unwrap(), 0, "the request was cut off");
            }
            let length = head
                .to_lowercase()
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
                .unwrap_or(0);
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            reader.get_mut().write_all(answer.as_bytes()).unwrap();
            (head, String::from_utf8(body).unwrap())
        });
        Self { url, heard }
    }

    fn client(&self) -> Client {
        Client::builder(&self.url, "pt-secret".into()).build().unwrap()
    }

    fn head(self) -> String {
        self.heard.join().unwrap().0
    }
}

fn request_line(head: &str) -> &str {
    head.lines().next().unwrap()
}

const WORK: &str = r#"{"id":"work_1","type":"work","environment_id":"env_1",
    "data":{"type":"session","id":"sess_1"},"state":"queued","created_at":"2026-07-02T09:20:00Z",
    "acknowledged_at":null,"started_at":null,"latest_heartbeat_at":null,"stop_requested_at":null,
    "stopped_at":null,"metadata":{"a":"b"},"from_the_future":[1,2]}"#;

#[tokio::test]
async fn an_id_cannot_leave_its_segment() {
    let script = Script::answering("200 OK", "", WORK);
    let work = script.client().retrieve_work("env/../x?y=#z", "work 1%2e").await.unwrap();
    assert_eq!(work.id, "work_1");
    let head = script.head();
    let path = "/api/v1/cloud/environments/env%2F..%2Fx%3Fy=%23z/work/work%201%252e";
    assert_eq!(request_line(&head), format!("GET {path} HTTP/1.1"));
}

#[tokio::test]
async fn a_segment_that_a_url_would_drop_is_refused() {
    let client = Client::builder("http://127.0.0.1:1", "pt-x".into()).build().unwrap();
    for id in ["", ".", ".."] {
        let error = client.delete_environment(id).await.unwrap_err();
        assert!(matches!(error, Error::Argument { .. }), "{id:?}: {error:?}");
    }
}

#[tokio::test]
async fn a_base_path_is_kept_and_own_paths_follow_it() {
    let script = Script::answering("200 OK", "", r#"{"data":[],"next_page":null}"#);
    let base = format!("{}/behind/proxy/", script.url);
    let client = Client::builder(base, "pt-x".into()).build().unwrap();
    let cursor = Cursor { limit: Some(5), page: Some("tok_1".to_owned()) };
    let page = client.list_tokens(Some("acct_1"), &cursor).await.unwrap();
    assert!(page.data.is_empty());
    let path = "/behind/proxy/leasehold/v1/tokens?account_id=acct_1&limit=5&page=tok_1";
    assert_eq!(request_line(&script.head()), format!("GET {path} HTTP/1.1"));
}

#[tokio::test]
async fn a_poll_sends_its_parameters_and_reads_null() {
    let script = Script::answering("200 OK", "", "null");
    let poll = Poll {
        worker_id: Some("w1".to_owned()),
        block: Some(Duration::from_millis(999)),
        reclaim_older_than: Some(Duration::ZERO),
    };
    assert!(script.client().poll_work("env_1", &poll).await.unwrap().is_none());
    let head = script.head();
    let path = "/api/v1/cloud/environments/env_1/work/poll?block_ms=999&reclaim_older_than_ms=0";
    assert_eq!(request_line(&head), format!("GET {path} HTTP/1.1"));
    assert!(head.contains("\r\nworker-id: w1\r\n"), "{head}");
    assert!(head.contains("\r\nauthorization: Bearer pt-secret\r\n"), "{head}");
}

#[tokio::test]
async fn the_dialect_decides_the_tree_and_the_worker_header() {
    let script = Script::answering("200 OK", "", WORK);
    let client = script.client().with_dialect(Dialect::A).with_token(&"ek-1".into()).unwrap();
    client.ack_work("env_1", "work_1", Some("w1")).await.unwrap();
    let head = script.head();
    assert_eq!(request_line(&head), "POST /v1/environments/env_1/work/work_1/ack HTTP/1.1");
    assert!(head.contains("\r\nanthropic-worker-id: w1\r\n"), "{head}");
    assert!(head.contains("\r\nauthorization: Bearer ek-1\r\n"), "{head}");
}

#[tokio::test]
async fn a_heartbeat_goes_back_byte_for_byte() {
    let answer = r#"{"type":"work_heartbeat","last_heartbeat":"2026-07-02T09:20:04.000000Z",
        "lease_extended":true,"state":"active","ttl_seconds":10}"#;
    let script = Script::answering("200 OK", "", answer);
    let expected = Expected::Beat("2026-07-02T09:20:03.004310Z".to_owned());
    let ttl = Some(Duration::from_secs(10));
    let beat = script.client().heartbeat_work("env_1", "work_1", &expected, ttl).await.unwrap();
    assert_eq!(beat.last_heartbeat, "2026-07-02T09:20:04.000000Z");
    let query = "expected_last_heartbeat=2026-07-02T09%3A20%3A03.004310Z&desired_ttl_seconds=10";
    let line = request_line(&script.head()).to_owned();
    assert!(line.ends_with(&format!("/heartbeat?{query} HTTP/1.1")), "{line}");
}

#[tokio::test]
async fn a_graceful_stop_says_so() {
    let script = Script::answering("200 OK", "", WORK);
    script.client().stop_work("env_1", "work_1", Stop::Graceful).await.unwrap();
    let (head, body) = script.heard.join().unwrap();
    assert_eq!(body, r#"{"force":false}"#);
    assert!(head.contains("\r\ncontent-type: application/json\r\n"), "{head}");
}

const SESSION: &str = r#"{"id":"sess_1","type":"session","agent":{"id":"agent_1","type":"agent",
    "name":"n","version":3,"model":{"id":"scripted","effort":{"type":"high"}}},
    "environment_id":"env_1","status":"idle","title":null,"metadata":{},"archived_at":null,
    "created_at":"2026-07-02T09:20:00Z","updated_at":"2026-07-02T09:20:00Z"}"#;

#[tokio::test]
async fn a_session_begins_with_events_or_without() {
    let new = NewSession::of("agent_1", "env_1");
    let greeting = vec![NewEvent::message("hello")];
    for (initial_events, expected) in [
        (Vec::new(), ""),
        (
            greeting,
            r#","initial_events":[{"type":"user.message","content":[{"type":"text","text":"hello"}]}]"#,
        ),
    ] {
        let script = Script::answering("200 OK", "", SESSION);
        let new = NewSession { initial_events, ..new.clone() };
        let session = script.client().create_session(&new).await.unwrap();
        assert_eq!((session.agent.version, session.agent.model.id()), (3, "scripted"));
        let body = script.heard.join().unwrap().1;
        let start = r#"{"agent":"agent_1","environment_id":"env_1","metadata":{}"#;
        assert_eq!(body, format!("{start}{expected}}}"));
    }
}

#[tokio::test]
async fn a_title_is_kept_set_or_cleared() {
    let titled = |title: Option<Option<&str>>| SessionChange {
        title: title.map(|title| title.map(str::to_owned)),
        ..SessionChange::default()
    };
    for (change, expected) in [
        (titled(None), "{}"),
        (titled(Some(None)), r#"{"title":null}"#),
        (titled(Some(Some("t"))), r#"{"title":"t"}"#),
    ] {
        let script = Script::answering("200 OK", "", SESSION);
        script.client().update_session("sess_1", &change).await.unwrap();
        assert_eq!(script.heard.join().unwrap().1, expected);
    }
}

#[tokio::test]
async fn sessions_are_listed_by_agent_and_status() {
    let script = Script::answering("200 OK", "", r#"{"data":[],"next_page":"p2"}"#);
    let filter = SessionFilter {
        agent_id: Some("agent_1".to_owned()),
        statuses: vec!["idle".to_owned(), "running".to_owned()],
        archived: Archived::Shown,
    };
    let page = script.client().list_sessions(&filter, &Cursor::default()).await.unwrap();
    assert_eq!(page.next_page.as_deref(), Some("p2"));
    let query = "include_archived=true&agent_id=agent_1\
                 &statuses%5B%5D=idle&statuses%5B%5D=running";
    let line = format!("GET /api/v1/cloud/sessions?{query} HTTP/1.1");
    assert_eq!(request_line(&script.head()), line);
}

#[tokio::test]
async fn events_come_back_as_they_are_kept() {
    let answer = r#"{"data":[{"id":"evt_1","type":"user.interrupt","processed_at":"2026"}]}"#;
    let script = Script::answering("200 OK", "", answer);
    let sent = script.client().send_events("sess_1", &[NewEvent::Interrupt]).await.unwrap();
    assert_eq!(sent.data[0].kind, Kind::Interrupt);
    let (head, body) = script.heard.join().unwrap();
    assert_eq!(request_line(&head), "POST /api/v1/cloud/sessions/sess_1/events HTTP/1.1");
    assert_eq!(body, r#"{"events":[{"type":"user.interrupt"}]}"#);

    let script = Script::answering("200 OK", "", r#"{"data":[],"next_page":null}"#);
    let cursor = Cursor { limit: Some(1000), page: None };
    script.client().list_events("sess_1", Order::Descending, &cursor).await.unwrap();
    let line = "GET /api/v1/cloud/sessions/sess_1/events?order=desc&limit=1000 HTTP/1.1";
    assert_eq!(request_line(&script.head()), line);
}

#[tokio::test]
async fn an_agent_has_the_tools_that_it_is_given() {
    let answer = r#"{"id":"agent_1","version":1,"name":"n","description":"","model":"scripted",
        "system":"","created_at":"2026-07-02T09:20:00Z","updated_at":"2026-07-02T09:20:00Z"}"#;
    let script = Script::answering("201 Created", "", answer);
    let new = NewAgent { tools: vec![Policy::Ask.toolset()], ..NewAgent::of("n", "scripted") };
    let agent = script.client().create_agent(&new).await.unwrap();
    assert_eq!(agent.model.id(), "scripted");
    let tools = r#"[{"type":"agent_toolset_20260401","default_config":{"permission_policy":{"type":"always_ask"}}}]"#;
    let body = script.heard.join().unwrap().1;
    assert_eq!(
        body,
        format!(r#"{{"name":"n","model":"scripted","tools":{tools},"metadata":{{}}}}"#)
    );

    for (version, query) in [(None, ""), (Some(2), "?version=2")] {
        let script = Script::answering("200 OK", "", answer);
        script.client().retrieve_agent("agent_1", version).await.unwrap();
        let line = format!("GET /api/v1/cloud/agents/agent_1{query} HTTP/1.1");
        assert_eq!(request_line(&script.head()), line);
    }
}

#[tokio::test]
async fn a_refusal_keeps_every_fact() {
    let body = r#"{"type":"error","request_id":"inner","error":{"type":"precondition_failed_error",
        "message":"Heartbeat precondition failed.","param":"expected_last_heartbeat",
        "details":{"error_code":"heartbeat_precondition_failed",
            "current_state":{"state":"active","ttl_seconds":10}}}}"#;
    let headers = "x-request-id: outer\r\nretry-after: 2\r\n";
    let script = Script::answering("412 Precondition Failed", headers, body);
    let call = script.client();
    let error = call.heartbeat_work("env_1", "work_1", &Expected::Any, None).await.unwrap_err();
    let api = error.api().unwrap();
    assert_eq!(api.status, 412);
    assert_eq!(api.kind, "precondition_failed_error");
    assert_eq!(api.message, "Heartbeat precondition failed.");
    assert_eq!(api.param.as_deref(), Some("expected_last_heartbeat"));
    assert_eq!(api.code(), Some("heartbeat_precondition_failed"));
    assert_eq!(api.current_state("state"), Some("active"));
    assert_eq!(api.retry_after, Some(Duration::from_secs(2)));
    assert_eq!(error.request_id(), Some("outer"));
}

#[tokio::test]
async fn an_answer_of_something_else_is_still_a_refusal() {
    let script = Script::answering("502 Bad Gateway", "request-id: req_1\r\n", "<html>no</html>");
    let error = script.client().retrieve_environment("env_1").await.unwrap_err();
    let api = error.api().unwrap();
    assert_eq!((api.status, api.kind.as_str()), (502, "unknown"));
    assert_eq!(api.message, "Bad Gateway");
    assert_eq!(api.request_id.as_deref(), Some("req_1"));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let script = Script::answering("307 Temporary Redirect", "location: /elsewhere\r\n", "");
    let error = script.client().retrieve_environment("env_1").await.unwrap_err();
    assert_eq!(error.status(), Some(307));
}

#[tokio::test]
async fn a_success_that_cannot_be_read_is_named() {
    let script = Script::answering("200 OK", "x-request-id: r1\r\n", r#"{"id":1}"#);
    let error = script.client().retrieve_environment("env_1").await.unwrap_err();
    assert!(matches!(error, Error::Decode { status: 200, .. }), "{error:?}");
    assert_eq!(error.request_id(), Some("r1"));
}

#[tokio::test]
async fn a_secret_is_read_and_never_shown() {
    let body = r#"{"id":"ekey_1","type":"environment_key","environment_id":"env_1","name":"n",
        "created_at":"2026-07-02T09:20:00Z","expires_at":null,"last_used_at":null,
        "revoked_at":null,"key":"ek-hush"}"#;
    let script = Script::answering("201 Created", "", body);
    let client = script.client();
    let new = NewKey { name: "n".to_owned(), expires_at: None };
    let issued = client.create_key("env_1", &new).await.unwrap();
    assert_eq!(secrecy::ExposeSecret::expose_secret(&issued.secret), "ek-hush");
    assert_eq!(issued.key.id, "ekey_1");
    assert_eq!(issued.json()["key"], "ek-hush");
    let shown = format!("{issued:?} {client:?}");
    assert!(!shown.contains("hush") && !shown.contains("pt-secret"), "{shown}");
    assert_eq!(script.heard.join().unwrap().1, r#"{"name":"n"}"#);
}

#[tokio::test]
async fn nobody_there_is_a_connection_fault() {
    let client = Client::builder("http://127.0.0.1:1", "pt-x".into()).build().unwrap();
    let cursor = Cursor::default();
    let error = client.list_environments(Archived::Hidden, &cursor).await.unwrap_err();
    assert!(matches!(error, Error::Transport { fault: TransportFault::Connect, .. }), "{error:?}");
}

#[tokio::test]
async fn a_silent_server_is_a_timeout() {
    // Connections are taken by the system and never answered.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let client = Client::builder(url, "pt-x".into())
        .request_timeout(Duration::from_millis(50))
        .build()
        .unwrap();
    let error = client.clock().await.unwrap_err();
    assert!(matches!(error, Error::Transport { fault: TransportFault::Timeout, .. }), "{error:?}");
}

#[test]
fn an_address_or_token_that_cannot_work_is_refused() {
    let build = |url: &str, token: &str| {
        Client::builder(url, SecretString::from(token)).build().unwrap_err().to_string()
    };
    for url in ["127.0.0.1:7433", "localhost:7433", "ftp://h", "http://h/?a", "http://h/#a", ""] {
        assert!(build(url, "pt-x").contains("address"), "{url}");
    }
    for url in ["http://me:hunter2@h", "http://me:hunter2@h:99999", "me:hunter2@h"] {
        assert!(!build(url, "pt-x").contains("hunter2"), "{url}");
    }
    for token in ["", "a b", "a\nb", "é"] {
        assert!(build("http://h", token).contains("token"), "{token:?}");
    }
}

#[test]
fn an_https_client_needs_no_process_wide_provider() {
    Client::builder("https://example.invalid", "pt-x".into()).build().unwrap();
}
