//! A stream ends with what opened it: a token, a key or a claim (worker-protocol §1, events §5).

use std::time::{Duration, Instant};

use futures_util::future::join;
use leasehold_model::EventId;
use leasehold_store::Preview;
use leasehold_testkit::{Backend, Client, Dialect, EventStream, TestServer, on_each_backend};
use serde_json::{Value, json};
use tokio::time::timeout;

/// What a reader is told last.
fn turned_away() -> Value {
    let message = "The credential that opened this stream is not valid any more.";
    json!({"type": "error", "error": {"type": "authentication_error", "message": message}})
}

/// Both streams of a session: its own, and that of its thread.
fn paths(client: &Client<'_>, session: &str) -> [String; 2] {
    let (_, digits) = session.split_once('_').unwrap();
    let events = client.events(session);
    let of_session = events.strip_suffix("/events").unwrap();
    [format!("{events}/stream"), format!("{of_session}/threads/sthr_{digits}/stream")]
}

async fn open(client: &Client<'_>, session: &str) -> Vec<EventStream> {
    let [of_session, of_thread] = paths(client, session);
    vec![client.get(of_session).stream().await, client.get(of_thread).stream().await]
}

async fn all_turned_away(streams: Vec<EventStream>) {
    for stream in streams {
        // Signs of life would keep a stream open for ever that does not end.
        let rest = timeout(Duration::from_secs(60), stream.rest()).await.unwrap();
        let rest: Vec<Value> = rest.into_iter().map(|frame| frame.data).collect();
        assert_eq!(rest, [turned_away()]);
    }
}

/// What ends streams that wait does so long before they would look by themselves.
async fn ends<T>(streams: Vec<EventStream>, what: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let ((), came) = join(all_turned_away(streams), what).await;
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    came
}

/// A token or a key that was made, and the path that takes it back.
async fn made(server: &TestServer, path: &str, secret: &str, body: Value) -> (String, String) {
    let made = server.native().post(path, body).await.expect(201);
    let text = |member: &str| made[member].as_str().unwrap().to_owned();
    (text(secret), format!("{path}/{}/revoke", text("id")))
}

async fn interrupt(server: &TestServer, session: &str) {
    server.q().send(session, json!([{"type": "user.interrupt"}])).await.expect(200);
}

