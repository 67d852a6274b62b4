//! What graders say of outcomes, in time and too late.

use leasehold_model::event::TroubleClass;
use leasehold_model::log::ops::{Claimed, EndEvaluation, GoOnEvaluating};
use leasehold_model::log::outcome::{Graded, Stage, Verdict};
use leasehold_model::{EventId, Log, SessionId};

use super::runners::{CURES, any_claim, any_usage};
use super::{Said, Scene, said};

const VERDICTS: &[(u32, Verdict)] =
    &[(2, Verdict::Satisfied), (4, Verdict::NeedsRevision), (1, Verdict::Failed)];

/// The evaluation that is open in a log.
pub(super) fn evaluation(log: &Log) -> Option<EventId> {
    match log.fold.outcome()?.stage {
        Stage::Evaluating { start, .. } => Some(start),
        Stage::Pending
        | Stage::Working
        | Stage::Done
        | Stage::Wanting
        | Stage::LastWord
        | Stage::Over(_) => None,
    }
}

/// What came of an evaluation; now and then nothing.
pub(super) fn end<'a>(
    scene: &mut Scene<'a>,
    session: SessionId,
    claim: Claimed,
    start: EventId,
) -> Said<'a> {
    let usage = any_usage(scene);
    let graded = if scene.one_in(5) {
        let class = TroubleClass::ModelOverloaded;
        let (message, cure) = ("The grader is busy.".to_owned(), scene.choose(CURES));
        Graded::Unanswered { class, message, cure, usage }
    } else {
        let verdict = scene.choose(VERDICTS);
        Graded::Verdict { verdict, explanation: "Because.".to_owned(), usage }
    };
    said(scene, EndEvaluation { session, claim, start, graded })
}

pub(super) fn grade<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let (session, claim, start) = any_evaluation(scene)?;
    Some(end(scene, session, claim, start))
}

pub(super) fn give_a_sign<'a>(scene: &mut Scene<'a>) -> Option<Said<'a>> {
    let (session, claim, start) = any_evaluation(scene)?;
    Some(said(scene, GoOnEvaluating { session, claim, start }))
}

/// Some claim, on an evaluation that may be open.
fn any_evaluation(scene: &mut Scene<'_>) -> Option<(SessionId, Claimed, EventId)> {
    let (session, claim) = any_claim(scene)?;
    let open = scene.known.logs.get(&session).and_then(evaluation);
    Some((session, claim, open.unwrap_or(EventId::MIN)))
}
