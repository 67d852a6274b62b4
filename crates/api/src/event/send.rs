//! Sending events to a session, and who may send which (events §2, sessions §8).

use leasehold_model::Event;
use leasehold_model::log::ops::{Claimed, SendEvents};
use leasehold_model::log::send::Incoming;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::wire::EventWire;
use super::{Manner, Results, Scribe, incoming, output};
use crate::auth::Principal;
use crate::call::{Call, Outcome, Reply};
use crate::failure::{Failure, Problem};

/// The events that were taken, in the order in which they were sent.
#[derive(Serialize, ToSchema)]
#[schema(as = SentEvents)]
pub(crate) struct Sent {
    #[schema(value_type = Vec<EventWire<'static>>)]
    data: Vec<Box<RawValue>>,
}

/// Sends the events in the body to the session in the path.
///
/// # Errors
/// 400, 403 or 404, and as the rules refuse; then none was taken.
pub(crate) async fn send(call: Call, manner: &'static Manner) -> Outcome {
    let session = call.session().await?;
    let events = incoming::read(call.mended_json(output::without_nul)?, manner)?;
    let claim = may_send(&call.principal, &events, manner)?;
    let op = SendEvents {
        account: session.account,
        session: session.id,
        environment: session.environment,
        events,
        claim,
        projection: manner.projection,
        traceparent: call.traceparent(),
    };
    let scribe = Scribe::of_clients(session.id, manner);
    call.submit(op, move |taken: &Vec<Event>| {
        Reply::ok(&Sent { data: taken.iter().map(|event| scribe.json(event)).collect() })
    })
    .await
}

/// Whether the caller may send all of these, and the claim by which it may. A worker hands in results
/// and says nothing else.
fn may_send(
    principal: &Principal,
    events: &[Incoming],
    manner: &Manner,
) -> Result<Option<Claimed>, Failure> {
    let is_result = |event: &Incoming| match event {
        Incoming::ToolResult(_) | Incoming::CustomToolResult(_) => true,
        Incoming::Message { .. }
        | Incoming::Interrupt
        | Incoming::Confirmation { .. }
        | Incoming::System { .. }
        | Incoming::DefineOutcome { .. } => false,
    };
    let of_worker = |event: &Incoming| matches!(event, Incoming::ToolResult(_));
    let (allowed, claim) = match principal {
        Principal::Account { .. } => match manner.results {
            Results::OfAnybody => (true, None),
            Results::OfWorkers => (!events.iter().any(of_worker), None),
        },
        Principal::Key { .. } => (events.iter().all(is_result), None),
        Principal::Claim(claim) => {
            let claimed = Claimed { work: claim.work, delivery: claim.delivery };
            (events.iter().all(is_result), Some(claimed))
        }
    };
    if allowed {
        return Ok(claim);
    }
    let message = match principal {
        Principal::Account { .. } => {
            "An event of type 'user.tool_result' may only be sent with environment credentials."
        }
        Principal::Key { .. } | Principal::Claim(_) => {
            "Environment credentials may only send 'user.tool_result' and 'user.custom_tool_result'."
        }
    };
    Err(Problem { message: message.into(), ..Problem::forbidden() }.into())
}
