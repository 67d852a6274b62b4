//! The calls on agents (agents §1).

use http::StatusCode;
use leasehold_model::AgentId;
use leasehold_model::agent::Agent;
use leasehold_model::agent::ops::ArchiveAgent;
use leasehold_model::token::Scope;
use leasehold_store::{AgentFilter, Order};

use super::super::DIALECT;
use super::super::agent::{self, AgentList, AgentWire, CreateBody, MANNER, UpdateBody};
use super::super::list;
use crate::call::{Call, Outcome, Reply};
use crate::route::{Access, Route, boolean, date_time, integer, text};

const ALL: &str = "/agents";
const ONE: &str = "/agents/{agent_id}";
const READ: Access = Access::account(Scope::AgentsRead);
const WRITE: Access = Access::account(Scope::AgentsWrite);

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
            .query("limit", integer(1, Some(100)), "How many at most; 20 if absent.")
            .query("page", text(), "The `next_page` of the page before.")
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
    ]
}

async fn create(call: Call) -> Outcome {
    let account = call.authorize()?;
    let op = agent::create(account, call.json()?, call.reader(&MANNER))?;
    call.submit(op, |made| Reply::ok(&AgentWire::from(made))).await
}

async fn list(call: Call) -> Outcome {
    let account = call.authorize()?;
    let query = call.query();
    let page = list::read_within(list::AGENTS, query, Order::Descending, AgentId::parse)?;
    let include_archived = query.boolean("include_archived")?.unwrap_or(false);
    let (created_from, created_to) = query.created_within()?;
    let filter = AgentFilter { include_archived, created_from, created_to };
    let listing = call.views().agents(account, filter, page).await?;
    let next_page = listing.items.last().filter(|_| listing.more).map(|last| last.id.to_string());
    let data = listing.items.iter().map(AgentWire::from).collect();
    Ok(Reply::ok(&AgentList { data, next_page }))
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
    let number = |page: &str| page.parse().ok();
    let page = list::read_within(list::AGENTS, query, Order::Descending, number)?;
    let listing = call.views().agent_versions(agent.id, page).await?;
    let last = listing.items.last().filter(|_| listing.more);
    let next_page = last.map(|last| last.version.to_string());
    let at = |version| AgentWire::from(&Agent::at(agent.clone(), version));
    Ok(Reply::ok(&AgentList { data: listing.items.into_iter().map(at).collect(), next_page }))
}
