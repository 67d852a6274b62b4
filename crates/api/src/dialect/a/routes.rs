//! Dialect A's rows of the route table.

mod agents;
mod environments;
mod events;
mod models;
mod sessions;
mod threads;
mod work;

use crate::route::Route;

/// All of them.
pub(super) fn all() -> Vec<Route> {
    [
        environments::routes(),
        agents::routes(),
        work::routes(),
        sessions::routes(),
        events::routes(),
        threads::routes(),
        models::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
