//! The form of content blocks: what is kept, what is dropped, what is to blame.

use serde_json::{Value, json};

use super::{Place, optional, required};
use crate::event::Unknown;

fn block(block: &str) -> Value {
    serde_json::from_str(block).unwrap_or_else(|_| panic!("{block}"))
}

/// What becomes of one block; the parameter that is to blame.
fn read(text: &str, place: Place, unknown: Unknown) -> Result<Value, String> {
    let content = Value::Array(vec![block(text)]);
    match required(Some(content), "c", place, unknown) {
        Ok(json) => Ok(json.value()[0].clone()),
        Err(invalid) => Err(invalid.param().to_owned()),
    }
}

const GOOD: [(&str, Place); 10] = [
    (r#"{"type": "text", "text": "a\nb"}"#, Place::Message),
    (r#"{"type": "text", "text": "a"}"#, Place::Result),
    (r#"{"type": "text", "text": "a"}"#, Place::System),
    (
        r#"{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}}"#,
        Place::Message,
    ),
    (r#"{"type": "image", "source": {"type": "url", "url": "https://x"}}"#, Place::Result),
    (r#"{"type": "image", "source": {"type": "file", "file_id": "file_1"}}"#, Place::Message),
    (
        r#"{"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "a"},
            "title": "t", "context": "c"}"#,
        Place::Message,
    ),
    (
        r#"{"type": "document", "source": {"type": "base64", "media_type": "application/pdf",
            "data": "aGk="}}"#,
        Place::Result,
    ),
    (
        r#"{"type": "search_result", "source": "s", "title": "t",
            "content": [{"type": "text", "text": "a"}]}"#,
        Place::Result,
    ),
    (
        r#"{"type": "search_result", "source": "s", "title": "t",
            "content": [{"type": "text", "text": "a"}], "citations": {"enabled": true}}"#,
        Place::Result,
    ),
];

#[test]
fn what_is_good_is_kept_as_it_is() {
    for (text, place) in GOOD {
        for unknown in [Unknown::Dropped, Unknown::Refused] {
            assert_eq!(read(text, place, unknown), Ok(block(text)), "{text}");
        }
    }
}

#[test]
fn what_nobody_knows_is_dropped_or_refused() {
    for (text, place) in GOOD {
        let mut more = block(text);
        more["cache_control"] = json!({"type": "ephemeral"});
        let more = more.to_string();
        assert_eq!(read(&more, place, Unknown::Dropped), Ok(block(text)), "{text}");
        let refused = read(&more, place, Unknown::Refused);
        assert_eq!(refused, Err("c[0].cache_control".to_owned()), "{text}");
    }
}

#[test]
fn what_is_wrong_is_named() {
    for (text, place, param) in [
        (r#""a""#, Place::Message, "c[0]"),
        ("{}", Place::Message, "c[0].type"),
        (r#"{"type": "redacted"}"#, Place::Message, "c[0].type"),
        (r#"{"type": "text"}"#, Place::Message, "c[0].text"),
        (r#"{"type": "text", "text": ""}"#, Place::Message, "c[0].text"),
        (r#"{"type": "text", "text": ["a"]}"#, Place::Message, "c[0].text"),
        (r#"{"type": "image"}"#, Place::System, "c[0].type"),
        (r#"{"type": "image"}"#, Place::Message, "c[0].source"),
        (r#"{"type": "image", "source": "https://x"}"#, Place::Message, "c[0].source"),
        (r#"{"type": "image", "source": {"type": "text"}}"#, Place::Message, "c[0].source.type"),
        (
            r#"{"type": "image", "source": {"type": "base64", "data": "aGk="}}"#,
            Place::Message,
            "c[0].source.media_type",
        ),
        (
            r#"{"type": "image", "source": {"type": "base64", "media_type": "image/png"}}"#,
            Place::Message,
            "c[0].source.data",
        ),
        (r#"{"type": "image", "source": {"type": "url"}}"#, Place::Message, "c[0].source.url"),
        (
            r#"{"type": "document", "source": {"type": "text", "media_type": "text/html",
                "data": "a"}}"#,
            Place::Message,
            "c[0].source.media_type",
        ),
        (
            r#"{"type": "document", "title": 1, "source": {"type": "url", "url": "https://x"}}"#,
            Place::Message,
            "c[0].title",
        ),
        (r#"{"type": "search_result"}"#, Place::Message, "c[0].type"),
        (
            r#"{"type": "search_result", "source": "s", "title": "t", "content": "a"}"#,
            Place::Result,
            "c[0].content",
        ),
        (
            r#"{"type": "search_result", "source": "s", "title": "t",
                "content": [{"type": "image"}]}"#,
            Place::Result,
            "c[0].content[0].type",
        ),
        (
            r#"{"type": "search_result", "source": "s", "title": "t",
                "content": [{"type": "text", "text": "a"}], "citations": {"enabled": 1}}"#,
            Place::Result,
            "c[0].citations.enabled",
        ),
    ] {
        assert_eq!(read(text, place, Unknown::Dropped), Err(param.to_owned()), "{text}");
    }
}

#[test]
fn a_list_of_blocks_is_demanded_or_not() {
    let text = json!({"type": "text", "text": "a"});
    let good = |content: Option<Value>, place| {
        let is_message = required(content.clone(), "c", place, Unknown::Refused).is_ok();
        (is_message, optional(content, "c", place, Unknown::Refused).is_ok())
    };
    for (content, place, verdict) in [
        (None, Place::Result, (false, true)),
        (Some(Value::Null), Place::Result, (false, true)),
        (Some(json!([])), Place::Result, (false, true)),
        (Some(json!([text])), Place::Result, (true, true)),
        (Some(json!("a")), Place::Result, (false, false)),
        (Some(json!(text)), Place::Result, (false, false)),
        (Some(json!(vec![&text; 1_001])), Place::Message, (true, true)),
        (Some(json!(vec![&text; 1_000])), Place::System, (true, true)),
        (Some(json!(vec![&text; 1_001])), Place::System, (false, true)),
    ] {
        let asked = content.as_ref().map(Value::to_string).unwrap_or_default();
        assert_eq!(good(content, place), verdict, "{}", asked.chars().take(40).collect::<String>());
    }
}
