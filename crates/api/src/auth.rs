//! Who calls: from the headers to a [`Principal`] (conventions §3, worker-protocol §1).

use http::HeaderMap;
use http::header::AUTHORIZATION;
use leasehold_model::token::{Scopes, SecretHash};
use leasehold_model::{AccountId, EnvironmentId, SessionId, Timestamp, WorkId};
use leasehold_store::{Credential, CredentialId, Store, StoreError};
use subtle::ConstantTimeEq;

use crate::app::Api;
use crate::claim;
use crate::dialect::Dialect;
use crate::failure::{Failure, Problem};
use crate::secret;

/// A caller that has proved who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Principal {
    /// An account token.
    Account {
        /// Whose it is.
        account: AccountId,
        /// What it may be used for.
        scopes: Scopes,
        /// By what it is known.
        kept: Kept,
    },
    /// An environment key.
    Key {
        /// The environment that it is good for.
        environment: EnvironmentId,
        /// Who owns that environment.
        account: AccountId,
        /// By what it is known.
        kept: Kept,
    },
    /// A claim token.
    Claim(Claim),
}

/// A credential that is kept, as far as it takes to ask again whether it is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    hash: SecretHash,
    expires_at: Option<Timestamp>,
}

/// A claim that a token proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    /// The item.
    pub(crate) work: WorkId,
    /// The number of the delivery.
    pub(crate) delivery: u32,
    /// The item's environment.
    pub(crate) environment: EnvironmentId,
    /// The item's session.
    pub(crate) session: SessionId,
    /// Who owns them.
    pub(crate) account: AccountId,
    /// Whether the claim stands: the item lives and was not handed out again. The rules judge the
    /// calls on the item itself; everything else takes a claim that stands.
    pub(crate) stands: bool,
}

impl Principal {
    /// The account on whose behalf the caller acts.
    pub(crate) const fn account(&self) -> AccountId {
        match self {
            Self::Account { account, .. } | Self::Key { account, .. } => *account,
            Self::Claim(claim) => claim.account,
        }
    }
}

/// Finds out who calls.
///
/// # Errors
/// 401 for every reason alike, or the store's accident.
pub(crate) async fn principal(
    app: &Api,
    headers: &HeaderMap,
    dialect: &Dialect,
) -> Result<Principal, Failure> {
    let refused = || Failure::from(Problem::unauthenticated(dialect.unauthenticated));
    let secret = presented(headers, dialect.takes_api_key).ok_or_else(refused)?;
    if secret.starts_with(claim::PREFIX) {
        let (work, delivery) = app.claims().verify(secret).ok_or_else(refused)?;
        return holder(app, work, delivery).await?.ok_or_else(refused);
    }
    let hash = secret::hash(secret);
    let found = app.store().views().credential(hash).await?.ok_or_else(refused)?;
    let now = app.store().now();
    let (principal, id, stored, validity) = match found {
        Credential::Token(token) => (
            Principal::Account {
                account: token.account,
                scopes: token.scopes,
                kept: Kept { hash, expires_at: token.validity.expires_at },
            },
            CredentialId::Token(token.id),
            token.hash,
            token.validity,
        ),
        Credential::Key(key) => (
            Principal::Key {
                environment: key.environment,
                account: key.account,
                kept: Kept { hash, expires_at: key.validity.expires_at },
            },
            CredentialId::Key(key.id),
            key.hash,
            key.validity,
        ),
    };
    if !same(&stored, &hash) || !validity.holds(now) {
        return Err(refused());
    }
    app.store().views().used(id);
    Ok(principal)
}

fn same(stored: &SecretHash, presented: &SecretHash) -> bool {
    stored.ct_eq(presented).into()
}

async fn holder(app: &Api, work: WorkId, delivery: u32) -> Result<Option<Principal>, Failure> {
    let views = app.store().views();
    let Some(head) = views.head(work).await? else { return Ok(None) };
    let Some(facts) = views.facts(head.environment).await? else { return Ok(None) };
    Ok(Some(Principal::Claim(Claim {
        work,
        delivery,
        environment: head.environment,
        session: head.session,
        account: facts.account,
        stands: head.is_held_by(delivery),
    })))
}

impl Kept {
    /// Whether its time has come. This is known without looking it up.
    pub(crate) fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    /// Whether it is still there and good.
    ///
    /// # Errors
    /// The store's accident.
    pub(crate) async fn is_good(&self, store: &Store) -> Result<bool, StoreError> {
        let validity = match store.views().credential(self.hash).await? {
            Some(Credential::Token(token)) => token.validity,
            Some(Credential::Key(key)) => key.validity,
            None => return Ok(false),
        };
        Ok(validity.holds(store.now()))
    }
}

impl Claim {
    /// Whether it still stands, however long ago it was proved. The items of an environment that is
    /// gone may be there for a while; nobody holds them.
    ///
    /// # Errors
    /// The store's accident.
    pub(crate) async fn is_held(&self, store: &Store) -> Result<bool, StoreError> {
        if store.views().facts(self.environment).await?.is_none() {
            return Ok(false);
        }
        let head = store.views().head(self.work).await?;
        Ok(head.is_some_and(|head| head.is_held_by(self.delivery)))
    }
}

/// The one credential that the headers show. If there is an `Authorization` header it decides,
/// whatever else there is.
fn presented(headers: &HeaderMap, takes_api_key: bool) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    if let Some(value) = values.next() {
        return if values.next().is_some() { None } else { bearer(value.to_str().ok()?) };
    }
    let mut values = headers.get_all("x-api-key").iter();
    let value = values.next().filter(|_| takes_api_key)?.to_str().ok()?;
    (values.next().is_none() && is_secret(value)).then_some(value)
}

/// The token behind the word `Bearer`, in whatever case, and exactly one space.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && is_secret(token)).then_some(token)
}

fn is_secret(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests;
