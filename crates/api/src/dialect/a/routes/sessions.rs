//! The calls on sessions, as far as there are any (sessions §1).

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use leasehold_model::refusal::Resource;
use leasehold_model::session::ops::{
    Again, ArchiveSession, CreateSession, DeleteSession, Held, Projection, UpdateSession,
};
use leasehold_model::token::Scope;
use leasehold_model::{EnvironmentId, Timestamp};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::super::DIALECT;
use super::super::agent::MANNER;
use super::super::list;
use super::super::session::filter::{self, Wanted};
use super::super::session::request::{self, CreateBody, UpdateBody};
use super::super::session::{SessionList, SessionWire, session_id};
use crate::call::{Call, Outcome, Reply};
use crate::failure::Failure;
use crate::page;
use crate::route::{Access, Route, boolean, date_time, integer, text};

const ALL: &str = "/sessions";
const ONE: &str = "/sessions/{session_id}";
const READ: Access = Access::account(Scope::SessionsRead);
const WRITE: Access = Access::account(Scope::SessionsWrite);

pub(super) fn routes() -> Vec<Route> {
    let list_sessions = Route::get(&DIALECT, ALL, "listSessions", list)
        .summary("List sessions, newest first")
        .access(READ)
        .query("limit", integer(1, Some(1_000)), "How many at most; 20 if absent.")
        .query("page", text(), "The `next_page` of the page before, in the same order.")
        .query("order", text(), "`asc` or `desc`; `desc` if absent.")
        .query("include_archived", boolean(), "Archived ones too.")
        .query("agent_id", text(), "Of this agent.")
        .query("agent_version", integer(1, None), "Of this version of the agent.")
        .query("statuses[]", text(), "With this status; may be repeated.")
        .query("created_at[gt]", date_time(), "Created after.")
        .query("created_at[gte]", date_time(), "Created at or after.")
        .query("created_at[lt]", date_time(), "Created before.")
        .query("created_at[lte]", date_time(), "Created at or before.")
        .answers::<SessionList>(StatusCode::OK);
    vec![
        Route::post(&DIALECT, ALL, "createSession", create)
            .summary("Make a session; in a self-hosted environment it queues a work item")
            .access(WRITE)
            .body::<CreateBody>()
            .answers::<SessionWire>(StatusCode::OK)
            .refuses(&[404]),
        list_sessions,
        Route::get(&DIALECT, ONE, "retrieveSession", retrieve)
            .summary("Retrieve a session, archived or not")
            .access(READ.or_key().or_claim())
            .answers::<SessionWire>(StatusCode::OK),
        Route::post(&DIALECT, ONE, "updateSession", update)
            .summary("Change a session; what is absent stays")
            .access(WRITE)
            .body::<UpdateBody>()
            .answers::<SessionWire>(StatusCode::OK),
        Route::get(&DIALECT, "/sessions/{session_id}/resources", "listSessionResources", resources)
            .summary("List the resources of a session: it has none")
            .access(READ)
            .query("limit", integer(1, Some(1_000)), "How many at most; all if absent.")
            .query("page", text(), "The `next_page` of the page before.")
            .answers::<ResourceList>(StatusCode::OK),
        Route::post(&DIALECT, "/sessions/{session_id}/archive", "archiveSession", archive)
            .summary("Archive a session and stop its work item")
            .access(WRITE)
            .answers::<SessionWire>(StatusCode::OK),
        Route::new(&DIALECT, Method::DELETE, ONE, "deleteSession", delete)
            .summary("Delete a session and stop its work item")
            .access(WRITE)
            .answers::<DeletedSession>(StatusCode::OK),
    ]
}

/// The resources of a session.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = SessionResourceList)]
struct ResourceList {
    #[schema(value_type = Vec<Object>)]
    data: [Value; 0],
    next_page: Option<String>,
}

/// What is left of a deleted session.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct DeletedSession {
    id: String,
    /// Always `session_deleted`.
    #[schema(pattern = "^session_deleted$")]
    r#type: &'static str,
}

fn shown(held: &Held, now: Timestamp) -> Reply {
    Reply::ok(&SessionWire::of(held, now))
}

async fn create(call: Call) -> Outcome {
    let account = call.authorize()?;
    let body = request::create(call.json()?, call.reader(&MANNER))?;
    let environment = EnvironmentId::parse(&body.environment)
        .ok_or_else(|| Failure::not_found(Resource::Environment))?;
    let op = CreateSession {
        account,
        environment,
        agent: body.agent,
        title: body.title,
        metadata: body.metadata,
        environment_variables: BTreeMap::new(),
        budget: body.budget,
        models: call.app.settings().models.clone(),
        projection: Projection::Empty,
        enqueue: call.app.settings().enqueue,
        initial_events: body.initial_events,
        traceparent: call.traceparent(),
    };
    let now = call.app.store().now();
    call.submit(op, move |made| shown(made, now)).await
}

async fn list(call: Call) -> Outcome {
    let account = call.authorize()?;
    let Wanted { filter, order } = filter::read(call.query())?;
    let page = list::read(call.query(), order, |text| filter::parse_cursor(order, text))?;
    let mut body = SessionList { data: Vec::new(), next_page: None, prev_page: None };
    if let Some(filter) = filter {
        let listing = call.all_held(call.views().sessions(account, filter, page).await?).await?;
        let now = call.app.store().now();
        let last = listing.items.last().filter(|_| listing.more);
        body.next_page = last.map(|last| filter::cursor(order, last.session.id));
        body.data = listing.items.iter().map(|held| SessionWire::of(held, now)).collect();
    }
    Ok(Reply::ok(&body))
}

async fn retrieve(call: Call) -> Outcome {
    let held = call.held(call.session().await?).await?;
    Ok(shown(&held, call.app.store().now()))
}

async fn update(call: Call) -> Outcome {
    let session = call.session().await?;
    let change = request::update(call.json()?, call.reader(&MANNER))?;
    let op = UpdateSession {
        account: session.account,
        session: session.id,
        environment: session.environment,
        title: change.title,
        metadata: change.metadata,
        agent: change.agent,
        strictness: MANNER.strictness,
        environment_variables: None,
        budget: change.budget,
        models: call.app.settings().models.clone(),
        projection: Projection::Empty,
    };
    let now = call.app.store().now();
    call.submit(op, move |changed| shown(changed, now)).await
}

async fn archive(call: Call) -> Outcome {
    let session = call.session().await?;
    call.json()?;
    let again = Again::Unchanged;
    let op = ArchiveSession { account: session.account, session: session.id, again };
    let now = call.app.store().now();
    call.submit(op, move |archived| shown(archived, now)).await
}

async fn delete(call: Call) -> Outcome {
    let session = call.session().await?;
    let op = DeleteSession { account: session.account, session: session.id };
    call.submit(op, move |()| {
        Reply::ok(&DeletedSession { id: session_id(session.id), r#type: "session_deleted" })
    })
    .await
}

/// Nothing is mounted here, so there is no row for a page to begin at.
async fn resources(call: Call) -> Outcome {
    call.session().await?;
    page::limit(call.query(), list::LIMIT)?;
    Ok(Reply::ok(&ResourceList::default()))
}
