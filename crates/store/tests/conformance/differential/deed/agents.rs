//! Agents and their versions.

use leasehold_model::agent::ops::{ArchiveAgent, DeleteAgent, UpdateAgent};

use super::{Said, Scene, said};
use crate::lab::{agent_of, renamed};

pub(super) fn create<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let account = scene.one_of(&scene.known.accounts)?;
    Some(said(scene, agent_of(account)))
}

pub(super) fn redefine<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let (account, agent) = scene.one_of(&scene.known.agents)?;
    let expected = scene.one_in(4).then_some(1);
    let change = renamed(account, agent, &format!("name {}", scene.chance.u8(..3)));
    Some(said(scene, UpdateAgent { expected, ..change }))
}

pub(super) fn archive<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let (account, agent) = scene.one_of(&scene.known.agents)?;
    Some(said(scene, ArchiveAgent { account, agent }))
}

pub(super) fn delete<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let (account, agent) = scene.one_of(&scene.known.agents)?;
    Some(said(scene, DeleteAgent { account, agent }))
}
