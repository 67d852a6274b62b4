//! Events and threads in dialect A, where they differ from dialect Q.

use leasehold_model::event::{Kind, Permission, StopReason, Usage};
use leasehold_model::log::turn::Outcome;
use leasehold_testkit::{TestServer, on_each_backend};
use serde_json::{Value, json};

async fn session_in(server: &TestServer, kind: &str) -> String {
    let environment = server.a().environment_of(kind).await;
    server.a().session(&environment).await
}

fn text(text: &str) -> Value {
    json!([{"type": "text", "text": text}])
}

#[tokio::test]
async fn a_log_is_read_as_the_stock_worker_does() {
    on_each_backend(async |server: &TestServer| {
        let a = server.a();
        let session = session_in(server, "self_hosted").await;
        let sent = a.say(&session, "Hello").await.expect(200);
        assert!(sent["data"][0]["id"].as_str().unwrap().starts_with("sevt_"));
        server.runner().await.say("Hi").await;
        let path = a.events(&session);
        let whole = a.get(format!("{path}?limit=1000&beta=true")).await.expect(200);
        assert_eq!(whole.as_object().unwrap().keys().collect::<Vec<_>>(), ["data", "next_page"]);
        assert_eq!(whole["next_page"], Value::Null);
        let all = whole["data"].as_array().unwrap();
        assert_eq!(all.len(), 9);
        let end = &all[5];
        assert_eq!(
            end["model_usage"],
            json!({
                "input_tokens": 11,
                "output_tokens": 7,
                "cache_read_input_tokens": 5,
                "cache_creation_input_tokens": 3,
            })
        );
        assert_eq!(end["model_request_start_id"], all[3]["id"]);
        assert_eq!(
            (&all[8]["type"], &all[8]["stop_details"]),
            (&json!("session.status_idle"), &Value::Null)
        );
        assert!(all[7].get("stop_details").is_none(), "a thread has none");

        let mut paged = Vec::new();
        let mut query = "?limit=4".to_owned();
        loop {
            let page = a.get(format!("{path}{query}")).await.expect(200);
            paged.extend(page["data"].as_array().unwrap().clone());
            let Some(next) = page["next_page"].as_str() else { break };
            query = format!("?limit=4&page={next}");
        }
        assert_eq!(paged, *all);
        // A cursor by id is another dialect's.
        let first = all[0]["id"].as_str().unwrap();
        let list = a.get(format!("{path}?before_id={first}")).await.expect(200);
        assert_eq!(list["data"].as_array().unwrap().len(), 9);
        a.get(format!("{path}?page={}", first.replace("sevt_", "evt_"))).await.invalid("page");
        a.get(format!("{path}?limit=1001")).await.invalid("limit");
    })
    .await;
}

#[tokio::test]
async fn what_nobody_knows_is_refused() {
    on_each_backend(async |server: &TestServer| {
        let a = server.a();
        let session = session_in(server, "self_hosted").await;
        for (event, param) in [
            (json!({"type": "user.interrupt", "reason": "r"}), "events[0].reason"),
            (
                json!({"type": "user.message", "content": [{"type": "text", "text": "a", "b": 1}]}),
                "events[0].content[0].b",
            ),
            (
                json!({"type": "user.message", "content": [{"type": "redacted"}]}),
                "events[0].content[0].type",
            ),
            (
                json!({"type": "user.tool_confirmation", "result": "allow",
                       "tool_use_id": "evt_00000000000070008000000000000000"}),
                "events[0].tool_use_id",
            ),
        ] {
            a.send(&session, json!([event])).await.invalid(param);
        }
        let body = json!({"events": [{"type": "user.interrupt"}], "mode": "fast"});
        a.post(a.events(&session), body).await.invalid("mode");
    })
    .await;
}

#[tokio::test]
async fn results_of_workers_come_with_their_credentials() {
    on_each_backend(async |server: &TestServer| {
        let item = server.q().item().await;
        let claim = item.take().await;
        let key = server.key(&item.environment).await;
        let a = server.a();
        a.say(&item.session, "go").await.expect(200);
        let mut runner = server.runner().await;
        runner.ask().await;
        let said = vec![
            runner.call("bash", &json!({}), Permission::Allow),
            runner.call("bash", &json!({}), Permission::Allow),
            runner.custom_call("custom", &json!({})),
        ];
        let ids: Vec<String> = said.iter().map(|said| format!("sevt_{}", said.id.hex())).collect();
        runner.answer(said).await;
        let result = |id: &String| json!([{"type": "user.tool_result", "tool_use_id": id}]);
        a.send(&item.session, result(&ids[0])).await.forbidden();
        a.with(&key).send(&item.session, result(&ids[0])).await.expect(200);
        a.with(&claim).send(&item.session, result(&ids[1])).await.expect(200);
        let custom = json!([{"type": "user.custom_tool_result", "custom_tool_use_id": ids[2]}]);
        a.send(&item.session, custom).await.expect(200);
        let log = a.log(&item.session).await;
        let used: Vec<&Value> =
            log.iter().filter(|event| event["type"] == "agent.custom_tool_use").collect();
        assert!(used[0].get("evaluated_permission").is_none());
        assert_eq!(log.last().unwrap()["type"], "session.thread_status_running");
    })
    .await;
}

