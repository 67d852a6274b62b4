//! A model that streams garbage, met as a client of the whole server meets it.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use leasehold_client::Client;
use leasehold_client::agent::NewAgent;
use leasehold_client::environment::NewEnvironment;
use leasehold_client::event::NewEvent;
use leasehold_client::session::NewSession;
use leasehold_client::stream::{EventStream, Previews};
use leasehold_model::Timestamp;
use leasehold_store::Clock;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::{LONG, Options, Server};
use crate::server::bootstrap::Administrator;

/// A word, as the protocol has it, and the end of an answer.
const WORD: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"Hello\"}}]}\n\n";
const END: &str =
    "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

/// Says these, one to each who asks.
async fn speak(mut answers: VecDeque<Vec<u8>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Some(answer) = answers.pop_front() {
            let (mut asked, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
                            connection: close\r\n\r\n";
                // Whoever hangs up has heard enough.
                drop(asked.read(&mut [0; 65_536]).await);
                drop(asked.write_all(head.as_bytes()).await);
                drop(asked.write_all(&answer).await);
            });
        }
    });
    address
}

/// What happens until the session rests; its time passes as it likes.
async fn until_rest(stream: &mut EventStream, clock: &Clock) -> Vec<Value> {
    let mut seen: Vec<Value> = Vec::new();
    let mut pause = Duration::from_secs(1);
    loop {
        let event = tokio::time::timeout(LONG, stream.next()).await.unwrap().unwrap().unwrap();
        seen.push(event.json().clone());
        match event.name() {
            "session.status_idle" => return seen,
            "session.status_rescheduled" => {
                clock.advance(pause).unwrap();
                pause *= 2;
            }
            _ => {}
        }
    }
}

fn of_type<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["type"] == kind).collect()
}

#[tokio::test]
async fn a_model_that_streams_garbage_fails_until_it_is_given_up_and_may_be_asked_again() {
    let garbage = [
        // No text at all; a line that never ends; JSON that breaks off; JSON of another kind.
        vec![0xff; 10_000],
        vec![b'a'; 64 << 20],
        format!("{WORD}data: {{\"choices\":[{{\"del\n\n{END}").into_bytes(),
        format!("{WORD}data: [1]\n\n{END}").into_bytes(),
        b"<html><title>502</title></html>\n\n".to_vec(),
    ];
    let good = format!("{WORD}{END}").into_bytes();
    let model = speak(garbage.into_iter().chain([good]).collect()).await;

    let folder = tempfile::tempdir().unwrap();
    let models = folder.path().join("models.toml");
    let named = format!(
        "[[model]]\nid = 'mad'\nprovider = 'openai'\nretries = 0\nbase_url = 'http://{model}/v1'\n"
    );
    std::fs::write(&models, named).unwrap();
    let mut options = Options::local(folder.path().join("data"));
    options.config.models = Some(models);
    options.clock = Clock::manual(Timestamp::from_micros(1_782_984_000_000_000));
    let clock = options.clock.clone();
    let server = Server::start(options).await.unwrap();
    let Administrator::Minted(token) = server.administrator() else { panic!("not empty") };
    let client = Client::builder(server.url(), token.clone()).build().unwrap();

    let environment =
        client.create_environment(&NewEnvironment::of_kind("e", "cloud")).await.unwrap();
    let agent = client.create_agent(&NewAgent::of("a", "mad")).await.unwrap();
    let new = NewSession::of(agent.id.clone(), environment.id.clone());
    let session = client.create_session(&new).await.unwrap();
    let mut stream = client.stream_events(&session.id, Previews::Off, None).await.unwrap();
    client.send_events(&session.id, &[NewEvent::message("Hello?")]).await.unwrap();
    let seen = until_rest(&mut stream, &clock).await;
    let retries: Vec<&str> = of_type(&seen, "session.error")
        .iter()
        .map(|event| event["error"]["retry_status"]["type"].as_str().unwrap())
        .collect();
    assert_eq!(retries, ["retrying", "retrying", "retrying", "retrying", "exhausted"]);
    assert!(of_type(&seen, "agent.message").is_empty(), "half an answer is none: {seen:?}");
    assert_eq!(seen.last().unwrap()["stop_reason"]["type"], "retries_exhausted");

    client.send_events(&session.id, &[NewEvent::message("And now?")]).await.unwrap();
    let seen = until_rest(&mut stream, &clock).await;
    let said = of_type(&seen, "agent.message");
    assert_eq!((said.len(), &said[0]["content"][0]["text"]), (1, &Value::from("Hello")));
    drop(stream);
    server.shutdown().await.unwrap();
}
