//! Idempotency keys (conventions §7).

use futures_util::future::join_all;
use http::Method;
use leasehold_testkit::{Backend, Client, Dialect, Reply, Request, TestServer, on_each_backend};
use serde_json::json;

fn create<'a>(client: &Client<'a>, name: &str) -> Request<'a> {
    client.post("/environments", json!({"name": name, "config": {"type": "self_hosted"}}))
}

async fn count(client: &Client<'_>) -> usize {
    client.get("/environments").await.expect(200)["data"].as_array().unwrap().len()
}

/// The answer that was given before, byte for byte.
#[track_caller]
fn assert_replays(again: &Reply, first: &Reply) {
    assert_eq!((again.status, again.text()), (first.status, first.text()), "{}", again.asked);
    assert_eq!(again.header("idempotent-replayed"), Some("true"), "{}", again.asked);
    assert_eq!(first.header("idempotent-replayed"), None, "{}", first.asked);
}

#[tokio::test]
async fn the_same_request_is_answered_again_and_not_done_again() {
    on_each_backend(async |server: &TestServer| {
        for dialect in Dialect::VENDORS {
            let client = server.client(dialect);
            let before = count(&client).await;
            let first = create(&client, "n").key("k-1").await;
            first.expect(client.created());
            assert_replays(&create(&client, "n").key("k-1").await, &first);
            // The other header is the same key.
            let alias = create(&client, "n").header("x-idempotency-key", "k-1").await;
            assert_replays(&alias, &first);
            assert_eq!(count(&client).await, before + 1);
            // Without a key everything is done every time.
            create(&client, "n").await.expect(client.created());
            create(&client, "n").await.expect(client.created());
            assert_eq!(count(&client).await, before + 3);
            server.advance_seconds(24 * 60 * 60);
        }
    })
    .await;
}

#[tokio::test]
async fn a_key_that_stands_for_another_request_is_a_conflict() {
    on_each_backend(async |server: &TestServer| {
        for (dialect, kind) in
            [(Dialect::Q, "conflict_error"), (Dialect::A, "invalid_request_error")]
        {
            let client = server.client(dialect);
            let key = format!("{dialect:?}");
            let environment = create(&client, "n").key(&key).await.success();
            let id = environment["id"].as_str().unwrap();
            for other in [
                create(&client, "m"),
                client.post("/environments?x=1", json!({"name": "n"})),
                client.post(format!("/environments/{id}"), json!({"name": "n"})),
                client.request(Method::DELETE, format!("/environments/{id}")),
            ] {
                let error = other.key(&key).await.refused(409, kind);
                let message = "Idempotency key reused with a different request body.";
                assert_eq!(error["message"], message);
            }
            client.get(format!("/environments/{id}")).key(&key).await.expect(200);
        }
    })
    .await;
}

#[tokio::test]
async fn the_order_of_parameters_makes_no_other_request() {
    on_each_backend(async |server: &TestServer| {
        let item = server.q().item().await;
        item.ack().await.expect(200);
        let first = item.beat("?a=1&b=2&desired_ttl_seconds=60").key("k").await;
        first.expect(200);
        let again = item.beat("?desired_ttl_seconds=60&b=2&a=1").key("k").await;
        assert_replays(&again, &first);
    })
    .await;
}

#[tokio::test]
async fn a_key_lives_for_a_day_and_belongs_to_its_account() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let stranger = q.with(&server.stranger().await);
        let first = create(&q, "n").key("k").await;
        let theirs = create(&stranger, "n").key("k").await;
        theirs.expect(201);
        assert_eq!(theirs.header("idempotent-replayed"), None);
        // Another token of the same account is the same owner.
        let colleague = q.with(&server.token(&["environments:write"]).await);
        assert_replays(&create(&colleague, "n").key("k").await, &first);
        server.advance_seconds(24 * 60 * 60 - 1);
        assert_replays(&create(&q, "n").key("k").await, &first);
        server.advance_seconds(1);
        let anew = create(&q, "m").key("k").await;
        anew.expect(201);
        assert_eq!(anew.header("idempotent-replayed"), None);
    })
    .await;
}

