//! The loopback ceiling: the same HTTP stack answering the same bytes without a store.
//!
//! What a heartbeat or a sent event costs over HTTP before any rule or disk is reached. It parses the
//! path and the query or the body, and answers the five members of a heartbeat, or the events that
//! were sent, with the headers that the real server sends, over the very listener and connections
//! that the real server has, with their limits. It checks no credential and remembers nothing.

use std::net::SocketAddr;

use anyhow::Result;
use axum::extract::{Path, Query};
use axum::http::HeaderName;
use axum::routing::post;
use axum::{Json, Router};
use hyper_util::service::TowerToHyperService;
use leasehold_api::Metrics;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;

use crate::config::Config;
use crate::output;
use crate::server::{self, Port};

/// The route of a heartbeat.
const ROUTE: &str = "/api/v1/cloud/environments/{environment_id}/work/{work_id}/heartbeat";
/// The route by which events are sent.
const EVENTS: &str = "/api/v1/cloud/sessions/{session_id}/events";
/// As long as the id of an event.
const EVENT_ID: &str = "evt_019f5a11c0de7abc9def0123456789ab";
/// As long as the id that a server gives a request.
const REQUEST_ID: &str = "0f6f6f0e-6a52-4a0e-9a39-0d1f0a5a7f11";

/// Options of the hidden `bench-ceiling`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct CeilingArgs {
    /// Address to listen on; port 0 takes any free one
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,

    /// Threads that serve
    #[arg(long, default_value_t = 1)]
    threads: usize,
}

/// Serves until the process is ended.
pub(crate) fn run(args: &CeilingArgs) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(args.threads.max(1))
        .enable_all()
        .build()?;
    // Accepted on a worker, as a server does, so that no connection waits for this thread.
    runtime.block_on(async { tokio::spawn(serve(args.listen)).await? })
}

async fn serve(listen: SocketAddr) -> Result<()> {
    let port = Port::bind(listen).await?;
    output::print(&format!("listening on http://{}\n", port.address()))?;
    let (_open, until) = watch::channel(false);
    serve_on(port, until);
    std::future::pending().await
}

/// Serves as the real server does that nobody has configured.
fn serve_on(port: Port, until: watch::Receiver<bool>) {
    let limits = server::limits(&Config::defaults(""));
    port.serve(TowerToHyperService::new(router()), limits, Metrics::new(), until);
}

fn router() -> Router {
    Router::new().route(ROUTE, post(heartbeat)).route(EVENTS, post(send))
}

#[derive(Deserialize)]
struct HeartbeatQuery {
    expected_last_heartbeat: Option<String>,
    desired_ttl_seconds: Option<u32>,
}

#[derive(Serialize)]
struct HeartbeatAnswer {
    #[serde(rename = "type")]
    kind: &'static str,
    last_heartbeat: String,
    lease_extended: bool,
    state: &'static str,
    ttl_seconds: u32,
}

async fn heartbeat(
    Path((environment, work)): Path<(String, String)>,
    Query(query): Query<HeartbeatQuery>,
) -> ([(HeaderName, &'static str); 1], Json<HeartbeatAnswer>) {
    // The ids and the query are parsed as the server must; what they say does not matter here.
    std::hint::black_box((environment, work));
    let answer = HeartbeatAnswer {
        kind: "work_heartbeat",
        last_heartbeat: query
            .expected_last_heartbeat
            .unwrap_or_else(|| "2026-07-02T09:20:03.004310Z".to_owned()),
        lease_extended: true,
        state: "active",
        ttl_seconds: query.desired_ttl_seconds.unwrap_or(300),
    };
    ([(HeaderName::from_static("x-request-id"), REQUEST_ID)], Json(answer))
}

#[derive(Deserialize)]
struct EventsBody {
    events: Vec<Value>,
}

#[derive(Serialize)]
struct EventsAnswer {
    data: Vec<EventAnswer>,
}

#[derive(Serialize)]
struct EventAnswer {
    id: &'static str,
    r#type: Value,
    #[serde(skip_serializing_if = "Value::is_null")]
    content: Value,
    /// What is kept for the model has none yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    processed_at: Option<&'static str>,
}

async fn send(
    Path(session): Path<String>,
    Json(body): Json<EventsBody>,
) -> ([(HeaderName, &'static str); 1], Json<EventsAnswer>) {
    std::hint::black_box(session);
    let data = body.events.into_iter().map(|mut event| {
        let content = event["content"].take();
        EventAnswer {
            id: EVENT_ID,
            r#type: event["type"].take(),
            processed_at: content.is_null().then_some("2026-07-02T09:20:03.004310Z"),
            content,
        }
    });
    let answer = EventsAnswer { data: data.collect() };
    ([(HeaderName::from_static("x-request-id"), REQUEST_ID)], Json(answer))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::requests::{Held, Requests, Worker};
    use super::super::target::Target;
    use super::*;

    #[test]
    fn the_generator_beats_against_the_ceiling() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let port = Port::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
            let url = format!("http://{}", port.address());
            let (_open, until) = watch::channel(false);
            serve_on(port, until);
            let target = Target::new(&url, "pt-none").await.unwrap();
            let requests = Arc::new(Requests::new(&target, "env_019f5a00aa0b7c0d8e1f2a3b4c5d6e7f"));
            let mut worker = Worker::open(&target, requests).await.unwrap();
            let work = *b"work_019f5a11c0de7abc9def0123456789ab";
            let mut held = Held { work, last: *b"2026-07-02T09:20:03.004310Z" };
            for _ in 0..3 {
                worker.beat(&mut held, 600).await.unwrap();
            }
            assert_eq!(&held.last, b"2026-07-02T09:20:03.004310Z");
            let refused = worker.ack(&work).await.unwrap_err().to_string();
            assert!(refused.starts_with("ack was answered 404"), "{refused}");
        });
    }
}
