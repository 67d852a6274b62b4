//! Lists of events: which part of a log a query asks for (events §4).

use leasehold_model::session::Session;
use leasehold_model::{Event, EventId};
use leasehold_store::{Cursor, EventFilter, Listing, Order, Page};

use super::Manner;
use crate::body::Invalid;
use crate::call::Call;
use crate::failure::Failure;
use crate::page::{self, Above, LimitRule};
use crate::query::Query;

/// The stock worker asks for a thousand, in both dialects.
const LIMIT: LimitRule = LimitRule { most: 1_000, above: Above::Refused };

/// The events of a session that the query asks for.
///
/// # Errors
/// 400 for a query that is not acceptable, or a cursor that names no event of this session.
pub(crate) async fn read(
    call: &Call,
    session: &Session,
    manner: &Manner,
) -> Result<(Listing<Event>, Page<EventId>), Failure> {
    let Wanted { filter, page, cursor } = wanted(call.query(), manner)?;
    match call.views().events(session.id, filter, page).await? {
        Some(listing) => Ok((listing, page)),
        None => {
            let problem = "must name an event of this session";
            Err(Invalid::new(cursor.unwrap_or("page"), problem).into())
        }
    }
}

/// What a query asks for.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    filter: EventFilter,
    page: Page<EventId>,
    /// The parameter that is the cursor.
    cursor: Option<&'static str>,
}

fn wanted(query: Query<'_>, manner: &Manner) -> Result<Wanted, Invalid> {
    let order = match query.one("order")?.as_deref() {
        None | Some("asc") => Order::Ascending,
        Some("desc") => Order::Descending,
        Some(_) => return Err(Invalid::new("order", "must be 'asc' or 'desc'")),
    };
    let limit = match query.one("limit")? {
        None => manner.page_limit,
        Some(_) => page::limit(query, LIMIT)?,
    };
    let mut kinds = Vec::new();
    for words in query.many("types[]")? {
        kinds.extend(words.split(',').map(|word| word.trim().to_owned()));
    }
    let (from, to) = query.created_within()?;
    let (cursor, position) = cursor(query, manner)?;
    let page = Page { cursor: position, limit, order };
    Ok(Wanted { filter: EventFilter { kinds, from, to }, page, cursor })
}

type Found = (Option<&'static str>, Cursor<EventId>);

fn cursor(query: Query<'_>, manner: &Manner) -> Result<Found, Invalid> {
    let mut found: Found = (None, Cursor::Start);
    for name in manner.cursors {
        let Some(text) = query.one(name)?.filter(|text| !text.is_empty()) else { continue };
        if found.0.replace(name).is_some() {
            let message = "Only one of 'page', 'before_id' and 'after_id' may be given.";
            return Err(Invalid::said(*name, message));
        }
        let id = manner
            .parse_id(&text)
            .ok_or_else(|| Invalid::new(*name, "must name an event of this session"))?;
        found.1 = if *name == "before_id" { Cursor::Before(id) } else { Cursor::After(id) };
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
