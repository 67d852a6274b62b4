//! What Q says to the refusals that its clients look into (work §7.8, conventions §4).

use leasehold_model::work::{StateName, Ttl};
use leasehold_model::{Timestamp, WorkId};

use super::*;

const BEAT: Timestamp = Timestamp::from_micros(1_782_983_722_407_130);

fn told(refusal: &Refusal) -> Value {
    serde_json::from_slice(&envelope(&refused(refusal), "r-1")).unwrap()
}

fn current(state: StateName, beat: Option<Timestamp>) -> Current {
    Current { state, beat, ttl: Ttl::DEFAULT }
}

#[test]
fn a_lost_lease_is_a_412_with_the_present_state() {
    let refusal = Refusal::BeatMismatch {
        work: WorkId::MIN,
        expected: Expected::NoHeartbeat,
        current: current(StateName::Active, Some(BEAT)),
    };
    assert_eq!(refused(&refusal).status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(
        told(&refusal),
        json!({
            "type": "error",
            "request_id": "r-1",
            "error": {
                "type": "precondition_failed_error",
                "message": "Heartbeat precondition failed: expected NO_HEARTBEAT, \
                            actual was 2026-07-02T09:15:22.407130Z",
                "param": "expected_last_heartbeat",
                "details": {
                    "current_state": {
                        "state": "active",
                        "last_heartbeat": "2026-07-02T09:15:22.407130Z",
                        "lease_updated_at": "2026-07-02T09:15:22.407130Z",
                        "lease_extended": false,
                        "ttl_seconds": 300,
                    },
                    "error_visibility": "user_facing",
                    "error_code": "heartbeat_precondition_failed",
                },
            },
        })
    );
}

#[test]
fn an_item_that_nobody_holds_is_a_409_with_the_same_details() {
    let refusal = Refusal::NotHeld {
        work: WorkId::MIN,
        expected: Expected::Beat(BEAT),
        current: current(StateName::Queued, None),
    };
    let error = told(&refusal)["error"].take();
    assert_eq!(refused(&refusal).status, StatusCode::CONFLICT);
    assert_eq!(error["type"], "invalid_request_error");
    assert_eq!(error["details"]["error_code"], "heartbeat_precondition_failed");
    assert_eq!(error["details"]["current_state"]["state"], "queued");
    assert_eq!(error["details"]["current_state"]["last_heartbeat"], Value::Null);
}

#[test]
fn a_claim_that_is_over_is_told_by_verb() {
    let by = |verb| {
        let current = current(StateName::Active, Some(BEAT));
        refused(&Refusal::Superseded { verb, work: WorkId::MIN, current })
    };
    let beat = by(Verb::Heartbeat);
    assert_eq!((beat.status.as_u16(), beat.kind), (412, "precondition_failed_error"));
    for verb in [Verb::Ack, Verb::Stop] {
        let problem = by(verb);
        assert_eq!((problem.status.as_u16(), problem.kind), (409, "invalid_request_error"));
    }
}

#[test]
fn conflicts_have_the_type_of_their_page() {
    let kind = |refusal: Refusal| (refused(&refusal).status.as_u16(), refused(&refusal).kind);
    assert_eq!(kind(Refusal::EnvironmentInUse), (409, "invalid_request_error"));
    assert_eq!(kind(Refusal::SessionArchived), (409, "conflict_error"));
    assert_eq!(told(&Refusal::SessionArchived)["error"]["code"], "session_archived");
    assert_eq!(kind(Refusal::IdempotencyMismatch), (409, "conflict_error"));
    assert_eq!(kind(Refusal::EnvironmentArchived), (400, "invalid_request_error"));
    assert_eq!(kind(Refusal::NotYours(Resource::Work)), (403, "permission_error"));
    assert_eq!(kind(Refusal::NotFound(Resource::Work)), (404, "not_found_error"));
}
