//! Agents as dialect Q writes them, and what it alone has.

use leasehold_testkit::{TestServer, on_each_backend};
use serde_json::{Value, json};

fn path(agent: &Value) -> String {
    format!("/agents/{}", agent["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_new_agent_has_all_its_members() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let made = q.post("/agents", json!({"name": "reviewer", "model": "model-large"})).await;
        let made = made.expect(200);
        let expected = json!({
            "id": made["id"],
            "type": "agent",
            "version": 1,
            "name": "reviewer",
            "description": "",
            "model": "model-large",
            "system": "",
            "tools": [],
            "mcp_servers": [],
            "skills": [],
            "multiagent": null,
            "metadata": {},
            "archived_at": null,
            "created_at": "2026-07-02T09:20:00.00431Z",
            "updated_at": "2026-07-02T09:20:00.00431Z",
        });
        assert_eq!(made, expected);
        let id = made["id"].as_str().unwrap().strip_prefix("agent_").unwrap();
        assert_eq!((id.len(), &id[12..13]), (32, "7"), "a UUID of version 7");
    })
    .await;
}

/// An agent with something of everything.
fn full() -> Value {
    json!({
        "name": "reviewer",
        "model": {"id": "model-large", "effort": {"type": "high"}, "context_window": 200_000},
        "unknown": "is passed over",
        "tools": [
            {
                "type": "agent_toolset_20260401",
                "default_config": {"permission_policy": {"type": "always_deny"}},
                "configs": [
                    {"name": "Bash", "enabled": false},
                    {"name": "WebFetch", "type": "web_fetch", "blocked_domains": ["ads.example"]},
                    {"name": "web_search", "user_location": {"type": "approximate", "city": "Köln"}},
                ],
                "enabled_tools": ["Bash", "Read", "WebFetch"],
                "disallowed_tools": ["Write"],
            },
            {"type": "mcp_toolset", "mcp_server_name": "files", "configs": [{"name": "read", "enabled": false}]},
        ],
        "mcp_servers": [
            {"type": "url", "name": "files", "url": "https://e.com/mcp"},
            {"type": "url", "name": "idle", "url": "https://e.com/idle"},
        ],
        "skills": [{"type": "qoder", "skill_id": "pdf"}, {"type": "custom", "skill_id": "s", "version": "2"}],
    })
}

#[tokio::test]
async fn what_was_written_is_shown_resolved_and_in_its_own_spelling() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let made = q.post("/agents", full()).await.expect(200);
        assert_eq!(
            made["model"],
            json!({"id": "model-large", "effort": "high", "context_window": 200_000})
        );
        let deny = json!({"type": "always_deny"});
        let location = json!({
            "type": "approximate", "city": "Köln", "region": null, "country": null, "timezone": null,
        });
        let ask = json!({"type": "always_ask"});
        assert_eq!(
            made["tools"],
            json!([
                {
                    "type": "agent_toolset_20260401",
                    "default_config": {"enabled": true, "permission_policy": deny},
                    "configs": [
                        {"type": "bash", "name": "Bash", "enabled": false, "permission_policy": deny},
                        {
                            "type": "web_fetch", "name": "WebFetch", "enabled": true,
                            "permission_policy": deny, "blocked_domains": ["ads.example"],
                        },
                        {
                            "type": "web_search", "name": "web_search", "enabled": true,
                            "permission_policy": deny, "user_location": location,
                        },
                    ],
                    "enabled_tools": ["Bash", "Read", "WebFetch"],
                    "disallowed_tools": ["Write"],
                },
                {
                    "type": "mcp_toolset",
                    "mcp_server_name": "files",
                    "default_config": {"enabled": true, "permission_policy": ask},
                    "configs": [{"name": "read", "enabled": false, "permission_policy": ask}],
                },
            ])
        );
        assert_eq!(
            made["skills"],
            json!([
                {"type": "qoder", "skill_id": "pdf", "version": "latest"},
                {"type": "custom", "skill_id": "s", "version": "2"},
            ])
        );
        // What is shown can be sent back and is no change.
        let mut back = made.clone();
        back.as_object_mut().unwrap().retain(|member, _| member != "version");
        assert_eq!(q.post(path(&made), back).await.expect(200), made);
    })
    .await;
}

