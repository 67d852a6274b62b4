//! What holds for agents in both dialects (agents §1 to §6), and for the sessions that run them.

use leasehold_testkit::{Backend, Client, Dialect, TestServer, on_each_backend};
use serde_json::{Value, json};

const NOBODY: &str = "agent_ffffffffffffffffffffffffffffffff";

fn with(member: &str, value: Value) -> Value {
    let mut body = json!({"name": "reviewer", "model": "model-small"});
    body[member] = value;
    body
}

fn path(agent: &Value) -> String {
    format!("/agents/{}", agent["id"].as_str().unwrap())
}

fn tool(name: &str) -> Value {
    let schema = json!({"type": "object", "properties": {"q": {"type": "string"}}});
    json!({"type": "custom", "name": name, "description": "Looks it up.", "input_schema": schema})
}

#[expect(clippy::needless_pass_by_value, reason = "members are written where they are sent")]
fn toolset(members: Value) -> Value {
    let mut toolset = json!({"type": "agent_toolset_20260401"});
    toolset.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    toolset
}

async fn in_both(test: impl AsyncFn(&Client<'_>)) {
    on_each_backend(async |server: &TestServer| {
        for dialect in Dialect::VENDORS {
            test(&server.client(dialect)).await;
        }
    })
    .await;
}

/// A member, a value that it cannot have, and the parameter that is named.
type Wrong = (&'static str, Value, &'static str);

fn wrong_words() -> Vec<Wrong> {
    vec![
        ("name", Value::Null, "name"),
        ("name", json!(1), "name"),
        ("name", json!(" "), "name"),
        ("name", json!("🦀".repeat(257)), "name"),
        ("model", Value::Null, "model"),
        ("model", json!(1), "model"),
        ("model", json!(""), "model"),
        ("model", json!({}), "model.id"),
        ("model", json!({"id": 1}), "model.id"),
        ("model", json!({"id": "m", "effort": "huge"}), "model.effort"),
        ("model", json!({"id": "m", "effort": {"type": "huge"}}), "model.effort"),
        ("model", json!({"id": "m", "effort": {}}), "model.effort.type"),
        ("model", json!({"id": "m", "speed": "warp"}), "model.speed"),
        ("model", json!({"id": "m", "colour": "red"}), "model.colour"),
        ("description", json!(1), "description"),
        ("description", json!("🦀".repeat(2_049)), "description"),
        ("system", json!([]), "system"),
        ("system", json!("🦀".repeat(100_001)), "system"),
        ("metadata", json!({"k": 1}), "metadata.k"),
        ("multiagent", json!({"type": "coordinator", "agents": []}), "multiagent"),
        ("mcp_servers", json!([{"type": "stdio"}]), "mcp_servers.0.type"),
        ("mcp_servers", json!([{"type": "url", "name": "s"}]), "mcp_servers.0.url"),
        (
            "mcp_servers",
            json!([{"type": "url", "name": "s", "url": "ftp://e.com"}]),
            "mcp_servers.0.url",
        ),
        ("skills", json!([{"type": "wild", "skill_id": "s"}]), "skills.0.type"),
        ("skills", json!([{"type": "custom"}]), "skills.0.skill_id"),
    ]
}

fn wrong_tools() -> Vec<Wrong> {
    let config = |config: Value| json!([toolset(json!({"configs": [config]}))]);
    let fetch = |member: &str, value: Value| config(json!({"name": "web_fetch", member: value}));
    let mcp = |name: &str| json!([{"type": "mcp_toolset", "mcp_server_name": name}]);
    vec![
        ("tools", json!({}), "tools"),
        ("tools", json!(["bash"]), "tools.0"),
        ("tools", json!([{}]), "tools.0.type"),
        ("tools", json!([{"type": "hammer"}]), "tools.0.type"),
        ("tools", json!([{"type": "browser_toolset_20260714"}]), "tools.0.type"),
        ("tools", json!([toolset(json!({"colour": 1}))]), "tools.0.colour"),
        ("tools", json!([toolset(json!({"default_config": []}))]), "tools.0.default_config"),
        ("tools", config(json!({})), "tools.0.configs.0.name"),
        ("tools", config(json!({"name": "Foo"})), "tools.0.configs.0.name"),
        ("tools", config(json!({"name": "bash", "type": "read"})), "tools.0.configs.0.type"),
        ("tools", config(json!({"name": "bash", "enabled": 1})), "tools.0.configs.0.enabled"),
        (
            "tools",
            config(json!({"name": "bash", "permission_policy": {"type": "never"}})),
            "tools.0.configs.0.permission_policy.type",
        ),
        (
            "tools",
            config(json!({"name": "bash", "allowed_domains": ["e.com"]})),
            "tools.0.configs.0.allowed_domains",
        ),
        ("tools", fetch("allowed_domains", json!([])), "tools.0.configs.0.allowed_domains"),
        ("tools", fetch("max_content_tokens", json!(0)), "tools.0.configs.0.max_content_tokens"),
        (
            "tools",
            fetch("url_sources", json!({"user_input": "some"})),
            "tools.0.configs.0.url_sources.user_input",
        ),
        ("tools", json!([tool("bash")]), "tools.0.name"),
        ("tools", json!([tool("a"), tool("a")]), "tools.1.name"),
        ("tools", json!([{"type": "custom", "name": "a"}]), "tools.0.description"),
        ("tools", mcp("files"), "tools.0.mcp_server_name"),
    ]
}

#[tokio::test]
async fn a_wrong_member_is_named_and_nothing_is_written() {
    in_both(async |client| {
        let made = client.post("/agents", with("tools", json!([]))).await.expect(200);
        for member in ["name", "model"] {
            let mut body = with("tools", json!([]));
            body.as_object_mut().unwrap().remove(member);
            client.post("/agents", body).await.invalid(member);
        }
        for (member, wrong, param) in wrong_words().into_iter().chain(wrong_tools()) {
            client.post("/agents", with(member, wrong.clone())).await.invalid(param);
            client.post(path(&made), json!({ member: wrong })).await.invalid(param);
        }
        for version in [json!(0), json!(-1), json!("1"), json!(1.5)] {
            client.post(path(&made), json!({"version": version})).await.invalid("version");
        }
        assert_eq!(client.get(path(&made)).await.expect(200), made);
    })
    .await;
}

#[tokio::test]
async fn each_change_is_a_version_and_all_of_them_stay() {
    in_both(async |client| {
        let server = client.server();
        let made = client.post("/agents", with("metadata", json!({"a": "1"}))).await.expect(200);
        assert_eq!((&made["version"], &made["type"]), (&json!(1), &json!("agent")));
        server.advance_seconds(1);
        for same in [
            json!({}),
            json!({"version": null}),
            json!({"version": 1}),
            json!({"name": "reviewer"}),
            json!({"tools": null, "skills": []}),
            json!({"metadata": {}}),
            json!({"metadata": {"b": null}}),
        ] {
            assert_eq!(client.post(path(&made), same).await.expect(200), made);
        }
        let change =
            json!({"version": 1, "system": "Be brief.", "metadata": {"a": null, "b": "2"}});
        let second = client.post(path(&made), change.clone()).await.expect(200);
        assert_eq!(second["version"], 2);
        assert_eq!((&second["name"], &second["system"]), (&made["name"], &json!("Be brief.")));
        assert_eq!(second["metadata"], json!({"b": "2"}));
        assert_eq!(second["created_at"], made["created_at"]);
        assert_ne!(second["updated_at"], made["updated_at"]);

        let conflict = match client.dialect() {
            Dialect::A => "invalid_request_error",
            Dialect::Q | Dialect::Native | Dialect::None => "conflict_error",
        };
        for stale in [change, json!({"version": 1}), json!({"version": 3, "name": "n"})] {
            client.post(path(&made), stale).await.refused(409, conflict);
        }
        for cleared in
            [json!({"system": null}), json!({"system": "Be long."}), json!({"system": ""})]
        {
            client.post(path(&made), cleared).await.expect(200);
        }
        let at =
            async |version: &str| client.get(format!("{}?version={version}", path(&made))).await;
        assert_eq!(at("1").await.expect(200), made);
        assert_eq!(at("2").await.expect(200), second);
        let newest = at("5").await.expect(200);
        assert_eq!(client.get(path(&made)).await.expect(200), newest);
        assert_eq!(newest["system"], made["system"]);
        for unknown in ["6", "99999999999"] {
            at(unknown).await.not_found();
        }
        for wrong in ["0", "-1", "x", ""] {
            at(wrong).await.invalid("version");
        }
    })
    .await;
}

#[tokio::test]
async fn versions_are_read_page_by_page_newest_first() {
    in_both(async |client| {
        let made = client.post("/agents", with("tools", json!([]))).await.expect(200);
        for number in 2..=5 {
            client.post(path(&made), json!({"name": format!("n{number}")})).await.expect(200);
        }
        let page = async |query: &str| {
            let list = client.get(format!("{}/versions?{query}", path(&made))).await.expect(200);
            let numbers: Vec<Value> =
                list["data"].as_array().unwrap().iter().map(|row| row["version"].clone()).collect();
            (json!(numbers), list["next_page"].clone())
        };
        assert_eq!(page("").await, (json!([5, 4, 3, 2, 1]), Value::Null));
        let (first, next) = page("limit=2").await;
        assert_eq!(first, json!([5, 4]));
        let (second, next) = page(&format!("limit=2&page={}", next.as_str().unwrap())).await;
        assert_eq!(second, json!([3, 2]));
        let (third, next) = page(&format!("limit=2&page={}", next.as_str().unwrap())).await;
        assert_eq!((third, next), (json!([1]), Value::Null));
        let oldest = client.get(format!("{}/versions?page=2", path(&made))).await.expect(200);
        assert_eq!(oldest["data"], json!([made]));
        for (name, wrong) in [("page", "x"), ("limit", "0"), ("limit", "101"), ("limit", "x")] {
            client.get(format!("{}/versions?{name}={wrong}", path(&made))).await.invalid(name);
        }
        client.get(format!("/agents/{NOBODY}/versions")).await.not_found();
    })
    .await;
}

#[tokio::test]
async fn an_archived_agent_is_hidden_read_only_and_takes_no_session() {
    in_both(async |client| {
        let server = client.server();
        let made = client.post("/agents", with("tools", json!([]))).await.expect(200);
        let environment = client.environment().await;
        let body = || json!({"agent": made["id"], "environment_id": environment});
        let running = client.post("/sessions", body()).await.expect(200);
        server.advance_seconds(1);
        let archived = client.call(format!("{}/archive", path(&made))).await.expect(200);
        assert!(archived["archived_at"].is_string());
        assert_eq!((&archived["version"], &archived["name"]), (&json!(1), &made["name"]));
        server.advance_seconds(1);
        let again = client.call(format!("{}/archive", path(&made))).await.expect(200);
        assert_eq!(again, archived);
        assert_eq!(client.get(path(&made)).await.expect(200), archived);
        for change in [json!({}), json!({"name": "n"})] {
            client.post(path(&made), change).await.refused(400, "invalid_request_error");
        }
        client.post("/sessions", body()).await.refused(400, "invalid_request_error");
        let session = format!("/sessions/{}", running["id"].as_str().unwrap());
        assert_eq!(client.get(session).await.expect(200)["agent"], running["agent"]);

        let listed = async |query: &str| -> Vec<Value> {
            let list = client.get(format!("/agents{query}")).await.expect(200);
            list["data"].as_array().unwrap().clone()
        };
        assert!(!listed("").await.contains(&archived));
        assert!(!listed("?include_archived=false").await.contains(&archived));
        assert!(listed("?include_archived=true").await.contains(&archived));
        client.get("/agents?include_archived=1").await.invalid("include_archived");
    })
    .await;
}

#[tokio::test]
async fn a_list_is_newest_first_and_may_be_cut_by_creation() {
    in_both(async |client| {
        let start = client.server().store().now();
        let mut ids = Vec::new();
        for _ in 0..3 {
            ids.insert(0, client.new_agent().await);
            client.server().advance_seconds(1);
        }
        let listed = async |query: &str| -> Value {
            let list = client.get(format!("/agents?{query}")).await.expect(200);
            list["data"].as_array().unwrap().iter().map(|row| row["id"].clone()).collect()
        };
        assert_eq!(listed("limit=3").await, json!(ids));
        assert_eq!(listed(&format!("limit=1&page={}", ids[0])).await, json!([ids[1]]));
        let stamp = |seconds: u64| {
            let at = start.plus(std::time::Duration::from_secs(seconds));
            let seconds = (at.micros() - 1_782_984_000_004_310) / 1_000_000;
            format!("2026-07-02T09:20:{seconds:02}.00431Z")
        };
        let from = format!("created_at[gte]={}", stamp(1));
        assert_eq!(listed(&from).await, json!(ids[..2]));
        let between = format!("created_at[gte]={}&created_at[lte]={}", stamp(0), stamp(1));
        assert_eq!(listed(&between).await, json!(ids[1..]));
        for (name, wrong) in
            [("created_at[gte]", "now"), ("created_at[lte]", ""), ("limit", "101"), ("page", "x")]
        {
            client.get(format!("/agents?{name}={wrong}")).await.invalid(name);
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_sees_or_runs_the_agent_of_another() {
    on_each_backend(async |server: &TestServer| {
        let token = server.stranger().await;
        for dialect in Dialect::VENDORS {
            let (owner, stranger) = (server.client(dialect), server.client(dialect).with(&token));
            let agent = owner.agent().await;
            let environment = stranger.environment().await;
            for unknown in [agent.as_str(), NOBODY, "agent_1", "x"] {
                let path = format!("/agents/{unknown}");
                stranger.get(&path).await.not_found();
                stranger.get(format!("{path}/versions")).await.not_found();
                stranger.post(&path, json!({"name": "n"})).await.not_found();
                stranger.call(format!("{path}/archive")).await.not_found();
                for named in [json!(unknown), json!({"type": "agent", "id": unknown})] {
                    let body = json!({"agent": named, "environment_id": environment});
                    stranger.post("/sessions", body).await.not_found();
                }
            }
            let path = format!("/agents/{agent}");
            let key = server.key(&owner.environment().await).await;
            owner.with(&key).get(&path).await.forbidden();
        }
    })
    .await;
}

#[tokio::test]
async fn a_session_shows_the_version_that_it_holds() {
    in_both(async |client| {
        let made = client.post("/agents", with("tools", json!([tool("a")]))).await.expect(200);
        client.post(path(&made), json!({"name": "second"})).await.expect(200);
        let environment = client.environment().await;
        let session = async |agent: Value| {
            let body = json!({"agent": agent, "environment_id": environment});
            client.post("/sessions", body).await
        };
        let id = made["id"].clone();
        let newest = session(id.clone()).await.expect(200);
        assert_eq!(
            (&newest["agent"]["name"], &newest["agent"]["version"]),
            (&json!("second"), &json!(2))
        );
        assert_eq!(newest["agent"]["tools"], made["tools"]);
        for absent in ["metadata", "created_at", "archived_at"] {
            assert_eq!(newest["agent"].get(absent), None, "{absent}");
        }
        let pinned = json!({"type": "agent", "id": id, "version": 1});
        let pinned = session(pinned).await.expect(200);
        assert_eq!(
            (&pinned["agent"]["name"], &pinned["agent"]["version"]),
            (&made["name"], &json!(1))
        );
        for version in [3, u64::MAX] {
            let unknown = json!({"type": "agent", "id": id, "version": version});
            session(unknown).await.invalid("agent.version");
        }

        let overrides = json!({
            "type": "agent_with_overrides", "id": id, "version": 1,
            "model": "model-large", "system": "Be quick.", "tools": [],
        });
        let differs = session(overrides).await.expect(200);
        let agent = &differs["agent"];
        assert_eq!((&agent["system"], &agent["tools"]), (&json!("Be quick."), &json!([])));
        assert_eq!((&agent["name"], &agent["version"]), (&made["name"], &json!(1)));
        assert!(agent["model"] == "model-large" || agent["model"]["id"] == "model-large");
        let read = client.get(format!("/sessions/{}", differs["id"].as_str().unwrap())).await;
        assert_eq!(read.expect(200), differs);
        let listed = client.get("/sessions?limit=3").await.expect(200);
        assert_eq!(listed["data"][0], differs);
        assert_eq!(listed["data"][1]["agent"], pinned["agent"]);
        assert_eq!(client.get(path(&made)).await.expect(200)["tools"], made["tools"]);

        for (overrides, param) in [
            (json!({"model": null}), "agent.model"),
            (json!({"model": 1}), "agent.model"),
            (json!({"tools": [tool("bash")]}), "agent.tools.0.name"),
            (json!({"tools": [], "skills": [{"type": "custom", "skill_id": "s"}]}), "agent.tools"),
            (json!({"system": "x".repeat(100_001)}), "agent.system"),
            (json!({"name": "n"}), "agent.name"),
        ] {
            let mut agent = json!({"type": "agent_with_overrides", "id": id});
            agent.as_object_mut().unwrap().extend(overrides.as_object().unwrap().clone());
            session(agent).await.invalid(param);
        }
    })
    .await;
}

#[tokio::test]
async fn a_session_changes_its_tools_between_turns() {
    in_both(async |client| {
        let server = client.server();
        let environment = client.environment().await;
        let session = format!("/sessions/{}", client.session(&environment).await);
        let before = client.get(&session).await.expect(200);
        server.advance_seconds(1);
        for same in [json!({"agent": {}}), json!({"agent": null}), json!({"agent": {"tools": []}})]
        {
            let unchanged = client.post(&session, same).await.expect(200);
            assert_eq!(unchanged["updated_at"], before["updated_at"]);
        }
        let change = json!({"agent": {"tools": [tool("a"), toolset(json!({}))]}});
        let changed = client.post(&session, change).await.expect(200);
        assert_eq!(changed["agent"]["tools"][0]["name"], "a");
        assert_eq!(changed["agent"]["tools"][1]["default_config"]["enabled"], true);
        assert_ne!(changed["updated_at"], before["updated_at"]);
        assert_eq!(client.get(&session).await.expect(200)["agent"], changed["agent"]);
        for (agent, param) in [
            (json!(1), "agent"),
            (json!({"tools": [{}]}), "agent.tools.0.type"),
            (json!({"tools": [tool("bash")]}), "agent.tools.0.name"),
            (json!({"mcp_servers": [{"type": "url"}]}), "agent.mcp_servers.0.name"),
            (json!({"name": "n"}), "agent.name"),
        ] {
            client.post(&session, json!({ "agent": agent })).await.invalid(param);
        }
        let cleared = client.post(&session, json!({"agent": {"tools": null}})).await.expect(200);
        assert_eq!(cleared["agent"], before["agent"]);
        let resources = client.get(format!("{session}/resources")).await.expect(200);
        assert_eq!((&resources["data"], &resources["next_page"]), (&json!([]), &Value::Null));
        client.get(format!("{session}/resources?limit=0")).await.invalid("limit");
    })
    .await;
}

#[tokio::test]
async fn a_model_is_one_of_those_on_offer() {
    let server = TestServer::start(Backend::Memory).await;
    for dialect in Dialect::VENDORS {
        let client = server.client(dialect);
        let make = async |model: Value| client.post("/agents", with("model", model)).await;
        let made = make(json!("model-small")).await.expect(200);
        make(json!({"id": "model-large", "effort": "low"})).await.expect(200);
        make(json!({"id": "model-large", "effort": {"type": "high"}})).await.expect(200);
        make(json!("unheard-of")).await.invalid("model");
        make(json!({"id": "model-small", "effort": "low"})).await.invalid("model.effort");
        make(json!({"id": "model-large", "effort": "max"})).await.invalid("model.effort");
        client.post(path(&made), json!({"model": "unheard-of"})).await.invalid("model");

        let environment = client.environment().await;
        let budget = match dialect {
            Dialect::A => json!({
                "type": "limit", "max_list_cost": {"amount": "1250", "currency": "USD"},
            }),
            Dialect::Q | Dialect::Native | Dialect::None => {
                json!({"type": "limit", "max_credit_cost": "12.50"})
            }
        };
        let session = async |model: &str, budget: &Value| {
            let agent = json!({"type": "agent_with_overrides", "id": made["id"], "model": model});
            let body = json!({"agent": agent, "environment_id": environment, "budget": budget});
            client.post("/sessions", body).await
        };
        session("unheard-of", &Value::Null).await.invalid("agent.model");
        let kept = session("model-large", &budget).await.expect(200);
        assert_eq!(kept["budget"], budget);
        let error = session("model-small", &budget).await.invalid("budget");
        assert_eq!(error["details"]["error_code"], "model_not_budgetable");
        let path = format!("/sessions/{}", kept["id"].as_str().unwrap());
        let removed = client.post(&path, json!({"budget": null})).await.expect(200);
        assert_eq!(removed["budget"], Value::Null);
        let error = client.post(&path, json!({ "budget": budget })).await.invalid("budget");
        assert_eq!(error["details"]["error_code"], "budget_create_only");
    }
}

#[tokio::test]
async fn what_an_update_changes_is_told_in_the_log() {
    in_both(async |client| {
        let environment = client.environment().await;
        let session = format!("/sessions/{}", client.session(&environment).await);
        let log = async || -> Vec<Value> {
            let list = client.get(format!("{session}/events")).await.expect(200);
            list["data"].as_array().unwrap().clone()
        };
        for same in [json!({}), json!({"title": null}), json!({"agent": {"tools": []}})] {
            client.post(&session, same).await.expect(200);
        }
        assert_eq!(log().await, [Value::Null; 0]);
        client.post(&session, json!({"title": "t", "metadata": {"k": "v"}})).await.expect(200);
        let tools = json!({"agent": {"tools": [tool("a")]}});
        let changed = client.post(&session, tools).await.expect(200);
        let told = log().await;
        assert_eq!(told.len(), 2);
        for event in &told {
            assert_eq!(event["type"], "session.updated");
            assert!(event["processed_at"].is_string());
        }
        assert_eq!((&told[0]["title"], &told[0]["metadata"]), (&json!("t"), &json!({"k": "v"})));
        assert_eq!(told[0].get("agent").filter(|agent| !agent.is_null()), None);
        assert_eq!(told[1]["agent"], changed["agent"]);
        assert_eq!(told[1].get("metadata").filter(|metadata| !metadata.is_null()), None);
    })
    .await;
}
