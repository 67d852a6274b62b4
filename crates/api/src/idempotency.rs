//! Idempotency keys at the edge: reading the header, condensing the request, and refusing a second
//! request while the first is under way (conventions §7). The keeping is the model's.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use http::request::Parts;
use http::{HeaderMap, StatusCode};
use leasehold_model::idempotency::{Fingerprint, Remember, ResponseKey};
use leasehold_model::{AccountId, Refusal};
use sha2::{Digest, Sha256};

use crate::app::Api;
use crate::body::Invalid;
use crate::call::Reply;
use crate::dialect::Dialect;
use crate::failure::{Failure, Problem};

/// Requests with a key that are under way.
#[derive(Clone, Default)]
pub(crate) struct InFlight(Arc<Mutex<HashSet<ResponseKey>>>);

/// Marks a key as under way for as long as it lives.
pub(crate) struct Underway {
    key: ResponseKey,
    all: InFlight,
}

impl InFlight {
    fn enter(&self, key: &ResponseKey) -> Option<Underway> {
        let mut keys = self.0.lock().unwrap_or_else(|broken| broken.into_inner());
        keys.insert(key.clone()).then(|| Underway { key: key.clone(), all: self.clone() })
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        let mut keys = self.all.0.lock().unwrap_or_else(|broken| broken.into_inner());
        keys.remove(&self.key);
    }
}

/// What a request with a key begins with.
pub(crate) enum Begun {
    /// It is to be carried out.
    Fresh {
        /// Its key.
        key: ResponseKey,
        /// What it is.
        fingerprint: Fingerprint,
        /// Keeps others with the key away.
        underway: Underway,
    },
    /// It was answered before.
    Answered(Reply),
}

/// Looks at a request's key; `None` if it has none.
///
/// # Errors
/// 400 for a key that is not one, 409 while its first request runs or if that was another request.
pub(crate) async fn begin(
    app: &Api,
    dialect: &Dialect,
    account: AccountId,
    parts: &Parts,
    body: &[u8],
) -> Result<Option<Begun>, Failure> {
    let Some(key) = key(&parts.headers)? else { return Ok(None) };
    let key = ResponseKey { account, key: key.into() };
    let fingerprint = fingerprint(parts, body);
    let Some(underway) = app.in_flight().enter(&key) else {
        let message = "A request with this idempotency key is still in progress.";
        return Err(Problem::new(StatusCode::CONFLICT, dialect.conflict, message).into());
    };
    match app.store().views().response(key.clone()).await? {
        None => Ok(Some(Begun::Fresh { key, fingerprint, underway })),
        Some(stored) if stored.fingerprint == fingerprint => {
            Ok(Some(Begun::Answered(Reply::replayed(stored))))
        }
        Some(_) => Err(Refusal::IdempotencyMismatch.into()),
    }
}

/// Keeps the answer to a request that was refused without an operation. If that fails the client
/// may ask again and is refused again.
pub(crate) async fn remember(
    app: &Api,
    key: ResponseKey,
    fingerprint: Fingerprint,
    status: StatusCode,
    body: Vec<u8>,
) {
    let remember = Remember { key, fingerprint, status: status.as_u16(), body };
    if let Err(error) = app.store().submit(remember).await {
        tracing::warn!(%error, "a refusal was not kept under its idempotency key");
    }
}

fn key(headers: &HeaderMap) -> Result<Option<&str>, Invalid> {
    let malformed = || {
        let message = "Header 'Idempotency-Key' must be 1-255 visible ASCII characters.";
        Invalid::said("Idempotency-Key", message)
    };
    let mut found = None;
    for name in ["idempotency-key", "x-idempotency-key"] {
        for value in headers.get_all(name) {
            let text = value.to_str().map_err(|_| malformed())?;
            if found.is_some_and(|found| found != text) {
                let message = "Header 'Idempotency-Key' must be given only once.";
                return Err(Invalid::said("Idempotency-Key", message));
            }
            found = Some(text);
        }
    }
    let well_formed = |key: &str| {
        (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
    };
    match found {
        Some(key) if !well_formed(key) => Err(malformed()),
        found => Ok(found),
    }
}

/// SHA-256 over method, path, sorted query and body, each with its length.
fn fingerprint(parts: &Parts, body: &[u8]) -> Fingerprint {
    let mut pairs: Vec<&str> = parts.uri.query().unwrap_or_default().split('&').collect();
    pairs.sort_unstable();
    let query = pairs.join("&");
    let mut digest = Sha256::new();
    for piece in [parts.method.as_str().as_bytes(), parts.uri.path().as_bytes(), query.as_bytes()] {
        digest.update(u64::try_from(piece.len()).unwrap_or(u64::MAX).to_be_bytes());
        digest.update(piece);
    }
    digest.update(body);
    digest.finalize().into()
}

#[cfg(test)]
mod tests;
