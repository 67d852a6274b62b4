//! What is taken of sessions, and what is refused by name (sessions §3, §4).

use std::sync::LazyLock;

use leasehold_model::catalogue::Models;
use serde_json::json;

use super::super::super::agent::MANNER;
use super::*;

const AGENT: &str = "agent_019f5a00aa0b7c0d8e1f2a3b4c5d6e7f";
const ENVIRONMENT: &str = "env_019f5a00aa0b7c0d8e1f2a3b4c5d6e7f";
/// Reads a body where `model-large` and `model-small` are on offer.
fn reader() -> Reader<'static> {
    static MODELS: LazyLock<Models> = LazyLock::new(leasehold_testkit::models);
    Reader { manner: &MANNER, models: &MODELS }
}

fn created(member: &str, value: Value) -> Result<Create, Invalid> {
    let mut body = json!({"agent": AGENT, "environment_id": ENVIRONMENT});
    body[member] = value;
    create(body, reader())
}

#[track_caller]
fn blamed(result: Result<impl std::fmt::Debug, Invalid>) -> String {
    result.unwrap_err().param().to_owned()
}

#[test]
fn an_agent_by_id_or_by_id_and_version() {
    let version = |value: Value| created("agent", value).map(|created| created.agent.version);
    assert_eq!(version(json!(AGENT)), Ok(None));
    assert_eq!(version(json!({"type": "agent", "id": AGENT})), Ok(None));
    assert_eq!(version(json!({"type": "agent", "id": AGENT, "version": 0})), Ok(None));
    assert_eq!(version(json!({"type": "agent", "id": AGENT, "version": 7})), Ok(Some(7)));
    for (value, param) in [
        (json!(null), "agent"),
        (json!(""), "agent"),
        (json!({"id": AGENT}), "agent.type"),
        (json!({"type": "robot", "id": AGENT}), "agent.type"),
        (json!({"type": "agent"}), "agent.id"),
        (json!({"type": "agent", "id": AGENT, "version": -1}), "agent.version"),
        (json!({"type": "agent", "id": AGENT, "version": "1"}), "agent.version"),
    ] {
        assert_eq!(blamed(version(value.clone())), param, "{value}");
    }
    let unknown = Invalid::Refused(leasehold_model::Refusal::NotFound(
        leasehold_model::refusal::Resource::Agent,
    ));
    for nobody in ["x", "agent_", "agent_1", "env_019f5a00aa0b7c0d8e1f2a3b4c5d6e7f"] {
        assert_eq!(version(json!(nobody)), Err(unknown.clone()), "{nobody}");
    }
}

#[test]
fn overrides_keep_the_effort_that_they_name() {
    let agent = json!({
        "type": "agent_with_overrides", "id": AGENT, "version": 2,
        "model": {"id": "model-large", "effort": {"type": "low"}, "context_window": 200_000},
        "tools": [{"type": "agent_toolset_20260401", "enabled_tools": ["Bash"]}],
    });
    let choice = created("agent", agent).unwrap().agent;
    let model = choice.overrides.model.unwrap();
    assert_eq!(model.effort.map(|effort| effort.as_str()), Some("low"));
    assert_eq!((model.context_window, choice.version), (Some(200_000), Some(2)));
    assert_eq!(choice.overrides.tools.unwrap().len(), 1);
}

#[test]
fn what_is_not_supported_is_refused_by_name_unless_it_is_empty() {
    for name in ["resources", "vault_ids"] {
        for empty in [json!(null), json!([])] {
            assert!(created(name, empty.clone()).is_ok(), "{name} {empty}");
        }
        for full in [json!(["x"]), json!({"a": "b"}), json!("A=b"), json!(1)] {
            assert_eq!(blamed(created(name, full.clone())), name, "{full}");
        }
    }
    assert_eq!(blamed(update(json!({"vault_ids": ["vault_1"]}), reader())), "vault_ids");
    assert!(update(json!({"vault_ids": []}), reader()).is_ok());
    assert!(created("unknown", json!(1)).is_ok());
}

#[test]
fn an_update_names_what_it_changes() {
    let read = |body| update(body, reader());
    let change = read(json!({
        "agent": {"model": "model-small", "system": "", "skills": null},
        "environment_variables": "A=1", "budget": {"type": "limit", "max_credit_cost": "2"},
    }));
    let change = change.unwrap();
    assert_eq!(change.agent.model.unwrap().id, "model-small");
    assert_eq!((change.agent.system, change.agent.skills), (Some(None), Some(vec![])));
    assert_eq!(change.environment_variables.unwrap()["A"], "1");
    assert_eq!(change.budget.unwrap().unwrap().hundredths, 200);
    assert!(read(json!({"agent": null})).unwrap().agent.is_empty());
    assert_eq!(read(json!({"budget": null})).unwrap().budget, Some(None));
    assert_eq!(blamed(read(json!({"agent": {"tools": [1]}}))), "agent.tools.0");
    assert_eq!(blamed(read(json!({"agent": {"name": "n"}}))), "agent.name");
    assert_eq!(blamed(read(json!({"metadata": null}))), "metadata");
}

#[test]
fn a_title_has_an_end_and_can_be_cleared() {
    assert!(created("title", json!("t".repeat(512))).is_ok());
    assert_eq!(blamed(created("title", json!("t".repeat(513)))), "title");
    assert_eq!(blamed(created("title", json!(1))), "title");
    assert_eq!(update(json!({"title": null}), reader()).unwrap().title, Some(None));
    assert_eq!(update(json!({}), reader()).unwrap().title, None);
}