#[tokio::test]
async fn a_model_that_refuses_says_why() {
    on_each_backend(async |server: &TestServer| {
        let a = server.a();
        let session = session_in(server, "cloud").await;
        a.say(&session, "go").await.expect(200);
        let mut runner = server.runner().await;
        runner.ask().await;
        let message =
            runner.said(Kind::AgentMessage { content: leasehold_model::Json::text("No.") });
        let refusal = StopReason::Refusal { category: Some("cyber".to_owned()), explanation: None };
        let outcome = Outcome::Answered {
            said: vec![message],
            refusal: Some(refusal),
            usage: Usage::default(),
        };
        runner.conclude(outcome).await;
        let idle = a.log(&session).await.pop().unwrap();
        assert_eq!(idle["stop_reason"], json!({"type": "refusal"}));
        assert_eq!(
            idle["stop_details"],
            json!({"type": "refusal", "category": "cyber", "explanation": null})
        );
        let in_q = server.q().log(&session).await.pop().unwrap();
        assert_eq!(in_q["stop_reason"], json!({"type": "end_turn"}));
        // Nothing is known of what it cost.
        let end = &server.q().log(&session).await[5];
        assert_eq!(end["type"], "span.model_request_end");
        assert!(end.get("model_usage").is_none());
    })
    .await;
}

#[tokio::test]
async fn an_interrupt_ends_the_turn() {
    on_each_backend(async |server: &TestServer| {
        let a = server.a();
        let session = session_in(server, "cloud").await;
        a.say(&session, "go").await.expect(200);
        server.runner().await.ask().await;
        a.send(&session, json!([{"type": "user.interrupt"}])).await.expect(200);
        let log = a.log(&session).await;
        let idle = log.iter().find(|event| event["type"] == "session.status_idle").unwrap();
        assert_eq!(idle["stop_reason"], json!({"type": "end_turn"}));
        a.call(format!("/sessions/{session}/archive")).await.expect(200);
        a.say(&session, "more").await.refused(400, "invalid_request_error");
    })
    .await;
}

#[tokio::test]
async fn a_stream_begins_now_whatever_was_seen_before() {
    on_each_backend(async |server: &TestServer| {
        let a = server.a();
        let session = session_in(server, "self_hosted").await;
        a.send(&session, json!([{"type": "user.interrupt"}])).await.expect(200);
        let path = format!("{}/stream?beta=true", a.events(&session));
        let mut stream = a.get(&path).header("last-event-id", "nothing").stream().await;
        let thread = session.replace("sesn_", "sthr_");
        let path =
            format!("/sessions/{session}/threads/{thread}/stream?event_deltas[]=agent.message");
        let mut of_thread = a.get(&path).stream().await;
        a.say(&session, "Hello").await.expect(200);
        let mut runner = server.runner().await;
        runner.ask().await;
        let message = runner.message("Hi");
        runner.preview(leasehold_store::Preview::MessageStarted(message.id));
        let id = format!("sevt_{}", message.id.hex());
        // Here the stream of a thread has previews.
        let names = of_thread.names(5).await;
        assert_eq!(names[3..], ["span.model_request_start", "event_start"]);
        runner.answer(vec![message]).await;
        assert_eq!(stream.names(4).await[0], "session.status_running");
        let frame = stream.frame().await;
        assert_eq!((frame.id.as_str(), &frame.data["content"]), (id.as_str(), &text("Hi")));
    })
    .await;
}

#[tokio::test]
async fn threads_are_listed_by_status() {
    on_each_backend(async |server: &TestServer| {
        let a = server.a();
        let session = session_in(server, "self_hosted").await;
        let threads = format!("/sessions/{session}/threads");
        let list = a.get(format!("{threads}?statuses[]=idle&limit=1000")).await.expect(200);
        assert_eq!(list.as_object().unwrap().keys().collect::<Vec<_>>(), ["data", "next_page"]);
        assert_eq!(list["data"][0]["session_id"], session.as_str());
        let none = a.get(format!("{threads}?statuses[]=running")).await.expect(200);
        assert_eq!(none["data"], json!([]));
        let id = list["data"][0]["id"].as_str().unwrap();
        let behind = a.get(format!("{threads}?page={id}")).await.expect(200);
        assert_eq!(behind["data"], json!([]));
        a.call(format!("{threads}/{id}/archive")).await.invalid("thread_id");
        a.get(format!("{threads}/sthr_1")).await.not_found();
    })
    .await;
}
