//! What stops and updates say (work §5.3, §8).

use serde_json::json;

use super::*;

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
