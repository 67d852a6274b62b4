//! Dialect Q's rows of the route table.

mod environments;
mod models;
mod sessions;
mod work;

use crate::route::Route;

/// All of them.
pub(super) fn all() -> Vec<Route> {
    [environments::routes(), work::routes(), sessions::routes(), models::routes()]
        .into_iter()
        .flatten()
        .collect()
}
