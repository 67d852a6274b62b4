//! Secrets of account tokens and environment keys: made here, shown once, kept as a hash.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use leasehold_model::token::SecretHash;
use sha2::{Digest, Sha256};

/// The secret of a new account token: `pt-` and 43 characters of base64url.
///
/// # Errors
/// If the operating system gives no random bytes.
pub fn account_token() -> Result<String, getrandom::Error> {
    random("pt-")
}

/// The secret of a new environment key: `ek-` and 43 characters of base64url.
///
/// # Errors
/// If the operating system gives no random bytes.
pub fn environment_key() -> Result<String, getrandom::Error> {
    random("ek-")
}

/// The hash by which a secret is recognised.
pub fn hash(secret: &str) -> SecretHash {
    Sha256::digest(secret.as_bytes()).into()
}

fn random(prefix: &str) -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    let mut secret = prefix.to_owned();
    URL_SAFE_NO_PAD.encode_string(bytes, &mut secret);
    Ok(secret)
}
