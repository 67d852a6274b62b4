//! The JSON rules of conventions §2 and the bounds of §8.

use http::Request;
use leasehold_model::Refusal;
use leasehold_model::metadata::MetadataProblem;
use serde_json::json;

use super::*;

fn members(value: Value) -> Members {
    Members::body(value).unwrap()
}

#[test]
fn no_body_is_an_empty_object() {
    for text in ["", "{}", " \r\n{} ", "{ }"] {
        assert_eq!(object(text.as_bytes()), Ok(json!({})), "{text:?}");
    }
}

#[test]
fn of_a_repeated_member_the_last_one_counts() {
    assert_eq!(object(br#"{"a":1,"b":2,"a":3}"#), Ok(json!({"a": 3, "b": 2})));
}

#[test]
fn only_an_object_without_nul_is_taken() {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
    let refused: [&[u8]; 13] = [
        b"[]",
        b"null",
        b"1",
        b"\"x\"",
        b"{",
        b"{}{}",
        b"{\"a\":1,}",
        b"\xef\xbb\xbf{}",
        b"{\"a\":\"\xff\"}",
        b"{\"a\":\"\\u0000\"}",
        b"{\"a\":{\"\\u0000\":[1]}}",
        b"{\"a\":[[\"\\ud800\"]]}",
        deep.as_bytes(),
    ];
    for body in refused {
        assert!(matches!(object(body), Err(Invalid::Whole(_))), "{:?}", body.escape_ascii());
    }
}

#[test]
fn metadata_is_flat_and_bounded() {
    let read = |value: Value| members(json!({ "metadata": value })).metadata();
    assert!(members(json!({})).metadata().unwrap().is_empty());
    let face = "😀".repeat(64);
    assert!(read(json!({ face.clone(): "" })).is_ok());
    let too_long = Refusal::Metadata(MetadataProblem::KeyTooLong);
    assert_eq!(read(json!({ format!("{face}😀"): "" })), Err(Invalid::Refused(too_long)));
    assert_eq!(read(json!({"a": 1})), Err(Invalid::new("metadata.a", "must be a string")));
    for value in [json!(null), json!([]), json!("x"), json!({"a": null}), json!({"a": {}})] {
        assert!(read(value.clone()).is_err(), "{value}");
    }
}

#[test]
fn a_patch_takes_null_for_a_value_and_not_for_itself() {
    let read = |value: Value| members(json!({ "metadata": value })).metadata_patch();
    let patch = read(json!({"a": null, "b": "2"})).unwrap().unwrap();
    assert_eq!(patch["a"], None);
    assert_eq!(patch["b"].as_deref(), Some("2"));
    assert_eq!(members(json!({})).metadata_patch(), Ok(None));
    for value in [json!(null), json!([]), json!({"a": 1}), json!({"a": ["b"]})] {
        assert!(read(value.clone()).is_err(), "{value}");
    }
}

#[test]
fn names_are_dotted_and_leftovers_are_found() {
    let nested = Members::of(json!({"x": 1}), "config.packages").unwrap();
    assert_eq!(nested.finish(), Err(Invalid::new("config.packages.x", "is not known here")));
    assert!(members(json!({})).finish().is_ok());
    assert_eq!(members(json!({})).required("name"), Err(Invalid::missing("name")));
    assert!(Members::of(json!("bare"), "config.networking").is_err());
}

#[tokio::test]
async fn a_body_is_read_up_to_its_limit() {
    let read_with = async |body: &'static str, announced: Option<&str>, limit| {
        let mut request = Request::builder();
        if let Some(length) = announced {
            request = request.header(CONTENT_LENGTH, length);
        }
        let (parts, body) = request.body(Body::from(body)).unwrap().into_parts();
        read(&parts, body, limit, Duration::from_secs(60)).await
    };
    assert_eq!(read_with("12345", None, 5).await.unwrap(), "12345");
    assert_eq!(read_with("", None, 0).await.unwrap(), "");
    assert_eq!(read_with("123456", None, 5).await, Err(Unread::TooLarge));
    assert_eq!(read_with("1", Some("6"), 5).await, Err(Unread::TooLarge));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_given_up() {
    let stream = futures_util::stream::pending::<Result<Bytes, std::io::Error>>();
    let (parts, body) = Request::new(Body::from_stream(stream)).into_parts();
    let read = read(&parts, body, 10, Duration::from_secs(30)).await;
    assert_eq!(read, Err(Unread::TimedOut));
}

#[tokio::test]
async fn a_body_in_pieces_is_put_together_and_still_bounded() {
    let pieces = ["ab", "", "cd", "e"];
    let read_with = async |limit| {
        let stream = futures_util::stream::iter(pieces.map(Ok::<_, std::io::Error>));
        let (parts, body) = Request::new(Body::from_stream(stream)).into_parts();
        read(&parts, body, limit, Duration::from_secs(60)).await
    };
    assert_eq!(read_with(5).await.unwrap(), "abcde");
    assert_eq!(read_with(4).await, Err(Unread::TooLarge));
}
