//! What all paths share: errors, bodies, request ids, idempotency keys, pages, metadata,
//! and what is said when the server cannot.

mod bodies;
mod errors;
mod idempotency;
mod metadata;
mod pages;
mod request_ids;
mod trouble;
