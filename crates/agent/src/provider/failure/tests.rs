//! What the vendors and their imitators say, and what it is taken for.

use serde_json::json;

use super::*;

fn fault(status: u16, body: &str) -> Fault {
    let status = StatusCode::from_u16(status).unwrap();
    from_answer(status, &HeaderMap::new(), body.as_bytes()).fault
}

#[test]
fn a_status_without_words_is_enough() {
    for (status, expected) in [
        (400, Fault::InvalidRequest),
        (401, Fault::Authentication),
        (402, Fault::Billing),
        (403, Fault::Authentication),
        (404, Fault::InvalidRequest),
        (408, Fault::RequestFailed),
        (409, Fault::RequestFailed),
        (413, Fault::ContextTooLong),
        (422, Fault::InvalidRequest),
        (429, Fault::RateLimited),
        (500, Fault::RequestFailed),
        (502, Fault::RequestFailed),
        (503, Fault::Overloaded),
        (504, Fault::RequestFailed),
        (529, Fault::Overloaded),
        (302, Fault::RequestFailed),
    ] {
        assert_eq!(fault(status, "<html>"), expected, "{status}");
    }
}

#[test]
fn words_say_what_a_status_does_not() {
    for (status, error, expected) in [
        (
            400,
            json!({"type": "invalid_request_error",
                   "message": "prompt is too long: 208310 tokens > 200000 maximum"}),
            Fault::ContextTooLong,
        ),
        (
            400,
            json!({"type": "invalid_request_error",
                   "message": "input length and `max_tokens` exceed context limit: 190000 + 20000"}),
            Fault::ContextTooLong,
        ),
        (
            400,
            json!({"type": "invalid_request_error", "code": "context_length_exceeded",
                   "message": "This model's maximum context length is 8192 tokens."}),
            Fault::ContextTooLong,
        ),
        (
            400,
            json!({"type": "exceed_context_size_error", "code": 400,
                   "message": "the request exceeds the available context size"}),
            Fault::ContextTooLong,
        ),
        (
            400,
            json!({"type": "invalid_request_error",
                   "message": "Your credit balance is too low to access the API."}),
            Fault::Billing,
        ),
        (
            429,
            json!({"type": "insufficient_quota", "code": "insufficient_quota",
                   "message": "You exceeded your current quota."}),
            Fault::Billing,
        ),
        (400, json!("maximum context length is 4096"), Fault::ContextTooLong),
    ] {
        assert_eq!(fault(status, &json!({"error": error}).to_string()), expected, "{error}");
    }
    let bare = r#"{"object":"error","message":"maximum context length is 4096","code":400}"#;
    assert_eq!(fault(400, bare), Fault::ContextTooLong);
}

#[test]
fn an_error_on_an_open_stream_is_known_by_its_class() {
    for (kind, expected) in [
        ("overloaded_error", Fault::Overloaded),
        ("rate_limit_error", Fault::RateLimited),
        ("api_error", Fault::RequestFailed),
        ("server_error", Fault::RequestFailed),
        ("invalid_request_error", Fault::InvalidRequest),
    ] {
        assert_eq!(from_stream(&json!({"type": kind, "message": "x"})).fault, expected, "{kind}");
    }
}

#[test]
fn the_sentence_repeats_the_vendor_but_never_about_a_key() {
    let status = StatusCode::from_u16;
    let say = |number: u16, message: &str| {
        let body = json!({"error": {"message": message}}).to_string();
        let status = status(number).unwrap();
        from_answer(status, &HeaderMap::new(), body.as_bytes()).message
    };
    assert_eq!(
        say(400, "tools.0: bad"),
        "The model's provider does not accept the request (HTTP 400): tools.0: bad"
    );
    assert_eq!(
        say(401, "Incorrect API key provided: sk-abc"),
        "The model's provider does not accept the operator's key (HTTP 401)"
    );
    assert_eq!(say(500, " "), "The model's provider failed (HTTP 500)");
    assert!(say(500, &"é".repeat(2_000)).chars().count() < 600);
}

#[test]
fn the_pause_that_is_asked_for_is_read_in_all_spellings() {
    let pause = |headers: &[(&'static str, &str)]| {
        let headers = headers.iter().map(|(name, value)| {
            (reqwest::header::HeaderName::from_static(name), value.parse().unwrap())
        });
        let error = from_answer(StatusCode::TOO_MANY_REQUESTS, &headers.collect(), b"");
        error.retry_after.map(|pause| pause.as_millis())
    };
    assert_eq!(pause(&[("retry-after", "2")]), Some(2_000));
    assert_eq!(pause(&[("retry-after", "0.5")]), Some(500));
    assert_eq!(pause(&[("retry-after-ms", "120"), ("retry-after", "2")]), Some(120));
    let date = ("date", "Tue, 24 Nov 2026 10:00:00 GMT");
    assert_eq!(pause(&[date, ("retry-after", "Tue, 24 Nov 2026 10:00:07 GMT")]), Some(7_000));
    assert_eq!(pause(&[date, ("retry-after", "Tue, 24 Nov 2026 09:00:00 GMT")]), None);
    assert_eq!(pause(&[("retry-after", "-1")]), None);
    assert_eq!(pause(&[("retry-after", "soon")]), None);
    assert_eq!(pause(&[]), None);
}
