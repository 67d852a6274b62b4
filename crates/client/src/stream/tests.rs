//! Streams and what is made of their ends, against a server that plays scripted answers.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;
use std::time::Duration;

use super::{Follower, Previews, Start, Step};
use crate::backoff::Backoff;
use crate::{Client, Dialect, Error, Result, StreamFault};

/// A server that gives one answer to each connection, and hands over the requests.
struct Script {
    url: String,
    heard: JoinHandle<Vec<String>>,
}

impl Script {
    fn new(answers: Vec<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heard = std::thread::spawn(move || {
            let play = |answer: String| {
                let mut reader = BufReader::new(listener.accept().unwrap().0);
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") {
                    assert_ne!(reader.read_line(&mut head).unwrap(), 0, "the request was cut off");
                }
                reader.get_mut().write_all(answer.as_bytes()).unwrap();
                head
            };
            answers.into_iter().map(play).collect()
        });
        Self { url, heard }
    }

    fn client(&self) -> Client {
        Client::builder(&self.url, "pt-secret".into()).build().unwrap()
    }

    /// Each request as its path behind the session's, with the event that it begins after.
    fn requests(self) -> Vec<String> {
        let shown = |head: String| {
            let path = head.split(' ').nth(1).unwrap().replace("/api/v1/cloud/sessions/s", "");
            let after = head.lines().find_map(|line| line.strip_prefix("last-event-id: "));
            after.map(|id| format!("{path} after {id}")).unwrap_or(path)
        };
        self.heard.join().unwrap().into_iter().map(shown).collect()
    }
}

fn answer(status: &str, kind: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n{body}"
    )
}

