//! Accounts and their environments.

use leasehold_model::environment::config::{Config, Strictness};
use leasehold_model::environment::ops::{
    ArchiveEnvironment, CreateEnvironment, DeleteEnvironment, InUse, LimitAttempts,
    UpdateEnvironment,
};
use leasehold_model::token::ops::CreateAccount;

use super::{Said, Scene, said};
use crate::lab::environment_of;

pub(super) fn account<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    Some(said(scene, CreateAccount { name: "more".to_owned() }))
}

pub(super) fn create<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    if !scene.one_in(5) {
        return self_hosted(scene);
    }
    let config = Config::Cloud { packages: None, networking: None, setup_script: None };
    let account = scene.one_of(&scene.known.accounts)?;
    Some(said(scene, CreateEnvironment { config, ..environment_of(account) }))
}

pub(super) fn self_hosted<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let config = Config::SelfHosted { setup_script: Some("true".to_owned()) };
    let account = scene.one_of(&scene.known.accounts)?;
    Some(said(scene, CreateEnvironment { config, ..environment_of(account) }))
}

pub(super) fn rename<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let (account, environment) = scene.one_of(&scene.known.environments)?;
    let rename = UpdateEnvironment {
        account,
        environment,
        name: Some(format!("name {}", scene.chance.u8(..3))),
        description: None,
        config: None,
        strictness: Strictness::Bounds,
        metadata: None,
        scope: None,
    };
    Some(said(scene, rename))
}

pub(super) fn limit<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let (account, environment) = scene.one_of(&scene.known.environments)?;
    let max_attempts = scene.chance.bool().then(|| scene.chance.u32(1..4));
    Some(said(scene, LimitAttempts { account, environment, max_attempts }))
}

pub(super) fn archive<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let (account, environment) = scene.one_of(&scene.known.environments)?;
    Some(said(scene, ArchiveEnvironment { account, environment }))
}

pub(super) fn delete<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let (account, environment) = scene.one_of(&scene.known.environments)?;
    Some(said(scene, DeleteEnvironment { account, environment, in_use: InUse::Refused }))
}
