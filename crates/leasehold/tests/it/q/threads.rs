//! Threads in dialect Q (events §9): the session under another name.

use leasehold_testkit::{TestServer, on_each_backend};
use serde_json::{Value, json};

#[tokio::test]
async fn a_session_has_its_primary_thread() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let environment = q.environment().await;
        let session = q.session(&environment).await;
        let threads = format!("/sessions/{session}/threads");
        let id = session.replace("sess_", "sthr_");
        let list = q.get(&threads).await.expect(200);
        let thread = &list["data"][0];
        let whole = q.get(format!("/sessions/{session}")).await.expect(200);
        for (member, value) in [
            ("id", json!(id)),
            ("type", json!("session_thread")),
            ("session_id", json!(session)),
            ("agent", whole["agent"].clone()),
            ("parent_thread_id", Value::Null),
            ("status", json!("idle")),
            ("archived_at", Value::Null),
            ("usage", whole["usage"].clone()),
            ("created_at", whole["created_at"].clone()),
        ] {
            assert_eq!(thread[member], value, "{member}");
        }
        assert_eq!((&list["first_id"], &list["last_id"]), (&json!(id), &json!(id)));
        assert_eq!((&list["next_page"], &list["has_more"]), (&Value::Null, &json!(false)));
        assert_eq!(q.get(format!("{threads}/{id}")).await.expect(200), *thread);
        q.say(&session, "Hello").await.expect(200);
        assert_eq!(q.get(format!("{threads}/{id}")).await.expect(200)["status"], "running");

        let behind = q.get(format!("{threads}?after_id={id}")).await.expect(200);
        assert_eq!(behind["data"], json!([]));
        q.get(format!("{threads}?page=sthr_1")).await.invalid("page");
        q.get(format!("{threads}?page={id}&after_id={id}")).await.invalid("after_id");
        q.get(format!("{threads}?limit=101")).await.invalid("limit");
    })
    .await;
}

#[tokio::test]
async fn a_thread_has_the_log_of_its_session() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let environment = q.environment().await;
        let session = q.session(&environment).await;
        let thread = format!("/sessions/{session}/threads/{}", session.replace("sess_", "sthr_"));
        let path = format!("{thread}/stream?event_deltas[]=agent.message");
        let mut stream = q.get(&path).stream().await;
        q.say(&session, "Hello").await.expect(200);
        let mut runner = server.runner().await;
        runner.ask().await;
        let message = runner.message("Hi");
        runner.preview(leasehold_store::Preview::MessageStarted(message.id));
        runner.answer(vec![message]).await;
        let list = q.get(format!("{thread}/events?limit=100")).await.expect(200);
        let log = q.log(&session).await;
        assert_eq!(list["data"], json!(log));
        // The stream of a thread has no previews.
        for event in &log {
            assert_eq!(stream.frame().await.data, *event);
        }
    })
    .await;
}

#[tokio::test]
async fn the_primary_thread_stays_and_no_other_is_there() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let environment = q.environment().await;
        let (session, other) = (q.session(&environment).await, q.session(&environment).await);
        let threads = format!("/sessions/{session}/threads");
        let id = session.replace("sess_", "sthr_");
        q.call(format!("{threads}/{id}/archive")).await.invalid("thread_id");
        for unknown in [other.replace("sess_", "sthr_"), session.clone(), "sthr_1".to_owned()] {
            for rest in ["", "/events", "/stream"] {
                q.get(format!("{threads}/{unknown}{rest}")).await.not_found();
            }
            q.call(format!("{threads}/{unknown}/archive")).await.not_found();
        }
        q.call(format!("/sessions/{session}/archive")).await.expect(200);
        let thread = q.get(format!("{threads}/{id}")).await.expect(200);
        assert_eq!(thread["status"], "idle");
        assert!(thread["archived_at"].is_string());
    })
    .await;
}
