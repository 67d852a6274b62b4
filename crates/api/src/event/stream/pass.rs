//! What let a reader in, and whether it still does.
//!
//! A stream may be open for days, and what opened it may end before it does: a token or a key is
//! revoked or expires, a claim is stopped, lapses or passes to another worker. It is looked at again
//! before anything is shown that has happened since, at once when the store says that something was
//! taken back, and for what time alone ends at least every fifteen seconds. All of this is in memory.

use leasehold_store::{Store, StoreError, Watch};
use tokio::time::Instant;

use super::SILENCE;
use crate::auth::{Claim, Kept, Principal};

/// The reader's right to be there.
pub(super) struct Pass {
    proof: Proof,
    /// How far the session and the credentials had come when it was looked at last, if it was.
    changes: Option<u64>,
    revocations: Option<u64>,
    /// When it is to be looked at even if nothing happens.
    due: Instant,
}

enum Proof {
    /// An account token or an environment key.
    Kept(Kept),
    /// A claim.
    Claim(Claim),
    /// None is wanted any more.
    Waived,
}

impl Pass {
    /// The pass of a caller. What ended between its proof and the subscription to the session rang for
    /// nobody, so it is due at once.
    pub(super) fn of(principal: Principal) -> Self {
        let proof = match principal {
            Principal::Account { kept, .. } | Principal::Key { kept, .. } => Proof::Kept(kept),
            Principal::Claim(claim) => Proof::Claim(claim),
        };
        Self { proof, changes: None, revocations: None, due: Instant::now() }
    }

    /// When it is to be looked at, whatever happens until then.
    pub(super) fn due(&self) -> Instant {
        self.due
    }

    /// Whether it is to be looked at now.
    pub(super) fn is_due(&self, watch: &Watch) -> bool {
        self.changes != Some(watch.changes())
            || self.revocations != Some(watch.revocations())
            || self.due <= Instant::now()
    }

    /// Looks at it: whether it holds.
    ///
    /// # Errors
    /// The store's accident.
    pub(super) async fn holds(&mut self, store: &Store, watch: &Watch) -> Result<bool, StoreError> {
        // Noted before the look: what ends in between is looked at once more.
        self.changes = Some(watch.changes());
        let revocations = Some(watch.revocations());
        let now = Instant::now();
        // Events are many and revocations few, so the directory is not asked for each event.
        let known = self.revocations == revocations && now < self.due;
        let holds = match &self.proof {
            Proof::Kept(kept) if known => !kept.has_expired(store.now()),
            Proof::Kept(kept) => kept.is_good(store).await?,
            Proof::Claim(claim) => claim.is_held(store).await?,
            Proof::Waived => true,
        };
        self.revocations = revocations;
        self.due = now + SILENCE;
        Ok(holds)
    }

    /// Whether it may have ended because its session did, in the same commit.
    pub(super) fn ends_with_session(&self) -> bool {
        match self.proof {
            Proof::Kept(_) => false,
            Proof::Claim(_) | Proof::Waived => true,
        }
    }

    /// Holds from now on, for what is still to be seen of a session that is over.
    pub(super) fn waive(&mut self) {
        self.proof = Proof::Waived;
    }
}
