//! Sessions, apart from what is said in them.

use leasehold_model::agent::snapshot::Overrides;
use leasehold_model::catalogue::Models;
use leasehold_model::idempotency::{Once, ResponseKey};
use leasehold_model::session::Session;
use leasehold_model::session::budget::Budget;
use leasehold_model::session::ops::{
    Again, ArchiveSession, DeleteSession, Enqueue, Projection, UpdateSession,
};

use super::clients::{any_event, message};
use super::{Said, Scene, said, said_as};
use crate::lab::{priced, session_of, update_of};

pub(super) fn create<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let (account, environment) = scene.one_of(&scene.known.environments)?;
    let (_, agent) = scene.one_of(&scene.known.agents)?;
    let mut create = session_of(account, agent, environment);
    if scene.chance.bool() {
        create.projection = Projection::Empty;
    }
    if scene.one_in(4) {
        create.agent.overrides = without_tools();
    }
    if scene.one_in(3) {
        create.enqueue = Enqueue::AtFirstEvent;
    }
    if scene.one_in(3) {
        let number = scene.choose(&[(3, 1), (1, 2)]);
        let event = |_| if scene.one_in(4) { any_event(scene, None) } else { message(scene, None) };
        create.initial_events = (0..number).map(event).collect();
    }
    if scene.one_in(3) {
        create.budget = Some(any_budget(scene));
        create.models = any_models(scene);
    }
    if !scene.one_in(3) {
        return Some(said(scene, create));
    }
    let key = format!("key {}", scene.chance.u8(..6));
    let asked = format!("under {key}: {create:?}");
    let once = Once {
        key: ResponseKey { account, key: key.into() },
        fingerprint: [u8::from(create.projection == Projection::Copy); 32],
        op: create,
        render: |_: &Result<_, _>| Some((201, b"made".to_vec())),
    };
    Some(said_as(scene, asked, once))
}

pub(super) fn retitle<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let session = scene.one_of(&scene.known.sessions)?;
    let title = scene.chance.u8(..3);
    let title = Some((title > 0).then(|| format!("title {title}")));
    Some(said(scene, UpdateSession { title, ..update_of(&session) }))
}

pub(super) fn retool<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let session = scene.one_of(&scene.known.sessions)?;
    let agent = match scene.chance.bool() {
        true => Overrides { system: Some(None), ..Overrides::default() },
        false => without_tools(),
    };
    Some(said(scene, UpdateSession { agent, ..update_of(&session) }))
}

pub(super) fn rebudget<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let session = scene.one_of(&scene.known.sessions)?;
    let budget = Some((!scene.one_in(4)).then(|| any_budget(scene)));
    let models = any_models(scene);
    Some(said(scene, UpdateSession { budget, models, ..update_of(&session) }))
}

pub(super) fn archive<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let Session { account, id: session, .. } = scene.one_of(&scene.known.sessions)?;
    let again = if scene.chance.bool() { Again::Refused } else { Again::Unchanged };
    Some(said(scene, ArchiveSession { account, session, again }))
}

pub(super) fn delete<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let Session { account, id: session, .. } = scene.one_of(&scene.known.sessions)?;
    Some(said(scene, DeleteSession { account, session }))
}

fn without_tools() -> Overrides {
    Overrides { tools: Some(Vec::new()), ..Overrides::default() }
}

/// So little that some requests use it up.
fn any_budget(scene: &mut Scene<'_>) -> Budget {
    Budget { hundredths: scene.chance.u64(..9) }
}

/// Without a price there can be no budget.
fn any_models(scene: &mut Scene<'_>) -> Models {
    if scene.one_in(8) { Models::default() } else { priced("scripted") }
}
