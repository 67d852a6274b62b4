//! Which blocks come of which content.

use super::*;

fn shown(result: &Value) -> Vec<Value> {
    outcome(result).content
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

#[test]
fn every_kind_of_content_becomes_a_block() {
    let image = json!({"type": "base64", "media_type": "image/png", "data": "iVBO"});
    for (content, expected) in [
        (json!({"type": "text", "text": "hi"}), text("hi")),
        (
            json!({"type": "image", "mimeType": "image/png", "data": "iVBO"}),
            json!({"type": "image", "source": image}),
        ),
        (
            json!({"type": "image", "mimeType": "image/tiff", "data": "SUkq"}),
            text("[an image of type \"image/tiff\" that cannot be shown to you]"),
        ),
        (
            json!({"type": "audio", "mimeType": "audio/wav", "data": "UklG"}),
            text("[audio content that cannot be shown to you]"),
        ),
        (json!({"type": "resource", "resource": {"uri": "x:1", "text": "body"}}), text("body")),
        (
            json!({"type": "resource", "resource": {"uri": "x:1", "blob": "AAAA"}}),
            text("[a resource that is no text: x:1]"),
        ),
        (
            json!({"type": "resource_link", "uri": "x:1", "name": "one"}),
            text("[a resource: one at x:1]"),
        ),
    ] {
        assert_eq!(shown(&json!({"content": [content]})), [expected], "{content}");
    }
}

#[test]
fn a_result_is_never_without_a_word() {
    assert_eq!(shown(&json!({"content": []})), [text("(no output)")]);
    assert_eq!(shown(&json!({"content": [{"type": "text", "text": " "}]})), [text("(no output)")]);
    assert_eq!(shown(&json!({"structuredContent": {"a": 1}})), [text("{\"a\":1}")]);
    let failed = outcome(&json!({"content": [], "isError": true}));
    assert_eq!(failed.content, [text("The tool failed and did not say why.")]);
    assert_eq!(failed.outcome, Outcome::Error);
}

#[test]
fn what_is_too_long_is_cut_between_characters_and_says_so() {
    let long = "é".repeat(MAX_BYTES);
    let content = json!([{"type": "text", "text": long}, {"type": "text", "text": "more"}]);
    let blocks = shown(&json!({"content": content}));
    let [kept, note] = blocks.as_slice() else { panic!("{} blocks", blocks.len()) };
    assert_eq!(kept["text"].as_str().unwrap().len(), MAX_BYTES);
    assert_eq!(note, &text("[the rest of the result is too long]"));

    let image = json!({"type": "image", "mimeType": "image/png", "data": "A".repeat(MAX_BYTES)});
    let blocks = shown(&json!({"content": [{"type": "text", "text": "hi"}, image]}));
    assert_eq!(blocks, [text("hi"), text("[the rest of the result is too long]")]);
}
