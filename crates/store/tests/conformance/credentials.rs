//! Accounts, tokens, keys.

use leasehold_model::environment::ops::{DeleteEnvironment, InUse};
use leasehold_model::id::Id;
use leasehold_model::token::Scopes;
use leasehold_model::token::ops::{
    Bootstrap, CreateAccount, CreateKey, CreateToken, RevokeKey, RevokeToken,
};
use leasehold_store::{Clock, Credential, CredentialId};

use crate::dump::everything;
use crate::lab::*;

on_every_backend!(
    the_first_administrator_is_made_once,
    a_token_is_found_by_its_hash_until_it_is_revoked_and_after,
    a_key_is_found_by_its_hash_and_goes_with_its_environment,
    the_last_use_is_shown,
);

async fn the_first_administrator_is_made_once(lab: Lab) {
    let late = Bootstrap { name: "late".to_owned(), hash: [7; 32] };
    assert!(!lab.done(late).await, "there is an account already");
    assert_eq!(lab.store.views().credential([7; 32]).await.unwrap(), None);
}

#[tokio::test]
async fn a_race_for_the_first_administrator_has_one_winner() {
    let clock = Clock::manual(START);
    let dir = tempfile::tempdir().unwrap();
    let empty_file =
        leasehold_store::sqlite::open(&dir.path().join("x"), settings(&clock, 1)).unwrap();
    for store in [leasehold_store::memory::open(settings(&clock, 1)).unwrap(), empty_file] {
        let make = |n| store.submit(Bootstrap { name: "root".to_owned(), hash: [n; 32] });
        let (first, second) = tokio::join!(make(1), make(2));
        assert!(first.unwrap() ^ second.unwrap());
        let accounts = store.views().accounts(everything()).await.unwrap().items;
        assert_eq!(accounts.len(), 1);
        let tokens = store.views().tokens(accounts[0].id, everything()).await.unwrap().items;
        assert_eq!(tokens.len(), 1);
        assert_eq!(tokens[0].item.scopes, Scopes::all());
    }
}

async fn a_token_is_found_by_its_hash_until_it_is_revoked_and_after(lab: Lab) {
    let create = CreateToken {
        account: lab.account,
        name: "ci".to_owned(),
        scopes: Scopes::ordinary(),
        hash: [1; 32],
        expires_at: Some(START.plus(seconds(60))),
    };
    let token = lab.done(create.clone()).await;
    let found = lab.store.views().credential([1; 32]).await.unwrap();
    assert_eq!(found, Some(Credential::Token(token.clone())));
    assert_eq!(lab.store.views().token(token.id).await.unwrap().unwrap().item, token);
    assert!(token.validity.holds(START.plus(seconds(59))));
    assert!(!token.validity.holds(START.plus(seconds(60))));

    let other = lab.done(CreateAccount { name: "other".to_owned() }).await.id;
    let by = |account| RevokeToken { account, token: token.id };
    assert_eq!(lab.refused(by(Some(other))).await, "not_yours");
    lab.wait(seconds(5));
    let revoked = lab.done(by(Some(lab.account))).await;
    assert_eq!(revoked.validity.revoked_at, Some(START.plus(seconds(5))));
    lab.wait(seconds(5));
    assert_eq!(lab.done(by(None)).await, revoked, "a second time changes nothing");
    let found = lab.store.views().credential([1; 32]).await.unwrap();
    assert_eq!(found, Some(Credential::Token(revoked)), "and says that it was revoked");

    let nowhere = CreateToken { account: Id::MIN, hash: [2; 32], ..create };
    assert_eq!(lab.refused(nowhere).await, "not_found");
    let unknown = RevokeToken { account: None, token: Id::MIN };
    assert_eq!(lab.refused(unknown).await, "not_found");
    assert_eq!(lab.store.views().credential([2; 32]).await.unwrap(), None);
}

fn key_of(lab: &Lab) -> CreateKey {
    CreateKey {
        account: lab.account,
        environment: lab.environment,
        name: "host-1".to_owned(),
        hash: [3; 32],
        expires_at: None,
    }
}

async fn a_key_is_found_by_its_hash_and_goes_with_its_environment(lab: Lab) {
    let create = key_of(&lab);
    let key = lab.done(create.clone()).await;
    let found = |hash| lab.store.views().credential(hash);
    assert_eq!(found([3; 32]).await.unwrap(), Some(Credential::Key(key.clone())));
    let nowhere = CreateKey { environment: Id::MIN, hash: [4; 32], ..create.clone() };
    assert_eq!(lab.refused(nowhere).await, "not_found");
    let stranger = CreateKey { account: Id::MIN, hash: [4; 32], ..create };
    assert_eq!(lab.refused(stranger).await, "not_yours");

    let revoke = |environment| RevokeKey { account: lab.account, environment, key: key.id };
    assert_eq!(lab.refused(revoke(Id::MIN)).await, "not_found", "it is named by its environment");
    let revoked = lab.done(revoke(lab.environment)).await;
    assert_eq!(revoked.validity.revoked_at, Some(START));
    assert_eq!(found([3; 32]).await.unwrap(), Some(Credential::Key(revoked)));
    lab.done(DeleteEnvironment {
        account: lab.account,
        environment: lab.environment,
        in_use: InUse::Refused,
    })
    .await;
    assert_eq!(found([3; 32]).await.unwrap(), None);
}

async fn the_last_use_is_shown(lab: Lab) {
    let key = lab.done(key_of(&lab)).await.id;
    let last = async || lab.store.views().key(key).await.unwrap().unwrap().last_used_at;
    assert_eq!(last().await, None);
    for _ in 0..3 {
        lab.wait(seconds(7));
        lab.store.views().used(CredentialId::Key(key));
        assert_eq!(last().await, Some(lab.clock.now()));
    }
    lab.session().await;
    assert_eq!(last().await, Some(lab.clock.now()), "also once a commit has carried it");
}
