//! What is counted, as Prometheus reads it. Every label has a closed, short set of values.

mod process;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use http::{Method, StatusCode};
use leasehold_model::Timestamp;
use leasehold_store::{Batch, Observer, Totals};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Seconds: from what a request in memory takes to what a client gives up on.
const SECONDS: [f64; 14] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];
/// Operations in a batch.
const OPS: [f64; 13] =
    [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1_024.0, 2_048.0, 4_096.0];

/// The metrics of one process. Cheap to clone.
#[derive(Clone)]
pub struct Metrics(Arc<All>);

struct All {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Family<RouteLabels, Histogram, Seconds>,
    poll_wait: Histogram,
    writer: Arc<Writer>,
    depth: Gauge,
    pending: Gauge,
    held: Gauge,
    turns_waiting: Gauge,
    turns_running: Gauge,
    streams_open: Gauge,
    slow_readers: Counter,
    oldest_age: Gauge<f64, AtomicU64>,
    resident: Gauge,
}

/// The part of the metrics that the store's writer tells.
struct Writer {
    commits: Counter,
    failures: Counter,
    batch_ops: Histogram,
    commit_seconds: Histogram,
    refusals: Family<RefusalLabels, Counter>,
    lapses: Counter,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    route: &'static str,
    method: &'static str,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabels {
    route: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RefusalLabels {
    reason: &'static str,
}

#[derive(Clone)]
struct Seconds;

impl MetricConstructor<Histogram> for Seconds {
    fn new_metric(&self) -> Histogram {
        Histogram::new(SECONDS)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Metrics that stand at zero.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("leasehold");
        let writer = Writer::new(&mut registry);
        let requests = Family::default();
        registry.register("http_requests", "Requests answered", requests.clone());
        let request_seconds = Family::new_with_constructor(Seconds);
        let help = "Time from the head of a request to its answer";
        registry.register("http_request_seconds", help, request_seconds.clone());
        let poll_wait = Histogram::new(SECONDS);
        registry.register("poll_wait_seconds", "How long polls were blocked", poll_wait.clone());
        let gauge = |registry: &mut Registry, name: &str, help: &str| {
            let gauge = Gauge::default();
            registry.register(name, help, gauge.clone());
            gauge
        };
        let depth = gauge(&mut registry, "queue_depth", "Items that a poll could take now");
        let help = "Items handed out a moment ago and not acknowledged";
        let pending = gauge(&mut registry, "queue_pending", help);
        let held = gauge(&mut registry, "leases_held", "Items that a worker holds");
        let help = "Turns of sessions that no runner has taken yet";
        let turns_waiting = gauge(&mut registry, "turns_waiting", help);
        let turns_running = gauge(&mut registry, "turns_running", "Turns that a runner drives");
        let help = "Streams of events that are open";
        let streams_open = gauge(&mut registry, "streams_open", help);
        let slow_readers = Counter::default();
        let help = "Connections ended since the client took nothing of an answer for too long";
        registry.register("slow_readers", help, slow_readers.clone());
        let oldest_age = Gauge::default();
        let help = "Age of the oldest entry into any queue; 0 if all are empty";
        registry.register("queue_oldest_age_seconds", help, oldest_age.clone());
        let resident = Gauge::default();
        Self(Arc::new(All {
            registry,
            requests,
            request_seconds,
            poll_wait,
            writer: Arc::new(writer),
            depth,
            pending,
            held,
            turns_waiting,
            turns_running,
            streams_open,
            slow_readers,
            oldest_age,
            resident,
        }))
    }

    /// What the store is to be opened with.
    pub fn observer(&self) -> Arc<dyn Observer> {
        Arc::clone(&self.0.writer) as Arc<dyn Observer>
    }

