//! Bodies of sessions: what is taken, what is refused, and which parameter is named.

use serde_json::json;

use super::*;

#[test]
fn an_agent_is_an_id_or_an_object() {
    for (agent, id, version) in [
        (json!("agent_1"), "agent_1", 1),
        (json!({"type": "agent", "id": "agent_1"}), "agent_1", 1),
        (json!({"type": "agent", "id": "agent_1", "version": null}), "agent_1", 1),
        (json!({"type": "agent", "id": "agent_1", "version": 7}), "agent_1", 7),
    ] {
        let created = create(json!({"agent": agent, "environment_id": "env_1"})).unwrap();
        assert_eq!((created.agent.id.as_str(), created.agent.version), (id, version), "{agent}");
    }
}

#[test]
fn every_refusal_of_a_create_names_its_member() {
    let with = |member: &str, value: Value| {
        let mut body = json!({"agent": "agent_1", "environment_id": "env_1"});
        body[member] = value;
        body
    };
    for (body, param) in [
        (json!({"environment_id": "env_1"}), "agent"),
        (json!({"agent": "agent_1"}), "environment_id"),
        (with("environment_id", json!(null)), "environment_id"),
        (with("environment_id", json!("")), "environment_id"),
        (with("agent", json!("bot_1")), "agent"),
        (with("agent", json!("agent_")), "agent"),
        (with("agent", json!({"id": "agent_1"})), "agent.type"),
        (with("agent", json!({"type": "robot", "id": "agent_1"})), "agent.type"),
        (with("agent", json!({"type": "agent"})), "agent.id"),
        (with("agent", json!({"type": "agent", "id": "agent_1", "version": 0})), "agent.version"),
        (with("agent", json!({"type": "agent", "id": "agent_1", "tools": []})), "agent.tools"),
        (with("title", json!(1)), "title"),
        (with("title", json!("x".repeat(513))), "title"),
        (with("metadata", json!({"a": 1})), "metadata.a"),
        (with("initial_events", json!([{"type": "user.message"}])), "initial_events"),
        (with("resources", json!({})), "resources"),
        (with("vault_ids", json!(["vault_1"])), "vault_ids"),
        (with("budget", json!({"type": "limit"})), "budget"),
        (with("colour", json!("red")), "colour"),
    ] {
        let invalid = create(body.clone()).unwrap_err();
        assert_eq!(invalid.param(), param, "{body}");
    }
}

#[test]
fn what_is_empty_may_be_given() {
    let created = create(json!({
        "agent": "agent_1", "environment_id": "env_1", "title": null, "metadata": {},
        "initial_events": [], "resources": null, "vault_ids": [], "budget": null
    }))
    .unwrap();
    assert_eq!(created.title, None);
}

#[test]
fn an_update_takes_a_title_and_metadata() {
    let change = update(json!({"title": null, "metadata": {"a": "", "b": null}})).unwrap();
    assert_eq!(change.title, Some(None));
    assert_eq!(change.metadata.unwrap()["a"].as_deref(), Some(""));
    assert_eq!(update(json!({"agent": {"tools": []}})).unwrap().title, None);
    for (body, param) in [
        (json!({"vault_ids": null}), "vault_ids"),
        (json!({"agent": {"tools": [{}]}}), "agent.tools"),
        (json!({"agent": {"model": "m"}}), "agent.model"),
        (json!({"budget": {}}), "budget"),
        (json!({"environment_id": "env_1"}), "environment_id"),
    ] {
        assert_eq!(update(body.clone()).unwrap_err().param(), param, "{body}");
    }
}
