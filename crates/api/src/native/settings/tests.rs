//! Settings: what is taken and what is refused.

use serde_json::json;

use super::*;

#[test]
fn a_limit_is_null_or_from_1_to_1000() {
    assert_eq!(max_attempts(json!({"max_attempts": null})), Ok(None));
    assert_eq!(max_attempts(json!({"max_attempts": 1})), Ok(Some(1)));
    assert_eq!(max_attempts(json!({"max_attempts": 1000})), Ok(Some(1000)));
    for limit in [json!(0), json!(1001), json!(-1), json!(1.5), json!("3"), json!(u64::MAX)] {
        let invalid = max_attempts(json!({ "max_attempts": limit })).unwrap_err();
        assert_eq!(invalid.param(), "max_attempts", "{limit}");
    }
    assert!(max_attempts(json!({})).is_err(), "an update must say something");
}
