//! Names and expiries: what is taken and what is refused.

use serde_json::json;

use super::*;

#[test]
fn a_name_has_1_to_256_characters() {
    assert_eq!(name(json!("🦀".repeat(256))), Ok("🦀".repeat(256)));
    for other in [json!(""), json!(" \t"), json!("x".repeat(257)), json!(null), json!(1)] {
        assert!(name(other.clone()).is_err(), "{other}");
    }
}

#[test]
fn an_expiry_is_an_instant_with_any_offset() {
    assert_eq!(expires_at(None), Ok(None));
    assert_eq!(expires_at(Some(json!(null))), Ok(None));
    let utc = expires_at(Some(json!("2026-07-02T09:10:03.5Z"))).unwrap();
    let offset = expires_at(Some(json!("2026-07-02T11:10:03.5+02:00"))).unwrap();
    assert_eq!(utc, offset);
    assert_eq!(utc, Some(Timestamp::from_micros(1_782_983_403_500_000)));
}
