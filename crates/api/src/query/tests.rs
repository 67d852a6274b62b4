//! What is in a query string, and what must not be.

use super::*;

#[test]
fn brackets_and_spaces_are_decoded() {
    let query = Query::new(Some("created_at%5Bgte%5D=2026-07-02T09%3A15%3A22%2B00:00&x=a+b"));
    assert_eq!(query.get("created_at[gte]"), Ok(Some("2026-07-02T09:15:22+00:00")));
    assert_eq!(query.get("x"), Ok(Some("a b")));
    assert_eq!(query.get("y"), Ok(None));
}

#[test]
fn a_known_parameter_comes_once() {
    let query = Query::new(Some("limit=1&limit=1&other=1&other=2"));
    assert!(query.get("limit").is_err());
    assert_eq!(query.all("other"), Ok(vec!["1", "2"]));
}

#[test]
fn integers_are_digits_within_bounds() {
    let cases = [
        ("block_ms=1", Ok(Some(1))),
        ("block_ms=999", Ok(Some(999))),
        ("block_ms=0", Err(())),
        ("block_ms=1000", Err(())),
        ("block_ms=-1", Err(())),
        ("block_ms=%2B1", Err(())),
        ("block_ms=1.5", Err(())),
        ("block_ms=", Err(())),
        ("block_ms=x", Err(())),
        ("block_ms=99999999999999999999999", Err(())),
        ("other=1", Ok(None)),
    ];
    for (text, expected) in cases {
        let found = Query::new(Some(text)).integer("block_ms", 1..=999).map_err(|_| ());
        assert_eq!(found, expected, "{text}");
    }
    let huge = Query::new(Some("ttl=99999999999999999999999"));
    assert_eq!(huge.at_least("ttl", 1), Ok(Some(u64::MAX)));
}

#[test]
fn what_is_not_text_is_refused_where_it_matters() {
    let query = Query::new(Some("page=%ff&other=%ff&%ff=1&nul=%00"));
    assert!(query.get("page").is_err());
    assert!(query.get("nul").is_err());
    assert_eq!(query.get("absent"), Ok(None));
}
