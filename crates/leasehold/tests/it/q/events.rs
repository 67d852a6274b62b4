//! Sending events in dialect Q (events §2), and what the log makes of them (§5.3).

use leasehold_model::event::Permission;
use leasehold_testkit::{Client, TestServer, on_each_backend};
use serde_json::{Value, json};

/// A session in an environment of this kind.
async fn session_in(client: &Client<'_>, kind: &str) -> String {
    let environment = client.environment_of(kind).await;
    client.session(&environment).await
}

/// The types of a session's events, in the order of the list.
async fn types(client: &Client<'_>, session: &str) -> Vec<String> {
    let log = client.log(session).await;
    log.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
}

fn text(text: &str) -> Value {
    json!([{"type": "text", "text": text}])
}

/// Has the model call these tools; the ids of the calls.
async fn calls(server: &TestServer, session: &str, tools: &[(&str, Permission)]) -> Vec<String> {
    server.q().say(session, "go").await.expect(200);
    let mut runner = server.runner().await;
    runner.ask().await;
    let said = tools.iter().map(|(name, permission)| {
        let input = json!({"command": "ls"});
        if *name == "custom" {
            runner.custom_call(name, &input)
        } else {
            runner.call(name, &input, *permission)
        }
    });
    let said: Vec<_> = said.collect();
    let ids = said.iter().map(|said| said.id.to_string()).collect();
    runner.answer(said).await;
    ids
}

#[tokio::test]
async fn a_message_waits_for_the_model_and_is_stamped_when_it_is_shown() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let session = session_in(&q, "self_hosted").await;
        let sent = q.say(&session, "Hello").await.expect(200);
        let event = &sent["data"][0];
        assert_eq!(event["type"], "user.message");
        assert_eq!(event["content"], text("Hello"));
        assert!(event.get("processed_at").is_none(), "{event}");
        let id = event["id"].as_str().unwrap();
        assert_eq!((id.len(), &id[..4]), (36, "evt_"));

        let running = ["session.status_running", "session.thread_status_running"];
        assert_eq!(types(&q, &session).await, [&running[..], &["user.message"]].concat());
        let mut runner = server.runner().await;
        let start = runner.ask().await;
        let log = q.log(&session).await;
        assert_eq!((&log[2]["id"], &log[3]["id"]), (&event["id"], &json!(start.to_string())));
        let stamps: Vec<&str> =
            log.iter().map(|event| event["processed_at"].as_str().unwrap()).collect();
        assert!(stamps.is_sorted(), "{stamps:?}");
        assert_eq!(stamps[0], "2026-07-02T09:20:00.004310Z");

        let thought = runner.thought(&json!({"signature": "secret"}));
        let message = runner.message("Hi");
        runner.answer(vec![thought, message]).await;
        let rest = [
            "agent.thinking",
            "agent.message",
            "span.model_request_end",
            "session.usage",
            "session.thread_status_idle",
            "session.status_idle",
        ];
        assert_eq!(types(&q, &session).await[4..], rest);
        let log = q.log(&session).await;
        assert_eq!(
            log[4].as_object().unwrap().keys().collect::<Vec<_>>(),
            ["id", "type", "processed_at"]
        );
        assert_eq!(log[5]["content"], text("Hi"));
        assert_eq!(log[6]["model_request_start_id"], start.to_string());
        assert_eq!(
            (&log[6]["is_error"], &log[6]["model_usage"]),
            (&json!(false), &json!({"credits": 0.0025}))
        );
        assert_eq!(log[8]["stop_reason"], json!({"type": "end_turn"}));
        assert_eq!(log[8]["session_thread_id"], session.replace("sess_", "sthr_"));
        assert_eq!(log[8]["agent_name"], "reviewer");
        assert_eq!(log[9]["stop_reason"], json!({"type": "end_turn"}));
        assert!(log[9].get("stop_details").is_none());
    })
    .await;
}

