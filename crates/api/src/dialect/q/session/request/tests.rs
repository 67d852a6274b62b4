//! What is taken of sessions, and what is refused by name (sessions §3, §4).

use serde_json::json;

use super::*;

const ENVIRONMENT: &str = "env_019f5a00aa0b7c0d8e1f2a3b4c5d6e7f";

fn with(member: &str, value: Value) -> Value {
    let mut body = json!({"agent": "agent_x", "environment_id": ENVIRONMENT});
    body[member] = value;
    body
}

fn blamed(result: Result<impl std::fmt::Debug, Invalid>) -> String {
    match result {
        Err(Invalid::Parameter { param, .. }) => param,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_agent_by_id_or_by_id_and_version() {
    let agent = |value: Value| create(with("agent", value)).map(|c| (c.agent.id, c.agent.version));
    let is = |version| Ok(("agent_x".to_owned(), version));
    assert_eq!(agent(json!("agent_x")), is(1));
    assert_eq!(agent(json!({"type": "agent", "id": "agent_x"})), is(1));
    assert_eq!(agent(json!({"type": "agent", "id": "agent_x", "version": 0})), is(1));
    assert_eq!(agent(json!({"type": "agent", "id": "agent_x", "version": 7})), is(7));
    for (value, param) in [
        (json!(null), "agent"),
        (json!("agent_"), "agent"),
        (json!("x"), "agent"),
        (json!(format!("agent_{}", "x".repeat(65))), "agent"),
        (json!("agent_ü"), "agent"),
        (json!({"id": "agent_x"}), "agent.type"),
        (json!({"type": "agent_with_overrides", "id": "agent_x"}), "agent.type"),
        (json!({"type": "agent"}), "agent.id"),
        (json!({"type": "agent", "id": "agent_x", "version": -1}), "agent.version"),
    ] {
        assert_eq!(blamed(agent(value.clone())), param, "{value}");
    }
}

#[test]
fn what_is_not_supported_is_refused_by_name_unless_it_is_empty() {
    for name in ["initial_events", "resources", "vault_ids", "budget", "environment_variables"] {
        for empty in [json!(null), json!([])] {
            assert!(create(with(name, empty.clone())).is_ok(), "{name} {empty}");
        }
        for full in [json!([1]), json!({"a": "b"}), json!("A=b"), json!(1)] {
            assert_eq!(blamed(create(with(name, full.clone()))), name, "{full}");
            assert_eq!(blamed(update(json!({ name: full }))), name);
        }
    }
    for empty in [json!({}), json!("")] {
        assert!(create(with("environment_variables", empty)).is_ok());
    }
    assert_eq!(blamed(update(json!({"agent": {"tools": [1]}}))), "agent");
    assert!(update(json!({"agent": null})).is_ok());
    assert!(create(with("unknown", json!(1))).is_ok());
}

#[test]
fn a_title_has_an_end_and_can_be_cleared() {
    assert!(create(with("title", json!("t".repeat(512)))).is_ok());
    assert_eq!(blamed(create(with("title", json!("t".repeat(513))))), "title");
    assert_eq!(blamed(create(with("title", json!(1)))), "title");
    assert_eq!(update(json!({"title": null})).unwrap().title, Some(None));
    assert_eq!(update(json!({})).unwrap().title, None);
}
