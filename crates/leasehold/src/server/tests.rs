//! Connections on a real port: how they end, and that nobody is cut off who need not be.

mod garbage;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::Response;
use hyper::service::service_fn;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Notify, watch};

use hyper_util::service::TowerToHyperService;
use leasehold_api::{Api, Metrics, Settings};
use leasehold_client::Client;
use leasehold_client::environment::NewEnvironment;
use leasehold_client::work::Poll;
use leasehold_model::EnvironmentId;
use leasehold_store::memory;
use secrecy::{ExposeSecret as _, SecretString};

use super::activity::Patience;
use super::bootstrap::Administrator;
use super::listener::{Limits, Port, Serving};
use super::{Ending, Options, Server};

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(100);
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: here\r\n\r\n";

/// A served port; a request is answered once the gate has been opened for it.
struct House {
    address: SocketAddr,
    gate: Arc<Notify>,
    asked: Arc<Notify>,
    closing: watch::Sender<bool>,
    serving: Serving,
}

impl House {
    async fn open(head: Duration, idle: Duration, connections: u32) -> Self {
        let port = Port::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let address = port.address();
        let (gate, asked) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (closing, until) = watch::channel(false);
        let door = (Arc::clone(&gate), Arc::clone(&asked));
        let service = service_fn(move |_| {
            let (gate, asked) = door.clone();
            async move {
                asked.notify_one();
                gate.notified().await;
                Ok::<_, Infallible>(Response::new("welcome".to_owned()))
            }
        });
        let limits = Limits { connections, patience: Patience { head, idle, write: LONG } };
        let serving = port.serve(service, limits, Metrics::new(), until);
        Self { address, gate, asked, closing, serving }
    }

