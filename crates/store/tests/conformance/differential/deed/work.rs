//! Items of work: what workers do with them.

use std::time::Duration;

use leasehold_model::work::heartbeat::{Expected, Heartbeat, Unheld};
use leasehold_model::work::ops::{Ack, Poll, Renew, StopWork, UpdateWork};
use leasehold_model::work::stop::Stop;
use leasehold_model::work::{Caller, State, Ttl, WorkerId};
use leasehold_model::{Timestamp, Work};

use super::{Said, Scene, said};
use crate::lab::{named, token};

pub(super) fn poll<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let (_, environment) = scene.one_of(&scene.known.environments)?;
    let window = scene.choose(&[(1, 0), (1, 1_000), (3, 5_000), (1, 60_000)]);
    let window = Duration::from_millis(window);
    let worker = match scene.chance.u8(..3) {
        0 => None,
        worker => WorkerId::new(&format!("w{worker}")),
    };
    Some(said(scene, Poll { environment, window, worker }))
}

pub(super) fn ack<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let work = scene.one_of(&scene.known.work)?;
    let caller = any_caller(scene, &work);
    Some(said(scene, Ack { environment: work.environment, work: work.id, caller }))
}

pub(super) fn beat<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let work = scene.one_of(&scene.known.work)?;
    let caller = any_caller(scene, &work);
    let expected = any_echo(scene, &work);
    let unheld = if scene.chance.bool() { Unheld::Claim { limit: None } } else { Unheld::Refuse };
    let ttl = Ttl::clamped(scene.chance.u64(5..40));
    let heartbeat = Heartbeat { expected, ttl, caller, unheld };
    Some(said(scene, Renew { environment: work.environment, work: work.id, heartbeat }))
}

pub(super) fn stop<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let work = scene.one_of(&scene.known.work)?;
    let caller = any_caller(scene, &work);
    let how = if scene.chance.bool() { Stop::Graceful } else { Stop::Force };
    Some(said(scene, StopWork { environment: work.environment, work: work.id, how, caller }))
}

pub(super) fn patch<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let work = scene.one_of(&scene.known.work)?;
    let value = scene.chance.u8(..4);
    let metadata = [("k".to_owned(), (value > 0).then(|| value.to_string()))].into();
    Some(said(scene, UpdateWork { environment: work.environment, work: work.id, metadata }))
}

/// Nobody by name, somebody with a claim that is mostly the newest, or a worker by its name.
fn any_caller(scene: &mut Scene<'_>, work: &Work) -> Caller {
    match scene.chance.u8(..8) {
        0..4 => Caller::default(),
        4..7 => token(work.deliveries.saturating_sub(u32::from(scene.one_in(8)))),
        _ => named(&format!("w{}", scene.chance.u8(1..3))),
    }
}

/// What a heartbeat echoes: the newest, the one before, none, or it does not say.
pub(super) fn any_echo(scene: &mut Scene<'_>, work: &Work) -> Expected {
    let previous = previous_of(work).map_or(Expected::NoHeartbeat, Expected::Beat);
    scene.choose(&[
        (2, Expected::Any),
        (1, Expected::NoHeartbeat),
        (1, previous),
        (2, Expected::Beat(work.floor)),
    ])
}

fn previous_of(work: &Work) -> Option<Timestamp> {
    match &work.state {
        State::Active(_, beating) => beating.previous,
        State::Queued(_) | State::Starting(_) | State::Stopping(..) | State::Stopped(_) => None,
    }
}
