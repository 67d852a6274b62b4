//! The configuration of an environment in dialect Q (environments §3).

use leasehold_testkit::{Backend, TestServer, on_each_backend};
use serde_json::{Value, json};

/// All six managers, empty but for what is given.
fn packages(given: &Value) -> Value {
    let mut all = json!({
        "type": "packages", "apt": [], "cargo": [], "gem": [], "go": [], "npm": [], "pip": [],
    });
    for (manager, names) in given.as_object().unwrap() {
        all[manager] = names.clone();
    }
    all
}

/// What is sent and what comes back.
fn accepted() -> Vec<(Value, Value)> {
    let limited = json!({
        "type": "limited",
        "allowed_hosts": ["example.com", "*.example.org"],
        "allow_package_managers": true,
        "allow_mcp_servers": false,
    });
    let none = json!({
        "type": "limited",
        "allowed_hosts": [],
        "allow_package_managers": false,
        "allow_mcp_servers": false,
    });
    let of = |networking: Value| json!({"type": "cloud", "networking": networking});
    let script = "x".repeat(65_536);
    let mut all: Vec<(Value, Value)> = [
        json!({"type": "self_hosted"}),
        json!({"type": "self_hosted", "setup_script": "set -e\n"}),
        json!({"type": "self_hosted", "setup_script": script}),
        of(json!({"type": "unrestricted"})),
        of(limited.clone()),
    ]
    .into_iter()
    .map(|config| (config.clone(), config))
    .collect();
    all.extend([
        (json!({"type": "self_hosted", "setup_script": ""}), json!({"type": "self_hosted"})),
        (of(json!({"type": "limited"})), of(none.clone())),
        (of(json!({"type": "allowed_hosts"})), of(none)),
        (
            json!({"type": "cloud", "packages": {"apt": ["jq"], "npm": ["pnpm@9"]}}),
            json!({"type": "cloud", "packages": packages(&json!({"apt": ["jq"], "npm": ["pnpm@9"]}))}),
        ),
        (
            json!({"type": "cloud", "packages": {"type": "packages"}, "setup_script": "x"}),
            json!({"type": "cloud", "packages": packages(&json!({})), "setup_script": "x"}),
        ),
    ]);
    all
}

/// What is sent and the parameter that is to blame.
fn refused() -> Vec<(Value, &'static str)> {
    let cloud = |member: &str, value: Value| {
        let mut config = json!({"type": "cloud"});
        config[member] = value;
        config
    };
    let network = |networking: Value| cloud("networking", networking);
    let hosts = |host: &str| network(json!({"type": "limited", "allowed_hosts": [host]}));
    let many: Vec<String> = (0..257).map(|n| format!("p{n}")).collect();
    let mut all = vec![
        (Value::Null, "config"),
        (json!("cloud"), "config"),
        (json!([]), "config"),
        (json!({}), "config.type"),
        (json!({"type": null}), "config.type"),
        (json!({"type": "managed"}), "config.type"),
        (json!({"type": 1}), "config.type"),
        (json!({"type": "self_hosted", "packages": {}}), "config.packages"),
        (json!({"type": "self_hosted", "networking": {}}), "config.networking"),
        (json!({"type": "self_hosted", "colour": 1}), "config.colour"),
        (json!({"type": "self_hosted", "setup_script": 1}), "config.setup_script"),
        (json!({"type": "self_hosted", "setup_script": "é".repeat(32_769)}), "config.setup_script"),
        (cloud("colour", json!(1)), "config.colour"),
        (cloud("packages", json!([])), "config.packages"),
        (cloud("packages", json!({"brew": []})), "config.packages.brew"),
        (cloud("packages", json!({"type": "x"})), "config.packages.type"),
        (cloud("packages", json!({"apt": "jq"})), "config.packages.apt"),
        (cloud("packages", json!({"apt": [1]})), "config.packages.apt"),
        (cloud("packages", json!({"apt": [""]})), "config.packages.apt"),
        (cloud("packages", json!({"apt": ["a\nb"]})), "config.packages.apt"),
        (cloud("packages", json!({"apt": ["x".repeat(257)]})), "config.packages.apt"),
        (cloud("packages", json!({"apt": many})), "config.packages.apt"),
        (network(json!("unrestricted")), "config.networking"),
        (network(json!({})), "config.networking.type"),
        (network(json!({"type": "open"})), "config.networking.type"),
        (network(json!({"type": "limited", "colour": 1})), "config.networking.colour"),
        (
            network(json!({"type": "limited", "allow_mcp_servers": "yes"})),
            "config.networking.allow_mcp_servers",
        ),
    ];
    for host in [
        "",
        "https://example.com",
        "example.com:443",
        "example.com/path",
        "10.0.0.0/8",
        "*",
        "a.*.com",
        "exa mple.com",
    ] {
        all.push((hosts(host), "config.networking.allowed_hosts"));
    }
    all
}

#[tokio::test]
async fn a_configuration_is_echoed_with_its_defaults() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        for (config, shown) in accepted() {
            let body = json!({"name": "n", "config": config});
            let made = q.post("/environments", body).await.expect(201);
            assert_eq!(made["config"], shown, "{config}");
            let path = format!("/environments/{}", made["id"].as_str().unwrap());
            assert_eq!(q.get(path).await.expect(200)["config"], shown, "{config}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_wrong_configuration_is_refused_by_create_and_update() {
    let server = TestServer::start(Backend::Memory).await;
    let q = server.q();
    let cloud = format!("/environments/{}", q.environment_of("cloud").await);
    let own = format!("/environments/{}", q.environment().await);
    for (config, param) in refused() {
        let body = json!({"name": "n", "config": config.clone()});
        q.post("/environments", body).await.invalid(param);
        let path = if config["type"] == "self_hosted" { &own } else { &cloud };
        q.post(path, json!({"config": config})).await.invalid(param);
    }
    assert_eq!(q.get(cloud).await.expect(200)["config"]["type"], "cloud");
    assert_eq!(q.get(own).await.expect(200)["config"], json!({"type": "self_hosted"}));
}

#[tokio::test]
async fn an_update_replaces_the_configuration_but_not_its_kind() {
    on_each_backend(async |server: &TestServer| {
        let q = server.q();
        let cloud = json!({"type": "cloud", "packages": {"apt": ["jq"]}, "setup_script": "x"});
        let made = q.post("/environments", json!({"name": "n", "config": cloud})).await.expect(201);
        let path = format!("/environments/{}", made["id"].as_str().unwrap());
        let next = json!({"type": "cloud", "networking": {"type": "unrestricted"}});
        let updated = q.post(&path, json!({"config": next})).await.expect(200);
        // What was there before is gone: the whole is replaced.
        assert_eq!(updated["config"], next);
        for (path, kind) in
            [(path, "self_hosted"), (format!("/environments/{}", q.environment().await), "cloud")]
        {
            q.post(path, json!({"config": {"type": kind}})).await.invalid("config.type");
        }
    })
    .await;
}
