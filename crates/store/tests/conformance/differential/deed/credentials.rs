//! Tokens of accounts and keys of environments.

use leasehold_model::token::Scopes;
use leasehold_model::token::ops::{CreateKey, CreateToken, RevokeKey, RevokeToken};
use leasehold_store::CredentialId;

use super::{Said, Scene, said};
use crate::lab::START;

pub(super) fn token<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let create = CreateToken {
        account: scene.one_of(&scene.known.accounts)?,
        name: "token".to_owned(),
        scopes: Scopes::ordinary(),
        hash: any_hash(scene),
        expires_at: None,
    };
    Some(said(scene, create))
}

pub(super) fn key<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let (account, environment) = scene.one_of(&scene.known.environments)?;
    let create = CreateKey {
        account,
        environment,
        name: "key".to_owned(),
        hash: any_hash(scene),
        expires_at: Some(START),
    };
    Some(said(scene, create))
}

pub(super) fn revoke_token<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let token = scene.one_of(&scene.known.tokens)?;
    Some(said(scene, RevokeToken { account: None, token }))
}

pub(super) fn revoke_key<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let (account, environment, key) = scene.one_of(&scene.known.keys)?;
    Some(said(scene, RevokeKey { account, environment, key }))
}

/// No operation: a use rides on the next commit.
pub(super) fn use_token<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let token = scene.one_of(&scene.known.tokens)?;
    scene.store.views().used(CredentialId::Token(token));
    None
}

fn any_hash(scene: &mut Scene<'_>) -> [u8; 32] {
    let mut hash = [0; 32];
    scene.chance.fill(&mut hash);
    hash
}
