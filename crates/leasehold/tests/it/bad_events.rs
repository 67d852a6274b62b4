//! What is no event, and answers that answer nothing, in both dialects (events §2): each is refused by
//! name, and nothing of it is kept or shown.

use leasehold_api::Settings;
use leasehold_model::event::Permission;
use leasehold_testkit::{Backend, Client, Dialect, TestServer, models, on_each_backend};
use serde_json::{Value, json};

fn text(text: &str) -> Value {
    json!([{"type": "text", "text": text}])
}

fn message(content: &Value) -> Value {
    json!({"type": "user.message", "content": content})
}

async fn in_both(test: impl AsyncFn(&TestServer, &Client<'_>)) {
    on_each_backend(async |server: &TestServer| {
        test(server, &server.q()).await;
        test(server, &server.a()).await;
    })
    .await;
}

/// The id of an event as this client sees it.
fn seen(client: &Client<'_>, id: &str) -> String {
    if client.dialect() == Dialect::A { id.replace("evt_", "sevt_") } else { id.to_owned() }
}

/// A session of a self-hosted environment whose model has made calls; and their ids.
async fn called(client: &Client<'_>, tools: &[&str]) -> (String, Vec<String>) {
    let server = client.server();
    let session = client.session(&client.environment().await).await;
    client.say(&session, "go").await.expect(200);
    let mut runner = server.runner().await;
    runner.ask().await;
    let call = |tool: &&str| match *tool {
        "custom" => runner.custom_call("custom", &json!({})),
        "asked" => runner.call("bash", &json!({}), Permission::Ask),
        tool => runner.call(tool, &json!({}), Permission::Allow),
    };
    let said: Vec<_> = tools.iter().map(call).collect();
    let ids = said.iter().map(|said| seen(client, &said.id.to_string())).collect();
    runner.answer(said).await;
    (session, ids)
}

#[tokio::test]
async fn what_is_no_event_is_named_and_leaves_nothing_behind() {
    let image = |source: Value| json!([{"type": "image", "source": source}]);
    let events = [
        (json!("user.message"), ""),
        (json!({"content": text("a")}), ".type"),
        (json!({"type": null, "content": text("a")}), ".type"),
        (json!({"type": "user.shout", "content": text("a")}), ".type"),
        (json!({"type": "User.Message", "content": text("a")}), ".type"),
        (json!({"type": "agent.message", "content": text("a")}), ".type"),
        (json!({"type": "session.status_idle"}), ".type"),
        (json!({"type": "user.define_outcome", "description": "d", "rubric": {}}), ".rubric.type"),
        (json!({"type": "user.message"}), ".content"),
        (message(&json!("Hello")), ".content"),
        (message(&json!([])), ".content"),
        (message(&json!(["Hello"])), ".content[0]"),
        (message(&json!([{"text": "a"}])), ".content[0].type"),
        (message(&json!([{"type": "video"}])), ".content[0].type"),
        (message(&json!([{"type": "tool_result"}])), ".content[0].type"),
        (message(&json!([{"type": "text", "text": ""}])), ".content[0].text"),
        (message(&json!([{"type": "text", "text": 1}])), ".content[0].text"),
        (message(&image(json!("a.png"))), ".content[0].source"),
        (message(&image(json!({"type": "ftp"}))), ".content[0].source.type"),
        (message(&image(json!({"type": "url", "url": null}))), ".content[0].source.url"),
        (message(&json!([{"type": "search_result"}])), ".content[0].type"),
        (json!({"type": "user.interrupt", "session_thread_id": {}}), ".session_thread_id"),
    ];
    in_both(async |_, client| {
        let session = client.session(&client.environment().await).await;
        let mut stream = client.stream(&session).await;
        for (event, param) in &events {
            // Behind one that is good, so that a batch would be seen that was taken in part.
            let batch = json!([message(&text("good")), event]);
            let reply = client.send(&session, batch).await;
            reply.invalid(&format!("events[1]{param}"));
        }
        assert_eq!(client.log(&session).await, [Value::Null; 0]);
        client.send(&session, json!([{"type": "user.interrupt"}])).await.expect(200);
        assert_eq!(stream.frame().await.name, "user.interrupt");
    })
    .await;
}

#[tokio::test]
async fn an_answer_to_no_open_call_of_the_session_is_refused_and_changes_nothing() {
    in_both(async |server, client| {
        let tools = ["bash", "custom", "asked"];
        let (session, ids) = called(client, &tools).await;
        let (other, foreign) = called(client, &tools).await;
        let environment = client.get(format!("/sessions/{session}")).await.expect(200);
        let key = server.key(environment["environment_id"].as_str().unwrap()).await;
        let worker = client.with(&key);
        let (before, there) = (client.log(&session).await, client.log(&other).await);
        let result = |id: &str| json!({"type": "user.tool_result", "tool_use_id": id});
        let custom = |id: &str| json!({"type": "user.custom_tool_result", "custom_tool_use_id": id});
        let allow = |id: &str| {
            json!({"type": "user.tool_confirmation", "tool_use_id": id, "result": "allow"})
        };
        let start = before[3]["id"].as_str().unwrap();
        for (event, param) in [
            // Calls of another session, whoever answers.
            (result(&foreign[0]), "tool_use_id"),
            (custom(&foreign[1]), "custom_tool_use_id"),
            // Calls of this one, in another family.
            (result(&ids[1]), "tool_use_id"),
            (custom(&ids[0]), "custom_tool_use_id"),
            // Events that are no calls, and ids that are none.
            (result(start), "tool_use_id"),
            (result("toolu_secret"), "tool_use_id"),
            (custom(""), "custom_tool_use_id"),
        ] {
            worker.send(&session, json!([event])).await.invalid(&format!("events[0].{param}"));
        }
        for event in [allow(&foreign[2]), allow(&ids[0]), allow(&ids[1]), allow(start)] {
            client.send(&session, json!([event])).await.invalid("events[0].tool_use_id");
        }
        // Nor does a good answer count beside a wrong one.
        let batch = json!([result(&ids[0]), result(&foreign[0])]);
        worker.send(&session, batch).await.invalid("events[1].tool_use_id");
        assert_eq!(client.log(&session).await, before);
        assert_eq!(client.log(&other).await, there);
        worker.send(&session, json!([result(&ids[0])])).await.expect(200);

        // What an interrupt has answered is not open any more.
        client.send(&session, json!([{"type": "user.interrupt"}])).await.expect(200);
        worker.send(&session, json!([custom(&ids[1])])).await.invalid("events[0].custom_tool_use_id");
    })
    .await;
}

#[tokio::test]
async fn a_result_of_a_megabyte_is_the_same_in_the_list_and_on_the_stream() {
    in_both(async |server, client| {
        let item = client.item().await;
        client.say(&item.session, "go").await.expect(200);
        let mut runner = server.runner().await;
        runner.ask().await;
        let call = runner.call("bash", &json!({}), Permission::Allow);
        let id = seen(client, &call.id.to_string());
        runner.answer(vec![call]).await;
        let worker = client.with(&item.take().await);
        let mut streams = [client.stream(&item.session).await, worker.stream(&item.session).await];
        let content = text(&format!("{}\u{1}\n\u{2028}\"\\", "é🦀".repeat(200_000)));
        let content = json!([content[0], {"type": "text", "text": "b".repeat(100_000)}]);
        let result = json!({"type": "user.tool_result", "tool_use_id": id, "content": content});
        let sent = worker.send(&item.session, json!([result])).await;
        let sent = sent.expect(200)["data"][0].clone();
        assert_eq!(sent["content"], content);
        assert!(sent["processed_at"].is_string());
        let log = client.log(&item.session).await;
        assert_eq!(log.iter().find(|event| event["id"] == sent["id"]), Some(&sent));
        for stream in &mut streams {
            assert_eq!(stream.frame().await.data, sent);
        }
        client.send(&item.session, json!([{"type": "user.interrupt"}])).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn a_result_with_nul_characters_does_not_leave_its_call_open() {
    in_both(async |server, client| {
        let item = client.item().await;
        client.say(&item.session, "go").await.expect(200);
        let mut runner = server.runner().await;
        runner.ask().await;
        let call = runner.call("bash", &json!({}), Permission::Allow);
        let id = seen(client, &call.id.to_string());
        runner.answer(vec![call]).await;
        let worker = client.with(&item.take().await);
        let result =
            |content| json!([{"type": "user.tool_result", "tool_use_id": id, "content": content}]);
        let sent = worker.send(&item.session, result(text("ELF\0!"))).await.expect(200);
        assert_eq!(sent["data"][0]["content"], text("ELF\u{FFFD}!"));
        // The same bytes once more are the same answer.
        worker.send(&item.session, result(text("ELF\0!"))).await.expect(200);
        let shown = client.get(format!("/sessions/{}", item.session)).await.expect(200);
        assert_eq!(shown["status"], "running");
        client.send(&item.session, json!([{"type": "user.interrupt"}])).await.expect(200);
        let said = json!([message(&text("a\0"))]);
        client.send(&item.session, said).await.refused(400, "invalid_request_error");
    })
    .await;
}

#[tokio::test]
async fn events_that_are_too_long_are_refused_unread() {
    let settings = Settings { body_limit_bytes: 4_000, models: models(), ..Settings::default() };
    let server = TestServer::start_with(Backend::Memory, TestServer::clock(), settings).await;
    for (client, status, kind) in
        [(server.q(), 400, "invalid_request_error"), (server.a(), 413, "request_too_large")]
    {
        let environment = client.environment().await;
        let session = client.session(&environment).await;
        let long = json!([message(&text(&"a".repeat(4_000)))]);
        client.send(&session, long.clone()).await.refused(status, kind);
        let create = json!({
            "agent": client.agent().await,
            "environment_id": environment,
            "initial_events": long,
        });
        client.post("/sessions", create).await.refused(status, kind);
        assert_eq!(client.log(&session).await, [Value::Null; 0]);
        let listed = client.get("/sessions").await.expect(200);
        let of_environment = listed["data"].as_array().unwrap().iter();
        let ids: Vec<_> = of_environment
            .filter(|session| session["environment_id"] == environment.as_str())
            .map(|session| session["id"].as_str().unwrap())
            .collect();
        assert_eq!(ids, [session.as_str()]);
        client.say(&session, &"a".repeat(3_000)).await.expect(200);
    }
}
