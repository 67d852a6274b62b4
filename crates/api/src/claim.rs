//! Claim tokens: what proves that a caller is the worker to whom an item was delivered.
//!
//! A token is signed over the item and the number of its delivery, so it needs no row (design:
//! claims have an identity): `lct_` and base64url of the item's id, the number and the signature.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use leasehold_model::WorkId;
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// How a claim token begins.
pub(crate) const PREFIX: &str = "lct_";

/// What is signed besides the claim, so that a signature is good for nothing else.
const PURPOSE: &[u8] = b"leasehold claim v1";
const CLAIM_BYTES: usize = 16 + 4;
const TOKEN_BYTES: usize = CLAIM_BYTES + 16;

/// Makes claim tokens and recognises its own.
#[derive(Clone)]
pub(crate) struct ClaimSigner(Hmac<Sha256>);

impl ClaimSigner {
    /// A signer with the store's key.
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        // A key shorter than a block is filled up with zeros.
        let mut block = [0; 64];
        block[..key.len()].copy_from_slice(key);
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
        mac.update(PURPOSE);
        Self(mac)
    }

    /// The token of a delivery.
    pub(crate) fn token(&self, work: WorkId, delivery: u32) -> String {
        let mut bytes = [0; TOKEN_BYTES];
        bytes[..16].copy_from_slice(work.bytes());
        bytes[16..CLAIM_BYTES].copy_from_slice(&delivery.to_be_bytes());
        let signature = self.signature(&bytes[..CLAIM_BYTES]);
        bytes[CLAIM_BYTES..].copy_from_slice(&signature);
        let mut token = PREFIX.to_owned();
        URL_SAFE_NO_PAD.encode_string(bytes, &mut token);
        token
    }

    /// The `secret` of a poll's answer: base64url of a JSON object around the token
    /// (worker-protocol §1.1).
    pub(crate) fn secret(&self, work: WorkId, delivery: u32) -> String {
        let token = self.token(work, delivery);
        URL_SAFE_NO_PAD.encode(format!(r#"{{"sessions_token":"{token}"}}"#))
    }

    /// The item and the number of the delivery that a token was made for; `None` if it was not made
    /// here.
    pub(crate) fn verify(&self, token: &str) -> Option<(WorkId, u32)> {
        let mut bytes = [0; TOKEN_BYTES];
        let text = token.strip_prefix(PREFIX)?;
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        let (claim, signature) = bytes.split_first_chunk::<CLAIM_BYTES>()?;
        let good = self.signature(claim).ct_eq(signature);
        if length != TOKEN_BYTES || !bool::from(good) {
            return None;
        }
        let (work, delivery) = claim.split_first_chunk::<16>()?;
        let delivery = u32::from_be_bytes(delivery.try_into().ok()?);
        Some((WorkId::from_bytes(*work), delivery))
    }

    fn signature(&self, claim: &[u8]) -> [u8; 16] {
        let mut mac = self.0.clone();
        mac.update(claim);
        let mut signature = [0; 16];
        let full = mac.finalize().into_bytes();
        signature.copy_from_slice(&full[..16]);
        signature
    }
}

#[cfg(test)]
mod tests;
