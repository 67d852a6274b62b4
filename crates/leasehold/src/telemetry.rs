//! Log lines: one subscriber for the process, as text for people or as JSON for collectors.
//!
//! Lines go to standard error; standard output belongs to results. With the feature `otel` requests
//! are exported as spans as well; see `telemetry/export.rs`.

use std::io::IsTerminal as _;

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use crate::config::{Config, LogFormat};

#[cfg(feature = "otel")]
mod export;

#[cfg(feature = "otel")]
pub(crate) use export::request_span;

/// What has to be ended with the process.
pub(crate) struct Telemetry {
    #[cfg(feature = "otel")]
    exported: Option<opentelemetry_sdk::trace::SdkTracerProvider>,
}

/// Installs the subscriber.
///
/// # Errors
/// If there is one already, or if an exporter cannot be made.
pub(crate) fn install(config: &Config) -> anyhow::Result<Telemetry> {
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match config.log_format {
        LogFormat::Text => fmt::layer()
            .with_writer(std::io::stderr)
            .with_ansi(std::io::stderr().is_terminal())
            .with_target(false)
            .boxed(),
        LogFormat::Json => fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .with_writer(std::io::stderr)
            .boxed(),
    };
    let filter = EnvFilter::try_new(&config.log_level)?;
    let layers = vec![lines.with_filter(filter).boxed()];

    #[cfg(feature = "otel")]
    let (layers, exported) = {
        let mut layers = layers;
        let export = export::Export::from_environment()?;
        let exported = export.map(|export::Export { provider, layer }| {
            // Its own client's requests must not become spans that are exported in turn.
            let ours = EnvFilter::new("off,leasehold=info");
            layers.push(layer.with_filter(ours).boxed());
            provider
        });
        (layers, exported)
    };

    tracing_subscriber::registry().with(layers).try_init()?;
    Ok(Telemetry {
        #[cfg(feature = "otel")]
        exported,
    })
}

impl Telemetry {
    /// Sends what has not been sent yet.
    #[cfg_attr(not(feature = "otel"), expect(clippy::unused_self, reason = "nothing is exported"))]
    pub(crate) fn flush(self) {
        #[cfg(feature = "otel")]
        if let Some(Err(error)) = self.exported.map(|provider| provider.shutdown()) {
            tracing::warn!(%error, "the last spans could not be exported");
        }
    }
}
