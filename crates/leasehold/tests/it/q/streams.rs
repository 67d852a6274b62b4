//! Streams of events in dialect Q (events §5).

use futures_util::future::join_all;
use leasehold_model::event::Kind;
use leasehold_model::event::TroubleClass;
use leasehold_model::log::turn::Cure;
use leasehold_model::{EventId, Json};
use leasehold_sse::Decoder;
use leasehold_store::Preview;
use leasehold_testkit::{Backend, Client, EventStream, Frame, TestServer, on_each_backend};
use serde_json::{Value, json};

async fn session_of(client: &Client<'_>) -> String {
    let environment = client.environment().await;
    client.session(&environment).await
}

fn ids(log: &[Value]) -> Vec<String> {
    log.iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect()
}

async fn resumed(q: &Client<'_>, session: &str, last: &str, query: &str) -> EventStream {
    let path = format!("{}/stream{query}", q.events(session));
    q.get(path).header("last-event-id", last).stream().await
}

/// Reads on until the session rests.
async fn turn(stream: &mut EventStream) -> Vec<Frame> {
    let mut frames = Vec::new();
    while frames.last().is_none_or(|last: &Frame| last.name != "session.status_idle") {
        frames.push(stream.frame().await);
    }
    frames
}

#[tokio::test]
async fn a_stream_shows_what_happens_from_now_on_as_the_list_does() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let session = session_of(&q).await;
        q.send(&session, json!([{"type": "user.interrupt"}])).await.expect(200);
        let mut stream = q.stream(&session).await;
        let accepting = q.get(q.events(&session)).header("accept", "text/event-stream; q=0.9, */*");
        let mut same = accepting.stream().await;
        q.say(&session, "Hello").await.expect(200);
        server.runner().await.say("Hi").await;
        let frames = turn(&mut stream).await;
        let log = q.log(&session).await;
        assert_eq!(frames.iter().map(|frame| frame.data.clone()).collect::<Vec<_>>(), log[1..]);
        for frame in &frames {
            assert_eq!(
                (&frame.data["id"], &frame.data["type"]),
                (&json!(frame.id), &json!(frame.name))
            );
        }
        assert_eq!(turn(&mut same).await, frames);
        // An idle session does not end it.
        q.say(&session, "Again").await.expect(200);
        assert_eq!(stream.frame().await.name, "session.status_running");
    })
    .await;
}

#[tokio::test]
async fn a_stream_goes_on_behind_any_event_without_a_gap_or_a_repetition() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let session = session_of(&q).await;
        q.say(&session, "Hello").await.expect(200);
        server.runner().await.say("Hi").await;
        let all = ids(&q.log(&session).await);
        for place in 0..all.len() {
            let mut stream = resumed(&q, &session, &all[place], "").await;
            for id in &all[place + 1..] {
                assert_eq!(stream.frame().await.id, *id);
            }
        }
        let mut stream = resumed(&q, &session, all.last().unwrap(), "").await;
        q.say(&session, "More").await.expect(200);
        assert_eq!(
            stream.names(2).await,
            ["session.status_running", "session.thread_status_running"]
        );
    })
    .await;
}

#[tokio::test]
async fn a_place_that_is_none_in_the_log_is_refused() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let (session, other) = (session_of(&q).await, session_of(&q).await);
        let pending = q.say(&session, "Hello").await.expect(200)["data"][0]["id"].clone();
        q.send(&other, json!([{"type": "user.interrupt"}])).await.expect(200);
        let foreign = ids(&q.log(&other).await).remove(0);
        let unknown = "evt_00000000000070008000000000000000";
        for last in [pending.as_str().unwrap(), &foreign, unknown, "evt_1", "1"] {
            let path = format!("{}/stream", q.events(&session));
            q.get(path).header("last-event-id", last).await.invalid("Last-Event-ID");
        }
        let path = format!("{}/stream", q.events(&session));
        q.get(path).header("last-event-id", "").stream().await;
    })
    .await;
}

#[tokio::test]
async fn readers_see_the_same_and_one_that_comes_late_catches_up() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let session = session_of(&q).await;
        let mut streams = join_all((0..20).map(|_| q.stream(&session))).await;
        let mut last = None;
        // More events than the readers share, so that one that sleeps has to read for itself.
        for round in 0..30 {
            q.say(&session, &format!("Message {round}")).await.expect(200);
            server.runner().await.say("Hi").await;
            let mut seen = join_all(streams.iter_mut().skip(1).map(turn)).await;
            seen.dedup();
            assert_eq!(seen.len(), 1);
            last = seen.pop();
        }
        let mut all = Vec::new();
        for _ in 0..30 {
            all.extend(turn(&mut streams[0]).await);
        }
        let last = last.unwrap();
        assert_eq!(all[all.len() - last.len()..], last);
        let seen: Vec<String> = all.iter().map(|frame| frame.id.clone()).collect();
        assert_eq!(seen, ids(&q.log(&session).await));
    })
    .await;
}

