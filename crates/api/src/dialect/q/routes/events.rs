//! The calls on the events of a session (events §1).

use http::StatusCode;
use leasehold_model::session::Session;
use leasehold_model::token::Scope;

use super::super::DIALECT;
use super::super::event::{EventList, MANNER};
use super::super::list;
use crate::call::{Call, Outcome};
use crate::event::incoming::SendBody;
use crate::event::send::{self, Sent};
use crate::event::stream::{self, Offer};
use crate::event::wire::EventWire;
use crate::event::{self, Scribe};
use crate::route::{Access, Route, date_time, integer, text};

const ALL: &str = "/sessions/{session_id}/events";
const READ: Access = Access::account(Scope::SessionsRead);
const WRITE: Access = Access::account(Scope::SessionsWrite);

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post(&DIALECT, ALL, "sendEvents", send)
            .summary("Send events to a session: all of them are taken, or none")
            .access(WRITE.or_key().or_claim())
            .body::<SendBody>()
            .answers::<Sent>(StatusCode::OK),
        parts(Route::get(&DIALECT, ALL, "listEvents", list_or_stream))
            .summary("List the log of a session; with Accept: text/event-stream, stream it")
            .access(READ.or_key().or_claim())
            .answers::<EventList>(StatusCode::OK),
        Route::get(&DIALECT, "/sessions/{session_id}/events/stream", "streamEvents", stream)
            .summary("Stream the events of a session from now on, or from an event on")
            .access(READ.or_key().or_claim())
            .query("event_deltas[]", text(), "Show these types while they are written.")
            .header("Last-Event-ID", "Go on behind this event.")
            .streams::<EventWire<'static>>(),
    ]
}

/// The parameters of a list of events.
pub(super) fn parts(route: Route) -> Route {
    route
        .query("limit", integer(1, Some(1_000)), "How many at most; 20 if absent.")
        .cursors()
        .query("order", text(), "`asc` or `desc`; `asc` if absent.")
        .query("types[]", text(), "Of this type; may be repeated, or hold several with commas.")
        .query("created_at[gt]", date_time(), "Processed after.")
        .query("created_at[gte]", date_time(), "Processed at or after.")
        .query("created_at[lt]", date_time(), "Processed before.")
        .query("created_at[lte]", date_time(), "Processed at or before.")
}

async fn send(call: Call) -> Outcome {
    send::send(call, &MANNER).await
}

async fn list_or_stream(call: Call) -> Outcome {
    if call.accepts_events() {
        return stream(call).await;
    }
    let session = call.session().await?;
    page(&call, &session).await
}

/// The part of a session's log that the query asks for.
pub(super) async fn page(call: &Call, session: &Session) -> Outcome {
    let (listing, page) = event::list::read(call, session, &MANNER).await?;
    let scribe = Scribe::of(&call.app, session, &MANNER).await?;
    Ok(list::reply(&listing, &page, |event| MANNER.id(event.id), |event| scribe.json(event)))
}

async fn stream(call: Call) -> Outcome {
    let session = call.session().await?;
    stream::open(&call, &session, &MANNER, Offer::Previews).await
}
