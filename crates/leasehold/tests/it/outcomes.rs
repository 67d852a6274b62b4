//! Outcomes over HTTP, in both dialects: defined, worked on, graded, and shown by the session.

use leasehold_model::log::outcome::Verdict;
use leasehold_model::log::turn::Step;
use leasehold_testkit::{TestServer, on_each_backend};
use serde_json::{Value, json};

fn outcome() -> Value {
    json!({
        "type": "user.define_outcome",
        "description": "A report.",
        "rubric": {"type": "text", "content": "It has a title."},
        "max_iterations": 2,
    })
}

#[tokio::test]
async fn an_outcome_is_brought_about_and_graded() {
    on_each_backend(async |server: &TestServer| {
        let a = server.a();
        let session = a.session(&a.environment_of("cloud").await).await;
        let sent = a.send(&session, json!([outcome()])).await.expect(200);
        let defined = &sent["data"][0];
        assert!(defined["processed_at"].is_string(), "it is taken in at once: {defined}");
        assert_eq!(defined["rubric"], outcome()["rubric"]);
        assert_eq!(
            (&defined["description"], &defined["max_iterations"]),
            (&json!("A report."), &json!(2))
        );
        let id = &defined["outcome_id"];
        assert!(id.as_str().unwrap().starts_with("outc_"), "{id}");
        let standing = async || {
            let session = a.get(format!("/sessions/{session}")).await.expect(200);
            let [standing] = session["outcome_evaluations"].as_array().unwrap().as_slice() else {
                panic!("{session}")
            };
            standing.clone()
        };
        assert_eq!(
            standing().await,
            json!({
                "type": "outcome_evaluation",
                "outcome_id": id,
                "description": "A report.",
                "iteration": 0,
                "result": "pending",
                "explanation": null,
                "completed_at": null,
            })
        );
        let mut runner = server.runner().await;
        assert_eq!(runner.say("Done.").await, Step::Again);
        assert_eq!(standing().await["result"], "running");
        assert_eq!(runner.grade(Verdict::NeedsRevision, "No title.").await, Step::Again);
        let wanting = standing().await;
        assert_eq!((&wanting["result"], &wanting["iteration"]), (&json!("running"), &json!(1)));
        assert_eq!(wanting["explanation"], "No title.");
        runner.say("Mended.").await;
        assert_eq!(runner.grade(Verdict::Satisfied, "All there.").await, Step::Over);
        let done = standing().await;
        assert_eq!(
            (&done["result"], &done["explanation"]),
            (&json!("satisfied"), &json!("All there."))
        );
        assert!(done["completed_at"].is_string());
    })
    .await;
}

#[tokio::test]
async fn evaluations_stand_in_the_log() {
    on_each_backend(async |server: &TestServer| {
        let a = server.a();
        let session = a.session(&a.environment_of("cloud").await).await;
        let sent = a.send(&session, json!([outcome()])).await.expect(200);
        let defined = &sent["data"][0];
        let mut runner = server.runner().await;
        for verdict in [Verdict::NeedsRevision, Verdict::Satisfied] {
            runner.say("Done.").await;
            runner.grade(verdict, "No title.").await;
        }
        let log = a.log(&session).await;
        let starts: Vec<&Value> =
            log.iter().filter(|e| e["type"] == "span.outcome_evaluation_start").collect();
        let ends: Vec<&Value> =
            log.iter().filter(|e| e["type"] == "span.outcome_evaluation_end").collect();
        assert_eq!((starts.len(), ends.len()), (2, 2));
        assert_eq!(
            *ends[0],
            json!({
                "id": ends[0]["id"],
                "type": "span.outcome_evaluation_end",
                "outcome_id": defined["outcome_id"],
                "outcome_evaluation_start_id": starts[0]["id"],
                "iteration": 0,
                "result": "needs_revision",
                "explanation": "No title.",
                "usage": {
                    "input_tokens": 11,
                    "output_tokens": 7,
                    "cache_read_input_tokens": 5,
                    "cache_creation_input_tokens": 3,
                },
                "processed_at": ends[0]["processed_at"],
            })
        );
        assert_eq!(
            (&starts[1]["iteration"], &starts[1]["outcome_id"]),
            (&json!(1), &defined["outcome_id"])
        );
    })
    .await;
}

#[tokio::test]
async fn a_session_begins_with_an_outcome() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let environment = q.environment_of("self_hosted").await;
        let agent = q.agent().await;
        let body = json!({
            "agent": agent, "environment_id": environment, "initial_events": [outcome()],
        });
        let created = q.post("/sessions", body.clone()).await.expect(200);
        assert_eq!(created["status"], "running");
        assert_eq!(created["outcome_evaluations"][0]["result"], "pending");
        let log = q.log(created["id"].as_str().unwrap()).await;
        let kinds: Vec<&str> = log.iter().map(|event| event["type"].as_str().unwrap()).collect();
        assert_eq!(
            kinds,
            ["session.status_running", "session.thread_status_running", "user.define_outcome"]
        );
        let mut twice = body;
        twice["initial_events"] = json!([outcome(), outcome()]);
        q.post("/sessions", twice).await.invalid("initial_events[1].type");
    })
    .await;
}

#[tokio::test]
async fn another_outcome_waits_until_the_first_has_come_to_its_end() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let session = q.session(&q.environment_of("cloud").await).await;
        q.send(&session, json!([outcome()])).await.expect(200);
        let length = q.log(&session).await.len();
        let text = json!([{"type": "text", "text": "And then?"}]);
        let message = json!({"type": "user.message", "content": text});
        q.send(&session, json!([message, outcome()])).await.invalid("events[1].type");
        assert_eq!(q.log(&session).await.len(), length, "nothing of it is kept");
        q.send(&session, json!([{"type": "user.interrupt"}, outcome()])).await.expect(200);
        let shown = q.get(format!("/sessions/{session}")).await.expect(200);
        let results: Vec<&Value> = shown["outcome_evaluations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|outcome| &outcome["result"])
            .collect();
        assert_eq!(results, ["interrupted", "pending"]);
    })
    .await;
}

#[tokio::test]
async fn a_worker_defines_no_outcomes() {
    on_each_backend(async |server: &TestServer| {
        let a = server.a();
        let environment = a.environment_of("self_hosted").await;
        let session = a.session(&environment).await;
        let key = server.key(&environment).await;
        a.with(&key).send(&session, json!([outcome()])).await.forbidden();
    })
    .await;
}

#[tokio::test]
async fn a_turn_that_has_ended_says_what_the_session_has_used() {
    on_each_backend(async |server: &TestServer| {
        let a = server.a();
        let session = a.session(&a.environment_of("cloud").await).await;
        a.say(&session, "go").await.expect(200);
        server.runner().await.say("Done.").await;
        let log = a.log(&session).await;
        let shown = a.get(format!("/sessions/{session}")).await.expect(200);
        let usage = &log[6];
        assert_eq!(usage["type"], "session.usage");
        for member in ["input_tokens", "output_tokens", "cache_creation", "list_cost"] {
            assert_eq!(usage["usage"][member], shown["usage"][member], "{member}");
        }
        assert_eq!(usage["usage"]["input_tokens"], 11);
        assert!(usage["usage"]["active_seconds"].is_f64());
        assert_eq!(usage["budget"], Value::Null);
        let in_q = &server.q().log(&session).await[6];
        assert_eq!(in_q["usage"]["total_credits"], 0.0);
    })
    .await;
}
