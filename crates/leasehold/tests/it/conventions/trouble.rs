//! What a server says that cannot do it now, and that nothing was done (conventions §4.1, §9).

use std::pin::Pin;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use futures_util::FutureExt as _;
use leasehold_api::Settings;
use leasehold_model::Refusal;
use leasehold_model::op::{Context, Op};
use leasehold_model::rows::{Keys, Rows};
use leasehold_store::{QUEUE_DEPTH, StoreError};
use leasehold_testkit::{Backend, Client, Dialect, TestServer};
use serde_json::json;

/// How each dialect says that the server has too much to do (conventions §15).
const OVERLOADED: [(Dialect, u16, &str); 3] = [
    (Dialect::Q, 503, "api_error"),
    (Dialect::A, 529, "overloaded_error"),
    (Dialect::Native, 503, "api_error"),
];

async fn environments(client: &Client<'_>) -> usize {
    client.get("/environments").await.expect(200)["data"].as_array().unwrap().len()
}

/// Holds the writer up until it is let go on.
struct Gate {
    entered: Sender<()>,
    go: Mutex<Receiver<()>>,
}

impl Op for Gate {
    type Reply = ();

    fn needs(&self, _: &mut Keys) {}

    fn decide(&self, _: &mut Context<'_>, _: &mut Rows) -> Result<(), Refusal> {
        self.entered.send(()).unwrap();
        self.go.lock().unwrap().recv().unwrap();
        Ok(())
    }
}

/// Asks for nothing, and waits for its turn.
struct Waits;

impl Op for Waits {
    type Reply = ();

    fn needs(&self, _: &mut Keys) {}

    fn decide(&self, _: &mut Context<'_>, _: &mut Rows) -> Result<(), Refusal> {
        Ok(())
    }
}

type Submitted<'a> = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send + 'a>>;

/// Submits an operation without waiting for it.
fn submit<O: Op<Reply = ()>>(server: &TestServer, op: O) -> Submitted<'_> {
    let mut submitted: Submitted<'_> = Box::pin(server.store().submit(op));
    assert!(submitted.as_mut().now_or_never().is_none(), "it did not wait");
    submitted
}

#[tokio::test]
async fn a_writer_with_too_much_to_do_says_so_and_when_to_come_back() {
    let server = TestServer::start(Backend::Memory).await;
    let (entered, has_entered) = channel();
    let (go, wait) = channel();
    let gate = submit(&server, Gate { entered, go: Mutex::new(wait) });
    tokio::task::spawn_blocking(move || has_entered.recv().unwrap()).await.unwrap();
    let waiting: Vec<_> = (0..QUEUE_DEPTH).map(|_| submit(&server, Waits)).collect();
    let key = "6f1c1f64-6a52-4a0e-9a39-0d1f0a5a7f11";
    for (dialect, status, kind) in OVERLOADED {
        let (path, body) = match dialect {
            Dialect::Native => ("/accounts", json!({"name": "one-more"})),
            Dialect::Q | Dialect::A | Dialect::None => {
                ("/environments", json!({"name": "n", "config": {"type": "self_hosted"}}))
            }
        };
        let refused = server.client(dialect).post(path, body).key(key).await;
        refused.refused(status, kind);
        assert_eq!(refused.header("retry-after"), Some("1"), "{}", refused.asked);
        // What only reads does not wait for the writer.
        assert_eq!(environments(&server.client(Dialect::Q)).await, 0);
    }
    go.send(()).unwrap();
    gate.await.unwrap();
    for waits in waiting {
        waits.await.unwrap();
    }
    // The refusal is not kept under the key.
    let body = json!({"name": "n", "config": {"type": "self_hosted"}});
    server.q().post("/environments", body).key(key).await.expect(201);
    assert_eq!(environments(&server.q()).await, 1);
}

#[tokio::test]
async fn a_commit_that_fails_is_503_and_has_done_nothing() {
    let (server, faults) = TestServer::start_faulty().await;
    for dialect in Dialect::VENDORS {
        let client = server.client(dialect);
        let before = environments(&client).await;
        let create = || {
            let body = json!({"name": "n", "config": {"type": "self_hosted"}});
            client.post("/environments", body).key(dialect.prefix())
        };
        faults.fail_commits(1);
        let failed = create().await;
        let error = failed.refused(503, "api_error");
        assert!(!error.to_string().contains("fault"), "the cause is for the log: {error}");
        assert_eq!(failed.header("retry-after"), Some("1"));
        assert_eq!(environments(&client).await, before);
        // The same request again is carried out and not answered from memory.
        let done = create().await;
        done.expect(client.created());
        assert_eq!(done.header("idempotent-replayed"), None);
        assert_eq!(environments(&client).await, before + 1);
    }
}

#[tokio::test]
async fn a_heartbeat_whose_commit_fails_has_renewed_nothing() {
    let (server, faults) = TestServer::start_faulty().await;
    for dialect in Dialect::VENDORS {
        let item = server.client(dialect).item().await;
        let beat = item.hold().await;
        faults.fail_commits(1);
        item.echo(&beat).await.refused(503, "api_error");
        assert_eq!(item.now().await["latest_heartbeat_at"], beat.as_str());
        // The old echo still holds.
        item.echo(&beat).await.expect(200);
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_in_time_is_408_and_ends_the_connection() {
    let patience = Duration::from_millis(20);
    let settings = Settings { body_read_timeout: patience, ..TestServer::settings() };
    let server = TestServer::start_with(Backend::Memory, TestServer::clock(), settings).await;
    for dialect in Dialect::VENDORS {
        let client = server.client(dialect);
        for begun in ["", "{", r#"{"name":"n","config":{"type":"self_hosted"}}"#] {
            let late = client.call("/environments").body(begun).key("k").unfinished().await;
            late.refused(408, "invalid_request_error");
            assert_eq!(late.header("connection"), Some("close"));
        }
        assert_eq!(environments(&client).await, 0);
        // Who may not ask at all learns that at once.
        client.unnamed().call("/environments").unfinished().await.unauthenticated();
    }
}
