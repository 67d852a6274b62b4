//! Sessions in dialect Q, as far as they go without a log, and what they do to the queue.

use leasehold_testkit::{TestServer, on_each_backend};
use serde_json::{Value, json};

#[tokio::test]
async fn a_new_session_is_idle_and_has_all_its_members() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let environment = q.environment().await;
        let agent = q.agent().await;
        let body = json!({
            "agent": {"type": "agent", "id": agent, "version": 1},
            "environment_id": environment,
            "title": "t",
            "metadata": {"ticket": "4711"},
        });
        let made = q.post("/sessions", body).await.success();
        for (member, value) in [
            ("type", json!("session")),
            ("environment_id", json!(environment)),
            ("status", json!("idle")),
            ("title", json!("t")),
            ("metadata", json!({"ticket": "4711"})),
            ("resources", json!([])),
            ("vault_ids", json!([])),
            ("environment_variables", json!({})),
            ("budget", Value::Null),
            ("outcome_evaluations", json!([])),
            ("stats", json!({"active_seconds": 0.0, "duration_seconds": 0.0})),
            ("deployment_id", Value::Null),
            ("archived_at", Value::Null),
            ("created_at", json!("2026-07-02T09:20:00.00431Z")),
            ("updated_at", json!("2026-07-02T09:20:00.00431Z")),
        ] {
            assert_eq!(made[member], value, "{member}");
        }
        for (member, value) in [
            ("id", json!(agent)),
            ("type", json!("agent")),
            ("version", json!(1)),
            ("name", json!("reviewer")),
            ("description", json!("")),
            ("model", json!("model-small")),
            ("system", json!("")),
            ("multiagent", Value::Null),
            ("tools", json!([])),
            ("mcp_servers", json!([])),
            ("skills", json!([])),
        ] {
            assert_eq!(made["agent"][member], value, "agent.{member}");
        }
        let id = made["id"].as_str().unwrap();
        assert_eq!((id.len(), &id[..5]), (37, "sess_"));
        assert_eq!(q.get(format!("/sessions/{id}")).await.expect(200), made);
    })
    .await;
}

#[tokio::test]
async fn a_session_queues_work_with_its_metadata_at_that_time() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let environment = q.environment().await;
        let queue = format!("/environments/{environment}/work");
        let body = json!({
            "agent": q.agent().await,
            "environment_id": environment,
            "metadata": {"ticket": "4711"},
        });
        let made = q.post("/sessions", body).await.success();
        let session = format!("/sessions/{}", made["id"].as_str().unwrap());
        q.post(&session, json!({"metadata": {"ticket": "1"}})).await.expect(200);
        let work = q.get(&queue).await.expect(200)["data"].clone();
        assert_eq!(work.as_array().unwrap().len(), 1);
        assert_eq!(work[0]["state"], "queued");
        assert_eq!(work[0]["data"], json!({"type": "session", "id": made["id"]}));
        assert_eq!(work[0]["metadata"], json!({"ticket": "4711"}));

        // A cloud environment has no queue; its sessions need no worker.
        let cloud = q.environment_of("cloud").await;
        q.session(&cloud).await;
        let stats = q.get(format!("{queue}/stats")).await.expect(200);
        assert_eq!(stats["depth"], 1);
    })
    .await;
}

#[tokio::test]
async fn a_wrong_member_is_named_and_nothing_is_queued() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let environment = q.environment().await;
        let agent = q.agent().await;
        let body = || json!({"agent": agent, "environment_id": environment});
        for member in ["agent", "environment_id"] {
            let mut without = body();
            without.as_object_mut().unwrap().remove(member);
            q.post("/sessions", without).await.invalid(member);
        }
        for (member, wrong, param) in [
            ("agent", json!(1), "agent"),
            ("agent", json!(""), "agent"),
            ("agent", json!({"id": agent}), "agent.type"),
            ("agent", json!({"type": "agent"}), "agent.id"),
            ("agent", json!({"type": "agent", "id": agent, "version": -1}), "agent.version"),
            ("agent", json!({"type": "robot", "id": agent}), "agent.type"),
            ("agent", json!({"type": "agent", "id": ""}), "agent.id"),
            ("agent", json!({"type": "agent", "id": agent, "tools": []}), "agent.tools"),
            ("environment_id", json!(1), "environment_id"),
            ("environment_id", json!(""), "environment_id"),
            ("title", json!(1), "title"),
            ("title", json!("🦀".repeat(513)), "title"),
            ("resources", json!([{"type": "file"}]), "resources"),
            ("environment_variables", json!({"A": "1"}), "environment_variables"),
        ] {
            let mut wrongly = body();
            wrongly[member] = wrong;
            q.post("/sessions", wrongly).await.invalid(param);
        }
        for unknown in ["env_ffffffffffffffffffffffffffffffff", "env_1"] {
            let mut nowhere = body();
            nowhere["environment_id"] = json!(unknown);
            q.post("/sessions", nowhere).await.not_found();
        }
        let queue = format!("/environments/{environment}/work");
        assert_eq!(q.get(queue).await.expect(200)["data"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn an_update_changes_title_and_metadata() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let item = q.item().await;
        let path = format!("/sessions/{}", item.session);
        let before = q.get(&path).await.expect(200);
        server.advance_seconds(1);
        let same = q.post(&path, json!({})).await.expect(200);
        assert_eq!(same["updated_at"], before["updated_at"]);
        let changed = q.post(&path, json!({"title": "t", "metadata": {"k": "v"}}));
        let changed = changed.await.expect(200);
        assert_eq!((&changed["title"], &changed["metadata"]["k"]), (&json!("t"), &json!("v")));
        assert_eq!(changed["updated_at"], "2026-07-02T09:20:01.00431Z");
        assert_eq!(q.post(&path, json!({"title": null})).await.expect(200)["title"], Value::Null);
        q.post(&path, json!({"title": 1})).await.invalid("title");
    })
    .await;
}