#[tokio::test]
async fn what_is_not_an_event_is_named_and_nothing_of_the_batch_is_taken() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let session = session_in(&q, "self_hosted").await;
        let good = json!({"type": "user.message", "content": text("a")});
        for (event, param) in [
            (json!(1), "events[1]"),
            (json!({"type": "agent.message", "content": text("a")}), "events[1].type"),
            (json!({"type": "user.define_outcome", "description": "d"}), "events[1].rubric"),
            (json!({"type": "user.message", "content": "Hello"}), "events[1].content"),
            (json!({"type": "user.message", "content": text("")}), "events[1].content[0].text"),
            (
                json!({"type": "user.message", "content": [{"type": "image"}]}),
                "events[1].content[0].source",
            ),
            (
                json!({"type": "user.interrupt", "session_thread_id": 1}),
                "events[1].session_thread_id",
            ),
            // These are well formed; the session has no such calls.
            (json!({"type": "user.tool_result", "tool_use_id": CALL}), "events[1].tool_use_id"),
            (
                json!({"type": "user.custom_tool_result", "custom_tool_use_id": CALL}),
                "events[1].custom_tool_use_id",
            ),
            (
                json!({"type": "user.tool_confirmation", "result": "allow", "tool_use_id": CALL}),
                "events[1].tool_use_id",
            ),
        ] {
            q.send(&session, json!([good, event])).await.invalid(param);
        }
        let path = q.events(&session);
        q.post(&path, good.clone()).await.invalid("events");
        for events in [json!([]), json!({}), json!(vec![good.clone(); 101])] {
            q.send(&session, events).await.invalid("events");
        }
        assert_eq!(types(&q, &session).await, [""; 0]);
        q.send(&session, json!(vec![good; 100])).await.expect(200);
    })
    .await;
}

/// The id of an event that there is not.
const CALL: &str = "evt_00000000000070008000000000000000";

#[tokio::test]
async fn a_system_message_stands_last_behind_what_the_model_is_shown() {
    let system = json!({"type": "system.message", "content": text("Be brief.")});
    let message = json!({"type": "user.message", "content": text("a")});
    let interrupt = json!({"type": "user.interrupt"});
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let session = session_in(&q, "self_hosted").await;
        for (events, place) in [
            (json!([system]), 0),
            (json!([interrupt, system]), 1),
            (json!([message, system, message]), 1),
            (json!([message, system, system]), 1),
        ] {
            q.send(&session, events).await.invalid(&format!("events[{place}].type"));
        }
        let sent = q.send(&session, json!([message, system])).await.expect(200);
        assert_eq!(sent["data"][1]["content"], text("Be brief."));
    })
    .await;
}

#[tokio::test]
async fn content_is_kept_as_it_was_sent_without_members_that_nobody_knows() {
    let content = json!([
        {"type": "text", "text": "a\nb\u{2028}\"", "cache_control": {"type": "ephemeral"}},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}},
        {"type": "image", "source": {"type": "url", "url": "https://example.org/a.png"}},
        {"type": "document", "source": {"type": "file", "file_id": "file_1"}, "title": "t", "context": "c"},
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "d"}},
    ]);
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let session = session_in(&q, "self_hosted").await;
        let event = json!({"type": "user.message", "content": content, "weather": "fine"});
        let sent = q.send(&session, json!([event])).await.expect(200);
        let mut kept = content.clone();
        kept[0].as_object_mut().unwrap().remove("cache_control");
        assert_eq!(sent["data"][0]["content"], kept);
        assert_eq!(q.log(&session).await[2]["content"], kept);
        assert!(sent["data"][0].get("weather").is_none());
    })
    .await;
}

#[tokio::test]
async fn a_call_of_a_worker_waits_for_its_result() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let session = session_in(&q, "self_hosted").await;
        let tools = [("bash", Permission::Allow), ("bash", Permission::Ask)];
        let ids = calls(server, &session, &tools).await;
        let log = q.log(&session).await;
        let call = log.iter().find(|event| event["id"] == ids[1].as_str()).unwrap();
        let members: Vec<&String> = call.as_object().unwrap().keys().collect();
        assert_eq!(members, ["id", "type", "name", "input", "evaluated_permission", "processed_at"]);
        assert_eq!(call["input"], json!({"command": "ls"}));
        assert_eq!(call["evaluated_permission"], "ask");
        assert_eq!(log.last().unwrap()["stop_reason"], json!({"type": "requires_action", "event_ids": ids}));

        let result = |id: &str, words: &str| {
            json!([{"type": "user.tool_result", "tool_use_id": id, "content": text(words), "is_error": false}])
        };
        let first = q.send(&session, result(&ids[0], "done")).await.expect(200);
        // The same again is no harm: a worker may have lost the answer.
        let again = q.send(&session, result(&ids[0], "done")).await.expect(200);
        assert_eq!(again["data"][0]["id"], first["data"][0]["id"]);
        q.send(&session, result(&ids[0], "other")).await.invalid("events[0].tool_use_id");
        let confirmed = json!([{"type": "user.tool_confirmation", "tool_use_id": ids[1], "result": "deny", "deny_message": "no"}]);
        q.send(&session, confirmed).await.expect(200);
        let log = q.log(&session).await;
        let place = log.iter().position(|event| event["type"] == "user.tool_confirmation").unwrap();
        assert_eq!((&log[place]["result"], &log[place]["deny_message"]), (&json!("deny"), &json!("no")));
        let denied = log.iter().find(|event| event["tool_use_id"] == ids[1].as_str() && event["is_error"] == true);
        assert_eq!(denied.unwrap()["type"], "agent.tool_result");
        assert_eq!(q.get(format!("/sessions/{session}/threads")).await.expect(200)["data"][0]["status"], "running");
    })
    .await;
}

