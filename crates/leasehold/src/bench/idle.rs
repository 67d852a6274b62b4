//! Idle workers: what a thousand pollers cost that find nothing.
//!
//! Each keeps one connection and does as the stock worker does: a poll that waits for 999 ms, then a
//! pause of one to three seconds.

use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde::Serialize;

use super::drive::{Drive, Run};
use super::fleet::{self, SharedRecorder};
use super::http::Connection;
use super::measure::{Progress, Window};
use super::process::{Memory, Metrics};
use super::report::Outcome;
use super::requests::{Requests, delivered};
use super::server::UnderTest;
use super::target::Target;

/// Until all workers are spread out: one poll and the longest pause.
const SPREAD: Duration = Duration::from_secs(4);
/// Counted by the server.
const COMMITS: &str = "leasehold_commits_total";

/// Options of `bench idle`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct IdleArgs {
    /// Workers, each on a connection of its own
    #[arg(long, default_value_t = 1000)]
    pub(crate) workers: usize,

    /// Length of the measurement in seconds, once the workers are spread out
    #[arg(long, default_value_t = 30)]
    pub(crate) seconds: u64,
}

/// What idle workers cost.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Idle {
    scenario: &'static str,
    workers: usize,
    seconds: u64,
    /// Polls and their latencies, 999 ms where nothing is late; processor time of both sides.
    pub(crate) run: Run,
    /// Commits of the server meanwhile; `None` where its metrics do not tell.
    pub(crate) commits: Option<f64>,
    /// Connections that the server closed and the worker opened again.
    reconnects: u64,
    memory: Option<Memory>,
}

/// Measures idle workers.
pub(crate) async fn run(args: &IdleArgs, under_test: &UnderTest) -> Result<Idle> {
    let server = under_test.server().await?;
    let target = server.target();
    let environment = target.create_environment("idle").await?;
    let mut idlers = Vec::with_capacity(args.workers);
    for number in 0..args.workers {
        let poll = Requests::blocking_poll(target, &environment, &format!("bench-{number}"));
        let connection = target.connect().await?;
        idlers.push(Idler { target: target.clone(), connection, poll, reconnects: 0 });
    }
    let drive = Drive::begin(&server, SPREAD, Duration::from_secs(args.seconds))?;
    let commits = tokio::spawn(commits(target.clone(), drive.window()));
    let tasks = idlers.into_iter().map(|idler| idler.poll_on(drive.recorder()));
    let reconnects = fleet::run(tasks).await?.into_iter().sum();
    Ok(Idle {
        scenario: "idle",
        workers: args.workers,
        seconds: args.seconds,
        run: drive.end().await?,
        commits: commits.await?,
        reconnects,
        memory: server.meter().memory().await,
    })
}

/// How many commits the server made in a window; `None` where its metrics do not tell.
async fn commits(target: Target, window: Window) -> Option<f64> {
    tokio::time::sleep_until(window.from().into()).await;
    let before = Metrics::read(&target).await?.sum(COMMITS)?;
    tokio::time::sleep_until(window.until().into()).await;
    let after = Metrics::read(&target).await?.sum(COMMITS)?;
    Some(after - before)
}

/// A worker that finds nothing to do.
struct Idler {
    target: Target,
    connection: Connection,
    poll: Vec<u8>,
    reconnects: u64,
}

impl Idler {
    /// Polls and pauses until the window is over; returns how often it had to connect again.
    async fn poll_on(mut self, recorder: SharedRecorder) -> Result<u64> {
        // Workers are not started at the same instant.
        pause(0..3000).await;
        loop {
            let sent = Instant::now();
            self.poll_once().await?;
            if recorder.record(sent, Instant::now()) == Progress::Over {
                return Ok(self.reconnects);
            }
            pause(1000..3000).await;
        }
    }

    /// One poll that must find nothing. A server may close a connection that rests between two
    /// polls, so a failed exchange is tried once more on a new one.
    async fn poll_once(&mut self) -> Result<()> {
        let body = match self.connection.exchange(&self.poll).await {
            Ok(reply) => reply,
            Err(_) => {
                self.connection = self.target.connect().await?;
                self.reconnects += 1;
                self.connection.exchange(&self.poll).await?
            }
        };
        match delivered(body.success("poll")?)? {
            None => Ok(()),
            Some(_) => bail!("an idle worker was given an item"),
        }
    }
}

/// Sleeps for a random number of milliseconds out of a range.
async fn pause(millis: Range<u64>) {
    tokio::time::sleep(Duration::from_millis(fastrand::u64(millis))).await;
}

impl Outcome for Idle {
    fn text(&self) -> String {
        let mut lines = vec![
            format!("idle: {} workers for {} s", self.workers, self.seconds),
            format!("  {}", self.run.text()),
        ];
        match self.commits {
            Some(commits) => lines.push(format!("  {commits:.0} commits meanwhile")),
            None => lines.push(format!("  commits unknown: /metrics has no {COMMITS}")),
        }
        lines.push(format!("  {} connections were opened again", self.reconnects));
        if let Some(memory) = self.memory {
            lines.push(format!("  server memory: {}", memory.text()));
        }
        lines.join("\n")
    }
}
