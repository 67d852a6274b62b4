//! What tools put out, as workers send it on.

use serde_json::Value;

/// The events that carry it.
const RESULTS: [&str; 2] = ["user.tool_result", "user.custom_tool_result"];

/// Puts U+FFFD in the place of each NUL character in the results of a send. A program may put out
/// anything, and a worker whose result is refused drops it and leaves the call open for ever.
pub(super) fn without_nul(body: &mut Value) {
    let events = body.get_mut("events").and_then(Value::as_array_mut);
    for event in events.into_iter().flatten() {
        let kind = event.get("type").and_then(Value::as_str).unwrap_or_default();
        if RESULTS.contains(&kind)
            && let Some(content) = event.get_mut("content")
        {
            replace(content);
        }
    }
}

fn replace(value: &mut Value) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
        Value::String(text) => {
            if text.contains('\0') {
                *text = text.replace('\0', "\u{FFFD}");
            }
        }
        Value::Array(items) => items.iter_mut().for_each(replace),
        Value::Object(members) => members.values_mut().for_each(replace),
    }
}

#[cfg(test)]
mod tests;
