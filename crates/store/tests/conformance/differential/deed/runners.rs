//! What runners do with turns: what is due, and what is not or comes too late.

use std::time::Duration;

use leasehold_model::event::{
    Kind, Permission, Retry, StopReason, Trouble, TroubleClass, Usage, Use,
};
use leasehold_model::id::Mint;
use leasehold_model::log::TURN_QUEUE;
use leasehold_model::log::ops::{
    Claimed, Conclude, HandIn, Proceed, TakeTurn, YieldTurn, heartbeat,
};
use leasehold_model::log::turn::{Cure, Handed, Outcome, Said as Uttered};
use leasehold_model::work::ops::Renew;
use leasehold_model::work::{State, Ttl, WorkerId};
use leasehold_model::{EventId, Json, SessionId};

use super::clients::any_words;
use super::graders;
use super::work::any_echo;
use super::{Heard, Said, Scene, said};
use crate::differential::known::Turn;

/// How a call becomes an event.
type Called = fn(Use) -> Kind;

/// What the model may call, and how often.
const TOOLS: &[(u32, Called)] = &[
    (4, |used| Kind::AgentToolUse(Use { name: "bash".to_owned(), ..used })),
    (2, |used| Kind::AgentToolUse(Use { name: "web_fetch".to_owned(), ..used })),
    (2, |used| Kind::AgentMcpToolUse { server: "s".to_owned(), used }),
    (2, |used| Kind::AgentCustomToolUse(Use { permission: Permission::Allow, ..used })),
];

const PERMISSIONS: &[(u32, Permission)] =
    &[(4, Permission::Allow), (2, Permission::Ask), (1, Permission::Deny)];

pub(super) const CURES: &[(u32, Cure)] = &[
    (4, Cure::Retry(None)),
    (2, Cure::Retry(Some(Duration::from_secs(7)))),
    (2, Cure::Retry(Some(Duration::from_secs(700)))),
    (2, Cure::NewTurn),
    (1, Cure::None),
];

/// The next step of a turn, as a runner would do it that knows where it stands.
pub(super) fn drive<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let turn = scene.one_of(&scene.known.turns)?;
    if !is_driven(&turn) {
        return take(scene);
    }
    let (session, claim) = (turn.session, turn.claim());
    let log = scene.known.logs.get(&session)?;
    if let Some(start) = log.fold.request {
        let outcome = any_outcome(scene, log.fold.failures);
        return Some(said(scene, Conclude { session, claim, start, outcome }));
    }
    if let Some(evaluation) = graders::evaluation(log) {
        return Some(graders::end(scene, session, claim, evaluation));
    }
    if log.begun.is_empty() {
        let troubles = any_troubles(scene);
        return Some(said(scene, Proceed { session, claim, troubles }));
    }
    let results = log.begun.iter().map(|call| handed(scene, *call)).collect();
    Some(said(scene, HandIn { session, claim, results }))
}

pub(super) fn take<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let runner = WorkerId::new(&format!("runner{}", scene.chance.u8(..3)))?;
    let ttl = Ttl::clamped(scene.chance.u64(10..40));
    Some(said(scene, TakeTurn { runner, ttl }))
}

pub(super) fn proceed<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let (session, claim) = any_claim(scene)?;
    let troubles = any_troubles(scene);
    Some(said(scene, Proceed { session, claim, troubles }))
}

pub(super) fn conclude<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let (session, claim) = any_claim(scene)?;
    let request = scene.known.logs.get(&session).and_then(|log| log.fold.request);
    let other = if scene.one_in(4) { scene.one_of(&scene.known.past.calls) } else { None };
    let start = other.or(request).unwrap_or(EventId::MIN);
    let outcome = any_outcome(scene, 0);
    Some(said(scene, Conclude { session, claim, start, outcome }))
}

/// Results of calls that were begun and of some that were not.
pub(super) fn hand_in<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let (session, claim) = any_claim(scene)?;
    let mut calls = scene.known.logs.get(&session).map(|log| log.begun.clone()).unwrap_or_default();
    if scene.chance.bool() {
        calls.truncate(1);
    }
    if scene.chance.bool() {
        calls.extend(scene.one_of(&scene.known.past.calls));
    }
    let results = calls.iter().map(|call| handed(scene, *call)).collect();
    Some(said(scene, HandIn { session, claim, results }))
}

