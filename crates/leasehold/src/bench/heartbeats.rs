//! Heartbeats on held items, each with the exact echo of the one before.
//!
//! A closed loop: a connection sends its next heartbeat when the last is answered, so a server that
//! stalls is sent fewer. That is what the table of targets wants; it is not the latency that clients
//! with a fixed schedule would see.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde::Serialize;

use super::drive::{Drive, Run, WARM_UP};
use super::fleet;
use super::measure::{Progress, median};
use super::population::{Population, shares};
use super::process::Memory;
use super::report::Outcome;
use super::requests::{Held, LONGEST_TTL, Requests, Worker};
use super::server::{Server, UnderTest};

/// Options of `bench heartbeats`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct HeartbeatsArgs {
    #[command(flatten)]
    pub(crate) load: Load,

    /// Before each run measure the ceiling: the same HTTP stack answering the same bytes without a
    /// store
    #[arg(long)]
    pub(crate) ceiling: bool,
}

/// How much is sent, and for how long.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Load {
    /// Connections, each with one heartbeat under way
    #[arg(long, default_value_t = 256)]
    pub(crate) connections: usize,

    /// Held items, dealt out among the connections
    #[arg(long, default_value_t = 100_000)]
    pub(crate) items: u64,

    /// Length of a run in seconds, after one second of warm-up
    #[arg(long, default_value_t = 10)]
    pub(crate) seconds: u64,

    /// Number of runs; the figures are their medians
    #[arg(long, default_value_t = 1)]
    pub(crate) runs: usize,

    /// Threads of the ceiling's server
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) ceiling_threads: usize,
}

/// Runs against the server and, where wanted, as many against the ceiling.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Heartbeats {
    scenario: &'static str,
    connections: usize,
    items: u64,
    seconds: u64,
    /// Median over the runs.
    pub(crate) per_second: f64,
    /// Median over the runs, milliseconds.
    pub(crate) p50_ms: f64,
    /// Median over the runs, milliseconds.
    pub(crate) p99_ms: f64,
    /// Median over the runs, milliseconds.
    pub(crate) p999_ms: f64,
    /// Median over the runs of server divided by ceiling; `None` without a ceiling.
    pub(crate) of_ceiling: Option<f64>,
    /// Of the server, after the last run.
    pub(crate) memory: Option<Memory>,
    runs: Vec<Run>,
    ceiling: Vec<Run>,
}

/// Measures heartbeats.
pub(crate) async fn run(args: &HeartbeatsArgs, under_test: &UnderTest) -> Result<Heartbeats> {
    let server = under_test.server().await?;
    let environment = server.target().create_environment("heartbeats").await?;
    let mut stage = Stage::set_up(&server, &environment, args.load.items).await?;
    let ceiling = match args.ceiling {
        true => Some(under_test.ceiling(args.load.ceiling_threads).await?),
        false => None,
    };
    stage.measure(args.load, ceiling.as_ref()).await
}

/// A server with held items, on which several measurements can be made.
pub(crate) struct Stage<'a> {
    server: &'a Server,
    environment: &'a str,
    /// All held items with their latest heartbeats.
    items: Vec<Held>,
}

impl<'a> Stage<'a> {
    /// Makes the items and takes their leases.
    pub(crate) async fn set_up(
        server: &'a Server,
        environment: &'a str,
        items: u64,
    ) -> Result<Self> {
        let items = Population::new(server.target(), environment).hold(items).await?;
        Ok(Self { server, environment, items })
    }

