//! Account tokens as the binary handles them: made, recognised, and refused if they are too easy
//! to guess.

use anyhow::Context as _;
use leasehold_model::token::SecretHash;
use secrecy::{ExposeSecret as _, SecretString};

/// The fewest characters of a token that somebody chose.
const MIN_CHARS: usize = 24;

/// A new account token.
///
/// # Errors
/// If the operating system gives no random bytes.
pub(crate) fn mint_token() -> anyhow::Result<SecretString> {
    let token = leasehold_api::secret::account_token();
    Ok(token.context("the operating system gives no random bytes")?.into())
}

/// By what a token or a key is recognised.
pub(crate) fn hash(secret: &SecretString) -> SecretHash {
    leasehold_api::secret::hash(secret.expose_secret())
}

/// Takes a token that an operator chose.
///
/// # Errors
/// A sentence that says what is accepted, without the token.
pub(crate) fn accept_admin_token(token: SecretString) -> Result<SecretString, &'static str> {
    let text = token.expose_secret();
    if text.len() < MIN_CHARS || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("it must have at least 24 characters, all of them visible ASCII; \
                    `echo pt-$(openssl rand -hex 32)` makes a good one");
    }
    Ok(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minted_token_is_acceptable() {
        assert!(accept_admin_token(mint_token().unwrap()).is_ok());
    }

    #[test]
    fn a_token_that_is_short_or_strange_is_refused() {
        for text in ["pt-short", "pt-0123456789 0123456789 0123", "pt-0123456789äääääääääääääää"]
        {
            assert!(accept_admin_token(text.into()).is_err(), "{text}");
        }
    }
}
