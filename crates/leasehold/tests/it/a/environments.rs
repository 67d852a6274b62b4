//! Environments in dialect A (environments §10).

use leasehold_testkit::{Backend, TestServer, on_each_backend};
use serde_json::{Value, json};

fn path(environment: &Value) -> String {
    format!("/environments/{}", environment["id"].as_str().unwrap())
}

fn packages(apt: &[&str]) -> Value {
    json!({
        "type": "packages", "apt": apt, "cargo": [], "gem": [], "go": [], "npm": [], "pip": [],
    })
}

#[tokio::test]
async fn a_configuration_may_be_left_out_and_shows_its_defaults() {
    on_each_backend(async |server: &TestServer| {
        let a = server.a();
        for body in [
            json!({"name": "n"}),
            json!({"name": "n", "config": null}),
            json!({"name": "n", "config": {"type": "cloud"}}),
        ] {
            let made = a.post("/environments", body).await.expect(200);
            let cloud = json!({
                "type": "cloud",
                "networking": {"type": "unrestricted"},
                "packages": packages(&[]),
            });
            assert_eq!(made["config"], cloud);
            assert_eq!(made["description"], Value::Null);
            assert!(made["scope"] == "organization" || made["scope"] == "account", "{made}");
            assert_eq!(a.get(path(&made)).await.expect(200), made);
        }
    })
    .await;
}

#[tokio::test]
async fn a_self_hosted_configuration_is_its_type_alone() {
    let server = TestServer::start(Backend::Memory).await;
    let a = server.a();
    for (member, value) in
        [("setup_script", json!("x")), ("packages", json!({})), ("networking", json!({}))]
    {
        let mut config = json!({"type": "self_hosted"});
        config[member] = value;
        let body = json!({"name": "n", "config": config});
        a.post("/environments", body).await.invalid(&format!("config.{member}"));
    }
    let body = json!({"name": "n", "config": {"type": "cloud", "setup_script": "x"}});
    a.post("/environments", body).await.invalid("config.setup_script");
}

#[tokio::test]
async fn packages_under_limited_networking_need_their_managers() {
    on_each_backend(async |server: &TestServer| {
        let a = server.a();
        let body = |allowed: bool| {
            let networking = json!({"type": "limited", "allow_package_managers": allowed});
            let config =
                json!({"type": "cloud", "networking": networking, "packages": {"apt": ["jq"]}});
            json!({"name": "n", "config": config})
        };
        a.post("/environments", body(false)).await.refused(400, "invalid_request_error");
        let made = a.post("/environments", body(true)).await.expect(200);
        assert_eq!(made["config"]["packages"], packages(&["jq"]));
        // The rule holds for the result of an update as well.
        let tighter = json!({
            "config": {
                "type": "cloud",
                "networking": {"type": "limited", "allow_package_managers": false},
            },
        });
        a.post(path(&made), tighter).await.refused(400, "invalid_request_error");
        assert_eq!(a.get(path(&made)).await.expect(200), made);
    })
    .await;
}

#[tokio::test]
async fn an_update_merges_the_configuration() {
    on_each_backend(async |server: &TestServer| {
        let a = server.a();
        let config = json!({"type": "cloud", "packages": {"apt": ["jq"]}});
        let made =
            a.post("/environments", json!({"name": "n", "config": config})).await.expect(200);
        let networking = json!({
            "type": "limited",
            "allowed_hosts": ["example.com"],
            "allow_package_managers": true,
        });
        let body = json!({"config": {"type": "cloud", "networking": networking}});
        let merged = a.post(path(&made), body).await.expect(200)["config"].clone();
        assert_eq!(merged["packages"], packages(&["jq"]));
        assert_eq!(
            merged["networking"],
            json!({
                "type": "limited",
                "allowed_hosts": ["example.com"],
                "allow_package_managers": true,
                "allow_mcp_servers": false,
            })
        );
    })
    .await;
}

#[tokio::test]
async fn refusals_carry_the_codes_that_the_sdk_reads() {
    on_each_backend(async |server: &TestServer| {
        let a = server.a();
        let own = format!("/environments/{}", a.environment().await);
        let kind = json!({"config": {"type": "cloud"}});
        let error = a.post(&own, kind).await.invalid("config.type");
        assert_eq!(error["details"]["error_code"], "invalid_config_type_change");
        a.call(format!("{own}/archive")).await.expect(200);
        let archived = a.post(&own, json!({"name": "m"})).await;
        let error = archived.refused(400, "invalid_request_error");
        assert_eq!(error["details"]["error_code"], "environment_archived");
    })
    .await;
}

#[tokio::test]
async fn a_delete_may_be_forced() {
    on_each_backend(async |server: &TestServer| {
        let item = server.a().item().await;
        let a = &item.client;
        item.hold().await;
        let environment = format!("/environments/{}", item.environment);
        a.delete(&environment).await.refused(409, "invalid_request_error");
        a.delete(format!("{environment}?force=false")).await.refused(409, "invalid_request_error");
        a.delete(format!("{environment}?force=x")).await.refused(400, "invalid_request_error");
        let gone = a.delete(format!("{environment}?force=true")).await.expect(200);
        assert_eq!(gone, json!({"id": item.environment, "type": "environment_deleted"}));
        a.get(&environment).await.not_found();
        item.get().await.not_found();
    })
    .await;
}

#[tokio::test]
async fn a_list_has_rows_and_a_next_page() {
    on_each_backend(async |server: &TestServer| {
        let a = server.a();
        let mut made = Vec::new();
        for _ in 0..3 {
            made.push(a.environment().await);
        }
        let first = a.get("/environments?limit=2&beta=true").await.expect(200);
        let ids = |list: &Value| -> Vec<Value> {
            list["data"].as_array().unwrap().iter().map(|row| row["id"].clone()).collect()
        };
        assert_eq!(ids(&first), [made[2].as_str(), made[1].as_str()]);
        let next = first["next_page"].as_str().unwrap();
        let last = a.get(format!("/environments?limit=2&page={next}")).await.expect(200);
        assert_eq!(ids(&last), [made[0].as_str()]);
        assert_eq!(last["next_page"], Value::Null);
        for wrong in ["0", "1001", "x"] {
            a.get(format!("/environments?limit={wrong}"))
                .await
                .refused(400, "invalid_request_error");
        }
        a.get("/environments?limit=1000").await.expect(200);
    })
    .await;
}
