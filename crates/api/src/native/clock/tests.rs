//! Steps of the clock: what is taken and what is refused.

use serde_json::json;

use super::*;

#[test]
fn a_step_is_a_number_of_seconds_forward() {
    assert_eq!(step(json!({"seconds": 12.5})), Ok(Duration::from_millis(12_500)));
    assert_eq!(step(json!({"seconds": 0})), Ok(Duration::ZERO));
    assert_eq!(step(json!({"seconds": 315_360_000})), Ok(LONGEST));
    for seconds in [json!(-1), json!("5"), json!(null), json!(1e300), json!(315_360_001)] {
        let invalid = step(json!({ "seconds": seconds })).unwrap_err();
        assert_eq!(invalid.param(), "seconds", "{seconds}");
    }
}
