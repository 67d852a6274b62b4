//! Whole cycles: a session is created, its item polled, acked, held by one heartbeat and stopped;
//! five requests each.
//!
//! With a backlog, each worker still makes an item and takes one, so the depth stays as it was. The
//! same workers then run by turns in an environment without a backlog and in one with it, since only
//! figures of one moment compare.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde::Serialize;

use super::drive::{Drive, Run, WARM_UP};
use super::fleet;
use super::measure::{Progress, median};
use super::population::Population;
use super::process::Memory;
use super::report::Outcome;
use super::server::{Server, UnderTest};

/// Options of `bench cycles`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct CyclesArgs {
    /// Workers, each on a connection of its own with one request under way
    #[arg(long, default_value_t = 64)]
    pub(crate) workers: usize,

    /// Items that wait in a second environment, measured by turns with the empty one; 0 for none
    #[arg(long, default_value_t = 0)]
    pub(crate) backlog: u64,

    /// Length of a run in seconds, after one second of warm-up
    #[arg(long, default_value_t = 10)]
    pub(crate) seconds: u64,

    /// Number of runs in each environment; the figures are their medians
    #[arg(long, default_value_t = 1)]
    pub(crate) runs: usize,
}

/// Cycles a second; the latencies are those of whole cycles.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Cycles {
    scenario: &'static str,
    workers: usize,
    seconds: u64,
    /// Median over the runs without a backlog.
    pub(crate) per_second: f64,
    /// The runs with a backlog.
    pub(crate) deep: Option<Deep>,
    memory: Option<Memory>,
    runs: Vec<Run>,
}

/// The same with a deep backlog in the environment.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Deep {
    /// Items that could be polled before the runs.
    depth_before: u64,
    /// And after them.
    depth_after: u64,
    /// Median over the runs.
    pub(crate) per_second: f64,
    /// Median over the runs of deep divided by empty.
    pub(crate) of_empty: f64,
    runs: Vec<Run>,
}

/// Measures cycles.
pub(crate) async fn run(args: &CyclesArgs, under_test: &UnderTest) -> Result<Cycles> {
    let server = under_test.server().await?;
    let target = server.target();
    let empty = target.create_environment("cycles").await?;
    let deep = target.create_environment("backlog").await?;
    Population::new(target, &deep).queue(args.backlog).await?;
    let depth_before = target.depth(&deep).await?;
    let (mut runs, mut deep_runs) = (Vec::new(), Vec::new());
    for _ in 0..args.runs.max(1) {
        runs.push(cycle(&server, &empty, args).await?);
        if args.backlog > 0 {
            deep_runs.push(cycle(&server, &deep, args).await?);
        }
    }
    let per_second = |runs: &[Run]| median(runs.iter().map(|run| run.rate.per_second).collect());
    let ratios: Vec<f64> = runs
        .iter()
        .zip(&deep_runs)
        .map(|(empty, deep)| deep.rate.per_second / empty.rate.per_second)
        .collect();
    let deep = match args.backlog {
        0 => None,
        _ => Some(Deep {
            depth_before,
            depth_after: target.depth(&deep).await?,
            per_second: per_second(&deep_runs),
            of_empty: median(ratios),
            runs: deep_runs,
        }),
    };
    Ok(Cycles {
        scenario: "cycles",
        workers: args.workers,
        seconds: args.seconds,
        per_second: per_second(&runs),
        deep,
        memory: server.meter().memory().await,
        runs,
    })
}

/// One run in one environment.
async fn cycle(server: &Server, environment: &str, args: &CyclesArgs) -> Result<Run> {
    let population = Population::new(server.target(), environment);
    let mut workers = Vec::with_capacity(args.workers);
    for _ in 0..args.workers {
        workers.push(population.worker().await?);
    }
    let drive = Drive::begin(server, WARM_UP, Duration::from_secs(args.seconds))?;
    let tasks = workers.into_iter().map(|mut worker| {
        let recorder = drive.recorder();
        async move {
            loop {
                let began = Instant::now();
                let held = worker.take_one().await?;
                worker.stop(&held.work).await?;
                if recorder.record(began, Instant::now()) == Progress::Over {
                    return Ok(());
                }
            }
        }
    });
    fleet::run(tasks).await?;
    drive.end().await
}

impl Outcome for Cycles {
    fn text(&self) -> String {
        let mut lines = vec![format!(
            "cycles: {} workers, {} run(s) of {} s, closed loop, latencies of whole cycles",
            self.workers,
            self.runs.len(),
            self.seconds
        )];
        lines.extend(self.runs.iter().map(|run| format!("  empty  {}", run.text())));
        if let Some(deep) = &self.deep {
            lines.extend(deep.runs.iter().map(|run| format!("  deep   {}", run.text())));
            lines.push(format!(
                "  median {:.0}/s with {} items waiting ({} afterwards)",
                deep.per_second, deep.depth_before, deep.depth_after
            ));
            lines.push(format!("  {:.2} of the empty environment", deep.of_empty));
        }
        lines.push(format!("  median {:.0}/s without a backlog", self.per_second));
        if let Some(memory) = self.memory {
            lines.push(format!("  server memory: {}", memory.text()));
        }
        lines.join("\n")
    }
}
