//! What is read from a work item.

use secrecy::ExposeSecret;

use super::{State, Work};

fn work(state: &str, secret: &str) -> Work {
    let text = format!(
        r#"{{"id":"work_1","environment_id":"env_1","data":{{"type":"session","id":"s"}},
            "state":"{state}","created_at":"2026-07-02T09:20:00Z","secret":{secret}}}"#
    );
    serde_json::from_str(&text).unwrap()
}

fn claim(secret: &str) -> Option<String> {
    let token = work("queued", secret).claim_token()?;
    Some(token.expose_secret().to_owned())
}

#[test]
fn the_claim_token_is_found_with_and_without_padding() {
    // {"sessions_token":"lct_1"} and a longer one, whose encoding has `-` or `_`.
    for secret in ["eyJzZXNzaW9uc190b2tlbiI6ImxjdF8xIn0=", "eyJzZXNzaW9uc190b2tlbiI6ImxjdF8xIn0"] {
        assert_eq!(claim(&format!("\"{secret}\"")).as_deref(), Some("lct_1"));
    }
    // {"x":"??>","sessions_token":"lct_2"}
    let urlsafe = "\"eyJ4IjoiPz8-Iiwic2Vzc2lvbnNfdG9rZW4iOiJsY3RfMiJ9\"";
    assert_eq!(claim(urlsafe).as_deref(), Some("lct_2"));
}

#[test]
fn a_secret_of_another_kind_is_no_claim() {
    // null, not base64, no JSON (`[]`, `nope`), no member, an empty one, one that is a number.
    let bad = [
        "null",
        "\"!\"",
        "\"W10\"",
        "\"bm9wZQ\"",
        "\"e30\"",
        "\"eyJzZXNzaW9uc190b2tlbiI6IiJ9\"",
        "\"eyJzZXNzaW9uc190b2tlbiI6MX0\"",
    ];
    for secret in bad {
        assert_eq!(claim(secret), None, "{secret}");
    }
}

#[test]
fn an_unknown_state_is_kept() {
    assert_eq!(work("active", "null").state, State::Active);
    let odd = work("resting", "null").state;
    assert_eq!((odd.as_str(), &odd), ("resting", &State::Other("resting".to_owned())));
}
