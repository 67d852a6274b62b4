//! Bodies of sessions: what is taken, what is refused, and which parameter is named.

use std::sync::LazyLock;

use leasehold_model::agent::model_spec::ModelSpec;
use leasehold_model::catalogue::Models;
use serde_json::json;

use super::super::super::agent::MANNER;
use super::*;

const AGENT: &str = "agent_019f5a00aa0b7c0d8e1f2a3b4c5d6e7f";
/// Reads a body where `model-large` and `model-small` are on offer.
fn reader() -> Reader<'static> {
    static MODELS: LazyLock<Models> = LazyLock::new(leasehold_testkit::models);
    Reader { manner: &MANNER, models: &MODELS }
}

#[test]
fn an_agent_is_an_id_or_an_object() {
    for (agent, version) in [
        (json!(AGENT), None),
        (json!({"type": "agent", "id": AGENT}), None),
        (json!({"type": "agent", "id": AGENT, "version": null}), None),
        (json!({"type": "agent", "id": AGENT, "version": 7}), Some(7)),
        (json!({"type": "agent_with_overrides", "id": AGENT}), None),
    ] {
        let created = create(json!({"agent": agent, "environment_id": "env_1"}), reader()).unwrap();
        assert_eq!(created.agent.id.to_string(), AGENT);
        assert_eq!((created.agent.version, created.agent.overrides.is_empty()), (version, true));
    }
}

#[test]
fn overrides_clear_replace_or_leave_alone() {
    let overrides = |members: Value| {
        let mut agent = json!({"type": "agent_with_overrides", "id": AGENT});
        agent.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        create(json!({"agent": agent, "environment_id": "env_1"}), reader())
            .map(|created| created.agent.overrides)
    };
    let cleared =
        overrides(json!({"system": null, "tools": null, "mcp_servers": [], "skills": []}));
    let cleared = cleared.unwrap();
    assert_eq!((cleared.model, cleared.system), (None, Some(None)));
    assert_eq!((cleared.tools, cleared.mcp_servers), (Some(vec![]), Some(vec![])));
    assert_eq!(cleared.skills, Some(vec![]));
    let model = overrides(json!({"model": {"id": "model-large", "effort": "low"}})).unwrap().model;
    assert_eq!(
        model,
        Some(ModelSpec::named("model-large")),
        "its effort is not a session's to choose"
    );
    let refused = overrides(json!({"model": null})).unwrap_err();
    assert_eq!(refused, Invalid::Refused(leasehold_model::Refusal::AgentModelRequired));
    for (members, param) in [
        (json!({"name": "n"}), "agent.name"),
        (json!({"system": 1}), "agent.system"),
        (json!({"tools": [{"type": "hammer"}]}), "agent.tools.0.type"),
        (json!({"skills": [{"type": "qoder", "skill_id": "s"}]}), "agent.skills.0.type"),
    ] {
        assert_eq!(overrides(members.clone()).unwrap_err().param(), param, "{members}");
    }
}

#[test]
fn every_refusal_of_a_create_names_its_member() {
    let with = |member: &str, value: Value| {
        let mut body = json!({"agent": AGENT, "environment_id": "env_1"});
        body[member] = value;
        body
    };
    for (body, param) in [
        (json!({"environment_id": "env_1"}), "agent"),
        (json!({"agent": AGENT}), "environment_id"),
        (with("environment_id", json!(null)), "environment_id"),
        (with("environment_id", json!("")), "environment_id"),
        (with("agent", json!(1)), "agent"),
        (with("agent", json!("")), "agent"),
        (with("agent", json!({"id": AGENT})), "agent.type"),
        (with("agent", json!({"type": "robot", "id": AGENT})), "agent.type"),
        (with("agent", json!({"type": "agent"})), "agent.id"),
        (with("agent", json!({"type": "agent", "id": AGENT, "version": 0})), "agent.version"),
        (with("agent", json!({"type": "agent", "id": AGENT, "tools": []})), "agent.tools"),
        (with("title", json!(1)), "title"),
        (with("title", json!("x".repeat(513))), "title"),
        (with("metadata", json!({"a": 1})), "metadata.a"),
        (with("initial_events", json!({})), "initial_events"),
        (with("initial_events", json!(vec![json!({}); 51])), "initial_events"),
        (with("initial_events", json!([{"type": "user.message"}])), "initial_events[0].content"),
        (with("initial_events", json!([{"type": "user.interrupt"}])), "initial_events[0].type"),
        (
            with("initial_events", json!([{"type": "user.define_outcome"}])),
            "initial_events[0].description",
        ),
        (with("resources", json!({})), "resources"),
        (with("resources", json!([{"type": "file"}])), "resources"),
        (with("vault_ids", json!(["vault_1"])), "vault_ids"),
        (with("budget", json!({"type": "limit"})), "budget.max_list_cost"),
        (with("environment_variables", json!({})), "environment_variables"),
        (with("colour", json!("red")), "colour"),
    ] {
        let invalid = create(body.clone(), reader()).unwrap_err();
        assert_eq!(invalid.param(), param, "{body}");
    }
}

#[test]
fn what_is_empty_may_be_given() {
    let created = create(
        json!({
            "agent": AGENT, "environment_id": "env_1", "title": null, "metadata": {},
            "initial_events": [], "resources": null, "vault_ids": [], "budget": null
        }),
        reader(),
    )
    .unwrap();
    assert_eq!((created.title, created.budget), (None, None));
}

#[test]
fn an_update_names_what_it_changes() {
    let change =
        update(json!({"title": null, "metadata": {"a": "", "b": null}}), reader()).unwrap();
    assert_eq!(change.title, Some(None));
    assert_eq!(change.metadata.unwrap()["a"].as_deref(), Some(""));
    let change = update(json!({"agent": {"tools": []}, "budget": null}), reader()).unwrap();
    assert_eq!((change.agent.tools, change.budget), (Some(vec![]), Some(None)));
    for (body, param) in [
        (json!({"metadata": null}), "metadata"),
        (json!({"vault_ids": null}), "vault_ids"),
        (json!({"agent": {"tools": [{}]}}), "agent.tools.0.type"),
        (json!({"agent": {"model": "m"}}), "agent.model"),
        (json!({"budget": {}}), "budget.type"),
        (json!({"environment_id": "env_1"}), "environment_id"),
    ] {
        assert_eq!(update(body.clone(), reader()).unwrap_err().param(), param, "{body}");
    }
}
