//! Which NUL characters give way, and which are still an error.

use serde_json::{Value, json};

use super::without_nul;
use crate::body::mended;

fn sent(event: &Value) -> Option<Value> {
    let body = json!({ "events": [event] }).to_string();
    let body = mended(body.as_bytes(), without_nul).ok()?;
    Some(body["events"][0]["content"].clone())
}

#[test]
fn what_a_tool_puts_out_is_taken_whatever_it_is() {
    for kind in ["user.tool_result", "user.custom_tool_result"] {
        let text = |text: &str| json!([{"type": "text", "text": text}]);
        let event = json!({"type": kind, "content": text("ELF\0\0!")});
        assert_eq!(sent(&event), Some(text("ELF\u{FFFD}\u{FFFD}!")), "{kind}");
        let found = json!([{"type": "search_result", "title": "a\0", "content": text("b\0")}]);
        let event = json!({"type": kind, "content": found});
        let kept = json!([
            {"type": "search_result", "title": "a\u{FFFD}", "content": text("b\u{FFFD}")},
        ]);
        assert_eq!(sent(&event), Some(kept), "{kind}");
    }
}

#[test]
fn everywhere_else_a_nul_is_an_error() {
    for event in [
        json!({"type": "user.message", "content": [{"type": "text", "text": "a\0"}]}),
        json!({"type": "user.tool_result", "tool_use_id": "evt_\0", "content": []}),
        json!({"type": "user.tool_result", "content": [{"type": "text", "te\0xt": "a"}]}),
    ] {
        assert_eq!(sent(&event), None, "{event}");
    }
}
