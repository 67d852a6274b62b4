//! What dialect A says to each refusal.

use leasehold_model::work::{StateName, Ttl};
use leasehold_model::{Timestamp, WorkId};

use super::*;

const BEAT: Timestamp = Timestamp::from_micros(1_782_983_403_004_310);

fn current(state: StateName, beat: Option<Timestamp>) -> Current {
    Current { state, beat, ttl: Ttl::DEFAULT }
}

fn code(told: &Problem) -> &str {
    told.details.as_ref().and_then(|details| details["error_code"].as_str()).unwrap_or_default()
}

#[test]
fn a_lost_lease_is_a_412_that_the_sdk_can_read() {
    let told = refused(&Refusal::BeatMismatch {
        work: WorkId::MIN,
        expected: Expected::NoHeartbeat,
        current: current(StateName::Active, Some(BEAT)),
    });
    assert_eq!(told.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(told.kind, "invalid_request_error");
    assert_eq!(
        told.message,
        "Heartbeat precondition failed: expected NO_HEARTBEAT, actual was \
         2026-07-02T09:10:03.004310Z"
    );
    assert_eq!(
        told.details.unwrap(),
        json!({
            "current_state": {
                "state": "active",
                "last_heartbeat": "2026-07-02T09:10:03.004310Z",
                "lease_updated_at": "2026-07-02T09:10:03.004310Z",
                "lease_extended": false,
                "ttl_seconds": 300
            },
            "error_visibility": "user_facing",
            "error_code": "heartbeat_precondition_failed"
        })
    );
}

#[test]
fn an_item_that_nobody_holds_is_a_412_as_well() {
    let told = refused(&Refusal::NotHeld {
        work: WorkId::MIN,
        expected: Expected::Beat(BEAT),
        current: current(StateName::Queued, None),
    });
    assert_eq!(told.status, StatusCode::PRECONDITION_FAILED);
    assert!(told.message.ends_with("actual was NULL"), "{}", told.message);
    let details = told.details.unwrap();
    assert_eq!(details["current_state"]["state"], "queued");
    assert_eq!(details["current_state"]["last_heartbeat"], Value::Null);
}

#[test]
fn a_claim_that_is_over_is_told_by_verb() {
    for (verb, status) in [
        (Verb::Heartbeat, StatusCode::PRECONDITION_FAILED),
        (Verb::Ack, StatusCode::CONFLICT),
        (Verb::Stop, StatusCode::CONFLICT),
    ] {
        let current = current(StateName::Active, Some(BEAT));
        for refusal in [
            Refusal::Superseded { verb, work: WorkId::MIN, current },
            Refusal::ClaimedByAnother { verb, work: WorkId::MIN, current },
        ] {
            let told = refused(&refusal);
            assert_eq!((told.status, told.kind), (status, "invalid_request_error"), "{refusal:?}");
        }
    }
}

#[test]
fn the_codes_are_those_that_the_sdk_has_classes_for() {
    for (refusal, expected) in [
        (Refusal::EnvironmentArchived, "environment_archived"),
        (Refusal::EnvironmentKindChange, "invalid_config_type_change"),
        (Refusal::Metadata(MetadataProblem::TooManyKeys), "invalid_metadata"),
    ] {
        let told = refused(&refusal);
        assert_eq!((told.status, code(&told)), (StatusCode::BAD_REQUEST, expected));
    }
}

#[test]
fn missing_foreign_and_used_differ() {
    for (refusal, status, kind) in [
        (Refusal::NotFound(Resource::Work), StatusCode::NOT_FOUND, "not_found_error"),
        (Refusal::NotYours(Resource::Session), StatusCode::FORBIDDEN, "permission_error"),
        (Refusal::EnvironmentInUse, StatusCode::CONFLICT, "invalid_request_error"),
        (Refusal::IdempotencyMismatch, StatusCode::CONFLICT, "invalid_request_error"),
    ] {
        let told = refused(&refusal);
        assert_eq!((told.status, told.kind), (status, kind));
    }
}

#[test]
fn the_envelope_ends_with_the_request_id() {
    let problem = Problem::invalid("Field 'name' is required.").param("name");
    let body: Value = serde_json::from_slice(&envelope(&problem, "req_1")).unwrap();
    assert_eq!(
        body,
        json!({
            "type": "error",
            "error": {
                "type": "invalid_request_error",
                "message": "Field 'name' is required.",
                "param": "name"
            },
            "request_id": "req_1"
        })
    );
}

#[test]
fn a_fault_in_metadata_has_its_code() {
    for param in ["metadata", "metadata.a"] {
        let problem = Problem::invalid("No.").param(param);
        let body: Value = serde_json::from_slice(&envelope(&problem, "req_1")).unwrap();
        assert_eq!(body["error"]["details"]["error_code"], "invalid_metadata", "{param}");
    }
}
