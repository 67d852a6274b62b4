//! Answers of heartbeats.

use leasehold_model::work::{StateName, Ttl};
use serde_json::json;

use super::*;

#[test]
fn a_heartbeat_that_never_was_is_an_empty_string() {
    let beat = Beat { beat: None, extended: false, state: StateName::Stopping, ttl: Ttl::STARTUP };
    assert_eq!(
        serde_json::to_value(HeartbeatWire::from(&beat)).unwrap(),
        json!({
            "type": "work_heartbeat",
            "last_heartbeat": "",
            "lease_extended": false,
            "state": "stopping",
            "ttl_seconds": 120
        })
    );
}
