//! Server-sent events out of bytes, however these are cut.
//!
//! Known here: the grammar of the event stream format, and how much memory an event may take.
//! Not known: what the events mean. Ids and `retry` lines are skipped, because the answer of a
//! model cannot be resumed.

use std::collections::VecDeque;

#[cfg(test)]
mod tests;

/// The most bytes of one line, and of the data of one event.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// One event with data; an event without is none (as browsers have it).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// The `event` line; empty if there was none.
    pub(crate) name: String,
    /// The `data` lines, joined by line feeds.
    pub(crate) data: String,
}

/// A line or an event was longer than is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event of the stream is longer than {MAX_BYTES} bytes")]
pub(crate) struct Overlong;

/// What was read of the line and the event that are not complete yet.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    line: Vec<u8>,
    /// The last line ended with a carriage return: a line feed that follows belongs to it.
    after_return: bool,
    started: bool,
    name: String,
    data: String,
}

impl Decoder {
    /// Takes the next bytes and appends the events that they complete.
    pub(crate) fn feed(
        &mut self,
        mut bytes: &[u8],
        events: &mut VecDeque<Event>,
    ) -> Result<(), Overlong> {
        while let Some(first) = bytes.first() {
            if std::mem::take(&mut self.after_return) && *first == b'\n' {
                bytes = bytes.get(1..).unwrap_or_default();
                continue;
            }
            let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let (part, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
            if self.line.len() + part.len() > MAX_BYTES {
                return Err(Overlong);
            }
            self.line.extend_from_slice(part);
            if let Some((terminator, rest)) = rest.split_first() {
                self.after_return = *terminator == b'\r';
                bytes = rest;
                self.end_line(events)?;
            } else {
                bytes = rest;
            }
        }
        Ok(())
    }

    fn end_line(&mut self, events: &mut VecDeque<Event>) -> Result<(), Overlong> {
        let line = std::mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&line);
        // A byte order mark may open the stream.
        let text = match std::mem::replace(&mut self.started, true) {
            true => &*text,
            false => text.strip_prefix('\u{feff}').unwrap_or(&text),
        };
        if text.is_empty() {
            self.end_event(events);
            return Ok(());
        }
        let (field, value) = text.split_once(':').unwrap_or((text, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => {
                if self.data.len() + value.len() >= MAX_BYTES {
                    return Err(Overlong);
                }
                self.data.push_str(value);
                self.data.push('\n');
            }
            // Comments have an empty field; `id` and `retry` are of no use here.
            _ => {}
        }
        Ok(())
    }

    fn end_event(&mut self, events: &mut VecDeque<Event>) {
        let name = std::mem::take(&mut self.name);
        let mut data = std::mem::take(&mut self.data);
        if data.pop().is_some() {
            events.push_back(Event { name, data });
        }
    }
}
