//! Traces for a collector, over OTLP: one span a request, under the caller's `traceparent`.
//!
//! Where the collector is and how it is spoken to is said by the variables of the OpenTelemetry
//! specification, `OTEL_EXPORTER_OTLP_ENDPOINT` above all. Without it nothing is exported.

use hyper::Request;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::{Layer, Registry};

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const SERVICE_NAME: &str = "OTEL_SERVICE_NAME";
/// What the spans say they come from, unless `OTEL_SERVICE_NAME` says otherwise.
const NAME: &str = "leasehold";

/// The way to the collector, and the layer that uses it.
pub(super) struct Export {
    pub(super) provider: SdkTracerProvider,
    pub(super) layer: Box<dyn Layer<Registry> + Send + Sync>,
}

impl Export {
    /// `None` if no collector is named.
    pub(super) fn from_environment() -> anyhow::Result<Option<Self>> {
        if std::env::var_os(ENDPOINT).is_none_or(|endpoint| endpoint.is_empty()) {
            return Ok(None);
        }
        // The exporter's own HTTP client takes whichever provider the process has; a second
        // installation is refused and harmless.
        drop(rustls::crypto::ring::default_provider().install_default());
        let exporter = opentelemetry_otlp::SpanExporter::builder().with_http().build()?;
        let mut resource = Resource::builder();
        if std::env::var_os(SERVICE_NAME).is_none() {
            resource = resource.with_service_name(NAME);
        }
        let provider = SdkTracerProvider::builder()
            .with_resource(resource.build())
            .with_batch_exporter(exporter)
            .build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer(NAME)).boxed();
        Ok(Some(Self { provider, layer }))
    }
}

/// The span of a request, under the one that its `traceparent` names.
pub(crate) fn request_span<B>(request: &Request<B>) -> Span {
    let span = tracing::info_span!(
        "request",
        otel.kind = "server",
        http.request.method = %request.method(),
        url.path = request.uri().path(),
        http.response.status_code = tracing::field::Empty,
    );
    let parent = TraceContextPropagator::new().extract(&Headers(request.headers()));
    // Refused by a span that nobody looks at, which is as well.
    drop(span.set_parent(parent));
    span
}

struct Headers<'a>(&'a hyper::HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(hyper::header::HeaderName::as_str).collect()
    }
}
