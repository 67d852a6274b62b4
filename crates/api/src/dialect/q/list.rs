//! The five-member envelope of a list (conventions §6).

use leasehold_store::{Listing, Page};
use serde::Serialize;

use crate::call::Reply;
use crate::page::{Ends, ends};

#[derive(Serialize)]
struct Envelope<T> {
    data: Vec<T>,
    next_page: Option<String>,
    first_id: Option<String>,
    last_id: Option<String>,
    has_more: bool,
}

/// Writes a list; `id` writes the id of a row, `wire` the row.
pub(crate) fn reply<T, K, W: Serialize>(
    listing: &Listing<T>,
    page: &Page<K>,
    id: impl Fn(&T) -> String,
    wire: impl Fn(&T) -> W,
) -> Reply {
    let Ends { next_page, first_id, last_id, has_more } = ends(listing, page, id);
    let data = listing.items.iter().map(wire).collect();
    Reply::ok(&Envelope { data, next_page, first_id, last_id, has_more })
}