#[tokio::test]
async fn an_event_of_a_megabyte_is_one_frame_on_one_line() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let session = session_of(&q).await;
        let mut streams = [q.stream(&session).await, q.stream(&session).await];
        q.say(&session, "Hello").await.expect(200);
        let mut runner = server.runner().await;
        runner.ask().await;
        // A model may write its JSON as it likes.
        let words = "é".repeat(600_000);
        let written = format!("[\r\n  {{\"type\": \"text\",\n \"text\": \"{words}\"}}\n]");
        let content: Json = serde_json::from_str(&written).unwrap();
        let message = runner.said(Kind::AgentMessage { content });
        runner.answer(vec![message]).await;
        for stream in &mut streams {
            let frames = turn(stream).await;
            let message = frames.iter().find(|frame| frame.name == "agent.message").unwrap();
            assert_eq!(message.data["content"], json!([{"type": "text", "text": words}]));
        }
    })
    .await;
}

#[tokio::test]
async fn our_own_client_reads_a_stream_wherever_its_bytes_are_cut() {
    let server = TestServer::start(Backend::Memory).await;
    let q = server.q();
    let session = session_of(&q).await;
    q.send(&session, json!([{"type": "user.interrupt"}])).await.expect(200);
    let content = json!([{"type": "text", "text": "a\r\n\n: b\u{2028}data: é\u{1f980}"}]);
    q.send(&session, json!([{"type": "user.message", "content": content}])).await.expect(200);
    server.runner().await.say("id: 1\n\n").await;
    let log = q.log(&session).await;
    q.call(format!("/sessions/{session}/archive")).await.expect(200);
    // All behind the first event, and then the end, since the session is archived.
    let path = format!("{}/stream", q.events(&session));
    let reply = q.get(path).header("last-event-id", &ids(&log)[0]).await;
    for size in 1..64 {
        let mut decoder = Decoder::new(1 << 20);
        let mut read = Vec::new();
        for mut bytes in reply.bytes.chunks(size) {
            while let Some(frame) = decoder.decode(&mut bytes).unwrap() {
                let data: Value = serde_json::from_str(&frame.data).unwrap();
                assert_eq!(frame.id.as_deref(), data["id"].as_str());
                assert_eq!(frame.event.as_deref(), data["type"].as_str());
                read.push(data);
            }
        }
        assert_eq!(read, log[1..], "{size}");
    }
}

#[tokio::test]
async fn a_stream_ends_with_its_session() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        // By an error that nothing cures.
        let session = session_of(&q).await;
        let stream = q.stream(&session).await;
        q.say(&session, "Hello").await.expect(200);
        let mut runner = server.runner().await;
        runner.ask().await;
        runner.fail(TroubleClass::Unknown, Cure::None).await;
        let frames = stream.rest().await;
        let names: Vec<&str> = frames.iter().map(|frame| frame.name.as_str()).collect();
        assert_eq!(
            names[4..],
            ["span.model_request_end", "session.error", "session.status_terminated"]
        );
        let error = json!({
            "type": "unknown_error",
            "message": "The model is not well.",
            "retry_status": {"type": "terminal"},
        });
        assert_eq!(frames[5].data["error"], error);
        assert_eq!(q.stream(&session).await.rest().await, []);
        let again = resumed(&q, &session, &frames[3].id, "").await.rest().await;
        assert_eq!(again, frames[4..]);
        q.say(&session, "Hello?").await.refused(409, "conflict_error");

        // By being archived.
        let session = session_of(&q).await;
        q.send(&session, json!([{"type": "user.interrupt"}])).await.expect(200);
        let stream = q.stream(&session).await;
        q.call(format!("/sessions/{session}/archive")).await.expect(200);
        assert_eq!(stream.rest().await, []);
        assert_eq!(q.stream(&session).await.rest().await, []);

        // By being deleted.
        let session = session_of(&q).await;
        let streams = [q.stream(&session).await, q.stream(&session).await];
        q.delete(format!("/sessions/{session}")).await.expect(200);
        let [one, other] = streams.map(EventStream::rest);
        let (one, other) = (one.await, other.await);
        assert_eq!((one.len(), one[0].name.as_str()), (1, "session.deleted"));
        assert!(one[0].data["processed_at"].is_string());
        assert_eq!(one, other);
        q.get(format!("{}/stream", q.events(&session))).await.not_found();
    })
    .await;
}

