//! Bodies of tokens: what is taken and what is refused.

use serde_json::json;

use super::*;

#[test]
fn without_scopes_a_token_gets_all_but_admin() {
    let created = create(json!({"name": "ci"})).unwrap();
    assert_eq!(created.scopes, Scopes::ordinary());
    assert_eq!((created.account, created.expires_at), (None, None));
    let created = create(json!({"name": "ci", "scopes": ["work:read", "admin"]})).unwrap();
    assert!(created.scopes.contains(Scope::Admin) && created.scopes.contains(Scope::WorkRead));
    assert!(!created.scopes.contains(Scope::WorkWrite));
}

#[test]
fn every_refusal_names_its_member() {
    for (body, param) in [
        (json!({}), "name"),
        (json!({"name": ""}), "name"),
        (json!({"name": "n", "account_id": "acct_1"}), "account_id"),
        (json!({"name": "n", "scopes": "admin"}), "scopes"),
        (json!({"name": "n", "scopes": ["root"]}), "scopes"),
        (json!({"name": "n", "expires_at": "tomorrow"}), "expires_at"),
        (json!({"name": "n", "expires_at": 7}), "expires_at"),
        (json!({"name": "n", "scope": []}), "scope"),
    ] {
        let invalid = create(body.clone()).unwrap_err();
        assert_eq!(invalid.param(), param, "{body}");
    }
}
