//! From a refusal in a vendor's words to a [`ProviderError`].
//!
//! One reading for both protocols: servers that imitate one vendor borrow from the other, and the
//! words tell them apart well enough.

use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;

use super::{Fault, ProviderError};

#[cfg(test)]
mod tests;

/// The most characters of a vendor's message that are handed on.
const MAX_MESSAGE_CHARS: usize = 500;

/// How a context that is too long is called: by codes of vendors, then by their sentences.
const TOO_LONG: [&str; 9] = [
    "context_length_exceeded",
    "exceed_context_size_error",
    "model_context_window_exceeded",
    "prompt is too long",
    "input is too long",
    "exceed context limit",
    "maximum context length",
    "exceeds the available context size",
    "context window",
];

/// How an account that does not pay is called.
const UNPAID: [&str; 4] =
    ["billing_error", "insufficient_quota", "credit balance is too low", "billing_hard_limit"];

/// The error of an answer outside 200..=299.
pub(super) fn from_answer(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> ProviderError {
    let words = Words::of_body(body);
    let fault = words.fault().unwrap_or_else(|| of_status(status));
    let mut error = sentence(fault, &format!("HTTP {}", status.as_u16()), &words);
    error.retry_after = retry_after(headers);
    error
}

/// The error that a vendor sends on an open stream: the value of its `error` member.
pub(super) fn from_stream(error: &Value) -> ProviderError {
    let words = Words::of_member(error);
    let fault = words.fault().or_else(|| words.fault_of_kind()).unwrap_or(Fault::RequestFailed);
    sentence(fault, "an error in mid-answer", &words)
}

/// What a vendor says about an error, as far as it is understood.
#[derive(Default)]
struct Words {
    kind: String,
    code: String,
    message: String,
}

impl Words {
    fn of_body(body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        // Some servers leave out the envelope, some put a sentence where the object should be.
        Self::of_member(body.get("error").unwrap_or(&body))
    }

    fn of_member(error: &Value) -> Self {
        if let Some(message) = error.as_str() {
            return Self { message: message.to_owned(), ..Self::default() };
        }
        let text = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
        Self { kind: text("type"), code: text("code"), message: text("message") }
    }

    /// What the words say more exactly than a status does.
    fn fault(&self) -> Option<Fault> {
        let message = self.message.to_lowercase();
        let says = |signs: &[&str]| {
            signs
                .iter()
                .any(|sign| self.kind == *sign || self.code == *sign || message.contains(sign))
        };
        if says(&UNPAID) {
            Some(Fault::Billing)
        } else if says(&TOO_LONG) {
            Some(Fault::ContextTooLong)
        } else {
            None
        }
    }

    /// What an error is by its class alone, where there is no status.
    fn fault_of_kind(&self) -> Option<Fault> {
        match self.kind.as_str() {
            "overloaded_error" | "service_unavailable" => Some(Fault::Overloaded),
            "rate_limit_error" | "rate_limit_exceeded" | "tokens" | "requests" => {
                Some(Fault::RateLimited)
            }
            "authentication_error" | "permission_error" => Some(Fault::Authentication),
            "request_too_large" => Some(Fault::ContextTooLong),
            "invalid_request_error" | "not_found_error" => Some(Fault::InvalidRequest),
            _ => None,
        }
    }
}

fn of_status(status: StatusCode) -> Fault {
    match status.as_u16() {
        401 | 403 => Fault::Authentication,
        402 => Fault::Billing,
        // The vendors' own clients repeat these two.
        408 | 409 => Fault::RequestFailed,
        413 => Fault::ContextTooLong,
        429 => Fault::RateLimited,
        503 | 529 => Fault::Overloaded,
        400..=499 => Fault::InvalidRequest,
        _ => Fault::RequestFailed,
    }
}

fn sentence(fault: Fault, how: &str, words: &Words) -> ProviderError {
    let start = match fault {
        // Nothing of the vendor's words: they may repeat a part of the key.
        Fault::Authentication => {
            let message =
                format!("The model's provider does not accept the operator's key ({how})");
            return ProviderError::new(fault, message);
        }
        Fault::Overloaded => "The model's provider is overloaded",
        Fault::RateLimited => "The model's provider limits the rate of requests",
        Fault::RequestFailed => "The model's provider failed",
        Fault::Billing => "The model's provider asks for payment",
        Fault::ContextTooLong => "The conversation does not fit into the model's context window",
        Fault::InvalidRequest => "The model's provider does not accept the request",
    };
    let said: String = words.message.trim().chars().take(MAX_MESSAGE_CHARS).collect();
    let message = if said.is_empty() {
        format!("{start} ({how})")
    } else {
        format!("{start} ({how}): {said}")
    };
    ProviderError::new(fault, message)
}

/// How long the provider asks to be left alone: `retry-after-ms`, or `Retry-After` in seconds or as
/// a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |value: &reqwest::header::HeaderValue| value.to_str().ok().map(str::to_owned);
    if let Some(millis) = headers.get("retry-after-ms").and_then(text)
        && let Ok(millis) = millis.trim().parse::<f64>()
    {
        return Duration::try_from_secs_f64(millis / 1_000.0).ok();
    }
    let value = headers.get(RETRY_AFTER).and_then(text)?;
    if let Ok(seconds) = value.trim().parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = headers.get(reqwest::header::DATE).and_then(text);
    let now = date.and_then(|date| httpdate(&date))?;
    httpdate(&value)?.duration_since(now).ok()
}

fn httpdate(text: &str) -> Option<SystemTime> {
    let zoned = jiff::fmt::rfc2822::parse(text).ok()?;
    zoned.timestamp().try_into().ok()
}
