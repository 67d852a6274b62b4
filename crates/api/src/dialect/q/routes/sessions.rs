//! The calls on sessions, as far as there are any (sessions §1).

use http::{Method, StatusCode};
use leasehold_model::log::ops::CancelSession;
use leasehold_model::refusal::Resource;
use leasehold_model::session::ops::{
    Again, ArchiveSession, CreateSession, DeleteSession, Held, Projection, UpdateSession,
};
use leasehold_model::token::Scope;
use leasehold_model::{EnvironmentId, SessionId, Timestamp};
use leasehold_store::Listing;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::super::DIALECT;
use super::super::agent::MANNER;
use super::super::list;
use super::super::session::request::{self, CreateBody, UpdateBody};
use super::super::session::{SessionList, SessionWire, wanted};
use crate::call::{Call, Outcome, Reply};
use crate::failure::Failure;
use crate::page::{self, Above, LimitRule};
use crate::route::{Access, Route, boolean, date_time, integer, text};

const ALL: &str = "/sessions";
const ONE: &str = "/sessions/{session_id}";
const READ: Access = Access::account(Scope::SessionsRead);
const WRITE: Access = Access::account(Scope::SessionsWrite);
/// A wish for more than a hundred is an error here (sessions §6).
const LIMIT: LimitRule = LimitRule { most: 100, above: Above::Refused };

/// Of resources a client may wish for any number (sessions §1).
const RESOURCES: LimitRule = LimitRule { most: 1_000, above: Above::Capped };

pub(super) fn routes() -> Vec<Route> {
    let list_sessions = Route::get(&DIALECT, ALL, "listSessions", list)
        .summary("List sessions, newest first")
        .access(READ)
        .pages(100)
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
            .answers::<SessionWire>(StatusCode::OK)
            .refuses(&[409]),
        Route::get(&DIALECT, "/sessions/{session_id}/resources", "listSessionResources", resources)
            .summary("List the resources of a session: it has none")
            .access(READ)
            .query("limit", integer(1, None), "How many at most; a thousand if more are wished.")
            .cursors()
            .answers::<ResourceList>(StatusCode::OK),
        Route::post(&DIALECT, "/sessions/{session_id}/archive", "archiveSession", archive)
            .summary("Archive a session and stop its work item")
            .access(WRITE)
            .answers::<SessionWire>(StatusCode::OK)
            .refuses(&[409]),
        Route::post(&DIALECT, "/sessions/{session_id}/cancel", "cancelSession", cancel)
            .summary("End what runs in a session; nothing happens to one that rests")
            .access(WRITE)
            .answers::<Canceling>(StatusCode::ACCEPTED)
            .refuses(&[409]),
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
    first_id: Option<String>,
    last_id: Option<String>,
    has_more: bool,
}

/// A session that was cancelled. It takes effect at once, so nobody ever finds one in this state.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CancelingSession)]
struct Canceling {
    id: String,
    /// Always `session`.
    #[schema(pattern = "^session$")]
    r#type: &'static str,
    /// Always `canceling`.
    #[schema(pattern = "^canceling$")]
    status: &'static str,
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
        environment_variables: body.environment_variables,
        budget: body.budget,
        models: call.app.settings().models.clone(),
        projection: Projection::Copy,
        enqueue: call.app.settings().enqueue,
        initial_events: body.initial_events,
        traceparent: call.traceparent(),
    };
    let now = call.app.store().now();
    call.submit(op, move |made| shown(made, now)).await
}

async fn list(call: Call) -> Outcome {
    let account = call.authorize()?;
    let (filter, order) = wanted(call.query())?;
    let page = page::read(call.query(), LIMIT, order, SessionId::parse)?;
    let listing = match filter {
        Some(filter) => call.views().sessions(account, filter, page).await?,
        None => Listing { items: Vec::new(), more: false },
    };
    let listing = call.all_held(listing).await?;
    let now = call.app.store().now();
    let wire = |held: &Held| SessionWire::of(held, now);
    Ok(list::reply(&listing, &page, |held| held.session.id.to_string(), wire))
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
        environment_variables: change.environment_variables,
        budget: change.budget,
        models: call.app.settings().models.clone(),
        projection: Projection::Copy,
    };
    let now = call.app.store().now();
    call.submit(op, move |changed| shown(changed, now)).await
}

async fn archive(call: Call) -> Outcome {
    let session = call.session().await?;
    call.json()?;
    let again = Again::Refused;
    let op = ArchiveSession { account: session.account, session: session.id, again };
    let now = call.app.store().now();
    call.submit(op, move |archived| shown(archived, now)).await
}

async fn cancel(call: Call) -> Outcome {
    let session = call.session().await?;
    call.json()?;
    let op = CancelSession { account: session.account, session: session.id };
    call.submit(op, move |()| {
        let canceling =
            Canceling { id: session.id.to_string(), r#type: "session", status: "canceling" };
        Reply::json(StatusCode::ACCEPTED, &canceling)
    })
    .await
}

async fn delete(call: Call) -> Outcome {
    let session = call.session().await?;
    let op = DeleteSession { account: session.account, session: session.id };
    call.submit(op, move |()| {
        Reply::ok(&DeletedSession { id: session.id.to_string(), r#type: "session_deleted" })
    })
    .await
}

/// Nothing is mounted here, so there is no row for a page to begin at.
async fn resources(call: Call) -> Outcome {
    call.session().await?;
    page::limit(call.query(), RESOURCES)?;
    Ok(Reply::ok(&ResourceList::default()))
}
