//! Reading keys and condensing requests (conventions §7).

use http::{HeaderValue, Request};

use super::*;

fn read(list: &[(&'static str, &str)]) -> Result<Option<String>, ()> {
    let mut headers = HeaderMap::new();
    for (name, value) in list {
        headers.append(*name, HeaderValue::from_str(value).unwrap());
    }
    key(&headers).map(|key| key.map(str::to_owned)).map_err(drop)
}

fn condensed(method: &str, uri: &str, body: &[u8]) -> Fingerprint {
    let (parts, ()) = Request::builder().method(method).uri(uri).body(()).unwrap().into_parts();
    fingerprint(&parts, body)
}

#[test]
fn a_key_is_visible_ascii_and_given_once() {
    let longest = "k".repeat(255);
    assert_eq!(read(&[]), Ok(None));
    assert_eq!(read(&[("idempotency-key", &longest)]), Ok(Some(longest.clone())));
    assert_eq!(read(&[("x-idempotency-key", "k")]), Ok(Some("k".into())));
    let alike = [("idempotency-key", "k"), ("x-idempotency-key", "k")];
    assert_eq!(read(&alike), Ok(Some("k".into())));
    let different = [("idempotency-key", "k"), ("x-idempotency-key", "l")];
    assert_eq!(read(&different), Err(()));
    for bad in ["", "a b", &format!("{longest}k")] {
        assert_eq!(read(&[("idempotency-key", bad)]), Err(()), "{bad:?}");
    }
}

#[test]
fn the_fingerprint_tells_requests_apart() {
    let base = condensed("POST", "/a?x=1&y=2", b"{}");
    assert_eq!(base, condensed("POST", "/a?y=2&x=1", b"{}"));
    for other in [
        condensed("PUT", "/a?x=1&y=2", b"{}"),
        condensed("POST", "/b?x=1&y=2", b"{}"),
        condensed("POST", "/a?x=1&y=3", b"{}"),
        condensed("POST", "/a?x=1&y=2", b"{ }"),
        condensed("POST", "/ax=1&y=2", b"{}"),
        condensed("POST", "/a?x=1", b"&y=2{}"),
    ] {
        assert_ne!(base, other);
    }
}

#[test]
fn a_key_is_under_way_until_it_is_dropped() {
    let all = InFlight::default();
    let key = ResponseKey { account: AccountId::MIN, key: "k".into() };
    let other = ResponseKey { key: "l".into(), ..key.clone() };
    let underway = all.enter(&key);
    assert!(underway.is_some());
    assert!(all.enter(&key).is_none());
    assert!(all.enter(&other).is_some());
    drop(underway);
    assert!(all.enter(&key).is_some());
}