pub(super) fn give_back<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let (session, claim) = any_claim(scene)?;
    Some(said(scene, YieldTurn { session, claim }))
}

/// Whether a beat is refused is the same everywhere, but not by which refusal: a turn that is over
/// may be swept away, and when it is hangs on when the file has nothing else to do.
pub(super) fn beat<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let turn = scene.one_of(&scene.known.turns)?;
    let claim = if scene.one_in(6) { any_claim(scene)?.1 } else { turn.claim() };
    let expected = any_echo(scene, &turn.work);
    let heartbeat = heartbeat(claim, expected, Ttl::clamped(scene.chance.u64(10..40)));
    let beat = said(scene, Renew { environment: TURN_QUEUE, work: claim.work, heartbeat });
    Some(Box::pin(async move {
        let heard = beat.await;
        let answer = if heard.refused() { "refused".to_owned() } else { heard.answer };
        Heard { asked: heard.asked, answer }
    }))
}

fn is_driven(turn: &Turn) -> bool {
    match turn.work.state {
        State::Starting(_) | State::Active(..) => true,
        State::Queued(_) | State::Stopping(..) | State::Stopped(_) => false,
    }
}

/// Mostly the claim on a turn that there is; else one that is over, or one on another session.
pub(super) fn any_claim(scene: &mut Scene<'_>) -> Option<(SessionId, Claimed)> {
    let (session, mut claim) = match scene.one_in(6) {
        true => scene.one_of(&scene.known.past.turns)?,
        false => scene.one_of(&scene.known.turns).map(|turn| (turn.session, turn.claim()))?,
    };
    claim.delivery = claim.delivery.saturating_sub(u32::from(scene.one_in(8)));
    let other = if scene.one_in(12) { scene.one_of(&scene.known.sessions) } else { None };
    Some((other.map_or(session, |other| other.id), claim))
}

fn any_troubles(scene: &mut Scene<'_>) -> Vec<Trouble> {
    let class = TroubleClass::McpConnectionFailed { server: "s".to_owned() };
    let trouble = Trouble { class, message: "Gone.".to_owned(), retry: Retry::Retrying };
    if scene.one_in(8) { vec![trouble] } else { Vec::new() }
}

/// A failure seldom comes alone, so that some turns run out of tries.
fn any_outcome(scene: &mut Scene<'_>, failures: u32) -> Outcome {
    let usage = any_usage(scene);
    let fails = if failures > 0 { !scene.one_in(4) } else { scene.one_in(7) };
    if fails {
        let class = TroubleClass::ModelOverloaded;
        let (message, cure) = ("The model is busy.".to_owned(), scene.choose(CURES));
        return Outcome::Failed { class, message, cure, usage };
    }
    let refusal = StopReason::Refusal { category: None, explanation: Some("No.".to_owned()) };
    let number = scene.chance.usize(..4);
    Outcome::Answered {
        said: (0..number).map(|_| any_utterance(scene)).collect(),
        refusal: scene.one_in(8).then_some(refusal),
        usage,
    }
}

fn any_utterance(scene: &mut Scene<'_>) -> Uttered {
    let kind = match scene.chance.u8(..6) {
        0 | 1 => Kind::AgentMessage { content: any_words(scene) },
        2 => Kind::AgentThinking { opaque: scene.chance.bool().then(|| Json::of(&"a thought")) },
        _ => {
            let used = Use {
                name: "tool".to_owned(),
                input: Json::of(&serde_json::json!({ "command": "ls" })),
                permission: scene.choose(PERMISSIONS),
                model_id: "toolu_1".to_owned(),
            };
            scene.choose(TOOLS)(used)
        }
    };
    let denied = scene.chance.bool().then(|| "It may not.".to_owned());
    Uttered { id: any_id(scene), kind, denied }
}

pub(super) fn any_usage(scene: &mut Scene<'_>) -> Usage {
    Usage {
        input_tokens: scene.chance.u64(..100),
        output_tokens: scene.chance.u64(..100),
        cost_nanos: scene.chance.u64(..3) * 10_000_000,
        ..Usage::default()
    }
}

/// Runners give out ids of their own, before anything is written.
fn any_id(scene: &mut Scene<'_>) -> EventId {
    Mint::new(scene.chance.u64(..)).next(scene.store.now())
}

fn handed(scene: &mut Scene<'_>, call: EventId) -> Handed {
    Handed { call, content: any_words(scene), is_error: scene.one_in(4) }
}
