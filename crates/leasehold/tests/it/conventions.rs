//! What all paths share: errors, bodies, request ids, idempotency keys, pages, metadata.

mod bodies;
mod errors;
mod idempotency;
mod metadata;
mod pages;
mod request_ids;
