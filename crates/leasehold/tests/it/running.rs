//! Sessions that run, as both dialects show them (sessions §3.1, §5): told something at once, at work,
//! cancelled, kept within a budget, and not ended under a running turn.

use std::time::Duration;

use leasehold_testkit::{Client, TestServer, on_each_backend};
use serde_json::{Value, json};

fn message(text: &str) -> Value {
    json!({"type": "user.message", "content": [{"type": "text", "text": text}]})
}

async fn in_both(test: impl AsyncFn(&TestServer, &Client<'_>)) {
    on_each_backend(async |server: &TestServer| {
        test(server, &server.q()).await;
        test(server, &server.a()).await;
    })
    .await;
}

/// A session that was told something when it was made.
async fn told(client: &Client<'_>, more: Value) -> Value {
    let mut body = json!({
        "agent": client.agent().await,
        "environment_id": client.environment().await,
        "initial_events": [message("hello")],
    });
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    client.post("/sessions", body).await.expect(200)
}

async fn types(client: &Client<'_>, session: &str) -> Vec<String> {
    let log = client.log(session).await;
    log.iter().map(|event| event["type"].as_str().unwrap_or_default().to_owned()).collect()
}

fn id(object: &Value) -> &str {
    object["id"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_session_that_is_told_something_at_once_runs_from_the_beginning() {
    in_both(async |server, client| {
        let session = told(client, json!({})).await;
        assert_eq!(session["status"], "running");
        let running = ["session.status_running", "session.thread_status_running", "user.message"];
        assert_eq!(types(client, id(&session)).await, running);
        server.runner().await.say("hi").await;
        let after = client.get(format!("/sessions/{}", id(&session))).await.expect(200);
        assert_eq!(after["status"], "idle");
    })
    .await;
}

#[tokio::test]
async fn a_session_is_counted_at_work_while_it_runs() {
    in_both(async |server, client| {
        let session = told(client, json!({})).await;
        server.advance(Duration::from_millis(1_500));
        let path = format!("/sessions/{}", id(&session));
        let running = client.get(&path).await.expect(200);
        assert_eq!(running["stats"], json!({"active_seconds": 1.5, "duration_seconds": 1.5}));
        server.runner().await.say("hi").await;
        server.advance(Duration::from_secs(1));
        let rested = client.get(&path).await.expect(200);
        let active = rested["stats"]["active_seconds"].as_f64().unwrap_or_default();
        assert!((1.5..1.51).contains(&active), "{rested}");
        assert_eq!(rested["stats"]["duration_seconds"], 2.5);
        let list = client.get("/sessions?statuses[]=running").await.expect(200);
        assert_eq!(list["data"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn a_list_knows_which_sessions_run() {
    in_both(async |server, client| {
        let running = told(client, json!({})).await;
        let resting = client.session(&client.environment().await).await;
        let ids = async |status: &str| -> Vec<String> {
            let list = client.get(format!("/sessions?statuses[]={status}")).await.expect(200);
            let data = list["data"].as_array().cloned().unwrap_or_default();
            data.iter().map(|session| id(session).to_owned()).collect()
        };
        assert_eq!(ids("running").await, [id(&running)]);
        assert!(ids("idle").await.contains(&resting));
        server.runner().await.say("hi").await;
        assert_eq!(ids("running").await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn a_running_session_is_neither_archived_nor_deleted() {
    in_both(async |server, client| {
        let session = told(client, json!({})).await;
        let path = format!("/sessions/{}", id(&session));
        client.call(format!("{path}/archive")).await.refused(400, "invalid_request_error");
        client.delete(&path).await.refused(400, "invalid_request_error");
        let update = json!({"agent": {"tools": []}});
        client.post(&path, update.clone()).await.refused(400, "invalid_request_error");
        client.post(&path, json!({"title": "t"})).await.expect(200);
        server.runner().await.say("hi").await;
        client.post(&path, update).await.expect(200);
        client.delete(&path).await.expect(200);
        client.get(format!("{path}/events")).await.refused(404, "not_found_error");
    })
    .await;
}

#[tokio::test]
async fn a_cancel_ends_the_turn_and_may_be_repeated() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let session = told(&q, json!({})).await;
        let path = format!("/sessions/{}", id(&session));
        let canceling = json!({"id": session["id"], "type": "session", "status": "canceling"});
        for _ in 0..2 {
            assert_eq!(q.call(format!("{path}/cancel")).await.expect(202), canceling);
        }
        let log = q.log(id(&session)).await;
        let idle: Vec<&Value> =
            log.iter().filter(|event| event["type"] == "session.status_idle").collect();
        assert_eq!(idle.len(), 1);
        assert_eq!(idle[0]["stop_reason"], json!({"type": "cancelled"}));
        q.call(format!("{path}/archive")).await.expect(200);
        q.call(format!("{path}/cancel")).await.refused(409, "conflict_error");
    })
    .await;
}

#[tokio::test]
async fn a_budget_holds_a_session_until_it_is_raised() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let agent = json!({"name": "n", "model": "model-large"});
        let agent = q.post("/agents", agent).await.expect(200)["id"].clone();
        let budget = |cost: &str| json!({"type": "limit", "max_credit_cost": cost});
        let session = told(&q, json!({"agent": agent, "budget": budget("0.01")})).await;
        let path = format!("/sessions/{}", id(&session));
        // Each answer costs a quarter of a hundredth.
        let mut runner = server.runner().await;
        for _ in 0..4 {
            runner.ask().await;
            q.say(id(&session), "more").await.expect(200);
            let message = runner.message("hm");
            runner.answer(vec![message]).await;
        }
        runner.finds_nothing_left().await;
        let log = q.log(id(&session)).await;
        let stop = log.iter().rev().find(|event| event["type"] == "session.status_idle");
        assert_eq!(stop.map(|event| &event["stop_reason"]["type"]), Some(&json!("budget_reached")));
        let now = q.get(&path).await.expect(200);
        assert_eq!(
            (&now["status"], &now["usage"]["total_credits"]),
            (&json!("idle"), &json!(0.01))
        );

        q.say(id(&session), "and more").await.refused(400, "invalid_request_error");
        let same = json!({"budget": budget("0.005")});
        q.post(&path, same).await.invalid("budget.max_credit_cost");
        let raised = q.post(&path, json!({"budget": budget("0.02")})).await.expect(200);
        assert_eq!(raised["status"], "running", "the turn that was cut off goes on");
        server.runner().await.say("done").await;
        assert_eq!(q.get(&path).await.expect(200)["status"], "idle");
    })
    .await;
}
