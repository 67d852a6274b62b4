//! What heartbeats, stops and updates say (work §5.3, §7, §8).

use leasehold_model::Timestamp;
use serde_json::json;

use super::*;

fn read(text: &str) -> Result<(Expected, u16), ()> {
    heartbeat(Query::new(Some(text)), Caller::default(), Ttl::DEFAULT)
        .map(|beat| (beat.expected, beat.ttl.seconds()))
        .map_err(drop)
}

#[test]
fn a_heartbeat_says_what_it_believes() {
    let expecting = |text: &str| read(&format!("expected_last_heartbeat={text}")).map(|r| r.0);
    let beat = Expected::Beat(Timestamp::from_micros(1_782_983_722_407_130));
    assert_eq!(read(""), Ok((Expected::Any, 300)));
    assert_eq!(expecting("NO_HEARTBEAT"), Ok(Expected::NoHeartbeat));
    assert_eq!(expecting("2026-07-02T09%3A15%3A22.407130Z"), Ok(beat));
    assert_eq!(expecting("2026-07-02T09:15:22.407130+00:00"), Ok(beat));
    assert_eq!(expecting("2026-07-02T09:15:22.4071301Z"), Ok(Expected::Never));
    for text in ["", "yesterday", "no_heartbeat", "NULL", "2026-07-02T09:15:22"] {
        assert_eq!(expecting(text), Err(()), "{text:?}");
    }
    assert_eq!(expecting("NO_HEARTBEAT&expected_last_heartbeat=NO_HEARTBEAT"), Err(()));
}

#[test]
fn a_wish_is_clamped_and_must_be_a_positive_integer() {
    let ttl = |text: &str| read(&format!("desired_ttl_seconds={text}")).map(|r| r.1);
    for (text, seconds) in [("1", 10), ("60", 60), ("9999", 600), ("99999999999999999999", 600)] {
        assert_eq!(ttl(text), Ok(seconds), "{text}");
    }
    for text in ["0", "-5", "1.5", "abc", ""] {
        assert_eq!(ttl(text), Err(()), "{text:?}");
    }
}

#[test]
fn force_is_a_boolean() {
    assert_eq!(stop(json!({})), Ok(Stop::Graceful));
    assert_eq!(stop(json!({"force": false, "other": 1})), Ok(Stop::Graceful));
    assert_eq!(stop(json!({"force": true})), Ok(Stop::Force));
    for force in [json!(null), json!("yes"), json!(1)] {
        assert!(stop(json!({ "force": force })).is_err(), "{force}");
    }
}

#[test]
fn an_update_without_metadata_changes_nothing() {
    assert_eq!(update(json!({"state": "stopped"})), Ok(MetadataPatch::new()));
    assert!(update(json!({"metadata": null})).is_err());
    assert!(update(json!({"metadata": {"a": 1}})).is_err());
}
