//! The Anthropic Messages protocol, both ways.

use leasehold_model::catalogue::Effort;
use serde_json::json;

use crate::stub::{Answer, Stub};
use crate::talk::{answer, catalogue, hello, long};

const TEXT: &str = include_str!("streams/anthropic_text.sse");
const TOOLS: &str = include_str!("streams/anthropic_tools.sse");

/// The lines that a stream is read as.
async fn lines(reply: Answer) -> Vec<String> {
    let stub = Stub::playing([reply]).await;
    let keys = format!("provider = 'anthropic'\nbase_url = '{}'\n", stub.url);
    let (lines, error) = answer(&catalogue(&keys), hello()).await;
    assert_eq!(error, None);
    lines
}

#[tokio::test]
async fn thinking_text_calls_and_usage_arrive_in_order_however_the_bytes_are_cut() {
    let expected = [
        "usage 12 in, 1 out, 400 from and 30 to the cache",
        "thinking",
        r#"thought {"type":"thinking","thinking":"The user wants a listing.","signature":"EqQBCgIYAhIM"}"#,
        "thinking",
        r#"thought {"type":"redacted_thinking","data":"EmwKAhgB"}"#,
        "text 0",
        r#"text 0 "I'll ""#,
        r#"text 0 "look — 見ます.""#,
        r#"call toolu_01 bash {"command":"ls -l"}"#,
        r#"call toolu_02 glob {"pattern":"*.rs"}"#,
        "usage 12 in, 89 out, 400 from and 30 to the cache",
        "done ToolUse",
    ];
    assert_eq!(lines(Answer::stream(TOOLS)).await, expected);
    assert_eq!(lines(Answer::stream(TOOLS).byte_by_byte()).await, expected);
    assert_eq!(lines(Answer::stream(&TOOLS.replace('\n', "\r\n"))).await, expected);
}

#[tokio::test]
async fn input_that_is_cut_off_arrives_empty() {
    assert_eq!(
        lines(Answer::stream(include_str!("streams/anthropic_max_tokens.sse"))).await,
        [
            "usage 5 in, 1 out, 0 from and 0 to the cache",
            "call toolu_03 write {}",
            "usage 5 in, 1000 out, 0 from and 0 to the cache",
            "done MaxTokens",
        ]
    );
}

#[tokio::test]
async fn a_refusal_says_why() {
    let lines = lines(Answer::stream(include_str!("streams/anthropic_refusal.sse"))).await;
    assert_eq!(
        lines.last().unwrap(),
        r#"done Refusal { category: Some("cyber"), explanation: Some("It asks for an exploit.") }"#
    );
}

#[tokio::test]
async fn what_is_not_known_is_skipped() {
    let stream = TEXT.replace(
        "event: content_block_stop",
        "event: news\ndata: {\"type\":\"news\",\"much\":[]}\n\n\
         event: content_block_delta\n\
         data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"glow\"}}\n\n\
         event: content_block_stop",
    );
    let expected = ["text 0", "text 0 \"Hello\"", "text 0 \" there.\""];
    assert_eq!(lines(Answer::stream(&stream)).await[1..4], expected);
}

#[tokio::test]
async fn a_stream_that_lacks_only_its_last_event_is_complete() {
    let (stream, _) = TEXT.split_once("event: message_stop").unwrap();
    assert_eq!(lines(Answer::stream(stream)).await.last().unwrap(), "done EndTurn");
}

#[tokio::test]
async fn a_request_is_spelt_as_the_vendor_wants_it() {
    let stub = Stub::playing([Answer::stream(TEXT)]).await;
    let models = catalogue(&format!(
        "provider = 'anthropic'\nbase_url = '{}/sub/'\nupstream = 'up'\nkey_env = 'THE_KEY'\n\
         efforts = ['high']\nthinking = 'adaptive'\n",
        stub.url
    ));
    answer(&models, long()).await;
    let [heard] = stub.heard().try_into().unwrap();
    assert!(heard.head.starts_with("post /sub/v1/messages http/1.1\r\n"), "{}", heard.head);
    for header in ["x-api-key: sk-secret", "anthropic-version: 2023-06-01"] {
        assert!(heard.head.contains(&format!("{header}\r\n")), "{}", heard.head);
    }
    let png = json!({"type": "base64", "media_type": "image/png", "data": "iVBORw0="});
    let plain = json!({"type": "text", "media_type": "text/plain", "data": "the plan"});
    let mark = json!({"type": "ephemeral"});
    assert_eq!(
        heard.body,
        json!({
            "model": "up",
            "max_tokens": 1000,
            "stream": true,
            "system": [{"type": "text", "text": "Be brief.", "cache_control": mark}],
            "tools": [{
                "name": "bash",
                "description": "Runs a command.",
                "input_schema":
                    {"type": "object", "properties": {"command": {"type": "string"}}},
            }],
            "output_config": {"effort": "high"},
            "thinking": {"type": "adaptive"},
            "messages": [
                {"role": "user", "content": [
                    {"type": "text", "text": "look"},
                    {"type": "image", "source": png},
                    {"type": "document", "source": plain, "title": "Plan"},
                    {"type": "text",
                     "text": "[a document in the file file_1 that cannot be shown to you]"},
                ]},
                {"role": "assistant", "content": [
                    {"type": "thinking", "thinking": "hm", "signature": "s1g"},
                    {"type": "text", "text": "I look."},
                    {"type": "tool_use", "id": "c1", "name": "bash", "input": {"command": "ls"}},
                    {"type": "tool_use", "id": "c2", "name": "bash",
                     "input": {"command": "cat plan.png"}},
                ]},
                {"role": "user", "content": [
                    {"type": "tool_result", "tool_use_id": "c1",
                     "content": [{"type": "text", "text": "plan.png"}]},
                    {"type": "tool_result", "tool_use_id": "c2", "is_error": true,
                     "content": [{"type": "image", "source": png}]},
                    {"type": "text", "text": "be quick"},
                    {"type": "text", "text": "please", "cache_control": mark},
                ]},
            ],
        })
    );
}

#[tokio::test]
async fn nothing_is_said_that_was_not_asked_for() {
    let stub = Stub::playing([Answer::stream(TEXT)]).await;
    let keys = format!("provider = 'anthropic'\nbase_url = '{}'\n", stub.url);
    answer(&catalogue(&keys), hello()).await;
    let [heard] = stub.heard().try_into().unwrap();
    assert!(!heard.head.contains("x-api-key"), "{}", heard.head);
    let names: Vec<_> = heard.body.as_object().unwrap().keys().collect();
    assert_eq!(names, ["model", "max_tokens", "stream", "messages"]);
    assert_eq!(heard.body["model"], "m");
}

#[test]
fn efforts_are_the_vendors_words() {
    let words: Vec<_> = Effort::ALL.iter().map(|effort| effort.as_str()).collect();
    assert_eq!(words, ["low", "medium", "high", "xhigh", "max"]);
}
