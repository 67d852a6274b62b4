//! Which ids are echoed and what new ones look like.

use super::*;

fn echoed(value: Option<&[u8]>) -> String {
    let mut headers = HeaderMap::new();
    if let Some(value) = value {
        headers.insert("x-request-id", HeaderValue::from_bytes(value).unwrap());
    }
    RequestId::echoed(&headers).as_str().to_owned()
}

#[test]
fn visible_ascii_of_a_fair_length_is_echoed() {
    assert_eq!(echoed(Some(b"mine-1")), "mine-1");
    let longest = "x".repeat(128);
    assert_eq!(echoed(Some(longest.as_bytes())), longest);
}

#[test]
fn anything_else_gets_a_uuid() {
    let too_long = "x".repeat(129);
    for value in [None, Some(&b""[..]), Some(b"a b"), Some(b"\xff"), Some(too_long.as_bytes())] {
        let made = echoed(value);
        let uuid = uuid::Uuid::parse_str(&made).unwrap();
        assert_eq!(uuid.get_version_num(), 4, "{made}");
        assert_eq!(made.len(), 36);
    }
    assert_ne!(echoed(None), echoed(None));
}

#[test]
fn a_minted_id_has_its_prefix() {
    let mut headers = HeaderMap::new();
    headers.insert("x-request-id", HeaderValue::from_static("mine"));
    let id = RequestId::minted(&headers);
    assert_eq!(id.as_str().len(), 36);
    assert!(id.as_str().strip_prefix("req_").unwrap().bytes().all(|b| b.is_ascii_hexdigit()));
}