    /// Counts an answered request; `route` is its template.
    pub(crate) fn request(
        &self,
        route: &'static str,
        method: &Method,
        status: StatusCode,
        took: Duration,
    ) {
        let method = method_label(method);
        let labels = RequestLabels { route, method, status: status.as_u16() };
        self.0.requests.get_or_create(&labels).inc();
        let seconds = self.0.request_seconds.get_or_create(&RouteLabels { route });
        seconds.observe(took.as_secs_f64());
    }

    /// Notes how long a poll was blocked.
    pub(crate) fn poll_wait(&self, waited: Duration) {
        self.0.poll_wait.observe(waited.as_secs_f64());
    }

    /// Counts a connection that is ended since its client takes nothing of what it has asked for.
    pub fn slow_reader(&self) {
        self.0.slow_readers.inc();
    }

    /// The text that Prometheus reads, with the queues and the streams as they stand.
    pub(crate) fn render(&self, totals: &Totals, streams: usize, now: Timestamp) -> String {
        let All { depth, pending, held, oldest_age, resident, registry, .. } = &*self.0;
        let All { turns_waiting, turns_running, streams_open, .. } = &*self.0;
        let size = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        depth.set(size(totals.depth));
        pending.set(size(totals.pending));
        held.set(size(totals.held));
        turns_waiting.set(size(totals.turns_waiting));
        turns_running.set(size(totals.turns_running));
        streams_open.set(i64::try_from(streams).unwrap_or(i64::MAX));
        let age = totals.oldest_queued_at.map_or(0.0, |at| now.since(at).as_secs_f64());
        oldest_age.set(age);
        resident.set(size(process::resident_bytes().unwrap_or(0)));
        let mut page = String::new();
        let help = "Resident memory size in bytes";
        let mut process = Registry::default();
        process.register("process_resident_memory_bytes", help, resident.clone());
        let written = text::encode_registry(&mut page, registry)
            .and_then(|()| text::encode_registry(&mut page, &process))
            .and_then(|()| text::encode_eof(&mut page));
        if let Err(error) = written {
            tracing::warn!(%error, "the metrics could not be written");
        }
        page
    }
}

impl Writer {
    fn new(registry: &mut Registry) -> Self {
        let writer = Self {
            commits: Counter::default(),
            failures: Counter::default(),
            batch_ops: Histogram::new(OPS),
            commit_seconds: Histogram::new(SECONDS),
            refusals: Family::default(),
            lapses: Counter::default(),
        };
        registry.register("commits", "Batches committed", writer.commits.clone());
        let help = "Batches that could not be committed";
        registry.register("commit_failures", help, writer.failures.clone());
        registry.register("batch_ops", "Operations in a batch", writer.batch_ops.clone());
        let help = "Time to save and commit a batch";
        registry.register("commit_seconds", help, writer.commit_seconds.clone());
        registry.register("refusals", "Operations refused", writer.refusals.clone());
        registry.register("lapses", "Leases that ran out", writer.lapses.clone());
        writer
    }
}

impl Observer for Writer {
    fn batch(&self, batch: Batch) {
        self.batch_ops.observe(f64::from(u32::try_from(batch.ops).unwrap_or(u32::MAX)));
        if let Some(took) = batch.commit {
            self.commits.inc();
            self.commit_seconds.observe(took.as_secs_f64());
        }
    }

    fn refused(&self, name: &'static str) {
        self.refusals.get_or_create(&RefusalLabels { reason: name }).inc();
    }

    fn failed(&self) {
        self.failures.inc();
    }

    fn lapsed(&self, leases: u64) {
        self.lapses.inc_by(leases);
    }
}

fn method_label(method: &Method) -> &'static str {
    const KNOWN: [(Method, &str); 5] = [
        (Method::GET, "GET"),
        (Method::POST, "POST"),
        (Method::PUT, "PUT"),
        (Method::DELETE, "DELETE"),
        (Method::HEAD, "HEAD"),
    ];
    KNOWN.iter().find(|(known, _)| known == method).map_or("other", |(_, label)| label)
}
