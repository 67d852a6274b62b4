//! Frames of a stream of Server-Sent Events (events §5).

use std::borrow::Cow;

use bytes::Bytes;

/// Says that the stream lives; clients pass over it.
pub(crate) const HEARTBEAT: Bytes = Bytes::from_static(b": heartbeat\n\n");

/// One frame: its id, its name, and its JSON on a single line.
pub(crate) fn frame(id: &str, name: &str, json: &str) -> Bytes {
    format!("id: {id}\nevent: {name}\ndata: {}\n\n", single_line(json)).into()
}

/// The frame of an error on a stream that has begun; it names no event.
pub(crate) fn error(json: &str) -> Bytes {
    format!("event: error\ndata: {}\n\n", single_line(json)).into()
}

/// JSON without line breaks: those that are there stand between its tokens, since a string has them
/// escaped. JSON that a model wrote may have some.
fn single_line(json: &str) -> Cow<'_, str> {
    if json.contains(['\n', '\r']) {
        Cow::Owned(json.replace(['\n', '\r'], " "))
    } else {
        Cow::Borrowed(json)
    }
}

#[cfg(test)]
mod tests;
