//! Which sessions a list is asked for (sessions §6).

use leasehold_model::SessionId;
use leasehold_model::session::Status;
use leasehold_store::{Order, SessionFilter};

use super::{parse_session_id, session_id};
use crate::body::Invalid;
use crate::query::Query;

/// The sessions that a query asks for, and in which order.
#[derive(Debug)]
pub(in crate::dialect::a) struct Wanted {
    /// What narrows the list; `None` if nothing can match.
    pub(in crate::dialect::a) filter: Option<SessionFilter>,
    pub(in crate::dialect::a) order: Order,
}

/// Reads the filters. Deployments and memory stores are not kept here, so no session has one.
pub(in crate::dialect::a) fn read(query: Query<'_>) -> Result<Wanted, Invalid> {
    let order = match query.one("order")?.as_deref() {
        None | Some("desc") => Order::Descending,
        Some("asc") => Order::Ascending,
        Some(_) => return Err(Invalid::new("order", "must be 'asc' or 'desc'")),
    };
    let agent = query.one("agent_id")?.map(String::from);
    let agent_version = match query.integer("agent_version")? {
        None => None,
        Some(_) if agent.is_none() => {
            return Err(Invalid::new("agent_version", "must come with 'agent_id'"));
        }
        Some(version) => match u32::try_from(version) {
            Ok(version) if version > 0 => Some(version),
            Ok(_) | Err(_) => {
                return Err(Invalid::new("agent_version", "must be a positive integer"));
            }
        },
    };
    let (created_from, created_to) = query.created_within()?;
    let include_archived = query.boolean("include_archived")?.unwrap_or(false);
    let mut statuses = Vec::new();
    for word in query.many("statuses[]")? {
        match word.as_ref() {
            "idle" => statuses.push(Status::Idle),
            "terminated" => statuses.push(Status::Terminated),
            "running" => statuses.push(Status::Running),
            "rescheduling" => statuses.push(Status::Rescheduling),
            _ => {
                let problem = "must hold 'idle', 'running', 'rescheduling' or 'terminated'";
                return Err(Invalid::new("statuses[]", problem));
            }
        }
    }
    let impossible =
        query.one("deployment_id")?.is_some() || query.one("memory_store_id")?.is_some();
    let filter = SessionFilter {
        include_archived,
        created_from,
        created_to,
        agent,
        agent_version,
        statuses,
    };
    Ok(Wanted { filter: (!impossible).then_some(filter), order })
}

/// The cursor behind a session. It carries the order, so that it is of no use for another one.
pub(in crate::dialect::a) fn cursor(order: Order, id: SessionId) -> String {
    format!("{}{}", mark(order), session_id(id))
}

/// Reads a cursor of a list in this order.
pub(in crate::dialect::a) fn parse_cursor(order: Order, text: &str) -> Option<SessionId> {
    parse_session_id(text.strip_prefix(mark(order))?)
}

const fn mark(order: Order) -> &'static str {
    match order {
        Order::Ascending => "asc_",
        Order::Descending => "desc_",
    }
}

#[cfg(test)]
mod tests;
