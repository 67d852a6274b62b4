//! Start with a full database: from the start of the process until `/readyz` answers 200.
//!
//! The file is in the page cache, as after any restart of the process alone.

use std::time::Duration;

use anyhow::Result;
use rustix::process::Signal;
use serde::Serialize;

use super::measure::median;
use super::population::Population;
use super::process::{Memory, mebibytes};
use super::report::Outcome;
use super::server::UnderTest;

/// Options of `bench start`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct StartArgs {
    /// Live items: one half held, the other waiting
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) live: u64,

    /// Stopped items
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) stopped: u64,

    /// Number of starts; the figure is their median
    #[arg(long, default_value_t = 3)]
    pub(crate) runs: usize,

    /// End the server by SIGKILL before each start, so that it has to recover
    #[arg(long)]
    pub(crate) kill: bool,
}

/// How long starts take.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Start {
    scenario: &'static str,
    live: u64,
    stopped: u64,
    killed: bool,
    /// Median over the starts.
    pub(crate) seconds: f64,
    runs: Vec<f64>,
    /// After the last start.
    memory: Option<Memory>,
    /// Files of the server, in bytes.
    disk: u64,
}

/// Measures starts.
pub(crate) async fn run(args: &StartArgs, under_test: &UnderTest) -> Result<Start> {
    let mut server = under_test.fresh_server().await?;
    let environment = server.target().create_environment("start").await?;
    let population = Population::new(server.target(), &environment);
    // Leases last ten minutes, so the held items come late; they are taken before others wait, since
    // a poll takes the oldest.
    let held = args.live / 2;
    population.stop(args.stopped).await?;
    population.hold(held).await?;
    population.queue(args.live - held).await?;
    let signal = if args.kill { Signal::KILL } else { Signal::TERM };
    let mut runs = Vec::new();
    for _ in 0..args.runs.max(1) {
        let (started, took) = server.restart(signal).await?;
        server = started;
        runs.push(took);
    }
    let runs: Vec<f64> = runs.iter().map(Duration::as_secs_f64).collect();
    Ok(Start {
        scenario: "start",
        live: args.live,
        stopped: args.stopped,
        killed: args.kill,
        seconds: median(runs.clone()),
        runs,
        memory: server.meter().memory().await,
        disk: server.bytes_on_disk()?,
    })
}

impl Outcome for Start {
    fn text(&self) -> String {
        let runs: Vec<String> = self.runs.iter().map(|run| format!("{run:.3} s")).collect();
        let mut lines = vec![
            format!(
                "start: {} live and {} stopped items, {} on disk, {}",
                self.live,
                self.stopped,
                mebibytes(self.disk),
                if self.killed { "after SIGKILL" } else { "after an orderly end" }
            ),
            format!("  ready after {:.3} s (median of {})", self.seconds, runs.join(", ")),
        ];
        if let Some(memory) = self.memory {
            lines.push(format!("  server memory: {}", memory.text()));
        }
        lines.join("\n")
    }
}
