//! Request bodies: read within bounds, decoded as a JSON object, and taken apart by name
//! (conventions §2, §8).

mod members;

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::header::CONTENT_LENGTH;
use http::request::Parts;
use http_body_util::BodyExt;
use hyper::body::Body as _;
use serde_json::{Map, Value};

pub(crate) use members::{Invalid, Members};

/// Why there is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is longer than the limit.
    TooLarge,
    /// It did not come in time.
    TimedOut,
    /// The client broke off.
    Broken,
}

/// Reads a body of at most `limit` bytes within `time`. What a client announces is judged before
/// anything is read.
pub(crate) async fn read(
    parts: &Parts,
    body: Body,
    limit: usize,
    time: Duration,
) -> Result<Bytes, Unread> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let announced = parts.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let announced = announced.and_then(|text| text.parse::<u64>().ok());
    if announced.is_some_and(|length| usize::try_from(length).is_ok_and(|l| l > limit)) {
        return Err(Unread::TooLarge);
    }
    tokio::time::timeout(time, collected(body, limit)).await.unwrap_or(Err(Unread::TimedOut))
}

async fn collected(mut body: Body, limit: usize) -> Result<Bytes, Unread> {
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
        if first.len() + rest.len() + data.len() > limit {
            return Err(Unread::TooLarge);
        }
        if first.is_empty() {
            first = data;
        } else {
            rest.extend_from_slice(&data);
        }
    }
    if rest.is_empty() {
        return Ok(first);
    }
    let mut whole = BytesMut::with_capacity(first.len() + rest.len());
    whole.extend_from_slice(&first);
    whole.extend_from_slice(&rest);
    Ok(whole.freeze())
}

/// Decodes a JSON object without a NUL character in it; no body at all is an empty one. Of a repeated
/// member the last one counts.
pub(crate) fn object(body: &[u8]) -> Result<Value, Invalid> {
    mended(body, |_| ())
}

/// Decodes a JSON object in which something is mended before it is looked for NUL characters.
pub(crate) fn mended(body: &[u8], mend: impl FnOnce(&mut Value)) -> Result<Value, Invalid> {
    let body = body.trim_ascii();
    if body.is_empty() || body == b"{}" {
        return Ok(Value::Object(Map::new()));
    }
    let mut value: Value = serde_json::from_slice(body)
        .map_err(|_| Invalid::whole("Request body must be valid JSON."))?;
    if !value.is_object() {
        return Err(Invalid::whole("Request body must be a JSON object."));
    }
    mend(&mut value);
    if has_nul(&value) {
        return Err(Invalid::whole("Request body must not contain a NUL character."));
    }
    Ok(value)
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(map) => map.iter().any(|(key, item)| key.contains('\0') || has_nul(item)),
    }
}

#[cfg(test)]
mod tests;
