//! Tokens prove the claim they were made for, and nothing else.

use super::*;

const WORK: WorkId = WorkId::from_bytes(*b"0123456789abcdef");

fn signer() -> ClaimSigner {
    ClaimSigner::new(&[7; 32])
}

#[test]
fn a_token_proves_its_claim() {
    assert_eq!(signer().verify(&signer().token(WORK, 3)), Some((WORK, 3)));
    assert_ne!(signer().token(WORK, 3), signer().token(WORK, 4));
}

#[test]
fn no_character_of_a_token_can_be_changed() {
    let token = signer().token(WORK, 3);
    assert_eq!(ClaimSigner::new(&[8; 32]).verify(&token), None);
    for at in PREFIX.len()..token.len() {
        let mut forged = token.clone().into_bytes();
        forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8(forged).unwrap();
        assert_eq!(signer().verify(&forged), None, "{forged}");
    }
    for other in ["", "lct_", "lct_AAAA", &format!("{token}A"), &format!("{token}AAAA")] {
        assert_eq!(signer().verify(other), None, "{other}");
    }
    assert_eq!(signer().verify(&token.replace("lct_", "pt-")), None);
    assert_eq!(signer().verify(token.get(..token.len() - 4).unwrap()), None);
}

#[test]
fn the_secret_is_json_in_base64() {
    let json = URL_SAFE_NO_PAD.decode(signer().secret(WORK, 3)).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(value, serde_json::json!({ "sessions_token": signer().token(WORK, 3) }));
}
