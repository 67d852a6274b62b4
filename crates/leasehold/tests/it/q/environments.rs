//! Environments in dialect Q (environments §4 to §9).

use leasehold_testkit::{TestServer, on_each_backend};
use serde_json::{Value, json};

fn create() -> Value {
    json!({"name": "build-farm", "config": {"type": "self_hosted"}})
}

fn path(environment: &Value) -> String {
    format!("/environments/{}", environment["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_new_environment_has_all_its_members() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let mut body = create();
        body["metadata"] = json!({"team": "infra"});
        let made = q.post("/environments", body).await.expect(201);
        let expected = json!({
            "id": made["id"],
            "type": "environment",
            "name": "build-farm",
            "description": "",
            "config": {"type": "self_hosted"},
            "metadata": {"team": "infra"},
            "archived_at": null,
            "created_at": "2026-07-02T09:20:00.00431Z",
            "updated_at": "2026-07-02T09:20:00.00431Z",
        });
        assert_eq!(made, expected);
        let order: Vec<&String> = made.as_object().unwrap().keys().collect();
        assert_eq!(order, expected.as_object().unwrap().keys().collect::<Vec<_>>());
        let id = made["id"].as_str().unwrap().strip_prefix("env_").unwrap();
        assert_eq!((id.len(), &id[12..13]), (32, "7"), "a UUID of version 7");
        assert_eq!(q.get(path(&made)).await.expect(200), made);
    })
    .await;
}

#[tokio::test]
async fn a_wrong_member_is_named() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let made = q.post("/environments", create()).await.expect(201);
        for member in ["name", "config"] {
            let mut body = create();
            body.as_object_mut().unwrap().remove(member);
            let error = q.post("/environments", body).await.invalid(member);
            assert_eq!(error["message"], format!("Field '{member}' is required."));
        }
        for (member, wrong) in [
            ("name", Value::Null),
            ("name", json!("")),
            ("name", json!(" \t\n")),
            ("name", json!("🦀".repeat(257))),
            ("name", json!(1)),
            ("description", json!(1)),
            ("description", json!("🦀".repeat(1_025))),
            ("metadata", json!([])),
            ("scope", json!("planet")),
            ("scope", json!(1)),
        ] {
            let mut body = create();
            body[member] = wrong.clone();
            q.post("/environments", body).await.invalid(member);
            q.post(path(&made), json!({member: wrong})).await.invalid(member);
        }
        assert_eq!(q.get(path(&made)).await.expect(200), made);
    })
    .await;
}

#[tokio::test]
async fn bounds_count_characters_and_space_is_kept() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        for (name, description) in
            [("🦀".repeat(256), json!("🦀".repeat(1_024))), (" n ".to_owned(), Value::Null)]
        {
            let mut body = create();
            body["name"] = json!(name);
            body["description"] = description.clone();
            let made = q.post("/environments", body).await.expect(201);
            assert_eq!(made["name"], name);
            assert_eq!(made["description"].as_str(), description.as_str().or(Some("")));
        }
    })
    .await;
}

#[tokio::test]
async fn a_scope_is_shown_if_it_was_given() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        for scope in ["organization", "account"] {
            let mut body = create();
            body["scope"] = json!(scope);
            let made = q.post("/environments", body).await.expect(201);
            assert_eq!(made["scope"], scope);
        }
        assert_eq!(q.post("/environments", create()).await.expect(201).get("scope"), None);
    })
    .await;
}

#[tokio::test]
async fn an_update_changes_what_it_names() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let mut body = create();
        body["metadata"] = json!({"a": "1", "c": "3"});
        body["description"] = json!("d");
        let made = q.post("/environments", body).await.expect(201);
        server.advance_seconds(1);
        for same in [json!({}), json!({"colour": "red"}), json!({"name": "build-farm"})] {
            let unchanged = q.post(path(&made), same).await.expect(200);
            assert_eq!(unchanged["name"], made["name"]);
        }
        let unchanged = q.post(path(&made), json!({})).await.expect(200);
        assert_eq!(unchanged["created_at"], made["created_at"]);
        let patch = json!({"metadata": {"a": null, "b": "2"}});
        let patched = q.post(path(&made), patch).await.expect(200);
        assert_eq!(patched["metadata"], json!({"b": "2", "c": "3"}));
        assert_eq!(patched["description"], "d");
        assert_eq!(patched["updated_at"], "2026-07-02T09:20:01.00431Z");
        let cleared = q.post(path(&made), json!({"name": "m", "description": null}));
        let cleared = cleared.await.expect(200);
        assert_eq!((&cleared["name"], &cleared["description"]), (&json!("m"), &json!("")));
        assert_eq!(q.get(path(&made)).await.expect(200), cleared);
    })
    .await;
}

