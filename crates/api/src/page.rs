//! Pages of lists (conventions §6).

use leasehold_model::id::{Id, Kind};
use leasehold_store::{Cursor, Listing, Order, Page};

use crate::body::Invalid;
use crate::query::Query;

/// How many rows a page has that does not say.
const DEFAULT_LIMIT: usize = 20;

/// How a list takes its `limit`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LimitRule {
    /// The most rows of a page.
    pub(crate) most: u16,
    /// What a larger wish is.
    pub(crate) above: Above,
}

/// What a `limit` above the most is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Above {
    /// An error.
    Refused,
    /// The most.
    Capped,
}

/// Reads the part of a list that a query asks for; `parse` reads an id of the list.
///
/// # Errors
/// For a limit out of bounds, more than one cursor, or a cursor that is no id of the list.
pub(crate) fn read<K: Kind>(
    query: Query<'_>,
    rule: LimitRule,
    order: Order,
    parse: fn(&str) -> Option<Id<K>>,
) -> Result<Page<Id<K>>, Invalid> {
    let limit = limit(query, rule)?;
    let mut cursor = Cursor::Start;
    let mut seen = None;
    for name in ["page", "after_id", "before_id"] {
        let Some(text) = query.one(name)?.filter(|text| !text.is_empty()) else { continue };
        if seen.replace(name).is_some() {
            let message = "Only one of 'page', 'before_id' and 'after_id' may be given.";
            return Err(Invalid::said(name, message));
        }
        let id = parse(&text).ok_or_else(|| Invalid::new(name, "must be an id of this list"))?;
        cursor = if name == "before_id" { Cursor::Before(id) } else { Cursor::After(id) };
    }
    Ok(Page { cursor, limit, order })
}

/// Reads a `limit` alone.
///
/// # Errors
/// If it is out of bounds.
pub(crate) fn limit(query: Query<'_>, rule: LimitRule) -> Result<usize, Invalid> {
    let most = i64::from(rule.most);
    let refused = || Invalid::new("limit", &format!("must be an integer from 1 to {most}"));
    let limit = match query.integer("limit").map_err(|_| refused())? {
        None => return Ok(DEFAULT_LIMIT),
        Some(limit) if limit < 1 => return Err(refused()),
        Some(limit) if limit <= most => limit,
        Some(_) => match rule.above {
            Above::Refused => return Err(refused()),
            Above::Capped => most,
        },
    };
    Ok(usize::try_from(limit).unwrap_or(DEFAULT_LIMIT))
}

/// The cursor members of a list's envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ends {
    /// What the next page is asked for with.
    pub(crate) next_page: Option<String>,
    /// The id of the first row.
    pub(crate) first_id: Option<String>,
    /// The id of the last row.
    pub(crate) last_id: Option<String>,
    /// Whether more rows follow; for a `before_id` page, whether rows precede it.
    pub(crate) has_more: bool,
}

/// The cursor members for the rows that a view gave; `id` writes the id of a row.
pub(crate) fn ends<T, K>(listing: &Listing<T>, page: &Page<K>, id: impl Fn(&T) -> String) -> Ends {
    let first_id = listing.items.first().map(&id);
    let last_id = listing.items.last().map(&id);
    let next_page = match page.cursor {
        Cursor::Start | Cursor::After(_) if listing.more => last_id.clone(),
        Cursor::Start | Cursor::After(_) | Cursor::Before(_) => None,
    };
    Ends { next_page, first_id, last_id, has_more: listing.more }
}

#[cfg(test)]
mod tests;
