//! The calls on the threads of a session (events §9): there is the primary one.

use http::StatusCode;
use leasehold_model::session::Session;
use leasehold_model::token::Scope;

use super::super::DIALECT;
use super::super::event::{EventList, MANNER};
use super::super::session::thread::{ThreadList, ThreadWire};
use super::events;
use crate::call::{Call, Outcome, Reply};
use crate::event::stream::{self, Offer};
use crate::event::thread;
use crate::event::wire::EventWire;
use crate::failure::Failure;
use crate::page::{self, Above, LimitRule};
use crate::route::{Access, Route, integer, text};

const ALL: &str = "/sessions/{session_id}/threads";
const ONE: &str = "/sessions/{session_id}/threads/{thread_id}";
const ARCHIVE: &str = "/sessions/{session_id}/threads/{thread_id}/archive";
const EVENTS: &str = "/sessions/{session_id}/threads/{thread_id}/events";
const STREAM: &str = "/sessions/{session_id}/threads/{thread_id}/stream";
const READ: Access = Access::account(Scope::SessionsRead);
const WRITE: Access = Access::account(Scope::SessionsWrite);
const LIMIT: LimitRule = LimitRule { most: 1_000, above: Above::Refused };

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(&DIALECT, ALL, "listThreads", list)
            .summary("List the threads of a session: the primary one")
            .access(READ.or_key().or_claim())
            .query("limit", integer(1, Some(1_000)), "How many at most; 1000 if absent.")
            .query("page", text(), "The `next_page` of the page before.")
            .query("statuses[]", text(), "With this status; may be repeated.")
            .answers::<ThreadList>(StatusCode::OK),
        Route::get(&DIALECT, ONE, "retrieveThread", retrieve)
            .summary("Retrieve a thread")
            .access(READ.or_key().or_claim())
            .answers::<ThreadWire>(StatusCode::OK),
        Route::post(&DIALECT, ARCHIVE, "archiveThread", archive)
            .summary("Archive a thread, which the primary one does not allow")
            .access(WRITE)
            .answers::<ThreadWire>(StatusCode::OK),
        events::parts(Route::get(&DIALECT, EVENTS, "listThreadEvents", list_events))
            .summary("List the log of a thread")
            .access(READ.or_key().or_claim())
            .answers::<EventList>(StatusCode::OK),
        Route::get(&DIALECT, STREAM, "streamThreadEvents", stream)
            .summary("Stream the events of a thread from now on")
            .access(READ.or_key().or_claim())
            .query("event_deltas[]", text(), "Show these types while they are written.")
            .streams::<EventWire<'static>>(),
    ]
}

async fn list(call: Call) -> Outcome {
    let session = call.session().await?;
    page::limit(call.query(), LIMIT)?;
    let statuses = call.query().many("statuses[]")?;
    let is_on_page = thread::is_on_page(&call, session.id, MANNER.cursors)?;
    let thread = primary(&call, session).await?;
    let is_wanted = statuses.is_empty() || statuses.iter().any(|word| word == thread.status);
    let data = if is_wanted && is_on_page { vec![thread] } else { Vec::new() };
    Ok(Reply::ok(&ThreadList { data, next_page: None }))
}

async fn retrieve(call: Call) -> Outcome {
    let session = thread::in_path(&call).await?;
    Ok(Reply::ok(&primary(&call, session).await?))
}

async fn archive(call: Call) -> Outcome {
    thread::archive(&call).await
}

async fn list_events(call: Call) -> Outcome {
    let session = thread::in_path(&call).await?;
    events::page(&call, &session).await
}

async fn stream(call: Call) -> Outcome {
    let session = thread::in_path(&call).await?;
    stream::open(&call, &session, &MANNER, Offer::Previews).await
}

/// The primary thread of a session.
async fn primary(call: &Call, session: Session) -> Result<ThreadWire, Failure> {
    Ok(ThreadWire::of(&call.held(session).await?, call.app.store().now()))
}
