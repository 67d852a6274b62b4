//! Idempotency keys: a request that carries one is carried out once, and answered alike for a day
//! (conventions §7).

use std::time::Duration;

use crate::id::AccountId;
use crate::op::{Context, Op};
use crate::refusal::Refusal;
use crate::rows::{Keys, Rows};
use crate::time::Timestamp;

/// How long an answer is kept from the first use of its key.
pub const RETENTION: Duration = Duration::from_secs(24 * 60 * 60);

/// A key, within the account that chose it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResponseKey {
    /// Whose key it is.
    pub account: AccountId,
    /// The key: 1–255 visible ASCII characters.
    pub key: Box<str>,
}

/// What a request was, condensed: SHA-256 over method, path, sorted query and body.
pub type Fingerprint = [u8; 32];

/// An answer that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredResponse {
    /// Of which request.
    pub fingerprint: Fingerprint,
    /// The HTTP status.
    pub status: u16,
    /// The body, byte for byte.
    pub body: Vec<u8>,
    /// When the key was first used.
    pub created_at: Timestamp,
}

impl StoredResponse {
    /// Whether the answer still counts at `now`.
    pub fn holds(&self, now: Timestamp) -> bool {
        now < self.created_at.plus(RETENTION)
    }
}

/// What has become of a request with a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keyed<R> {
    /// It was carried out now, or refused now.
    Now(Result<R, Refusal>),
    /// It had been carried out before; this was the answer.
    Before(StoredResponse),
}

/// An operation whose answer is kept under a key, in the commit of the operation itself.
pub struct Once<O, F> {
    /// Under which key.
    pub key: ResponseKey,
    /// Of which request.
    pub fingerprint: Fingerprint,
    /// What to carry out.
    pub op: O,
    /// How the answer is written: status and body; `None` for one that must not be kept.
    pub render: F,
}

impl<O, F> Op for Once<O, F>
where
    O: Op,
    F: Fn(&Result<O::Reply, Refusal>) -> Option<(u16, Vec<u8>)> + Send + 'static,
{
    type Reply = Keyed<O::Reply>;

    fn needs(&self, keys: &mut Keys) {
        keys.responses.push(self.key.clone());
        self.op.needs(keys);
    }

    fn decide(
        &self,
        context: &mut Context<'_>,
        rows: &mut Rows,
    ) -> Result<Keyed<O::Reply>, Refusal> {
        let now = context.now();
        if let Some(stored) = rows.responses.get(&self.key).filter(|r| r.holds(now)) {
            if stored.fingerprint != self.fingerprint {
                return Err(Refusal::IdempotencyMismatch);
            }
            return Ok(Keyed::Before(stored.clone()));
        }
        let outcome = self.op.decide(context, rows);
        if let Some((status, body)) = (self.render)(&outcome) {
            let stored =
                StoredResponse { fingerprint: self.fingerprint, status, body, created_at: now };
            rows.responses.put(self.key.clone(), stored);
        }
        Ok(Keyed::Now(outcome))
    }
}

/// Keeps an answer that was given without an operation: a request that never could succeed.
pub struct Remember {
    /// Under which key.
    pub key: ResponseKey,
    /// Of which request.
    pub fingerprint: Fingerprint,
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

impl Op for Remember {
    type Reply = ();

    fn needs(&self, keys: &mut Keys) {
        keys.responses.push(self.key.clone());
    }

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<(), Refusal> {
        let now = context.now();
        if rows.responses.get(&self.key).is_none_or(|stored| !stored.holds(now)) {
            let stored = StoredResponse {
                fingerprint: self.fingerprint,
                status: self.status,
                body: self.body.clone(),
                created_at: now,
            };
            rows.responses.put(self.key.clone(), stored);
        }
        Ok(())
    }
}