#[tokio::test]
async fn a_stream_ends_with_the_server() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let session = session_of(&q).await;
        let stream = q.stream(&session).await;
        server.store().release_pollers();
        assert_eq!(stream.rest().await, []);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_says_that_it_lives() {
    let server = TestServer::start(Backend::Memory).await;
    let q = server.q();
    let session = session_of(&q).await;
    let mut stream = q.stream(&session).await;
    let began = tokio::time::Instant::now();
    stream.heartbeat().await;
    stream.heartbeat().await;
    assert_eq!(began.elapsed().as_secs(), 30);
    q.send(&session, json!([{"type": "user.interrupt"}])).await.expect(200);
    assert_eq!(stream.frame().await.name, "user.interrupt");
}

/// A piece of a message.
fn text(event: EventId, index: usize, text: &str) -> Preview {
    Preview::Text { event, index, text: text.into() }
}

fn delta(event: EventId, index: usize, text: &str) -> Value {
    json!({
        "type": "event_delta",
        "event_id": event.to_string(),
        "delta": {"type": "content_delta", "index": index, "content": {"type": "text", "text": text}},
    })
}

const DELTAS: &str = "?event_deltas[]=agent.message&event_deltas%5B%5D=agent.thinking";

#[tokio::test]
async fn what_the_model_says_is_seen_before_it_is_in_the_log() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let session = session_of(&q).await;
        let path = format!("{}/stream", q.events(&session));
        let mut both = q.get(format!("{path}{DELTAS}")).stream().await;
        let mut messages =
            q.get(format!("{path}?event_deltas[]=agent.message")).stream().await;
        let mut plain = q.stream(&session).await;
        q.say(&session, "Hello").await.expect(200);
        let mut runner = server.runner().await;
        runner.ask().await;
        let (thought, message) = (runner.thought(&json!("secret")), runner.message("Hello"));
        runner.preview(Preview::ThinkingStarted(thought.id));
        runner.preview(Preview::MessageStarted(message.id));
        runner.preview(text(message.id, 0, "Hel"));
        runner.preview(text(message.id, 0, "lo"));
        let started = |id: EventId, kind: &str| {
            json!({"type": "event_start", "event": {"id": id.to_string(), "type": kind}})
        };
        assert_eq!(both.names(4).await[3], "span.model_request_start");
        for expected in [
            started(thought.id, "agent.thinking"),
            started(message.id, "agent.message"),
            delta(message.id, 0, "Hel"),
            delta(message.id, 0, "lo"),
        ] {
            let frame = both.frame().await;
            assert_eq!(frame.data, expected);
            let of = if expected["event"]["type"] == "agent.thinking" { thought.id } else { message.id };
            assert_eq!(frame.id, of.to_string());
        }
        assert_eq!(messages.names(7).await[4..], ["event_start", "event_delta", "event_delta"]);
        let late = message.id;
        runner.answer(vec![thought, message]).await;
        assert_eq!(
            both.names(6).await,
            [
                "agent.thinking",
                "agent.message",
                "span.model_request_end",
                "session.usage",
                "session.thread_status_idle",
                "session.status_idle",
            ]
        );
        assert_eq!(turn(&mut messages).await.len(), 6);
        assert_eq!(turn(&mut plain).await.len(), 10);
        let listed = q.log(&session).await;
        assert!(listed.iter().all(|event| event["type"] != "event_start"));
        assert!(ids(&listed).contains(&late.to_string()));
    })
    .await;
}

#[tokio::test]
async fn nothing_is_said_to_a_request_that_is_over() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let session = session_of(&q).await;
        let path = format!("{}/stream{DELTAS}", q.events(&session));
        let mut stream = q.get(&path).stream().await;
        q.say(&session, "Hello").await.expect(200);
        let mut runner = server.runner().await;
        let request = runner.ask().await;
        let message = runner.message("Hello");
        let (id, previews) = (message.id, server.store().previews());
        let of = leasehold_model::SessionId::parse(&session).unwrap();
        runner.preview(Preview::MessageStarted(id));
        // The stream is asleep, so it finds the pieces and the end of their request together.
        q.send(&session, json!([{"type": "user.interrupt"}])).await.expect(200);
        previews.show(of, request, text(id, 0, "Hel"));
        q.say(&session, "Again").await.expect(200);
        let mut runner = server.runner().await;
        let again = runner.ask().await;
        previews.show(of, request, text(id, 0, "lo"));
        let message = runner.message("Hi");
        previews.show(of, again, Preview::MessageStarted(message.id));
        previews.show(of, again, text(message.id, 0, "Hi"));
        let said = message.id;
        // Until the second answer is in the log, its beginning is all that there is of it.
        let mut frames = Vec::new();
        while frames.last().is_none_or(|last: &Frame| last.name != "event_delta") {
            frames.push(stream.frame().await);
        }
        let of_pieces: Vec<&str> = frames
            .iter()
            .filter(|frame| frame.name.starts_with("event_"))
            .map(|frame| frame.id.as_str())
            .collect();
        assert_eq!(of_pieces, vec![said.to_string(); 2]);
        runner.answer(vec![message]).await;
        assert_eq!(turn(&mut stream).await[0].id, said.to_string());
    })
    .await;
}

