//! Agents as dialect A writes them, and where it is stricter.

use leasehold_testkit::{TestServer, on_each_backend};
use serde_json::{Value, json};

fn path(agent: &Value) -> String {
    format!("/agents/{}", agent["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_new_agent_has_what_the_sdk_demands() {
    on_each_backend(async |server: &TestServer| {
        let a = server.a();
        let body = json!({"name": "reviewer", "model": "model-small", "execution_identity": null});
        let made = a.post("/agents?beta=true", body).await.expect(200);
        let expected = json!({
            "id": made["id"],
            "type": "agent",
            "version": 1,
            "name": "reviewer",
            "description": null,
            "model": {
                "id": "model-small", "effort": null, "speed": "standard", "inference_geo": null,
            },
            "system": null,
            "tools": [],
            "mcp_servers": [],
            "skills": [],
            "multiagent": null,
            "metadata": {},
            "execution_identity": {"type": "service_account"},
            "created_at": "2026-07-02T09:20:00.00431Z",
            "updated_at": "2026-07-02T09:20:00.00431Z",
            "archived_at": null,
        });
        assert_eq!(made, expected);
        assert_eq!(a.get(path(&made)).await.expect(200), made);
    })
    .await;
}

#[tokio::test]
async fn what_the_other_dialect_has_is_not_known_here() {
    on_each_backend(async |server: &TestServer| {
        let a = server.a();
        let toolset =
            |member: &str, value: Value| json!([{"type": "agent_toolset_20260401", member: value}]);
        let denied = json!({"permission_policy": {"type": "always_deny"}});
        let schema = json!({"type": "object", "anyOf": []});
        let custom = json!({
            "type": "custom", "name": "a", "description": "d", "input_schema": schema,
        });
        for (member, value, param) in [
            ("colour", json!("red"), "colour"),
            ("model", json!({"id": "model-large", "context_window": 1}), "model.context_window"),
            ("tools", toolset("enabled_tools", json!(["bash"])), "tools.0.enabled_tools"),
            (
                "tools",
                toolset("default_config", denied),
                "tools.0.default_config.permission_policy.type",
            ),
            ("tools", json!([custom]), "tools.0.input_schema"),
            (
                "mcp_servers",
                json!([{"type": "url", "name": "idle", "url": "https://e.com"}]),
                "mcp_servers.0.name",
            ),
            ("skills", json!([{"type": "qoder", "skill_id": "s"}]), "skills.0.type"),
            ("execution_identity", json!({"type": "aws_role"}), "execution_identity.type"),
        ] {
            let mut body = json!({"name": "n", "model": "model-small"});
            body[member] = value;
            a.post("/agents", body).await.invalid(param);
        }
    })
    .await;
}

#[tokio::test]
async fn a_policy_and_a_source_of_addresses_are_shown_in_full() {
    on_each_backend(async |server: &TestServer| {
        let a = server.a();
        let sources = json!({
            "user_input": "none",
            "server_tool_results": {
                "type": "only", "tools": [{"type": "tool_reference", "name": "web_search"}],
            },
        });
        let toolset = json!({
            "type": "agent_toolset_20260401",
            "default_config": {"enabled": false},
            "configs": [
                {"name": "bash", "enabled": true, "permission_policy": {"type": "auto"}},
                {"name": "web_fetch", "max_content_tokens": 10, "url_sources": sources},
            ],
        });
        let made = a
            .post("/agents", json!({"name": "n", "model": "model-small", "tools": [toolset]}))
            .await;
        let made = made.expect(200);
        let allow = json!({"type": "always_allow"});
        let only = json!({
            "type": "only", "tools": [{"type": "tool_reference", "name": "web_search"}],
        });
        assert_eq!(
            made["tools"],
            json!([{
                "type": "agent_toolset_20260401",
                "default_config": {"enabled": false, "permission_policy": allow},
                "configs": [
                    {
                        "type": "bash", "name": "bash", "enabled": true,
                        "permission_policy": {"type": "auto"},
                    },
                    {
                        "type": "web_fetch", "name": "web_fetch", "enabled": false,
                        "permission_policy": allow, "max_content_tokens": 10,
                        "url_sources": {
                            "user_input": {"type": "none"},
                            "server_tool_results": only,
                            "client_tool_results": null,
                        },
                    },
                ],
            }])
        );
        let change = json!({"tools": made["tools"], "metadata": null});
        assert_eq!(a.post(path(&made), change).await.expect(200), made);
    })
    .await;
}

#[tokio::test]
async fn an_effort_that_is_left_out_stays_with_its_model() {
    on_each_backend(async |server: &TestServer| {
        let a = server.a();
        let model =
            json!({"id": "model-large", "effort": "low", "speed": "fast", "inference_geo": "eu"});
        let made = a.post("/agents", json!({"name": "n", "model": model})).await.expect(200);
        let low = json!({"type": "low"});
        assert_eq!(
            made["model"],
            json!({"id": "model-large", "effort": low, "speed": "fast", "inference_geo": "eu"})
        );
        let change = async |model: Value| {
            let changed = a.post(path(&made), json!({ "model": model })).await.expect(200);
            changed["model"].clone()
        };
        let plain =
            json!({"id": "model-large", "effort": low, "speed": "standard", "inference_geo": null});
        assert_eq!(change(json!("model-large")).await, plain);
        assert_eq!(change(json!("model-small")).await["effort"], Value::Null);
        // Of another model the default holds.
        assert_eq!(change(json!("model-large")).await["effort"], json!({"type": "high"}));
        let told = json!({"name": "n", "model": {"id": "model-large"}});
        let made = a.post("/agents", told).await.expect(200);
        assert_eq!(made["model"]["effort"], json!({"type": "high"}));
    })
    .await;
}
