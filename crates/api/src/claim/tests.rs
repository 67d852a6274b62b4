//! Tokens prove the claim they were minted for, and nothing else.

use super::*;

const KEY: [u8; 32] = [7; 32];

fn claim() -> Claim {
    Claim { work: WorkId::from_bytes(*b"0123456789abcdef"), number: 3 }
}

#[test]
fn a_token_proves_its_claim() {
    assert_eq!(Claim::verify(&claim().token(&KEY), &KEY), Some(claim()));
}

#[test]
fn no_bit_of_a_token_can_be_changed() {
    let token = claim().token(&KEY);
    assert_eq!(Claim::verify(&token, &[8; 32]), None);
    for at in PREFIX.len()..token.len() {
        let mut forged = token.clone().into_bytes();
        forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8(forged).unwrap();
        assert_eq!(Claim::verify(&forged, &KEY), None, "{forged}");
    }
    assert_eq!(Claim::verify("lct_", &KEY), None);
    assert_eq!(Claim::verify(&format!("{token}A"), &KEY), None);
    assert_eq!(Claim::verify(&token.replace("lct_", "pt-"), &KEY), None);
}

#[test]
fn the_secret_is_json_in_base64() {
    let json = URL_SAFE_NO_PAD.decode(claim().secret(&KEY)).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(value["sessions_token"], claim().token(&KEY));
}
