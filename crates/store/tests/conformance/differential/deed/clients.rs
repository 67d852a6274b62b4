//! What clients and workers say in a session: what is right, and what is wrong, late or repeated.

use leasehold_model::event::{Answer, Verdict};
use leasehold_model::log::ops::{CancelSession, Claimed, SendEvents};
use leasehold_model::log::send::Incoming;
use leasehold_model::log::{Asked, Call, Family};
use leasehold_model::session::Session;
use leasehold_model::session::ops::Projection;
use leasehold_model::{AccountId, EventId, Json, Log};

use super::{Said, Scene, said};

/// An event for a session that has this log, if it has one.
type Event = fn(&mut Scene<'_>, Option<&Log>) -> Incoming;

const EVENTS: &[(u32, Event)] = &[
    (6, message),
    (1, interrupt),
    (1, system),
    (4, confirmation),
    (4, tool_result),
    (4, custom_tool_result),
    (2, outcome),
];

/// Some events at once, each of which may be one that is refused.
pub(super) fn send<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let session = scene.one_of(&scene.known.sessions)?;
    let log = scene.known.logs.get(&session.id);
    let number = scene.choose(&[(6, 1), (2, 2), (1, 3)]);
    let events = (0..number).map(|_| any_event(scene, log)).collect();
    Some(send_to(scene, &session, events))
}

/// A word to a session at rest.
pub(super) fn greet<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let session = scene.one_of(&scene.known.sessions)?;
    let event = message(scene, None);
    Some(send_to(scene, &session, vec![event]))
}

/// What a session waits for, all of it or a part, and nothing wrong.
pub(super) fn answer<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let waits = |session: &&Session| {
        scene.known.logs.get(&session.id).is_some_and(|log| !log.fold.blocking().is_empty())
    };
    let waiting: Vec<Session> = scene.known.sessions.iter().filter(waits).cloned().collect();
    let session = scene.one_of(&waiting)?;
    let log = scene.known.logs.get(&session.id)?;
    let most = if scene.one_in(3) { 1 } else { usize::MAX };
    let calls = log.fold.calls.iter().filter(|call| call.blocks()).take(most);
    let events = calls.map(|call| fitting(scene, call)).collect();
    Some(send_to(scene, &session, events))
}

/// What a call waits for, or a result that comes before its confirmation.
fn fitting(scene: &mut Scene<'_>, call: &Call) -> Incoming {
    match (call.family, call.asked) {
        (Family::Custom, _) => Incoming::CustomToolResult(result(scene, call.id)),
        (Family::Worker, Asked::Waiting) if scene.chance.bool() => {
            Incoming::ToolResult(result(scene, call.id))
        }
        (_, Asked::Waiting) => confirm(scene, call.id),
        (_, Asked::Never | Asked::Allowed | Asked::Denied) => {
            Incoming::ToolResult(result(scene, call.id))
        }
    }
}

pub(super) fn cancel<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let session = scene.one_of(&scene.known.sessions)?;
    let account = account_of(scene, &session);
    Some(said(scene, CancelSession { account, session: session.id }))
}

/// Any event, for a session that has this log.
pub(super) fn any_event(scene: &mut Scene<'_>, log: Option<&Log>) -> Incoming {
    scene.choose(EVENTS)(scene, log)
}

pub(super) fn message(scene: &mut Scene<'_>, _: Option<&Log>) -> Incoming {
    Incoming::Message { content: any_words(scene) }
}

fn interrupt(_: &mut Scene<'_>, _: Option<&Log>) -> Incoming {
    Incoming::Interrupt
}

fn system(scene: &mut Scene<'_>, _: Option<&Log>) -> Incoming {
    Incoming::System { content: any_words(scene) }
}

fn outcome(scene: &mut Scene<'_>, _: Option<&Log>) -> Incoming {
    let max_iterations = scene.chance.u8(1..4);
    let (description, rubric) = ("a report".to_owned(), "It has a title.".to_owned());
    Incoming::DefineOutcome { description, rubric, max_iterations }
}

fn confirmation(scene: &mut Scene<'_>, log: Option<&Log>) -> Incoming {
    let call = any_call(scene, log, |call| call.asked == Asked::Waiting);
    confirm(scene, call)
}

fn tool_result(scene: &mut Scene<'_>, log: Option<&Log>) -> Incoming {
    let call = any_call(scene, log, |call| call.family == Family::Worker);
    Incoming::ToolResult(result(scene, call))
}

fn custom_tool_result(scene: &mut Scene<'_>, log: Option<&Log>) -> Incoming {
    let call = any_call(scene, log, |call| call.family == Family::Custom);
    Incoming::CustomToolResult(result(scene, call))
}

fn confirm(scene: &mut Scene<'_>, call: EventId) -> Incoming {
    let message = scene.chance.bool().then(|| "No.".to_owned());
    let verdict = if scene.one_in(3) { Verdict::Deny { message } } else { Verdict::Allow };
    Incoming::Confirmation { call, verdict }
}

/// Of so few answers, one is often given twice.
fn result(scene: &mut Scene<'_>, call: EventId) -> Answer {
    let content = (!scene.one_in(4)).then(|| any_words(scene));
    Answer { call, content, is_error: scene.chance.bool().then_some(false) }
}

/// Mostly a call that the event fits; else one that is over, another session's or nobody's.
fn any_call(scene: &mut Scene<'_>, log: Option<&Log>, fits: fn(&Call) -> bool) -> EventId {
    let fitting: Vec<EventId> = log
        .iter()
        .flat_map(|log| &log.fold.calls)
        .filter(|call| fits(call))
        .map(|call| call.id)
        .collect();
    let call = if scene.one_in(5) { None } else { scene.one_of(&fitting) };
    call.or_else(|| scene.one_of(&scene.known.past.calls)).unwrap_or(EventId::MIN)
}

pub(super) fn any_words(scene: &mut Scene<'_>) -> Json {
    Json::text(scene.choose(&[(1, "one"), (1, "two")]))
}

fn send_to<'a>(scene: &mut Scene<'a>, session: &Session, events: Vec<Incoming>) -> Said<'a> {
    let send = SendEvents {
        account: account_of(scene, session),
        session: session.id,
        environment: session.environment,
        events,
        claim: any_claim(scene, session),
        projection: if scene.one_in(4) { Projection::Empty } else { Projection::Copy },
        traceparent: None,
    };
    said(scene, send)
}

fn account_of(scene: &mut Scene<'_>, session: &Session) -> AccountId {
    let other = if scene.one_in(24) { scene.one_of(&scene.known.accounts) } else { None };
    other.unwrap_or(session.account)
}

/// Mostly none; else one of an item of the session, which may be over.
fn any_claim(scene: &mut Scene<'_>, session: &Session) -> Option<Claimed> {
    if !scene.one_in(6) {
        return None;
    }
    let items = scene.known.work.iter().filter(|work| work.session == session.id);
    let work = scene.one_of(&items.cloned().collect::<Vec<_>>())?;
    let delivery = work.deliveries.saturating_sub(u32::from(scene.one_in(4)));
    Some(Claimed { work: work.id, delivery })
}