    /// Runs against ceiling and server by turns, since only figures of one moment compare.
    pub(crate) async fn measure(
        &mut self,
        load: Load,
        ceiling: Option<&Server>,
    ) -> Result<Heartbeats> {
        let length = Duration::from_secs(load.seconds);
        let (mut runs, mut ceilings) = (Vec::new(), Vec::new());
        for _ in 0..load.runs.max(1) {
            let dealt = shares(std::mem::take(&mut self.items), load.connections);
            if let Some(ceiling) = ceiling {
                let (run, _) = beat(ceiling, self.environment, dealt.clone(), length).await?;
                ceilings.push(run);
            }
            let (run, items) = beat(self.server, self.environment, dealt, length).await?;
            runs.push(run);
            self.items = items;
        }
        let middle = |of: fn(&Run) -> f64| median(runs.iter().map(of).collect());
        let ratios: Vec<f64> = runs
            .iter()
            .zip(&ceilings)
            .map(|(run, ceiling)| run.rate.per_second / ceiling.rate.per_second)
            .collect();
        Ok(Heartbeats {
            scenario: "heartbeats",
            connections: load.connections,
            items: load.items,
            seconds: load.seconds,
            per_second: middle(|run| run.rate.per_second),
            p50_ms: middle(|run| run.latency.p50_ms),
            p99_ms: middle(|run| run.latency.p99_ms),
            p999_ms: middle(|run| run.latency.p999_ms),
            of_ceiling: (!ratios.is_empty()).then(|| median(ratios)),
            memory: self.server.meter().memory().await,
            runs,
            ceiling: ceilings,
        })
    }
}

/// Measures the ceiling alone, with items that exist nowhere.
pub(crate) async fn ceiling_alone(load: &Load, under_test: &UnderTest) -> Result<Heartbeats> {
    let server = under_test.ceiling(load.ceiling_threads).await?;
    let environment = "env_019f5a00aa0b7c0d8e1f2a3b4c5d6e7f";
    let items = (0..load.items).map(invented).collect();
    let mut stage = Stage { server: &server, environment, items };
    Ok(Heartbeats { scenario: "ceiling", ..stage.measure(*load, None).await? })
}

/// An item with a well-formed id and heartbeat.
fn invented(number: u64) -> Held {
    let mut work = *b"work_019f5a11c0de7abc0000000000000000";
    work[21..].copy_from_slice(format!("{number:016x}").as_bytes());
    Held { work, last: *b"2026-07-02T09:20:03.004310Z" }
}

/// One run: all shares beat until the window is over. Returns the items with their new heartbeats.
async fn beat(
    server: &Server,
    environment: &str,
    shares: Vec<Vec<Held>>,
    length: Duration,
) -> Result<(Run, Vec<Held>)> {
    let requests = Arc::new(Requests::new(server.target(), environment));
    let mut workers = Vec::with_capacity(shares.len());
    for share in shares {
        workers.push((Worker::open(server.target(), Arc::clone(&requests)).await?, share));
    }
    let drive = Drive::begin(server, WARM_UP, length)?;
    let tasks = workers.into_iter().map(|(mut worker, mut share)| {
        let recorder = drive.recorder();
        async move {
            let mut sent = Instant::now();
            'window: loop {
                for held in &mut share {
                    worker.beat(held, LONGEST_TTL).await?;
                    let done = Instant::now();
                    if recorder.record(sent, done) == Progress::Over {
                        break 'window;
                    }
                    sent = done;
                }
            }
            Ok(share)
        }
    });
    let items = fleet::run(tasks).await?.into_iter().flatten().collect();
    Ok((drive.end().await?, items))
}

impl Outcome for Heartbeats {
    fn text(&self) -> String {
        let mut lines = vec![format!(
            "{}: {} connections, {} items, {} run(s) of {} s, closed loop",
            self.scenario,
            self.connections,
            self.items,
            self.runs.len(),
            self.seconds
        )];
        for (name, runs) in [("", &self.runs), ("ceiling ", &self.ceiling)] {
            for run in runs {
                lines.push(format!("  {name}{}", run.text()));
            }
        }
        lines.push(format!(
            "  median {:.0}/s, p50 {:.3} ms, p99 {:.3} ms, p99.9 {:.3} ms",
            self.per_second, self.p50_ms, self.p99_ms, self.p999_ms
        ));
        if let Some(of_ceiling) = self.of_ceiling {
            lines.push(format!("  {of_ceiling:.2} of the ceiling (median of the runs)"));
        }
        if let Some(memory) = self.memory {
            lines.push(format!("  server memory: {}", memory.text()));
        }
        lines.join("\n")
    }
}
