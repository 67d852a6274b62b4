//! What is in a query string, and what must not be.

use super::*;

#[test]
fn brackets_and_spaces_are_decoded() {
    let query = Query::new(Some("created_at%5Bgte%5D=2026-07-02T09%3A15%3A22%2B00:00&x=a+b"));
    let instant = query.one("created_at[gte]").unwrap();
    assert_eq!(instant.as_deref(), Some("2026-07-02T09:15:22+00:00"));
    assert_eq!(query.one("x").unwrap().as_deref(), Some("a b"));
    assert_eq!(query.one("y").unwrap(), None);
}

#[test]
fn a_known_parameter_comes_once() {
    let query = Query::new(Some("limit=1&limit=1&other=1&other=2"));
    assert!(query.one("limit").is_err());
    assert_eq!(query.many("other").unwrap(), ["1", "2"]);
}

#[test]
fn integers_are_digits() {
    for (text, expected) in [
        ("n=1", Ok(Some(1))),
        ("n=-1", Ok(Some(-1))),
        ("n=%2B1", Err(())),
        ("n=1.5", Err(())),
        ("n=", Err(())),
        ("n=x", Err(())),
        ("n=99999999999999999999999", Ok(Some(i64::MAX))),
        ("other=1", Ok(None)),
    ] {
        let found = Query::new(Some(text)).integer("n").map_err(|_| ());
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn what_is_not_text_is_refused_where_it_matters() {
    let query = Query::new(Some("page=%ff&%ff=1&nul=%00"));
    assert!(query.one("page").is_err());
    assert!(query.one("nul").is_err());
    assert_eq!(query.one("absent").unwrap(), None);
}
