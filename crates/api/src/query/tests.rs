//! What is in a query string, and what must not be.

use super::*;

#[test]
fn brackets_and_spaces_are_decoded() {
    let query = Query::new(Some("created_at%5Bgte%5D=2026-07-02T09%3A15%3A22%2B00:00&x=a+b"));
    assert_eq!(query.one("created_at[gte]").unwrap().unwrap(), "2026-07-02T09:15:22+00:00");
    assert_eq!(query.one("x").unwrap().unwrap(), "a b");
    assert_eq!(query.one("y"), Ok(None));
    assert_eq!(Query::new(None).one("x"), Ok(None));
}

#[test]
fn a_known_parameter_comes_once_and_an_unknown_one_is_not_looked_at() {
    let query = Query::new(Some("limit=1&limit=1&other=1&other=%ff"));
    assert!(query.one("limit").is_err());
    assert!(Query::new(Some("limit=1&lim%69t=1")).one("limit").is_err());
    assert_eq!(query.one("absent"), Ok(None));
    assert_eq!(Query::new(Some("s[]=a&s%5B%5D=b")).many("s[]").unwrap(), ["a", "b"]);
}

#[test]
fn integers_are_digits() {
    let read = |text: &str| Query::new(Some(text)).integer("n").map_err(drop);
    assert_eq!(read("n=1"), Ok(Some(1)));
    assert_eq!(read("n=007"), Ok(Some(7)));
    assert_eq!(read("n=-1"), Ok(Some(-1)));
    assert_eq!(read("n=99999999999999999999999"), Ok(Some(i64::MAX)));
    assert_eq!(read("n=-99999999999999999999999"), Ok(Some(i64::MIN)));
    assert_eq!(read("m=1"), Ok(None));
    for text in ["n=", "n", "n=+1", "n=%2B1", "n=1.5", "n=x", "n=1e3", "n=-", "n=--1", "n=٣"] {
        assert_eq!(read(text), Err(()), "{text}");
    }
}

#[test]
fn booleans_are_two_words() {
    let read = |text: &str| Query::new(Some(text)).boolean("b").map_err(drop);
    assert_eq!(read("b=true"), Ok(Some(true)));
    assert_eq!(read("b=false"), Ok(Some(false)));
    for text in ["b=", "b=True", "b=1", "b=yes"] {
        assert_eq!(read(text), Err(()), "{text}");
    }
}

#[test]
fn what_is_not_text_is_refused_where_it_matters() {
    let query = Query::new(Some("page=%ff&other=%ff&%ff=1&nul=%00"));
    assert!(query.one("page").is_err());
    assert!(query.one("nul").is_err());
    assert_eq!(query.one("absent"), Ok(None));
}

#[test]
fn bounds_of_creation_meet_where_they_are_narrowest() {
    let at = |micros| Some(Timestamp::from_micros(micros));
    let read = |text: &str| Query::new(Some(text)).created_within().unwrap();
    assert_eq!(read(""), (None, None));
    let second = "1970-01-01T00:00:01";
    assert_eq!(read(&format!("created_at[gte]={second}Z")), (at(1_000_000), None));
    assert_eq!(read(&format!("created_at[gt]={second}Z")), (at(1_000_001), None));
    assert_eq!(read(&format!("created_at[lte]={second}Z")), (None, at(1_000_000)));
    assert_eq!(read(&format!("created_at[lt]={second}Z")), (None, at(999_999)));
    assert_eq!(read(&format!("created_at[gte]={second}.0000001Z")), (at(1_000_001), None));
    assert_eq!(read(&format!("created_at[lt]={second}.0000001Z")), (None, at(1_000_000)));
    let both = format!("created_at[lt]={second}Z&created_at[lte]={second}Z");
    assert_eq!(read(&both), (None, at(999_999)));
}
