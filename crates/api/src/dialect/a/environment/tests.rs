//! Bodies of environments: what is taken, what is refused, and which parameter is named.

use leasehold_model::environment::config::Config;
use leasehold_model::{Metadata, Timestamp};
use serde_json::json;

use super::*;

fn account() -> AccountId {
    AccountId::MIN
}

#[test]
fn a_name_is_all_that_is_needed() {
    let created = create(account(), json!({"name": " build farm "})).unwrap();
    assert_eq!(created.name, " build farm ", "it is kept as it was sent");
    assert_eq!(created.description, None);
    assert_eq!(created.scope, None);
    assert!(matches!(created.config, Config::Cloud { .. }));
}

#[test]
fn every_refusal_of_a_create_names_its_member() {
    let long = "x".repeat(257);
    for (body, param) in [
        (json!({}), "name"),
        (json!({"name": null}), "name"),
        (json!({"name": "  "}), "name"),
        (json!({"name": long}), "name"),
        (json!({"name": "n", "description": 1}), "description"),
        (json!({"name": "n", "description": "x".repeat(1025)}), "description"),
        (json!({"name": "n", "scope": "team"}), "scope"),
        (json!({"name": "n", "metadata": null}), "metadata"),
        (json!({"name": "n", "metadata": {"a": null}}), "metadata.a"),
        (json!({"name": "n", "metadata": {"a": 1}}), "metadata.a"),
        (json!({"name": "n", "colour": "red"}), "colour"),
    ] {
        let invalid = create(account(), body.clone()).unwrap_err();
        assert_eq!(invalid.param(), param, "{body}");
    }
}

#[test]
fn an_update_tells_absent_null_and_empty_apart() {
    let change = |body| update(account(), EnvironmentId::MIN, body).unwrap();
    let nothing = change(json!({}));
    assert_eq!((nothing.name, nothing.description, nothing.metadata), (None, None, None));
    assert!(nothing.config.is_none());
    let cleared = change(json!({"description": null, "config": null, "scope": null}));
    assert_eq!(cleared.description, Some(None));
    assert!(cleared.config.is_none());
    let patch = change(json!({"metadata": {"a": null, "b": "", "c": "3"}})).metadata.unwrap();
    assert_eq!(patch["a"], None);
    assert_eq!(patch["b"], None, "an empty string removes a key in A");
    assert_eq!(patch["c"].as_deref(), Some("3"));
}

#[test]
fn an_environment_shows_all_that_the_sdk_demands() {
    let environment = Environment {
        id: EnvironmentId::MIN,
        account: account(),
        name: "n".to_owned(),
        description: None,
        config: Config::SelfHosted { setup_script: None },
        metadata: Metadata::default(),
        scope: None,
        max_attempts: None,
        created_at: Timestamp::from_micros(1_782_983_403_004_310),
        updated_at: Timestamp::from_micros(1_782_983_403_004_310),
        archived_at: None,
    };
    assert_eq!(
        serde_json::to_value(EnvironmentWire::from(&environment)).unwrap(),
        json!({
            "id": format!("env_{}", "0".repeat(32)),
            "type": "environment",
            "name": "n",
            "description": null,
            "config": {"type": "self_hosted"},
            "metadata": {},
            "scope": "organization",
            "created_at": "2026-07-02T09:10:03.00431Z",
            "updated_at": "2026-07-02T09:10:03.00431Z",
            "archived_at": null
        })
    );
}
