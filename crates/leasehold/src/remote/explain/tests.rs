//! What people are told.

use leasehold_client::{ApiError, Client, Error};

use super::explain;

fn refusal(status: u16, kind: &str, message: &str, request_id: Option<&str>) -> String {
    let error = ApiError {
        status,
        kind: kind.to_owned(),
        message: message.to_owned(),
        param: None,
        request_id: request_id.map(str::to_owned),
        details: None,
        retry_after: None,
    };
    format!("{:#}", explain(Error::Api(Box::new(error))))
}

#[test]
fn a_refusal_names_the_variable_and_the_request() {
    assert_eq!(
        refusal(401, "authentication_error", "Invalid API key or token.", Some("r-1")),
        "Invalid API key or token: the token in LEASEHOLD_TOKEN is not valid on this server \
         (HTTP 401, request r-1)"
    );
    assert_eq!(
        refusal(400, "invalid_request_error", "Field 'name' is required.", None),
        "Field 'name' is required (HTTP 400)"
    );
    assert!(refusal(404, "unknown", "Not Found", None).contains("may not be a Leasehold server"));
    assert!(!refusal(404, "not_found_error", "No.", None).contains("Leasehold server"));
}

#[test]
fn a_message_cannot_steer_the_terminal() {
    assert!(!refusal(400, "x", "a\u{1b}[2J", Some("\u{7}")).contains(char::is_control));
}

#[tokio::test]
async fn nobody_there_comes_with_the_way_out() {
    let client = Client::builder("http://127.0.0.1:1", "pt-x".into()).build().unwrap();
    let text = format!("{:#}", explain(client.clock().await.unwrap_err()));
    let start = "cannot reach http://127.0.0.1:1/ (Connection refused";
    assert!(text.starts_with(start) && text.contains("`leasehold dev`"), "{text}");
}
