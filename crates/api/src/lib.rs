//! The HTTP face of Leasehold: two vendor dialects of one protocol, and the house's own paths.
//!
//! A request goes through [`Api::router`] to `dispatch`, which finds its route in the table, learns
//! who calls, reads the body, minds the idempotency key, and calls the handler of a dialect. The
//! table also makes the OpenAPI documents, so there is no route without its page.
//!
//! Nothing here decides about work: handlers turn requests into operations of the model, hand them
//! to the store, and turn replies and refusals into what the dialect says.

mod agent;
mod app;
mod auth;
mod body;
mod call;
mod claim;
mod dialect;
mod dispatch;
mod event;
mod failure;
mod idempotency;
mod lease;
mod metrics;
mod native;
mod page;
mod probe;
mod query;
mod request_id;
mod route;
mod session;
mod time;

#[doc(hidden)]
pub mod decoders;
pub mod openapi;
pub mod secret;

pub use app::{Api, Settings};
pub use dispatch::routes;
pub use metrics::Metrics;
pub use route::{Access, Route};
