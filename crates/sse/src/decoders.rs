//! The decoder that faces the world, fed with bytes and held against what must always be true.
//!
//! For fuzzing, and for replaying what fuzzing found; see `fuzz/`.

use crate::{Decoder, Frame, HEARTBEAT, TooLong, encode};

/// However a stream is cut, the same frames come out, and none is larger than it may be. What is
/// written of a frame reads the same.
pub fn sse(bytes: &[u8]) {
    for limit in [16, bytes.len() + 1] {
        let whole = frames(bytes, bytes.len().max(1), limit);
        for frame in &whole.0 {
            assert!(held(frame) <= limit, "{frame:?} under a limit of {limit}");
            written(frame);
        }
        for piece in [1, 2, 3, 7] {
            assert_eq!(frames(bytes, piece, limit), whole, "in pieces of {piece}: {bytes:?}");
        }
    }
}

/// The frames of a stream that comes in pieces of this size, up to the first error.
fn frames(bytes: &[u8], piece: usize, limit: usize) -> (Vec<Frame>, Option<TooLong>) {
    let mut decoder = Decoder::new(limit);
    let mut frames = Vec::new();
    for mut piece in bytes.chunks(piece) {
        loop {
            match decoder.decode(&mut piece) {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(error) => return (frames, Some(error)),
            }
        }
        assert!(piece.is_empty(), "not everything was read");
    }
    (frames, None)
}

/// How many bytes a frame has.
fn held(Frame { id, event, data }: &Frame) -> usize {
    let size = |text: &Option<String>| text.as_deref().map_or(0, str::len);
    size(id) + size(event) + data.len()
}

/// Writes a frame between others and finds it again, on one line.
fn written(frame: &Frame) {
    let Frame { id, event, data } = frame;
    let text = encode(id.as_deref(), event.as_deref().unwrap_or_default(), data);
    let stream = [HEARTBEAT, &text, HEARTBEAT, &text].concat();
    let single = Frame { data: data.replace(['\n', '\r'], " "), ..frame.clone() };
    let expected = (vec![single.clone(), single], None);
    assert_eq!(frames(stream.as_bytes(), stream.len(), stream.len()), expected, "{frame:?}");
}
