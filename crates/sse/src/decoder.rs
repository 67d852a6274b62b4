//! Bytes in, frames out, wherever the bytes are cut.
//!
//! One thing is not as the standard has it: [`Frame::id`] is the id of this very frame and does
//! not stick to the frames after it, because here it names an event.

#[cfg(test)]
mod tests;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One frame that has data; others are skipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Its id; `None` if it has none or an empty one.
    pub id: Option<String>,
    /// Its name; `None` if it has none or an empty one.
    pub event: Option<String>,
    /// Its data lines, joined by line feeds.
    pub data: String,
}

/// A line or a frame that is longer than the decoder may hold. Nothing can be read after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frame is longer than {limit} bytes")]
pub struct TooLong {
    /// The limit.
    pub limit: usize,
}

/// What has been read of a stream so far: at most one frame that is not complete. A frame is given
/// out before the next one is begun, so a piece with many of them costs no more memory than one.
#[derive(Debug)]
pub struct Decoder {
    limit: usize,
    /// The line that is not complete.
    line: Vec<u8>,
    /// Whether the last byte was a carriage return: a line feed right after it ends no other line.
    after_return: bool,
    /// Whether the first line is still to come, which may begin with a byte order mark.
    at_start: bool,
    id: String,
    event: String,
    /// The data lines, each with a line feed behind it, as the standard has it.
    data: String,
}

impl Decoder {
    /// A decoder that holds at most so many bytes of a frame that is not complete. How many are
    /// enough depends on who is at the other end.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            line: Vec::new(),
            after_return: false,
            at_start: true,
            id: String::new(),
            event: String::new(),
            data: String::new(),
        }
    }

    /// Reads on until a frame is complete, and takes what it has read off the front of `bytes`.
    /// `None`: they have all been read, and the frame that has begun needs more.
    ///
    /// # Errors
    /// [`TooLong`] if a line or a frame exceeds the limit.
    pub fn decode(&mut self, bytes: &mut &[u8]) -> Result<Option<Frame>, TooLong> {
        while self.read_line(bytes)? {
            if let Some(frame) = self.end_line() {
                return Ok(Some(frame));
            }
        }
        Ok(None)
    }

    /// Moves bytes into the line; whether it is complete now.
    fn read_line(&mut self, bytes: &mut &[u8]) -> Result<bool, TooLong> {
        if self.after_return && !bytes.is_empty() {
            self.after_return = false;
            *bytes = bytes.strip_prefix(b"\n").unwrap_or(bytes);
        }
        let end = bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
        let (part, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
        let held = self.id.len() + self.event.len() + self.data.len() + self.line.len();
        if held + part.len() > self.limit {
            return Err(TooLong { limit: self.limit });
        }
        self.line.extend_from_slice(part);
        let Some((terminator, rest)) = rest.split_first() else {
            *bytes = rest;
            return Ok(false);
        };
        self.after_return = *terminator == b'\r';
        *bytes = rest;
        Ok(true)
    }

    /// Takes in the complete line; an empty one ends the frame.
    fn end_line(&mut self) -> Option<Frame> {
        let line = std::mem::take(&mut self.line);
        let mut text = line.as_slice();
        if std::mem::take(&mut self.at_start) {
            text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        }
        if text.is_empty() {
            return self.end_frame();
        }
        // A line ends at an ASCII byte, so no character is cut in two.
        let text = String::from_utf8_lossy(text);
        let (name, value) = text.split_once(':').unwrap_or((&text, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
            }
            "event" => value.clone_into(&mut self.event),
            "id" if !value.contains('\0') => value.clone_into(&mut self.id),
            // A comment has no name. `retry` is the server's wish for how long to wait before a
            // reconnection; the stream has rules of its own for that.
            _ => {}
        }
        None
    }

    fn end_frame(&mut self) -> Option<Frame> {
        let [id, event, mut data] =
            [&mut self.id, &mut self.event, &mut self.data].map(std::mem::take);
        // The line feed behind the last line is none of its own. Without any, there was no data.
        data.pop()?;
        let given = |text: String| Some(text).filter(|text| !text.is_empty());
        Some(Frame { id: given(id), event: given(event), data })
    }
}