#[tokio::test]
async fn who_resumes_in_the_middle_of_an_answer_misses_nothing() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let session = session_of(&q).await;
        q.say(&session, "Hello").await.expect(200);
        let mut runner = server.runner().await;
        let start = runner.ask().await.to_string();
        let (thought, message) = (runner.thought(&json!("secret")), runner.message("Hello, you"));
        let id = message.id;
        runner.preview(Preview::ThinkingStarted(thought.id));
        runner.preview(Preview::MessageStarted(id));
        runner.preview(text(id, 0, "Hel"));
        runner.preview(text(id, 0, "lo"));

        // From before the event: what was said so far, then what follows.
        let mut before = resumed(&q, &session, &start, DELTAS).await;
        assert_eq!(before.names(2).await, ["event_start", "event_start"]);
        assert_eq!(before.frame().await.data, delta(id, 0, "Hello"));
        // From within the event: what follows alone.
        let mut within = resumed(&q, &session, &id.to_string(), DELTAS).await;
        // Without previews there is no such event yet.
        let path = format!("{}/stream", q.events(&session));
        q.get(&path).header("last-event-id", &id.to_string()).await.invalid("Last-Event-ID");
        // And a new stream has not seen its beginning.
        let mut new = q.get(format!("{path}{DELTAS}")).stream().await;
        runner.preview(text(id, 0, ", you"));
        for stream in [&mut before, &mut within] {
            assert_eq!(stream.frame().await.data, delta(id, 0, ", you"));
        }
        runner.answer(vec![thought, message]).await;
        for stream in [&mut before, &mut within, &mut new] {
            let frames = turn(stream).await;
            assert_eq!((frames.len(), frames[1].id.as_str()), (6, id.to_string().as_str()));
        }
        // Who has seen pieces of it does not know whether they were all.
        let mut complete = resumed(&q, &session, &id.to_string(), DELTAS).await;
        assert_eq!(
            complete.frame().await.data["content"],
            json!([{"type": "text", "text": "Hello, you"}])
        );
        let mut plain = resumed(&q, &session, &id.to_string(), "").await;
        assert_eq!(plain.frame().await.name, "span.model_request_end");
    })
    .await;
}

#[tokio::test]
async fn who_resumes_in_the_middle_of_an_answer_that_never_came_sees_how_it_ended() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let session = session_of(&q).await;
        q.say(&session, "Hello").await.expect(200);
        let mut runner = server.runner().await;
        runner.ask().await;
        let id = runner.message("Hello, you").id.to_string();
        let lost = async || {
            let mut stream = resumed(&q, &session, &id, DELTAS).await;
            stream.names(4).await
        };
        // Its server died, and nobody remembers that it was announced.
        q.send(&session, json!([{"type": "user.interrupt"}])).await.expect(200);
        const END: [&str; 4] = [
            "span.model_request_end",
            "user.interrupt",
            "session.thread_status_idle",
            "session.status_idle",
        ];
        assert_eq!(lost().await, END);
        // An answer that came has all its events in the log.
        let path = format!("{}/stream{DELTAS}", q.events(&session));
        q.say(&session, "Again").await.expect(200);
        let mut runner = server.runner().await;
        runner.ask().await;
        let other = runner.message("Never announced").id.to_string();
        let message = runner.message("Hello");
        runner.answer(vec![message]).await;
        q.get(&path).header("last-event-id", &other).await.invalid("Last-Event-ID");
    })
    .await;
}

#[tokio::test]
async fn only_what_can_be_previewed_may_be_asked_for() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let session = session_of(&q).await;
        let path = format!("{}/stream", q.events(&session));
        q.get(format!("{path}?event_deltas[]=agent.tool_use")).await.invalid("event_deltas");
        let many = vec!["event_deltas[]=agent.message"; 101].join("&");
        q.get(format!("{path}?{many}")).await.invalid("event_deltas");
        q.get(format!("{path}?{}", &many[..many.len() - 29])).stream().await;
    })
    .await;
}
