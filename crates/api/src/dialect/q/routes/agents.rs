//! The calls on agents (agents §1).

use http::{Method, StatusCode};
use leasehold_model::AgentId;
use leasehold_model::agent::Agent;
use leasehold_model::agent::ops::{ArchiveAgent, DeleteAgent};
use leasehold_model::token::Scope;
use leasehold_store::{AgentFilter, Cursor, Order, Page};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::DIALECT;
use super::super::agent::{self, AgentList, AgentWire, CreateBody, MANNER, UpdateBody};
use super::super::list;
use crate::body::Invalid;
use crate::call::{Call, Outcome, Reply};
use crate::page::{self, Above, LimitRule};
use crate::route::{Access, Route, boolean, date_time, integer, text};

const ALL: &str = "/agents";
const ONE: &str = "/agents/{agent_id}";
const READ: Access = Access::account(Scope::AgentsRead);
const WRITE: Access = Access::account(Scope::AgentsWrite);
const LIMIT: LimitRule = LimitRule { most: 100, above: Above::Refused };

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post(&DIALECT, ALL, "createAgent", create)
            .summary("Make an agent, and its first version")
            .access(WRITE)
            .body::<CreateBody>()
            .answers::<AgentWire>(StatusCode::OK),
        Route::get(&DIALECT, ALL, "listAgents", list)
            .summary("List agents, newest first")
            .access(READ)
            .pages(100)
            .query("include_archived", boolean(), "Archived ones too.")
            .query("created_at[gte]", date_time(), "Created at or after.")
            .query("created_at[lte]", date_time(), "Created at or before.")
            .answers::<AgentList>(StatusCode::OK),
        Route::get(&DIALECT, ONE, "retrieveAgent", retrieve)
            .summary("Retrieve an agent, archived or not, in any of its versions")
            .access(READ)
            .query("version", integer(1, None), "This version; the newest if absent.")
            .answers::<AgentWire>(StatusCode::OK),
        Route::post(&DIALECT, ONE, "updateAgent", update)
            .summary("Change an agent by writing its next version; what is absent stays")
            .access(WRITE)
            .body::<UpdateBody>()
            .answers::<AgentWire>(StatusCode::OK),
        Route::new(&DIALECT, Method::PUT, ONE, "replaceAgent", update)
            .summary("The same as the update by POST, for older clients")
            .access(WRITE)
            .body::<UpdateBody>()
            .answers::<AgentWire>(StatusCode::OK),
        Route::post(&DIALECT, "/agents/{agent_id}/archive", "archiveAgent", archive)
            .summary("Archive an agent: it takes no new sessions, those that it has go on")
            .access(WRITE)
            .answers::<AgentWire>(StatusCode::OK),
        Route::get(&DIALECT, "/agents/{agent_id}/versions", "listAgentVersions", versions)
            .summary("List the versions of an agent, newest first")
            .access(READ)
            .query("limit", integer(1, Some(100)), "How many at most; 20 if absent.")
            .query("page", text(), "The `next_page` of the page before.")
            .answers::<AgentList>(StatusCode::OK),
        Route::new(&DIALECT, Method::DELETE, ONE, "deleteAgent", delete)
            .summary("Delete an agent; its sessions go on")
            .access(WRITE)
            .answers::<DeletedAgent>(StatusCode::OK),
    ]
}

/// What is left of a deleted agent.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct DeletedAgent {
    id: String,
    /// Always `agent_deleted`.
    #[schema(pattern = "^agent_deleted$")]
    r#type: &'static str,
}

async fn create(call: Call) -> Outcome {
    let account = call.authorize()?;
    let op = agent::create(account, call.json()?, call.reader(&MANNER))?;
    call.submit(op, |made| Reply::ok(&AgentWire::from(made))).await
}

async fn list(call: Call) -> Outcome {
    let account = call.authorize()?;
    let query = call.query();
    let page = page::read(query, LIMIT, Order::Descending, AgentId::parse)?;
    let include_archived = query.boolean("include_archived")?.unwrap_or(false);
    let (created_from, created_to) = query.created_within()?;
    let filter = AgentFilter { include_archived, created_from, created_to };
    let listing = call.views().agents(account, filter, page).await?;
    Ok(list::reply(&listing, &page, |a| a.id.to_string(), |a| AgentWire::from(a)))
}

async fn retrieve(call: Call) -> Outcome {
    let agent = call.agent_at_version().await?;
    Ok(Reply::ok(&AgentWire::from(&agent)))
}

async fn update(call: Call) -> Outcome {
    let (account, id) = call.agent()?;
    let op = agent::update(account, id, call.json()?, call.reader(&MANNER))?;
    call.submit(op, |changed| Reply::ok(&AgentWire::from(changed))).await
}

async fn archive(call: Call) -> Outcome {
    let (account, agent) = call.agent()?;
    call.json()?;
    let op = ArchiveAgent { account, agent };
    call.submit(op, |archived| Reply::ok(&AgentWire::from(archived))).await
}

/// A page ends with the number of a version: all of them have the agent's id.
async fn versions(call: Call) -> Outcome {
    let agent = call.found_agent().await?;
    let query = call.query();
    let limit = page::limit(query, LIMIT)?;
    let cursor = match query.one("page")?.filter(|page| !page.is_empty()) {
        None => Cursor::Start,
        Some(page) => Cursor::After(
            page.parse().map_err(|_| Invalid::new("page", "must be a page of this list"))?,
        ),
    };
    let page = Page { cursor, limit, order: Order::Descending };
    let listing = call.views().agent_versions(agent.id, page).await?;
    let id = (!listing.items.is_empty()).then(|| agent.id.to_string());
    let last = listing.items.last().filter(|_| listing.more);
    let next_page = last.map(|last| last.version.to_string());
    let at = |version| AgentWire::from(&Agent::at(agent.clone(), version));
    Ok(Reply::ok(&AgentList {
        data: listing.items.into_iter().map(at).collect(),
        next_page,
        first_id: id.clone(),
        last_id: id,
        has_more: listing.more,
    }))
}

async fn delete(call: Call) -> Outcome {
    let (account, agent) = call.agent()?;
    call.json()?;
    let op = DeleteAgent { account, agent };
    call.submit(op, move |()| {
        Reply::ok(&DeletedAgent { id: agent.to_string(), r#type: "agent_deleted" })
    })
    .await
}
