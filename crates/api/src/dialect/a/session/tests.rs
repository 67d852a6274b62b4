//! Sessions as they are shown.

use leasehold_model::session::AgentRef;
use leasehold_model::{AccountId, EnvironmentId, Metadata};
use serde_json::json;

use std::sync::Arc;

use leasehold_model::log::Fold;
use leasehold_model::session::Session;

use super::*;

const CREATED: Timestamp = Timestamp::from_micros(1_782_983_403_004_310);

fn held(session: Session) -> Held {
    let agent = Arc::new(session.agent.snapshot(None));
    Held { session, agent, fold: Fold::default() }
}

fn session() -> Session {
    Session {
        id: SessionId::MIN,
        account: AccountId::MIN,
        environment: EnvironmentId::MIN,
        agent: AgentRef { id: "agent_1".to_owned(), version: 2 },
        title: None,
        metadata: Metadata::default(),
        environment_variables: BTreeMap::new(),
        budget: None,
        created_at: CREATED,
        updated_at: CREATED,
        archived_at: None,
    }
}

#[test]
fn both_prefixes_name_a_session() {
    let hex = "019f5a11bead7fedbca9876543210fed";
    let id = SessionId::from_hex(hex).unwrap();
    assert_eq!(parse_session_id(&format!("sesn_{hex}")), Some(id));
    assert_eq!(parse_session_id(&format!("sess_{hex}")), Some(id));
    assert_eq!(session_id(id), format!("sesn_{hex}"));
    for other in [hex.to_owned(), format!("env_{hex}"), format!("sesn_{}", hex.to_uppercase())] {
        assert_eq!(parse_session_id(&other), None, "{other}");
    }
}

#[test]
fn a_session_shows_all_that_the_sdk_demands() {
    let now = CREATED.plus(Duration::from_millis(1_500));
    let shown = serde_json::to_value(SessionWire::of(&held(session()), now)).unwrap();
    for member in ["resources", "vault_ids", "outcome_evaluations"] {
        assert_eq!(shown[member], json!([]), "{member}");
    }
    for member in ["title", "budget", "deployment_id", "archived_at"] {
        assert_eq!(shown.get(member), Some(&Value::Null), "{member}");
    }
    assert_eq!(shown["status"], "idle");
    assert_eq!(shown["stats"], json!({"active_seconds": 0.0, "duration_seconds": 1.5}));
    let agent = &shown["agent"];
    assert_eq!((&agent["id"], &agent["version"]), (&json!("agent_1"), &json!(2)));
    assert_eq!(agent["execution_identity"], json!({"type": "service_account"}));
    assert!(agent["model"]["id"].is_string());
    for member in ["tools", "mcp_servers", "skills"] {
        assert_eq!(agent[member], json!([]), "{member}");
    }
}

#[test]
fn an_archived_session_is_terminated_and_its_time_stands_still() {
    let end = CREATED.plus(Duration::from_secs(3));
    let session = Session { archived_at: Some(end), updated_at: end, ..session() };
    let much_later = end.plus(Duration::from_secs(1_000));
    let shown = serde_json::to_value(SessionWire::of(&held(session), much_later)).unwrap();
    assert_eq!(shown["status"], "terminated");
    assert_eq!(shown["stats"]["duration_seconds"], json!(3.0));
}