#[tokio::test]
async fn a_session_of_a_cloud_takes_no_results_of_workers() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let session = session_in(&q, "cloud").await;
        let result = json!([{"type": "user.tool_result", "tool_use_id": CALL}]);
        q.send(&session, result).await.invalid("events[0].type");
        let ids = calls(server, &session, &[("custom", Permission::Allow)]).await;
        let result = json!([{"type": "user.custom_tool_result", "custom_tool_use_id": ids[0], "content": []}]);
        let sent = q.send(&session, result).await.expect(200);
        assert_eq!(sent["data"][0]["content"], json!([]));
        assert!(sent["data"][0].get("is_error").is_none());
    })
    .await;
}

#[tokio::test]
async fn an_interrupt_ends_what_runs() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let session = session_in(&q, "self_hosted").await;
        let quiet = q.send(&session, json!([{"type": "user.interrupt"}])).await.expect(200);
        assert!(quiet["data"][0]["processed_at"].is_string());
        assert_eq!(types(&q, &session).await, ["user.interrupt"]);
        q.say(&session, "go").await.expect(200);
        q.send(&session, json!([{"type": "user.interrupt"}])).await.expect(200);
        let log = q.log(&session).await;
        let idle = log.iter().find(|event| event["type"] == "session.status_idle").unwrap();
        assert_eq!(idle["stop_reason"], json!({"type": "cancelled"}));
    })
    .await;
}

#[tokio::test]
async fn a_session_that_is_over_takes_nothing_and_is_read_on() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let session = session_in(&q, "self_hosted").await;
        q.send(&session, json!([{"type": "user.interrupt"}])).await.expect(200);
        q.call(format!("/sessions/{session}/archive")).await.expect(200);
        let error = q.say(&session, "a").await.refused(409, "conflict_error");
        assert_eq!(error["code"], "session_archived");
        // What is wrong is wrong in any state.
        q.send(&session, json!([])).await.invalid("events");
        assert_eq!(types(&q, &session).await, ["user.interrupt"]);
        q.delete(format!("/sessions/{session}")).await.expect(200);
        for reply in [q.say(&session, "a").await, q.get(q.events(&session)).await] {
            reply.not_found();
        }
    })
    .await;
}

#[tokio::test]
async fn a_worker_hands_in_results_and_says_nothing_else() {
    on_each_backend(async |server: &TestServer| {
        let item = server.q().item().await;
        let claim = item.take().await;
        let key = server.key(&item.environment).await;
        let tools = [("bash", Permission::Allow), ("bash", Permission::Allow)];
        let ids = calls(server, &item.session, &tools).await;
        for (caller, id) in [claim.as_str(), key.as_str()].into_iter().zip(&ids) {
            let worker = server.q().with(caller);
            worker.say(&item.session, "a").await.forbidden();
            let result = json!({"type": "user.tool_result", "tool_use_id": id});
            let interrupt = json!({"type": "user.interrupt"});
            worker.send(&item.session, json!([result, interrupt])).await.forbidden();
            worker.send(&item.session, json!([result])).await.expect(200);
            worker.get(worker.events(&item.session)).await.expect(200);
        }
        // Of a claim that is over nothing is taken.
        item.force_stop().await.expect(200);
        let result = json!([{"type": "user.tool_result", "tool_use_id": ids[0]}]);
        server.q().with(&claim).send(&item.session, result).await.forbidden();
    })
    .await;
}

#[tokio::test]
async fn a_send_is_carried_out_once_under_one_key() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let session = session_in(&q, "self_hosted").await;
        let first = q.say(&session, "a").key("k").await;
        let again = q.say(&session, "a").key("k").await;
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert_eq!(again.expect(200), first.expect(200));
        assert_eq!(types(&q, &session).await.len(), 3);
        q.say(&session, "b").key("k").await.refused(409, "conflict_error");
    })
    .await;
}
