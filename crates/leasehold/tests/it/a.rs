//! Dialect A, under `/v1`: where it differs from dialect Q.

mod agents;
mod environments;
mod events;
mod sessions;
mod work;
