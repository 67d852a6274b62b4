//! The OpenAI chat-completions protocol, both ways.

use serde_json::json;

use crate::stub::{Answer, Stub};
use crate::talk::{answer, catalogue, hello, long};

const TEXT: &str = include_str!("streams/openai_text.sse");
const TOOLS: &str = include_str!("streams/openai_tools.sse");

/// The lines that a stream is read as.
async fn lines(reply: Answer) -> Vec<String> {
    let stub = Stub::playing([reply]).await;
    let keys = format!("provider = 'openai'\nbase_url = '{}/v1'\n", stub.url);
    let (lines, error) = answer(&catalogue(&keys), hello()).await;
    assert_eq!(error, None);
    lines
}

/// The lines that the events of `chunks` are read as, without counts.
async fn read(chunks: &[&str]) -> Vec<String> {
    let events: String = chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).collect();
    lines(Answer::stream(&events)).await
}

#[tokio::test]
async fn text_and_usage_arrive_in_order() {
    let expected = [
        "text 0",
        "text 0 \"Hello\"",
        "text 0 \" there.\"",
        "usage 20 in, 4 out, 100 from and 0 to the cache",
        "done EndTurn",
    ];
    assert_eq!(lines(Answer::stream(TEXT)).await, expected);
    assert_eq!(lines(Answer::stream(TEXT).byte_by_byte()).await, expected);
}

#[tokio::test]
async fn calls_are_put_together_from_pieces_that_come_mixed() {
    assert_eq!(
        lines(Answer::stream(TOOLS)).await,
        [
            "thinking",
            r#"thought {"type":"reasoning","text":"The user wants a listing."}"#,
            "text 0",
            r#"text 0 "I look.""#,
            "usage 20 in, 30 out, 0 from and 0 to the cache",
            r#"call call_a bash {"command":"ls"}"#,
            r#"call call_b glob {"pattern":"*.rs"}"#,
            "done ToolUse",
        ]
    );
}

#[tokio::test]
async fn servers_that_speak_it_a_little_differently_are_understood() {
    // No index, a whole call in one piece, `stop` after calls, no [DONE].
    assert_eq!(
        read(&[
            r#"{"choices":[{"delta":{"tool_calls":[{"id":"x","function":{"name":"bash","arguments":"{}"}}]}}]}"#,
            r#"{"choices":[{"delta":{"tool_calls":[{"id":"y","function":{"name":"bash","arguments":"{\"a\":"}},{"function":{"arguments":"1}"}}]},"finish_reason":"stop"}]}"#,
        ])
        .await,
        ["call x bash {}", r#"call y bash {"a":1}"#, "done ToolUse"]
    );
    // No id, reasoning under its other name, and after text.
    assert_eq!(
        read(&[
            r#"{"choices":[{"delta":{"content":"a"}}]}"#,
            r#"{"choices":[{"delta":{"reasoning":"b"}}]}"#,
            r#"{"choices":[{"delta":{"content":"c","tool_calls":[{"index":0,"function":{"name":"bash"}}]}}]}"#,
            r#"{"choices":[{"finish_reason":"tool_calls"}]}"#,
            "[DONE]",
        ])
        .await,
        [
            "text 0",
            "text 0 \"a\"",
            "thinking",
            r#"thought {"type":"reasoning","text":"b"}"#,
            "text 1",
            "text 1 \"c\"",
            "call call_0 bash {}",
            "done ToolUse",
        ]
    );
}

#[tokio::test]
async fn an_answer_ends_for_a_reason() {
    let ended = async |chunk: &str| read(&[chunk, "[DONE]"]).await.pop().unwrap();
    assert_eq!(ended(r#"{"choices":[{"finish_reason":"length"}]}"#).await, "done MaxTokens");
    assert_eq!(ended(r#"{"choices":[{"finish_reason":"stop"}]}"#).await, "done EndTurn");
    assert_eq!(
        ended(r#"{"choices":[{"finish_reason":"content_filter"}]}"#).await,
        r#"done Refusal { category: Some("content_filter"), explanation: None }"#
    );
    assert_eq!(
        ended(r#"{"choices":[{"delta":{"refusal":"I won't."},"finish_reason":"stop"}]}"#).await,
        r#"done Refusal { category: None, explanation: Some("I won't.") }"#
    );
}

#[tokio::test]
async fn input_that_is_cut_off_arrives_empty() {
    assert_eq!(
        read(&[
            r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"x","function":{"name":"bash","arguments":"{\"command\": \"ec"}}]}}]}"#,
            r#"{"choices":[{"finish_reason":"length"}]}"#,
            "[DONE]",
        ])
        .await,
        ["call x bash {}", "done MaxTokens"]
    );
}

#[tokio::test]
async fn a_request_is_spelt_as_the_protocol_has_it() {
    let stub = Stub::playing([Answer::stream(TEXT)]).await;
    let models = catalogue(&format!(
        "provider = 'openai'\nbase_url = '{}/v1'\nupstream = 'up'\nkey_env = 'THE_KEY'\n",
        stub.url
    ));
    answer(&models, long()).await;
    let [heard] = stub.heard().try_into().unwrap();
    assert!(heard.head.starts_with("post /v1/chat/completions http/1.1\r\n"), "{}", heard.head);
    assert!(heard.head.contains("authorization: bearer sk-secret\r\n"), "{}", heard.head);
    let url = json!({"url": "data:image/png;base64,iVBORw0="});
    let function = |id: &str, arguments: &str| {
        let function = json!({"name": "bash", "arguments": arguments});
        json!({"id": id, "type": "function", "function": function})
    };
    assert_eq!(
        heard.body,
        json!({
            "model": "up",
            "max_tokens": 1000,
            "stream": true,
            "stream_options": {"include_usage": true},
            "reasoning_effort": "high",
            "tools": [{"type": "function", "function": {
                "name": "bash",
                "description": "Runs a command.",
                "parameters": {"type": "object", "properties": {"command": {"type": "string"}}},
            }}],
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": [
                    {"type": "text", "text": "look"},
                    {"type": "image_url", "image_url": url},
                    {"type": "text", "text": "Document: Plan\nthe plan"},
                    {"type": "text",
                     "text": "[a document in the file file_1 that cannot be shown to you]"},
                ]},
                {"role": "assistant", "content": "I look.", "reasoning_content": "well",
                 "tool_calls": [
                    function("c1", "{\"command\":\"ls\"}"),
                    function("c2", "{\"command\":\"cat plan.png\"}"),
                ]},
                {"role": "tool", "tool_call_id": "c1", "content": "plan.png"},
                {"role": "tool", "tool_call_id": "c2",
                 "content": "Error: [an image, shown in the next message]"},
                {"role": "user", "content": [
                    {"type": "text", "text": "An image of the result of c2:"},
                    {"type": "image_url", "image_url": url},
                    {"type": "text", "text": "be quick"},
                    {"type": "text", "text": "please"},
                ]},
            ],
        })
    );
}
