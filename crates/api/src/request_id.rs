//! Request ids (conventions §5).

use http::{HeaderMap, HeaderValue};

/// The id of one request: 1–128 visible ASCII characters.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(HeaderValue);

impl RequestId {
    /// The caller's own `x-request-id` if it is acceptable, else a new UUID.
    pub(crate) fn echoed(headers: &HeaderMap) -> Self {
        match headers.get("x-request-id") {
            Some(value) if is_acceptable(value) => Self(value.clone()),
            Some(_) | None => {
                let id = uuid::Builder::from_random_bytes(random()).into_uuid();
                Self::new(id.hyphenated().encode_lower(&mut [0; 36]))
            }
        }
    }

    /// A new one, whatever the caller sent: `req_` and 32 hexadecimal digits.
    pub(crate) fn minted(_headers: &HeaderMap) -> Self {
        let id = uuid::Builder::from_random_bytes(random()).into_uuid();
        let mut text = [0; 36];
        text[..4].copy_from_slice(b"req_");
        id.simple().encode_lower(&mut text[4..]);
        Self::new(std::str::from_utf8(&text).unwrap_or("req_"))
    }

    fn new(text: &str) -> Self {
        Self(HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("unknown")))
    }

    /// The id as the value of a header.
    pub(crate) fn header(&self) -> &HeaderValue {
        &self.0
    }

    /// The id as text.
    pub(crate) fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or("unknown")
    }
}

fn is_acceptable(value: &HeaderValue) -> bool {
    (1..=128).contains(&value.len()) && value.as_bytes().iter().all(u8::is_ascii_graphic)
}

/// Request ids need to be distinct, not to be secret, so the fast generator will do.
fn random() -> [u8; 16] {
    fastrand::u128(..).to_ne_bytes()
}

#[cfg(test)]
mod tests;