#[tokio::test]
async fn what_is_revoked_ends_its_streams_at_once_and_no_others() {
    on_each_backend(async |server: &TestServer| {
        for dialect in Dialect::VENDORS {
            let item = server.client(dialect).item().await;
            let keys = format!("/environments/{}/keys", item.environment);
            for (path, secret) in [("/tokens", "token"), (keys.as_str(), "key")] {
                let (shown, revoke) = made(server, path, secret, json!({"name": "n"})).await;
                let (other, _) = made(server, path, secret, json!({"name": "n"})).await;
                let client = item.client.with(&shown);
                let streams = open(&client, &item.session).await;
                let others = open(&item.client.with(&other), &item.session).await;
                ends(streams, server.native().call(revoke).into_future()).await.expect(200);
                for path in paths(&client, &item.session) {
                    client.get(path).await.unauthenticated();
                }
                interrupt(server, &item.session).await;
                for mut stream in others {
                    assert_eq!(stream.frame().await.name, "user.interrupt");
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn the_keys_and_the_claims_of_an_environment_go_with_it() {
    on_each_backend(async |server: &TestServer| {
        let item = server.a().item().await;
        let key = server.key(&item.environment).await;
        let claim = item.take().await;
        let streams = open(&item.client.with(&key), &item.session).await;
        let of_claim = open(&item.client.with(&claim), &item.session).await;
        let path = format!("/environments/{}?force=true", item.environment);
        let ended = join(all_turned_away(of_claim), item.client.delete(path).into_future());
        ends(streams, ended).await.1.expect(200);
    })
    .await;
}

#[tokio::test]
async fn what_has_expired_is_shown_nothing_more() {
    on_each_backend(async |server: &TestServer| {
        let mut seconds = 0;
        for dialect in Dialect::VENDORS {
            let item = server.client(dialect).item().await;
            let keys = format!("/environments/{}/keys", item.environment);
            for (path, secret) in [("/tokens", "token"), (keys.as_str(), "key")] {
                seconds += 10;
                let end = format!("2026-07-02T09:20:{seconds}Z");
                let body = json!({"name": "n", "expires_at": end});
                let (shown, _) = made(server, path, secret, body).await;
                let client = item.client.with(&shown);
                let mut streams = open(&client, &item.session).await;
                server.advance_seconds(9);
                interrupt(server, &item.session).await;
                for stream in &mut streams {
                    assert_eq!(stream.frame().await.name, "user.interrupt");
                }
                server.advance_seconds(1);
                interrupt(server, &item.session).await;
                all_turned_away(streams).await;
                client.get(client.events(&item.session)).await.unauthenticated();
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_claim_that_ends_ends_its_streams_at_once() {
    on_each_backend(async |server: &TestServer| {
        for dialect in Dialect::VENDORS {
            // Stopped at once, while it works.
            let item = server.client(dialect).item().await;
            let worker = item.client.with(&item.take().await);
            item.hold().await;
            let streams = open(&worker, &item.session).await;
            ends(streams, item.force_stop().into_future()).await.expect(200);
            worker.get(worker.events(&item.session)).await.forbidden();

            // Handed out again, since it was not accepted.
            let item = server.client(dialect).item().await;
            let worker = item.client.with(&item.take().await);
            let streams = open(&worker, &item.session).await;
            server.advance_seconds(1);
            let next = item.client.with(&ends(streams, item.take()).await);
            worker.get(worker.events(&item.session)).await.forbidden();
            open(&next, &item.session).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_claim_that_is_to_stop_sees_on_until_it_has_stopped() {
    on_each_backend(async |server: &TestServer| {
        let item = server.q().item().await;
        let worker = item.with(&item.take().await);
        item.hold().await;
        let mut streams = open(&worker.client, &item.session).await;
        assert_eq!(item.stop().await.expect(200)["state"], "stopping");
        interrupt(server, &item.session).await;
        for stream in &mut streams {
            assert_eq!(stream.frame().await.name, "user.interrupt");
        }
        let late = open(&worker.client, &item.session).await;
        worker.force_stop().await.expect(200);
        all_turned_away(streams).await;
        all_turned_away(late).await;
    })
    .await;
}

#[tokio::test]
async fn a_claim_that_has_lapsed_is_shown_nothing_more() {
    on_each_backend(async |server: &TestServer| {
        let item = server.q().item().await;
        let worker = item.client.with(&item.take().await);
        item.hold().await;
        let streams = open(&worker, &item.session).await;
        server.advance_seconds(300);
        interrupt(server, &item.session).await;
        all_turned_away(streams).await;
        worker.get(worker.events(&item.session)).await.forbidden();
    })
    .await;
}

#[tokio::test]
async fn a_claim_that_ended_with_its_session_sees_how_that_ended() {
    on_each_backend(async |server: &TestServer| {
        for (end, expected) in [("delete", vec!["session.deleted"]), ("archive", vec![])] {
            let item = server.q().item().await;
            let streams = open(&item.client.with(&item.take().await), &item.session).await;
            let session = format!("/sessions/{}", item.session);
            match end {
                "delete" => server.q().delete(session).await.expect(200),
                _ => server.q().call(format!("{session}/archive")).await.expect(200),
            };
            for stream in streams {
                let names: Vec<_> =
                    stream.rest().await.into_iter().map(|frame| frame.name).collect();
                assert_eq!(names, expected);
            }
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_time_ends_ends_its_silent_streams_with_the_next_sign_of_life() {
    let server = TestServer::start(Backend::Memory).await;
    let item = server.q().item().await;
    let body = json!({"name": "n", "expires_at": "2026-07-02T09:25:00Z"});
    let (token, _) = made(&server, "/tokens", "token", body).await;
    let claim = item.take().await;
    item.hold().await;
    let mut streams = open(&item.client.with(&token), &item.session).await;
    streams.extend(open(&item.client.with(&claim), &item.session).await);
    for stream in &mut streams {
        stream.heartbeat().await;
    }
    server.advance_seconds(300);
    let began = tokio::time::Instant::now();
    all_turned_away(streams).await;
    assert!(began.elapsed().as_secs() <= 15, "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn previews_do_not_keep_a_stream_open() {
    let server = TestServer::start(Backend::Memory).await;
    let item = server.q().item().await;
    let body = json!({"name": "n", "expires_at": "2026-07-02T09:20:10Z"});
    let (token, _) = made(&server, "/tokens", "token", body).await;
    let [path, _] = paths(&item.client, &item.session);
    let path = format!("{path}?event_deltas[]=agent.message");
    let mut stream = item.client.with(&token).get(path).stream().await;
    item.client.say(&item.session, "Hello").await.expect(200);
    let mut runner = server.runner().await;
    runner.ask().await;
    let message: EventId = runner.message("Hello").id;
    runner.preview(Preview::MessageStarted(message));
    assert_eq!(stream.names(5).await[4], "event_start");
    server.advance_seconds(10);
    for _ in 0..15 {
        tokio::time::advance(Duration::from_secs(1)).await;
        runner.preview(Preview::Text { event: message, index: 0, text: "la".into() });
        let frame = stream.frame().await;
        if frame.data == turned_away() {
            assert_eq!(stream.next().await, None);
            return;
        }
    }
    panic!("it went on for too long");
}