#[tokio::test]
async fn other_variables_alone_are_seen_in_the_session_and_not_in_its_log() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let session = q.session(&q.environment_of("cloud").await).await;
        let path = format!("/sessions/{session}");
        let mut stream = q.stream(&session).await;
        server.advance_seconds(1);
        let variables = json!({"environment_variables": {"TOKEN": "secret"}});
        let changed = q.post(&path, variables.clone()).await.expect(200);
        assert_eq!(changed["environment_variables"], variables["environment_variables"]);
        assert_eq!(changed["updated_at"], "2026-07-02T09:20:01.00431Z");
        assert_eq!(q.get(&path).await.expect(200), changed);
        assert_eq!(q.log(&session).await, [Value::Null; 0]);

        server.advance_seconds(1);
        let same = q.post(&path, variables).await.expect(200);
        assert_eq!(same["updated_at"], changed["updated_at"]);
        // With something else, the event tells the something else.
        let both = json!({"environment_variables": null, "title": "t"});
        assert_eq!(q.post(&path, both).await.expect(200)["environment_variables"], json!({}));
        let log = q.log(&session).await;
        let members: Vec<&String> = log[0].as_object().unwrap().keys().collect();
        assert_eq!(members, ["id", "type", "title", "processed_at"]);
        assert_eq!((log.len(), &log[0]["type"]), (1, &json!("session.updated")));
        assert_eq!(stream.frame().await.data, log[0]);
    })
    .await;
}

#[tokio::test]
async fn the_end_of_a_session_is_the_end_of_its_work() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        for held in [false, true] {
            for end in ["archive", "delete"] {
                let item = q.item().await;
                if held {
                    item.hold().await;
                }
                let session = format!("/sessions/{}", item.session);
                if end == "archive" {
                    let archived = q.call(format!("{session}/archive")).await.expect(200);
                    assert_eq!(archived["status"], "terminated");
                    assert!(archived["archived_at"].is_string());
                    assert_eq!(item.now().await["state"], "stopped");
                } else {
                    let gone = q.delete(&session).await.expect(200);
                    assert_eq!(gone, json!({"id": item.session, "type": "session_deleted"}));
                    let now = item.get().await;
                    assert!(
                        now.status == 404 || now.json()["state"] == "stopped",
                        "{}",
                        now.text()
                    );
                }
                assert_eq!(item.poll().await.expect(200), Value::Null);
                assert!(item.beat("").await.status >= 400);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_archived_session_can_be_read_and_not_changed() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let item = q.item().await;
        let path = format!("/sessions/{}", item.session);
        let archived = q.call(format!("{path}/archive")).await.expect(200);
        assert_eq!(q.get(&path).await.expect(200), archived);
        q.post(&path, json!({"title": "t"})).await.refused(409, "conflict_error");
        q.call(format!("{path}/archive")).await.refused(409, "conflict_error");
        assert_eq!(q.get("/sessions").await.expect(200)["data"], json!([]));
        let all = q.get("/sessions?include_archived=true").await.expect(200);
        assert_eq!(all["data"], json!([archived]));
        q.delete(&path).await.expect(200);
        q.delete(&path).await.not_found();
        q.get(&path).await.not_found();
    })
    .await;
}

#[tokio::test]
async fn a_list_is_newest_first_and_may_be_filtered() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let environment = q.environment().await;
        let mut ids = Vec::new();
        let (one, two) = (q.new_agent().await, q.new_agent().await);
        for agent in [&one, &two, &one] {
            let body = json!({"agent": agent, "environment_id": environment});
            ids.push(q.post("/sessions", body).await.success()["id"].clone());
            server.advance_seconds(1);
        }
        let [first, second, third] = <[Value; 3]>::try_from(ids).unwrap();
        let of_agent = |agent: &str| format!("agent_id={agent}");
        for (query, expected) in [
            (of_agent(&one).as_str(), json!([third, first])),
            (of_agent(&format!("{two}&agent_version=1")).as_str(), json!([second])),
            (of_agent(&format!("{two}&agent_version=2")).as_str(), json!([])),
            ("", json!([third, second, first])),
            ("order=desc", json!([third, second, first])),
            ("order=asc", json!([first, second, third])),
            ("agent_id=agent_3", json!([])),
            ("statuses[]=idle", json!([third, second, first])),
            ("statuses%5B%5D=running&statuses%5B%5D=rescheduling", json!([])),
            ("created_at[gt]=2026-07-02T09:20:01.00431Z", json!([third])),
            ("created_at[gte]=2026-07-02T09:20:01.00431Z", json!([third, second])),
            ("created_at[lt]=2026-07-02T09:20:01.00431Z", json!([first])),
            ("created_at[lte]=2026-07-02T09:20:01.00431Z", json!([second, first])),
        ] {
            let list = q.get(format!("/sessions?{query}")).await.expect(200);
            let found = list["data"].as_array().unwrap().iter().map(|row| row["id"].clone());
            assert_eq!(Value::from_iter(found), expected, "{query}");
        }
        for (name, wrong) in
            [("order", "up"), ("created_at[gt]", "x"), ("include_archived", "x"), ("limit", "0")]
        {
            q.get(format!("/sessions?{name}={wrong}")).await.invalid(name);
        }
        let status = q.get("/sessions?statuses[]=idle&statuses[]=busy").await;
        status.refused(400, "invalid_request_error");
    })
    .await;
}
