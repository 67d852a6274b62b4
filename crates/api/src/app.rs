//! What every request shares, and the routers made of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use leasehold_model::catalogue::Models;
use leasehold_model::session::ops::Enqueue;
use leasehold_model::work::Ttl;
use leasehold_store::Store;

use crate::claim::ClaimSigner;
use crate::idempotency::InFlight;
use crate::metrics::Metrics;
use crate::{dispatch, probe};

/// What an operator may set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The longest request body, in bytes (conventions §8).
    pub body_limit_bytes: usize,
    /// How long a body may take to arrive.
    pub body_read_timeout: Duration,
    /// What a heartbeat gets that asks for nothing: whole seconds, clamped to 10–600 (work §7.5).
    pub default_ttl: Duration,
    /// When a session first calls a worker.
    pub enqueue: Enqueue,
    /// Whether the router serves `/metrics` itself.
    pub metrics_route: bool,
    /// The models that agents may use.
    pub models: Models,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            body_limit_bytes: 32 * 1024 * 1024,
            body_read_timeout: Duration::from_secs(30),
            default_ttl: Ttl::DEFAULT.duration(),
            enqueue: Enqueue::default(),
            metrics_route: true,
            models: Models::default(),
        }
    }
}

/// The API on an open store: cheap to clone, shared by all requests.
#[derive(Clone)]
pub struct Api(Arc<Shared>);

struct Shared {
    store: Store,
    settings: Settings,
    default_ttl: Ttl,
    claims: ClaimSigner,
    metrics: Metrics,
    in_flight: InFlight,
    closing: AtomicBool,
}

impl Api {
    /// The API on an open store whose observer is that of `metrics`.
    pub fn new(store: Store, metrics: Metrics, settings: Settings) -> Self {
        let claims = ClaimSigner::new(store.claim_key());
        Self(Arc::new(Shared {
            default_ttl: Ttl::clamped(settings.default_ttl.as_secs()),
            store,
            settings,
            claims,
            metrics,
            in_flight: InFlight::default(),
            closing: AtomicBool::new(false),
        }))
    }

    /// A router that serves both dialects, the native paths, the probes and the OpenAPI documents.
    /// What it does not know it answers with 404 in the envelope of the dialect whose prefix fits.
    ///
    /// Routes are found in the crate's own table, which knows what to say to a wrong method and
    /// never answers a `HEAD` by way of a `GET`: a `HEAD` of a poll would take an item.
    pub fn router(&self) -> Router {
        let api = self.clone();
        Router::new().fallback(move |request| dispatch::answer(api.clone(), request))
    }

    /// A router for a port of its own that serves `/metrics`, `/healthz` and `/readyz`.
    pub fn metrics_router(&self) -> Router {
        let api = self.clone();
        Router::new().fallback(move |request| probe::metrics_port(api.clone(), request))
    }

    /// From now on `/readyz` says no, so that nobody sends new callers here.
    pub fn begin_shutdown(&self) {
        self.0.closing.store(true, Ordering::Relaxed);
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// What is counted.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.0.closing.load(Ordering::Relaxed)
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// What a heartbeat gets that asks for nothing.
    pub(crate) fn default_ttl(&self) -> Ttl {
        self.0.default_ttl
    }

    pub(crate) fn claims(&self) -> &ClaimSigner {
        &self.0.claims
    }

    pub(crate) fn in_flight(&self) -> &InFlight {
        &self.0.in_flight
    }
}
