//! Dialect Q, under `/api/v1/cloud`.

mod agents;
mod config;
mod environments;
mod heartbeat;
mod poll_and_ack;
mod queue;
mod sessions;
mod stop;
