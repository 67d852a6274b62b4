//! What an empty database is given: one account and its administrator's token.

use anyhow::Context as _;
use leasehold_model::token::Scopes;
use leasehold_model::token::ops::{Bootstrap, CreateToken};
use leasehold_store::{Credential, Cursor, Order, Page, Store};
use secrecy::SecretString;

use crate::secret;

/// The name of the first account.
const ACCOUNT_NAME: &str = "default";

/// What became of the first administrator's token.
pub(crate) enum Administrator {
    /// The database was empty; this token was made and is shown once.
    Minted(SecretString),
    /// The database was empty; it took the operator's token.
    Chosen(SecretString),
    /// There were accounts already; an operator's token was not looked at.
    Established,
}

/// Gives an empty database its first account, with the operator's token or a new one.
pub(super) async fn run(
    store: &Store,
    chosen: Option<SecretString>,
) -> anyhow::Result<Administrator> {
    let (token, minted) = match chosen {
        Some(token) => (token, false),
        None => (secret::mint_token()?, true),
    };
    let first = Bootstrap { name: ACCOUNT_NAME.to_owned(), hash: secret::hash(&token) };
    let done = store.submit(first).await.context("cannot make the first account")?;
    Ok(match (done, minted) {
        (false, _) => Administrator::Established,
        (true, true) => Administrator::Minted(token),
        (true, false) => Administrator::Chosen(token),
    })
}

/// Whether a token is good for everything now.
pub(crate) async fn is_administrator(store: &Store, token: &SecretString) -> anyhow::Result<bool> {
    let found = store.views().credential(secret::hash(token)).await?;
    Ok(match found {
        Some(Credential::Token(token)) => {
            token.validity.holds(store.now()) && token.scopes.covers(Scopes::all())
        }
        Some(Credential::Key(_)) | None => false,
    })
}

/// Makes a further administrator's token for the oldest account: whoever can open the data file may
/// do so.
pub(crate) async fn another_token(store: &Store, name: &str) -> anyhow::Result<SecretString> {
    let oldest = Page { cursor: Cursor::Start, limit: 1, order: Order::Ascending };
    let accounts = store.views().accounts(oldest).await?;
    let account = accounts.items.first().context("the database has no account")?;
    let token = secret::mint_token()?;
    store
        .submit(CreateToken {
            account: account.id,
            name: name.to_owned(),
            scopes: Scopes::all(),
            hash: secret::hash(&token),
            expires_at: None,
        })
        .await?;
    Ok(token)
}
