//! The decoder that faces the world, fed with bytes and held against what must always be true.
//!
//! For fuzzing, and for replaying what fuzzing found; see `fuzz/`.

use crate::sse::{Decoder, Frame, TooLong};

/// However a stream is cut, the same frames come out, and none is larger than it may be.
pub fn sse(bytes: &[u8]) {
    for limit in [16, bytes.len() + 1] {
        let whole = frames(bytes, bytes.len().max(1), limit);
        let largest = whole.0.iter().map(|frame| frame.data.len()).max();
        assert!(largest.is_none_or(|size| size < limit), "{largest:?} under a limit of {limit}");
        for piece in [1, 2, 3, 7] {
            assert_eq!(frames(bytes, piece, limit), whole, "in pieces of {piece}: {bytes:?}");
        }
    }
}

/// The frames of a stream that comes in pieces of this size, up to the first error.
fn frames(bytes: &[u8], piece: usize, limit: usize) -> (Vec<Frame>, Option<TooLong>) {
    let mut decoder = Decoder::with_limit(limit);
    let mut frames = Vec::new();
    for mut piece in bytes.chunks(piece) {
        loop {
            match decoder.decode(&mut piece) {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(error) => return (frames, Some(error)),
            }
        }
    }
    (frames, None)
}
