//! The six calls on environments (environments §1).

use http::{Method, StatusCode};
use leasehold_model::EnvironmentId;
use leasehold_model::environment::ops::{ArchiveEnvironment, DeleteEnvironment, InUse};
use leasehold_model::refusal::Resource;
use leasehold_model::token::Scope;
use leasehold_store::{EnvironmentFilter, Order};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::DIALECT;
use super::super::environment::{self, CreateBody, EnvironmentList, EnvironmentWire, UpdateBody};
use super::super::list;
use super::super::queue;
use crate::call::{Call, Outcome, Reply};
use crate::failure::Failure;
use crate::route::{Access, Route, boolean, integer, text};

const ALL: &str = "/environments";
const ONE: &str = "/environments/{environment_id}";
const READ: Access = Access::account(Scope::EnvironmentsRead);
const WRITE: Access = Access::account(Scope::EnvironmentsWrite);

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post(&DIALECT, ALL, "createEnvironment", create)
            .summary("Make an environment")
            .access(WRITE)
            .body::<CreateBody>()
            .answers::<EnvironmentWire>(StatusCode::OK),
        Route::get(&DIALECT, ALL, "listEnvironments", list)
            .summary("List environments, newest first")
            .access(READ)
            .query("limit", integer(1, Some(1_000)), "How many at most; 20 if absent.")
            .query("page", text(), "The `next_page` of the page before.")
            .query("include_archived", boolean(), "Archived ones too.")
            .answers::<EnvironmentList>(StatusCode::OK),
        Route::get(&DIALECT, ONE, "retrieveEnvironment", retrieve)
            .summary("Retrieve an environment, archived or not")
            .access(READ)
            .answers::<EnvironmentWire>(StatusCode::OK),
        Route::post(&DIALECT, ONE, "updateEnvironment", update)
            .summary("Change an environment; what is absent stays")
            .access(WRITE)
            .body::<UpdateBody>()
            .answers::<EnvironmentWire>(StatusCode::OK),
        Route::post(
            &DIALECT,
            "/environments/{environment_id}/archive",
            "archiveEnvironment",
            archive,
        )
        .summary("Archive an environment: it takes no new sessions, its queue drains")
        .access(WRITE)
        .answers::<EnvironmentWire>(StatusCode::OK),
        Route::new(&DIALECT, Method::DELETE, ONE, "deleteEnvironment", delete)
            .summary("Delete an environment that no session refers to")
            .access(WRITE)
            .query("force", boolean(), "Even if sessions refer to it: its queue goes with it.")
            .answers::<DeletedEnvironment>(StatusCode::OK)
            .refuses(&[409]),
    ]
}

/// What is left of a deleted environment.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct DeletedEnvironment {
    id: String,
    /// Always `environment_deleted`.
    #[schema(pattern = "^environment_deleted$")]
    r#type: &'static str,
}

async fn create(call: Call) -> Outcome {
    let account = call.authorize()?;
    let op = environment::create(account, call.json()?)?;
    call.submit(op, |made| Reply::ok(&EnvironmentWire::from(made))).await
}

async fn list(call: Call) -> Outcome {
    let account = call.authorize()?;
    let query = call.query();
    let page = list::read(query, Order::Descending, EnvironmentId::parse)?;
    let include_archived = query.boolean("include_archived")?.unwrap_or(false);
    let filter = EnvironmentFilter { include_archived, ..Default::default() };
    let listing = call.views().environments(account, filter, page).await?;
    let next_page = listing.items.last().filter(|_| listing.more).map(|last| last.id.to_string());
    let data = listing.items.iter().map(EnvironmentWire::from).collect();
    Ok(Reply::ok(&EnvironmentList { data, next_page }))
}

async fn retrieve(call: Call) -> Outcome {
    let (id, _) = queue::environment(&call).await?;
    let found = call.views().environment(id).await?;
    let environment = found.ok_or_else(|| Failure::not_found(Resource::Environment))?;
    Ok(Reply::ok(&EnvironmentWire::from(&environment)))
}

async fn update(call: Call) -> Outcome {
    let (id, facts) = queue::environment(&call).await?;
    let op = environment::update(facts.account, id, call.json()?)?;
    call.submit(op, |changed| Reply::ok(&EnvironmentWire::from(changed))).await
}

async fn archive(call: Call) -> Outcome {
    let (environment, facts) = queue::environment(&call).await?;
    call.json()?;
    let op = ArchiveEnvironment { account: facts.account, environment };
    call.submit(op, |archived| Reply::ok(&EnvironmentWire::from(archived))).await
}

async fn delete(call: Call) -> Outcome {
    let (environment, facts) = queue::environment(&call).await?;
    let in_use = match call.query().boolean("force")? {
        Some(true) => InUse::Deleted,
        Some(false) | None => InUse::Refused,
    };
    let op = DeleteEnvironment { account: facts.account, environment, in_use };
    call.submit(op, move |()| {
        let id = environment.to_string();
        Reply::ok(&DeletedEnvironment { id, r#type: "environment_deleted" })
    })
    .await
}