#[tokio::test]
async fn an_update_that_changes_nothing_leaves_its_stamp() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let made = q.post("/environments", create()).await.expect(201);
        server.advance_seconds(1);
        assert_eq!(q.post(path(&made), json!({})).await.expect(200), made);
        assert_eq!(q.call(path(&made)).await.expect(200), made);
        // The older method is the same call.
        let put = q.request(http::Method::PUT, path(&made)).json(&json!({"name": "m"}));
        assert_eq!(put.await.expect(200)["name"], "m");
    })
    .await;
}

#[tokio::test]
async fn archiving_hides_and_may_be_repeated() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let item = q.item().await;
        let environment = format!("/environments/{}", item.environment);
        server.advance_seconds(1);
        let archived = q.call(format!("{environment}/archive")).await.expect(200);
        assert_eq!(archived["archived_at"], "2026-07-02T09:20:01.00431Z");
        assert_eq!(archived["updated_at"], archived["archived_at"]);
        server.advance_seconds(1);
        assert_eq!(q.call(format!("{environment}/archive")).await.expect(200), archived);
        assert_eq!(q.get(&environment).await.expect(200), archived);

        let listed = async |query: &str| q.get(format!("/environments{query}")).await.expect(200);
        assert_eq!(listed("").await["data"], json!([]));
        assert_eq!(listed("?include_archived=false").await["data"], json!([]));
        assert_eq!(listed("?include_archived=true").await["data"], json!([archived]));
        for wrong in ["1", "TRUE", "yes", ""] {
            q.get(format!("/environments?include_archived={wrong}"))
                .await
                .invalid("include_archived");
        }
        q.post(&environment, json!({"name": "m"})).await.refused(400, "invalid_request_error");
        let body = json!({"agent": q.agent().await, "environment_id": item.environment});
        q.post("/sessions", body).await.refused(400, "invalid_request_error");
        q.get(format!("/sessions/{}", item.session)).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn an_environment_goes_when_nothing_refers_to_it() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let item = q.item().await;
        let environment = format!("/environments/{}", item.environment);
        let in_use = q.delete(&environment).await.refused(409, "invalid_request_error");
        let message =
            "Environment is still referenced by sessions or tool calls; archive it instead.";
        assert_eq!(in_use["message"], message);
        // Neither the other dialect's force nor the end of the work changes that.
        let forced = q.delete(format!("{environment}?force=true")).await;
        forced.refused(409, "invalid_request_error");
        item.stop().await.expect(200);
        q.call(format!("/sessions/{}/archive", item.session)).await.expect(200);
        q.delete(&environment).await.refused(409, "invalid_request_error");
        q.delete(format!("/sessions/{}", item.session)).await.expect(200);
        q.call(format!("{environment}/archive")).await.expect(200);
        let gone = q.delete(&environment).await.expect(200);
        assert_eq!(gone, json!({"id": item.environment, "type": "environment_deleted"}));
        q.delete(&environment).await.not_found();
        q.get(&environment).await.not_found();
        assert_eq!(
            q.get("/environments?include_archived=true").await.expect(200)["data"],
            json!([])
        );
    })
    .await;
}

#[tokio::test]
async fn a_list_may_be_cut_by_creation() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        for _ in 0..3 {
            q.environment().await;
            server.advance_seconds(1);
        }
        for (query, rows) in [
            ("created_at[gte]=2026-07-02T09:20:01.00431Z", 2),
            ("created_at%5Bgte%5D=2026-07-02T09:20:01.004311Z", 1),
            ("created_at[lte]=2026-07-02T09:20:01.00431Z", 2),
            ("created_at[lte]=2026-07-02T11:20:01.00431%2B02:00", 2),
            ("created_at[lte]=2026-07-02T11:20:01.00431+02:00", 2),
            ("created_at[gte]=2026-07-02T09:20:01Z&created_at[lte]=2026-07-02T09:20:02Z", 1),
            ("created_at[gte]=2030-01-01T00:00:00Z", 0),
        ] {
            let list = q.get(format!("/environments?{query}")).await.expect(200);
            assert_eq!(list["data"].as_array().unwrap().len(), rows, "{query}");
        }
        for name in ["created_at[gte]", "created_at[lte]"] {
            for wrong in ["", "yesterday", "2026-07-02", "1782984000", "2026-02-30T00:00:00Z"] {
                q.get(format!("/environments?{name}={wrong}")).await.invalid(name);
            }
        }
    })
    .await;
}
