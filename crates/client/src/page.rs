//! Lists come in pages (conventions §6).

use serde::{Deserialize, Serialize};

/// Which part of a list is wanted.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Cursor {
    /// Most elements of the page, 1..=100 unless a list says otherwise; the server's default is 20.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u16>,
    /// Where to go on: the [`Page::next_page`] of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
}

/// One page of a list.
#[derive(Clone, Debug, Deserialize)]
pub struct Page<T> {
    /// The elements, in the list's order.
    pub data: Vec<T>,
    /// Where the next page starts; `None` on the last one.
    #[serde(default)]
    pub next_page: Option<String>,
}
