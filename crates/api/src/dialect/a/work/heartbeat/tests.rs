//! Queries and answers of heartbeats.

use leasehold_model::Timestamp;
use leasehold_model::work::StateName;
use serde_json::json;

use super::*;

fn asked(query: &str) -> Result<(Expected, u16), Invalid> {
    let heartbeat = read(Query::new(Some(query)), Caller::default(), Ttl::DEFAULT)?;
    Ok((heartbeat.expected, heartbeat.ttl.seconds()))
}

#[test]
fn a_heartbeat_says_what_it_believes() {
    let beat = Expected::Beat(Timestamp::from_micros(1_782_983_403_004_310));
    for (query, expected) in [
        ("beta=true", Expected::Any),
        ("expected_last_heartbeat=NO_HEARTBEAT", Expected::NoHeartbeat),
        ("expected_last_heartbeat=2026-07-02T09:10:03.004310Z", beat),
        ("expected_last_heartbeat=2026-07-02T11:10:03.00431+02:00", beat),
        ("expected_last_heartbeat=2026-07-02T09:10:03.0043101Z", Expected::Never),
    ] {
        assert_eq!(asked(query), Ok((expected, 300)), "{query}");
    }
}

#[test]
fn a_wish_is_clamped() {
    for (wish, granted) in [("1", 10), ("10", 10), ("600", 600), ("99999999999999999999", 600)] {
        let query = format!("desired_ttl_seconds={wish}");
        assert_eq!(asked(&query), Ok((Expected::Any, granted)), "{wish}");
    }
}

#[test]
fn what_is_malformed_is_refused() {
    for query in [
        "expected_last_heartbeat=",
        "expected_last_heartbeat=no_heartbeat",
        "expected_last_heartbeat=yesterday",
        "expected_last_heartbeat=NO_HEARTBEAT&expected_last_heartbeat=NO_HEARTBEAT",
        "desired_ttl_seconds=",
        "desired_ttl_seconds=0",
        "desired_ttl_seconds=-5",
        "desired_ttl_seconds=1.5",
        "desired_ttl_seconds=abc",
    ] {
        assert!(asked(query).is_err(), "{query}");
    }
}

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