/// A page of a list; an event that has not been processed has a `?` behind its id.
fn page(ids: &[&str], next: Option<&str>) -> String {
    let data: Vec<_> = ids.iter().map(|id| event(id)).collect();
    let next = next.map_or("null".to_owned(), |next| format!("\"{next}\""));
    let body = format!(r#"{{"data":[{}],"next_page":{next}}}"#, data.join(","));
    answer("200 OK", "application/json", &body)
}

fn event(id: &str) -> String {
    match id.strip_suffix('?') {
        Some(id) => format!(r#"{{"id":"{id}","type":"user.message","content":[]}}"#),
        None => format!(r#"{{"id":"{id}","type":"{}","processed_at":"2026"}}"#, name(id)),
    }
}

fn name(id: &str) -> &str {
    if id == "end" { "session.status_terminated" } else { "agent.thinking" }
}

/// A stream of these events that ends.
fn stream(ids: &[&str]) -> String {
    let frames = ids.iter().map(|id| format!("event: {}\ndata: {}\n\n", name(id), event(id)));
    answer("200 OK", "text/event-stream", &format!(": hello\n\n{}", frames.collect::<String>()))
}

fn refusal(status: &str) -> String {
    let body = r#"{"type":"error","error":{"type":"x_error","message":"No."}}"#;
    answer(status, "application/json", body)
}

/// Everything that a follower tells, and the requests that it made for it.
async fn followed(start: Start, answers: Vec<String>) -> (Vec<String>, Vec<String>) {
    let script = Script::new(answers);
    let mut follower = Follower::new(script.client(), "s", start, Previews::Off);
    follower.backoff = Backoff::between(Duration::from_millis(1), Duration::from_millis(2));
    let mut told = Vec::new();
    while let Some(step) = follower.next().await.transpose() {
        told.push(shown(step));
    }
    (told, script.requests())
}

fn shown(step: Result<Step>) -> String {
    match step {
        Ok(Step::Past(event)) => format!("past {}", event.id.unwrap()),
        Ok(Step::Present) => "present".to_owned(),
        Ok(Step::Live(event)) => event.id.unwrap(),
        Ok(Step::Cut { cause: None, .. }) => "cut".to_owned(),
        Ok(Step::Cut { cause: Some(error), .. }) => format!("cut: {error}"),
        Err(error) => format!("error: {error}"),
    }
}

#[tokio::test]
async fn a_stream_goes_on_behind_the_last_event() {
    let answers = vec![
        page(&["1", "2"], Some("p2")),
        page(&["3", "9?"], None),
        stream(&["4", "5"]),
        stream(&[]),
        stream(&["9", "end", "6"]),
    ];
    let (told, requests) = followed(Start::Beginning, answers).await;
    let expected = [
        "past 1", "past 2", "past 3", "past 9", "present", "4", "5", "cut", "present", "cut",
        "present", "9", "end",
    ];
    assert_eq!(told, expected);
    let expected = [
        "/events?order=asc&limit=1000",
        "/events?order=asc&limit=1000&page=p2",
        "/events/stream after 3",
        "/events/stream after 5",
        "/events/stream after 5",
    ];
    assert_eq!(requests, expected);
}

#[tokio::test]
async fn where_nothing_has_happened_the_stream_comes_first_and_nothing_twice() {
    let answers = vec![
        page(&["1?"], None),
        stream(&[]),
        page(&[], None),
        page(&[], None),
        stream(&["1", "2", "3"]),
        page(&["1", "2"], None),
        stream(&["end"]),
    ];
    let (told, requests) = followed(Start::Beginning, answers).await;
    let expected =
        ["past 1", "present", "cut", "past 1", "past 2", "present", "3", "cut", "present", "end"];
    assert_eq!(told, expected);
    let list = "/events?order=asc&limit=1000";
    let expected =
        [list, "/events/stream", list, list, "/events/stream", list, "/events/stream after 3"];
    assert_eq!(requests, expected);
}

#[tokio::test]
async fn the_recent_past_is_the_last_page_in_its_order() {
    let answers = vec![page(&["9?", "3", "2"], Some("p2")), stream(&["end"])];
    let (told, requests) = followed(Start::Recent, answers).await;
    assert_eq!(told, ["past 2", "past 3", "past 9", "present", "end"]);
    assert_eq!(requests, ["/events?order=desc&limit=100", "/events/stream after 3"]);
}

#[tokio::test]
async fn a_session_that_is_over_needs_no_stream() {
    let (told, requests) = followed(Start::Beginning, vec![page(&["1", "end"], None)]).await;
    assert_eq!(told, ["past 1", "past end"]);
    assert_eq!(requests.len(), 1);
}

#[tokio::test]
async fn what_waiting_mends_is_tried_again() {
    let reported = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\
                    \"message\":\"Later.\"}}\n\n";
    let answers = vec![
        refusal("503 Service Unavailable"),
        page(&["1"], Some("p2")),
        refusal("429 Too Many Requests"),
        page(&["2"], None),
        refusal("500 Internal Server Error"),
        answer("200 OK", "text/event-stream; charset=utf-8", reported),
        // The connection breaks in the middle of a frame.
        stream(&["3", "4"]).replace("content-length: ", "content-length: 9"),
        stream(&["end"]),
    ];
    let (told, requests) = followed(Start::Beginning, answers).await;
    let broken = told[10].clone();
    assert!(broken.starts_with("cut: no answer from http://127.0.0.1"), "{broken}");
    let expected = [
        "cut: No. (HTTP 503)",
        "past 1",
        "cut: No. (HTTP 429)",
        "past 2",
        "cut: No. (HTTP 500)",
        "present",
        "cut: the stream of events cannot be read on: Later. (api_error)",
        "present",
        "3",
        "4",
    ];
    assert_eq!(told[..10], expected);
    assert_eq!(told[10..], [broken.as_str(), "present", "end"]);
    assert_eq!(requests[7], "/events/stream after 4");
}

#[tokio::test]
async fn what_waiting_does_not_mend_ends_it() {
    for (answers, error) in [
        (vec![refusal("404 Not Found")], "error: No. (HTTP 404)"),
        (vec![page(&["1"], None), refusal("409 Conflict")], "error: No. (HTTP 409)"),
        (
            vec![page(&["1"], None), answer("200 OK", "text/html", "<html>")],
            "error: the stream of events cannot be read on: the answer is of the type \"text/html\"",
        ),
        (
            vec![page(&["1"], None), answer("200 OK", "text/event-stream", "data: [1]\n\n")],
            "error: the stream of events cannot be read on: a frame is not an event",
        ),
    ] {
        let (told, _) = followed(Start::Beginning, answers).await;
        assert_eq!(told.last().unwrap(), error);
    }
}

#[tokio::test]
async fn a_frame_is_read_with_what_surrounds_it() {
    let frames = "event: ping\ndata: {}\n\n\
                  id: evt_1\nevent: agent.thinking\ndata: {}\n\n\
                  id: evt_2\nevent: event_start\n\
                  data: {\"event\":{\"id\":\"evt_2\",\"type\":\"agent.message\"}}\n\n\
                  id: 3\ndata: {\"id\":\"evt_3\",\"type\":\"session.deleted\"}\n\n";
    let script = Script::new(vec![answer("200 OK", "text/event-stream", frames)]);
    let client = script.client();
    let mut stream = client.stream_events("s", Previews::On, Some("evt_0")).await.unwrap();
    let mut seen = Vec::new();
    while let Some(event) = stream.next().await.unwrap() {
        seen.push((event.id.clone(), event.name().to_owned()));
    }
    let named = |id: &str, name: &str| (Some(id.to_owned()), name.to_owned());
    let expected = [
        named("evt_1", "agent.thinking"),
        (None, "event_start".to_owned()),
        named("evt_3", "session.deleted"),
    ];
    assert_eq!(seen, expected);
    let path = "/events/stream?event_deltas%5B%5D=agent.message after evt_0";
    assert_eq!(script.requests(), [path]);
}

#[tokio::test]
async fn an_id_that_no_header_can_carry_is_refused() {
    let client = Client::builder("http://127.0.0.1:1", "pt-x".into()).build().unwrap();
    for id in ["", "a\nb", "ä"] {
        let error = client.stream_events("s", Previews::Off, Some(id)).await.unwrap_err();
        assert!(matches!(error, Error::Argument { .. }), "{id:?}: {error:?}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_begin_is_silent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let limit = Duration::from_millis(50);
    let client = Client::builder(url, "pt-x".into()).request_timeout(limit).build().unwrap();
    let error = client.stream_events("s", Previews::Off, None).await.unwrap_err();
    let Error::Stream { fault: StreamFault::Silent { time } } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(*time, limit);
    assert!(error.is_transient());
}

#[test]
fn a_dialect_without_resumption_is_refused() {
    let client = Client::builder("http://127.0.0.1:1", "pt-x".into()).dialect(Dialect::A);
    let client = client.build().unwrap();
    assert!(client.follow_session("s", Start::Recent, Previews::Off).is_err());
}