#[tokio::test]
async fn what_a_list_hides_is_not_enabled_in_the_other_dialect() {
    on_each_backend(async |server: &TestServer| {
        let made = server.q().post("/agents", full()).await.expect(200);
        let in_a = server.a().get(path(&made)).await.expect(200);
        let toolset = &in_a["tools"][0];
        assert_eq!(toolset.get("enabled_tools"), None);
        let enabled = toolset["configs"].as_array().unwrap().iter();
        let enabled: Vec<&Value> = enabled
            .filter(|config| config["enabled"] == true)
            .map(|config| &config["name"])
            .collect();
        assert_eq!(enabled, ["web_fetch"]);
        let hidden = toolset["configs"].as_array().unwrap().iter();
        let hidden: Vec<&Value> = hidden
            .filter(|config| config["enabled"] == false)
            .map(|config| &config["name"])
            .collect();
        assert_eq!(hidden, ["bash", "web_search", "write", "edit", "glob", "grep"]);
        assert_eq!(in_a["skills"][0]["type"], "anthropic");
    })
    .await;
}

#[tokio::test]
async fn a_tool_is_allowed_or_hidden_but_not_both() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let make = async |enabled: &[&str], disallowed: &[&str]| {
            let toolset = json!({
                "type": "agent_toolset_20260401",
                "enabled_tools": enabled, "disallowed_tools": disallowed,
            });
            q.post("/agents", json!({"name": "n", "model": "model-small", "tools": [toolset]}))
                .await
        };
        make(&["Bash"], &["ImageGen", "DeliverArtifacts"]).await.expect(200);
        make(&["Bash"], &["bash"]).await.invalid("tools.0.disallowed_tools");
        let error = make(&["Foo"], &[]).await.invalid("tools.0.enabled_tools");
        assert!(error["message"].as_str().unwrap().contains("unknown tool name 'Foo'"), "{error}");
        make(&[], &["Foo"]).await.invalid("tools.0.disallowed_tools");
    })
    .await;
}

#[tokio::test]
async fn a_model_replaces_the_stored_one_wholly() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let model = json!({"id": "model-large", "effort": "low", "inference_geo": "eu"});
        let made = q.post("/agents", json!({"name": "n", "model": model})).await.expect(200);
        assert_eq!(made["model"], model);
        let changed =
            q.post(path(&made), json!({"model": {"id": "model-large"}})).await.expect(200);
        assert_eq!((&changed["model"], &changed["version"]), (&json!("model-large"), &json!(2)));
        let put = q.request(http::Method::PUT, path(&made)).json(&json!({"name": "older"}));
        assert_eq!(put.await.expect(200)["name"], "older");
        q.post(path(&made), json!({"metadata": null})).await.invalid("metadata");
        let window = json!({"model": {"id": "model-large", "context_window": 1_000}});
        q.post(path(&made), window).await.invalid("model.context_window");
    })
    .await;
}

#[tokio::test]
async fn a_deleted_agent_is_gone_and_its_sessions_go_on() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let agent = q.new_agent().await;
        let environment = q.environment().await;
        let body = json!({"agent": agent, "environment_id": environment});
        let session = q.post("/sessions", body.clone()).await.expect(200);
        let path = format!("/agents/{agent}");
        let gone = q.delete(&path).await.expect(200);
        assert_eq!(gone, json!({"id": agent, "type": "agent_deleted"}));
        q.delete(&path).await.not_found();
        q.get(&path).await.not_found();
        q.get(format!("{path}/versions")).await.not_found();
        q.post("/sessions", body).await.not_found();
        let session_path = format!("/sessions/{}", session["id"].as_str().unwrap());
        assert_eq!(q.get(session_path).await.expect(200), session);
        let listed = q.get(format!("/sessions?agent_id={agent}")).await.expect(200);
        assert_eq!(listed["data"], json!([session]));
    })
    .await;
}

#[tokio::test]
async fn variables_reach_the_cloud_and_no_farther() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let (cloud, home) = (q.environment_of("cloud").await, q.environment().await);
        let agent = q.agent().await;
        let session = async |environment: &str, variables: Value| {
            let body = json!({
                "agent": agent, "environment_id": environment, "environment_variables": variables,
            });
            q.post("/sessions", body).await
        };
        let made = session(&cloud, json!("A=1;B=x=y")).await.expect(200);
        assert_eq!(made["environment_variables"], json!({"A": "1", "B": "x=y"}));
        let path = format!("/sessions/{}", made["id"].as_str().unwrap());
        let changed = q.post(&path, json!({"environment_variables": {"C": ""}})).await.expect(200);
        assert_eq!(changed["environment_variables"], json!({"C": ""}));
        for wrong in
            [json!(1), json!("A"), json!({"1A": ""}), json!({"USER_ID": ""}), json!({"CAW_X": ""})]
        {
            session(&cloud, wrong.clone()).await.invalid("environment_variables");
            q.post(&path, json!({"environment_variables": wrong}))
                .await
                .invalid("environment_variables");
        }
        session(&home, json!({})).await.expect(200);
        session(&home, json!({"A": "1"})).await.invalid("environment_variables");
    })
    .await;
}
