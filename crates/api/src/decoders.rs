//! The decoders that face the world, each fed with bytes and held against what must always be true.
//!
//! For fuzzing, and for replaying what fuzzing found; see `fuzz/`.

mod events;

use leasehold_model::{EnvironmentId, SessionId, WorkId};
use serde_json::Value;

use crate::body;
use crate::query::Query;
use crate::time;

pub use events::events;

/// An instant that is read is written so that it reads the same, in each precision.
pub fn timestamp(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Some(written) = time::parse_written(text) else { return };
    let exact = time::micros6(written.at);
    let again = time::parse_written(&exact);
    assert_eq!(again.map(|w| (w.at, w.finer)), Some((written.at, false)), "{text:?}");
    assert_eq!(time::parse(&time::micros_trim(written.at)), Some(written.at), "{text:?}");
    assert_eq!(time::parse(&time::secs(written.at)), Some(written.at.whole_second()), "{text:?}");
}

/// An id that is read is written as it was.
pub fn id(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let written = [
        WorkId::parse(text).map(|id| id.to_string()),
        EnvironmentId::parse(text).map(|id| id.to_string()),
        SessionId::parse(text).map(|id| id.to_string()),
    ];
    for known in written.into_iter().flatten() {
        assert_eq!(known, text);
    }
}

/// A query string is taken apart without a panic, whatever is asked of it.
pub fn query(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let query = Query::new(Some(text));
    for name in ["limit", "page", "created_at[gte]", "block_ms", "desired_ttl_seconds", ""] {
        let one = query.one(name);
        let many = query.many(name);
        if let (Ok(Some(value)), Ok(values)) = (&one, &many) {
            assert_eq!(values.len(), 1, "{text:?}");
            assert_eq!(values.first(), Some(value), "{text:?}");
        }
        if let Ok(Some(number)) = query.integer(name) {
            assert!(one.is_ok_and(|one| one.is_some()), "{number} of nothing in {text:?}");
        }
        drop(query.boolean(name));
        drop(query.instant(name));
    }
}

/// A body that is taken is an object without a NUL in it, and is taken again when written.
pub fn body(bytes: &[u8]) {
    let Ok(value) = body::object(bytes) else { return };
    assert!(value.is_object());
    assert!(!has_nul(&value), "{value}");
    let text = value.to_string();
    assert!(body::object(text.as_bytes()).is_ok(), "{text}");
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(map) => map.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
    }
}
