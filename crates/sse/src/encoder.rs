//! Text in, frames out, each as few lines as there can be.

use std::borrow::Cow;

/// Says that the stream lives; who reads it passes over it.
pub const HEARTBEAT: &str = ": heartbeat\n\n";

/// One frame: its id if it has one, its name, and its JSON on a single line (events §5).
///
/// What is written cannot break out of its line. In JSON nothing is lost by that: line breaks that
/// are there stand between its tokens, since a string has them escaped. JSON that a model wrote may
/// have some.
pub fn encode(id: Option<&str>, event: &str, json: &str) -> String {
    let (event, json) = (single_line(event), single_line(json));
    match id.map(single_line) {
        Some(id) => format!("id: {id}\nevent: {event}\ndata: {json}\n\n"),
        None => format!("event: {event}\ndata: {json}\n\n"),
    }
}

fn single_line(text: &str) -> Cow<'_, str> {
    if text.contains(['\n', '\r']) {
        Cow::Owned(text.replace(['\n', '\r'], " "))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests;
