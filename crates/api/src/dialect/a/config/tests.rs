//! Configurations are read member by member, and merged.

use leasehold_model::Refusal;
use leasehold_model::environment::config::Strictness;
use serde_json::json;

use super::*;

fn shown(config: &Config) -> Value {
    serde_json::to_value(ConfigWire::from(config)).unwrap()
}

#[test]
fn nothing_and_null_make_an_ordinary_cloud_environment() {
    for config in [None, Some(Value::Null)] {
        let config = created(config).unwrap();
        assert_eq!(
            shown(&config),
            json!({
                "type": "cloud",
                "networking": {"type": "unrestricted"},
                "packages": {
                    "type": "packages",
                    "apt": [], "cargo": [], "gem": [], "go": [], "npm": [], "pip": []
                }
            })
        );
    }
}

#[test]
fn a_self_hosted_configuration_is_its_type_and_nothing_else() {
    let config = created(Some(json!({"type": "self_hosted"}))).unwrap();
    assert_eq!(shown(&config), json!({"type": "self_hosted"}));
    let script = Config::SelfHosted { setup_script: Some("true".to_owned()) };
    assert_eq!(shown(&script), json!({"type": "self_hosted"}), "A has no set-up script");
}

#[test]
fn every_refusal_names_its_member() {
    for (config, param) in [
        (json!({}), "config.type"),
        (json!([]), "config"),
        (json!({"type": "managed"}), "config.type"),
        (json!({"type": 7}), "config.type"),
        (json!({"type": "self_hosted", "packages": {}}), "config.packages"),
        (json!({"type": "self_hosted", "setup_script": "x"}), "config.setup_script"),
        (json!({"type": "cloud", "setup_script": "x"}), "config.setup_script"),
        (json!({"type": "cloud", "packages": []}), "config.packages"),
        (json!({"type": "cloud", "packages": {"type": "x"}}), "config.packages.type"),
        (json!({"type": "cloud", "packages": {"brew": []}}), "config.packages.brew"),
        (json!({"type": "cloud", "packages": {"apt": "jq"}}), "config.packages.apt"),
        (json!({"type": "cloud", "packages": {"apt": [1]}}), "config.packages.apt"),
        (json!({"type": "cloud", "networking": "unrestricted"}), "config.networking"),
        (json!({"type": "cloud", "networking": {}}), "config.networking.type"),
        (
            json!({"type": "cloud", "networking": {"type": "allowed_hosts"}}),
            "config.networking.type",
        ),
        (
            json!({"type": "cloud", "networking": {"type": "unrestricted", "allowed_hosts": []}}),
            "config.networking.allowed_hosts",
        ),
        (
            json!({"type": "cloud", "networking": {"type": "limited", "allow_mcp_servers": 1}}),
            "config.networking.allow_mcp_servers",
        ),
    ] {
        let invalid = created(Some(config.clone())).unwrap_err();
        assert_eq!(invalid.param(), param, "{config}");
    }
}

#[test]
fn limited_networking_takes_its_defaults() {
    let config =
        created(Some(json!({"type": "cloud", "networking": {"type": "limited"}}))).unwrap();
    assert_eq!(
        shown(&config)["networking"],
        json!({
            "type": "limited",
            "allow_mcp_servers": false,
            "allow_package_managers": false,
            "allowed_hosts": []
        })
    );
}

#[test]
fn packages_under_limited_networking_need_their_managers() {
    let config = created(Some(json!({
        "type": "cloud",
        "packages": {"pip": ["requests"]},
        "networking": {"type": "limited"}
    })))
    .unwrap();
    let Err(Refusal::Unfit(problem)) = config.check(Strictness::PackagesNeedTheirManagers) else {
        panic!("it was accepted");
    };
    assert_eq!(problem.param, "config.networking.allow_package_managers");
}

#[test]
fn a_change_keeps_what_it_does_not_name() {
    let stored = created(Some(json!({
        "type": "cloud",
        "packages": {"apt": ["jq"], "pip": ["requests"]},
        "networking": {"type": "limited", "allowed_hosts": ["example.com"],
                       "allow_package_managers": true}
    })))
    .unwrap();
    let change = patch(json!({
        "packages": {"apt": [], "npm": null},
        "networking": {"type": "limited", "allow_mcp_servers": true}
    }))
    .unwrap();
    let merged = shown(&stored.merged(&change).unwrap());
    assert_eq!(merged["packages"]["apt"], json!([]));
    assert_eq!(merged["packages"]["pip"], json!(["requests"]));
    assert_eq!(
        merged["networking"],
        json!({
            "type": "limited",
            "allow_mcp_servers": true,
            "allow_package_managers": true,
            "allowed_hosts": ["example.com"]
        })
    );
}

#[test]
fn members_of_a_cloud_environment_mean_that_kind() {
    let stored = Config::SelfHosted { setup_script: None };
    for change in [json!({"type": "cloud"}), json!({"packages": {}})] {
        let change = patch(change).unwrap();
        assert_eq!(stored.merged(&change), Err(Refusal::EnvironmentKindChange));
    }
    assert_eq!(stored.merged(&patch(json!({})).unwrap()), Ok(stored.clone()));
}
