//! One run: the window, the recorder, and who was busy meanwhile.

use std::time::Duration;

use anyhow::Result;
use serde::Serialize;
use tokio::task::JoinHandle;

use super::fleet::SharedRecorder;
use super::measure::{Latency, Rate, Window};
use super::process::Meter;
use super::server::Server;

/// For most runs: the loops get into step and caches fill.
pub(crate) const WARM_UP: Duration = Duration::from_secs(1);

/// A run that is under way.
pub(crate) struct Drive {
    window: Window,
    recorder: SharedRecorder,
    server: JoinHandle<Option<f64>>,
    generator: JoinHandle<Option<f64>>,
}

/// The figures of a run.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Run {
    /// What ended each second.
    pub(crate) rate: Rate,
    /// From the moment before a request was sent until its answer was read.
    pub(crate) latency: Latency,
    /// Cores that the server kept busy; `None` for a remote server without such a metric.
    pub(crate) server_cores: Option<f64>,
    /// Cores that the generator kept busy; near 1 it is the generator that was measured.
    pub(crate) generator_cores: Option<f64>,
}

impl Drive {
    /// The window begins after `warm_up`, of which nothing is recorded, and lasts for `length`.
    pub(crate) fn begin(server: &Server, warm_up: Duration, length: Duration) -> Result<Self> {
        let window = Window::after(warm_up, length);
        let generator = Meter::new(Some(std::process::id()), server.target());
        Ok(Self {
            window,
            recorder: SharedRecorder::new(window)?,
            server: tokio::spawn(server.meter().cores(window)),
            generator: tokio::spawn(generator.cores(window)),
        })
    }

    /// What counts.
    pub(crate) fn window(&self) -> Window {
        self.window
    }

    /// For each connection to write to.
    pub(crate) fn recorder(&self) -> SharedRecorder {
        self.recorder.clone()
    }

    /// The figures, once the window is over.
    pub(crate) async fn end(self) -> Result<Run> {
        let Self { window: _, recorder, server, generator } = self;
        Ok(Run {
            server_cores: server.await?,
            generator_cores: generator.await?,
            rate: recorder.rate(),
            latency: recorder.latency(),
        })
    }
}

impl Run {
    /// One line of text.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{}; {}", self.rate.text(), self.latency.text());
        for (who, cores) in [("server", self.server_cores), ("generator", self.generator_cores)] {
            if let Some(cores) = cores {
                text.push_str(&format!("; {who} {cores:.2} cores"));
            }
        }
        text
    }
}
