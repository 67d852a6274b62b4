//! Dialect Q, under `/api/v1/cloud`.

mod agents;
mod config;
mod environments;
mod event_list;
mod events;
mod heartbeat;
mod long_logs;
mod poll_and_ack;
mod queue;
mod sessions;
mod stop;
mod streams;
mod threads;