#[tokio::test]
async fn a_refusal_that_cannot_change_is_kept_and_others_are_not() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let item = q.item().await;
        let invalid = q.post("/environments", json!({})).key("invalid").await;
        invalid.invalid("name");
        assert_replays(&q.post("/environments", json!({})).key("invalid").await, &invalid);

        let gone = q.post("/environments/env_1", json!({})).key("gone").await;
        gone.not_found();
        assert_replays(&q.post("/environments/env_1", json!({})).key("gone").await, &gone);

        // The beat came too early; its answer stays what it was, even after the ack.
        let early = item.first_beat().key("early").await;
        early.refused(409, "invalid_request_error");
        item.ack().await.expect(200);
        assert_replays(&item.first_beat().key("early").await, &early);
        item.first_beat().key("later").await.expect(200);
        let mismatch = item.first_beat().key("mismatch").await;
        mismatch.refused(412, "precondition_failed_error");
        assert_replays(&item.first_beat().key("mismatch").await, &mismatch);

        let weak = q.with(&server.token(&["environments:read"]).await);
        for request in [create(&weak, "n"), create(&q.unnamed(), "n")] {
            let first = request.clone().key("weak").await;
            assert!([401, 403].contains(&first.status), "{}", first.text());
            assert_eq!(request.key("weak").await.header("idempotent-replayed"), None);
        }
        create(&q, "n").key("weak").await.expect(201);
    })
    .await;
}

#[tokio::test]
async fn a_key_is_1_to_255_visible_characters_given_once() {
    let server = TestServer::start(Backend::Memory).await;
    let q = server.q();
    let (longest, too_long) = ("k".repeat(255), "k".repeat(256));
    for key in ["", "a b", "ä", "\t", &too_long] {
        create(&q, "n").key(key).await.invalid("Idempotency-Key");
    }
    create(&q, "n").key("one").key("two").await.invalid("Idempotency-Key");
    for key in ["!", "8d3f6c1e-2b6d-4a53-9b8b-6a6a3f2f9c11", &longest] {
        create(&q, "n").key(key).await.expect(201);
    }
    create(&q, "n").key("one").header("x-idempotency-key", "one").await.expect(201);
    // A read has no key, not even a wrong one.
    q.get("/environments").key("a b").await.expect(200);
}

#[tokio::test]
async fn a_worker_may_repeat_with_a_key_what_it_got_no_answer_to() {
    on_each_backend(async |server: &TestServer| {
        for dialect in Dialect::VENDORS {
            let item = server.client(dialect).item().await;
            let named = |call: &str| format!("{dialect:?} {call}").replace(' ', "-");
            let ack = item.ack().key(&named("ack")).await;
            ack.expect(200);
            assert_replays(&item.ack().key(&named("ack")).await, &ack);

            let first = item.first_beat().key(&named("beat")).await;
            let beat = first.expect(200);
            server.advance_seconds(5);
            assert_replays(&item.first_beat().key(&named("beat")).await, &first);
            assert_eq!(item.now().await["latest_heartbeat_at"], beat["last_heartbeat"]);

            // The second graceful stop would be the confirmation (work §8); a repeat is not.
            let stop = item.stop().key(&named("stop")).await;
            assert_eq!(stop.expect(200)["state"], "stopping");
            assert_replays(&item.stop().key(&named("stop")).await, &stop);
            assert_eq!(item.now().await["state"], "stopping");
        }
    })
    .await;
}

#[tokio::test]
async fn many_at_once_with_one_key_are_done_once() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let all = join_all((0..20).map(|_| create(&q, "n").key("k").into_future())).await;
        let (done, waiting): (Vec<&Reply>, Vec<&Reply>) =
            all.iter().partition(|reply| reply.status == 201);
        let fresh = |reply: &&&Reply| reply.header("idempotent-replayed").is_none();
        assert_eq!(done.iter().filter(fresh).count(), 1);
        for reply in waiting {
            let error = reply.refused(409, "conflict_error");
            let message = "A request with this idempotency key is still in progress.";
            assert_eq!(error["message"], message);
        }
        assert_eq!(count(&q).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_secret_is_never_kept_under_a_key() {
    on_each_backend(async |server: &TestServer| {
        let native = server.native();
        let environment = server.q().environment().await;
        for path in ["/tokens".to_owned(), format!("/environments/{environment}/keys")] {
            let first = native.post(&path, json!({"name": "n"})).key(&path.replace('/', "")).await;
            let again = native.post(&path, json!({"name": "n"})).key(&path.replace('/', "")).await;
            assert_ne!(first.expect(201)["id"], again.expect(201)["id"]);
            assert_eq!(again.header("idempotent-replayed"), None);
        }
    })
    .await;
}