    async fn visit(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

/// Reads until the server closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A connection that is cut off may end in a reset.
    drop(tokio::time::timeout(LONG, stream.read_to_end(&mut bytes)).await.unwrap());
    String::from_utf8(bytes).unwrap()
}

/// Reads one answer.
async fn answer(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    while !text.ends_with("welcome") {
        let mut bytes = [0; 1_024];
        let read = tokio::time::timeout(LONG, stream.read(&mut bytes)).await.unwrap().unwrap();
        assert_ne!(read, 0, "closed after {text:?}");
        text.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
    }
    text
}

#[tokio::test]
async fn a_head_that_does_not_end_is_cut_off() {
    let house = House::open(SHORT, LONG, 9).await;
    let mut silent = house.visit().await;
    let mut slow = house.visit().await;
    slow.write_all(b"GET / HTTP/1.1\r\nhost:").await.unwrap();
    assert_eq!(rest(&mut silent).await, "");
    assert_eq!(rest(&mut slow).await, "");
}

#[tokio::test]
async fn the_head_of_a_second_request_has_its_own_limit() {
    let house = House::open(SHORT, LONG, 9).await;
    house.gate.notify_one();
    let mut stream = house.visit().await;
    stream.write_all(REQUEST).await.unwrap();
    answer(&mut stream).await;
    stream.write_all(b"GET").await.unwrap();
    assert_eq!(rest(&mut stream).await, "");
}

#[tokio::test]
async fn an_idle_connection_ends_and_a_busy_one_does_not() {
    let house = House::open(LONG, SHORT, 9).await;
    let mut busy = house.visit().await;
    busy.write_all(REQUEST).await.unwrap();
    house.asked.notified().await;
    let mut idle = house.visit().await;
    idle.write_all(REQUEST).await.unwrap();
    house.asked.notified().await;
    // The gate is fair: the first request gets the first answer.
    house.gate.notify_one();
    answer(&mut busy).await;
    assert_eq!(rest(&mut busy).await, "");
    // By now the other one has waited for longer than an idle connection may.
    house.gate.notify_one();
    answer(&mut idle).await;
}

#[tokio::test]
async fn closing_answers_those_who_asked_and_lets_the_others_go() {
    let house = House::open(LONG, LONG, 9).await;
    let mut idle = house.visit().await;
    house.gate.notify_one();
    idle.write_all(REQUEST).await.unwrap();
    answer(&mut idle).await;
    house.asked.notified().await;
    let mut busy = house.visit().await;
    busy.write_all(REQUEST).await.unwrap();
    house.asked.notified().await;

    house.closing.send_replace(true);
    assert_eq!(rest(&mut idle).await, "");
    assert!(tokio::time::timeout(SHORT, house.serving.ended()).await.is_err());
    house.gate.notify_one();
    assert!(rest(&mut busy).await.ends_with("welcome"));
    tokio::time::timeout(LONG, house.serving.ended()).await.unwrap();
    assert!(TcpStream::connect(house.address).await.is_err());
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_for_their_turn() {
    let house = House::open(LONG, LONG, 1).await;
    let mut first = house.visit().await;
    first.write_all(REQUEST).await.unwrap();
    house.asked.notified().await;
    let mut second = house.visit().await;
    second.write_all(REQUEST).await.unwrap();
    assert!(tokio::time::timeout(SHORT, house.asked.notified()).await.is_err());
    house.gate.notify_one();
    answer(&mut first).await;
    drop(first);
    house.gate.notify_one();
    answer(&mut second).await;
}

#[tokio::test]
async fn a_shutdown_answers_a_blocked_poll_and_keeps_everything() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(Options::local(folder.path())).await.unwrap();
    let Administrator::Minted(token) = server.administrator() else { panic!("not empty") };
    let token = token.clone();
    let client = Client::builder(server.url(), token.clone()).build().unwrap();
    let new = NewEnvironment::self_hosted("farm");
    let environment = client.create_environment(&new).await.unwrap().id.clone();
    let blocked = tokio::spawn({
        let (client, environment) = (client.clone(), environment.clone());
        let block = Some(Duration::from_millis(999));
        let poll = Poll { worker_id: Some("w".to_owned()), block, reclaim_older_than: None };
        async move { client.poll_work(&environment, &poll).await.map(|reply| reply.is_none()) }
    });
    let id = EnvironmentId::parse(&environment).unwrap();
    let polling = async {
        while server.store().workers_polling(id) == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, polling).await.unwrap();
    assert_eq!(server.shutdown().await.unwrap(), Ending::Complete);
    assert!(blocked.await.unwrap().unwrap());
    assert!(client.retrieve_environment(&environment).await.is_err());

    let again = Server::start(Options::local(folder.path())).await.unwrap();
    assert!(matches!(again.administrator(), Administrator::Established));
    let client = Client::builder(again.url(), token).build().unwrap();
    assert_eq!(client.retrieve_environment(&environment).await.unwrap().id, environment);
    again.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_cut_off() {
    let port = Port::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
    let address = port.address();
    let (closing, until) = watch::channel(false);
    // More than the buffers between a server and a client hold.
    let flood = service_fn(|_| async { Ok::<_, Infallible>(Response::new("a".repeat(64 << 20))) });
    let patience = Patience { head: LONG, idle: LONG, write: SHORT };
    let serving = port.serve(flood, Limits { connections: 9, patience }, Metrics::new(), until);
    let mut deaf = TcpStream::connect(address).await.unwrap();
    deaf.write_all(REQUEST).await.unwrap();
    let mut begun = [0; 1];
    deaf.read_exact(&mut begun).await.unwrap();
    closing.send_replace(true);
    tokio::time::timeout(LONG, serving.ended()).await.unwrap();
}

/// Sends a request on a connection of its own, to which nothing else is sent.
async fn ask(server: &Server, token: &SecretString, request: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let head = format!(
        "{request} HTTP/1.1\r\nhost: here\r\nauthorization: Bearer {}\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{body}",
        token.expose_secret(),
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// The id that an answer begins with.
async fn made(server: &Server, token: &SecretString, path: &str, body: &str) -> String {
    let mut stream = ask(server, token, &format!("POST /api/v1/cloud{path}"), body).await;
    let answer = rest(&mut stream).await;
    let (_, id) = answer.split_once("{\"id\":\"").unwrap_or_else(|| panic!("{answer}"));
    id.split_once('"').unwrap().0.to_owned()
}

/// Reads on until this has come.
async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    while !text.contains(end) {
        let mut bytes = [0; 1_024];
        let read = tokio::time::timeout(LONG, stream.read(&mut bytes)).await.unwrap().unwrap();
        assert_ne!(read, 0, "closed after {text:?}");
        text.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
    }
    text
}

#[tokio::test]
async fn a_stream_outlives_idle_connections_and_ends_with_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = Options::local(folder.path());
    options.config.idle_timeout = SHORT;
    let server = Server::start(options).await.unwrap();
    let Administrator::Minted(token) = server.administrator() else { panic!("not empty") };
    let token = token.clone();
    let body = r#"{"name": "farm", "config": {"type": "cloud"}}"#;
    let environment = made(&server, &token, "/environments", body).await;
    let body = r#"{"name": "helper", "model": "scripted"}"#;
    let agent = made(&server, &token, "/agents", body).await;
    let body = format!(r#"{{"agent": "{agent}", "environment_id": "{environment}"}}"#);
    let session = made(&server, &token, "/sessions", &body).await;
    let events = format!("/api/v1/cloud/sessions/{session}/events");

    let mut stream = ask(&server, &token, &format!("GET {events}/stream"), "").await;
    // The head comes although there is no event.
    let head = read_until(&mut stream, "\r\n\r\n").await;
    assert!(head.contains("content-type: text/event-stream\r\n"), "{head}");
    assert!(head.contains("transfer-encoding: chunked\r\n"), "{head}");
    // By the time that this one is ended, the stream has been silent for as long.
    let mut idle = TcpStream::connect(server.address()).await.unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: here\r\n\r\n").await.unwrap();
    rest(&mut idle).await;
    let body = r#"{"events": [{"type": "user.interrupt"}]}"#;
    let mut sent = ask(&server, &token, &format!("POST {events}"), body).await;
    assert!(rest(&mut sent).await.starts_with("HTTP/1.1 200"));
    let frame = read_until(&mut stream, "\n\n").await;
    assert!(frame.contains("event: user.interrupt\n"), "{frame}");

    assert_eq!(server.shutdown().await.unwrap(), Ending::Complete);
    assert!(rest(&mut stream).await.ends_with("0\r\n\r\n"), "the stream was cut off");
}

#[tokio::test]
async fn a_client_that_is_too_slow_is_cut_off_in_its_head_and_told_in_its_body() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = Options::local(folder.path());
    options.config.header_read_timeout = SHORT;
    options.config.body_read_timeout = SHORT;
    let server = Server::start(options).await.unwrap();
    let Administrator::Minted(token) = server.administrator() else { panic!("not empty") };
    for prefix in ["/api/v1/cloud", "/v1"] {
        let begun = format!("POST {prefix}/environments HTTP/1.1\r\nhost: here\r\n");
        let mut slow = TcpStream::connect(server.address()).await.unwrap();
        slow.write_all(begun.as_bytes()).await.unwrap();
        assert_eq!(rest(&mut slow).await, "");
        let head = format!(
            "{begun}authorization: Bearer {}\r\ncontent-length: 99\r\n\r\n{{",
            token.expose_secret()
        );
        let mut slow = TcpStream::connect(server.address()).await.unwrap();
        slow.write_all(head.as_bytes()).await.unwrap();
        let told = rest(&mut slow).await;
        assert!(told.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{told}");
        assert!(told.contains("\r\nconnection: close\r\n"), "{told}");
    }
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_second_server_on_the_same_data_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let first = Server::start(Options::local(folder.path())).await.unwrap();
    let Err(error) = Server::start(Options::local(folder.path())).await else {
        panic!("two servers on one file")
    };
    assert!(error.to_string().ends_with("is in use by another process"), "{error}");
    first.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_cut_off_and_counted() {
    let metrics = Metrics::new();
    let store = memory::open(leasehold_store::Settings::default()).unwrap();
    let api = Api::new(store, metrics.clone(), Settings::default());
    let port = Port::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
    let address = port.address();
    let patience = Patience { head: LONG, idle: LONG, write: SHORT };
    let (_closing, until) = watch::channel(false);
    let service = TowerToHyperService::new(api.router());
    drop(port.serve(service, Limits { connections: 9, patience }, metrics, until));

    // It asks for more than lies between the server and it, and reads none of it.
    let mut slow = TcpStream::connect(address).await.unwrap();
    let wishes = b"GET /openapi/q.json HTTP/1.1\r\nhost: here\r\n\r\n".repeat(200);
    slow.write_all(&wishes).await.unwrap();
    let cut_off = async {
        loop {
            let mut asking = TcpStream::connect(address).await.unwrap();
            let wish = b"GET /metrics HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n";
            asking.write_all(wish).await.unwrap();
            if rest(&mut asking).await.contains("\nleasehold_slow_readers_total 1\n") {
                return;
            }
        }
    };
    tokio::time::timeout(LONG, cut_off).await.unwrap();
}
