//! Tokens prove the claim they were made for, and nothing else.

use super::*;

const KEY: [u8; 32] = [7; 32];

fn work() -> WorkId {
    WorkId::from_bytes(*b"0123456789abcdef")
}

#[test]
fn a_token_proves_its_claim() {
    let signer = ClaimSigner::new(&KEY);
    assert_eq!(signer.verify(&signer.token(work(), 3)), Some((work(), 3)));
}

#[test]
fn no_bit_of_a_token_can_be_changed() {
    let signer = ClaimSigner::new(&KEY);
    let token = signer.token(work(), 3);
    assert_eq!(ClaimSigner::new(&[8; 32]).verify(&token), None);
    for at in PREFIX.len()..token.len() {
        let mut forged = token.clone().into_bytes();
        forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8(forged).unwrap();
        assert_eq!(signer.verify(&forged), None, "{forged}");
    }
    assert_eq!(signer.verify(PREFIX), None);
    assert_eq!(signer.verify(&format!("{token}A")), None);
    assert_eq!(signer.verify(&token.replace(PREFIX, "pt-")), None);
}

#[test]
fn the_secret_is_json_in_base64() {
    let signer = ClaimSigner::new(&KEY);
    let json = URL_SAFE_NO_PAD.decode(signer.secret(work(), 3)).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(value["sessions_token"], signer.token(work(), 3));
}
