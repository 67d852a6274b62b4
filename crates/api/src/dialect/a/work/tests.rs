//! Work items as they are shown, and the bodies of their calls.

use leasehold_model::work::{Body, Work};
use leasehold_model::{EnvironmentId, SessionId, Timestamp, WorkId};
use serde_json::json;

use super::*;

#[test]
fn an_item_shows_all_that_the_sdk_demands() {
    let now = Timestamp::from_micros(1_782_983_403_904_310);
    let work = Work::queued(WorkId::MIN, EnvironmentId::MIN, SessionId::MIN, now);
    let item = Item { work, body: Body::default() };
    let zeros = "0".repeat(32);
    let expected = |secret: Value| {
        json!({
            "id": format!("work_{zeros}"),
            "type": "work",
            "environment_id": format!("env_{zeros}"),
            "data": {"type": "session", "id": format!("sesn_{zeros}")},
            "state": "queued",
            "created_at": "2026-07-02T09:10:03Z",
            "acknowledged_at": null,
            "started_at": null,
            "latest_heartbeat_at": null,
            "stop_requested_at": null,
            "stopped_at": null,
            "metadata": {},
            "secret": secret,
            "actor": null
        })
    };
    assert_eq!(serde_json::to_value(WorkWire::of(&item)).unwrap(), expected(Value::Null));
    let delivered = WorkWire::delivered(&item, "c2VjcmV0".to_owned());
    assert_eq!(serde_json::to_value(delivered).unwrap(), expected(json!("c2VjcmV0")));
}

#[test]
fn an_environment_without_a_queue_has_no_pollers() {
    let stats = serde_json::to_value(StatsWire::without_queue()).unwrap();
    assert_eq!(stats["workers_polling"], Value::Null);
    assert_eq!((&stats["depth"], &stats["pending"]), (&json!(0), &json!(0)));
}

#[test]
fn a_stop_is_graceful_unless_it_says_otherwise() {
    assert_eq!(stop(json!({})), Ok(Stop::Graceful));
    assert_eq!(stop(json!({"force": false})), Ok(Stop::Graceful));
    assert_eq!(stop(json!({"force": true})), Ok(Stop::Force));
    for body in [json!({"force": "yes"}), json!({"force": null})] {
        assert_eq!(stop(body).unwrap_err().param(), "force");
    }
    assert_eq!(stop(json!({"graceful": true})).unwrap_err().param(), "graceful");
    assert!(stop(json!([])).is_err());
}

#[test]
fn an_update_must_carry_metadata() {
    assert_eq!(update(json!({})).unwrap_err().param(), "metadata");
    assert_eq!(update(json!({"metadata": null})).unwrap_err().param(), "metadata");
    let patch = update(json!({"metadata": {"a": "", "b": null}})).unwrap();
    assert_eq!(patch["a"].as_deref(), Some(""), "on an item an empty string is a value");
    assert_eq!(patch["b"], None);
}
