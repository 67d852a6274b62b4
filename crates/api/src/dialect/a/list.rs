//! Lists as dialect A's clients ask for them: by `limit` and `page` alone (conventions §6).

use leasehold_store::{Cursor, Order, Page};

use crate::body::Invalid;
use crate::page::{self, Above, LimitRule};
use crate::query::Query;

pub(super) const LIMIT: LimitRule = LimitRule { most: 1_000, above: Above::Refused };
/// Lists of agents and of their versions are shorter (agents §1).
pub(super) const AGENTS: LimitRule = LimitRule { most: 100, above: Above::Refused };

/// Reads the part of a list that a query asks for; `parse` reads a cursor.
pub(super) fn read<K>(
    query: Query<'_>,
    order: Order,
    parse: impl Fn(&str) -> Option<K>,
) -> Result<Page<K>, Invalid> {
    read_within(LIMIT, query, order, parse)
}

/// As [`read`], with a limit of the list's own.
pub(super) fn read_within<K>(
    rule: LimitRule,
    query: Query<'_>,
    order: Order,
    parse: impl Fn(&str) -> Option<K>,
) -> Result<Page<K>, Invalid> {
    let limit = page::limit(query, rule)?;
    let cursor = match query.one("page")?.filter(|cursor| !cursor.is_empty()) {
        None => Cursor::Start,
        Some(cursor) => {
            let known = parse(&cursor);
            Cursor::After(known.ok_or_else(|| Invalid::new("page", "must be a page of this list"))?)
        }
    };
    Ok(Page { cursor, limit, order })
}
