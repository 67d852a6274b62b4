//! A storm of lapses: many leases end within one second while other items are renewed.
//!
//! A lease is granted in whole seconds, and so many heartbeats cannot be sent within one second. So
//! the items get their last heartbeats over some seconds, each with the time-to-live that ends it
//! within the second before one common instant.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde::Serialize;

use super::fleet::{self, SharedRecorder};
use super::measure::{Latency, Window};
use super::population::{Population, shares};
use super::report::{self, Outcome};
use super::requests::{Held, LONGEST_TTL, Requests, Worker};
use super::server::{Server, UnderTest};

/// The shortest lease that the API grants, in seconds.
const SHORTEST_TTL: u64 = 10;
/// Renewals that go on before the storm, for comparison.
const CALM: Duration = Duration::from_secs(5);
/// The second in which the leases end.
const STORM: Duration = Duration::from_secs(1);
/// After it, while the server tidies up.
const AFTERMATH: Duration = Duration::from_secs(2);
/// Heartbeats a second that any server worth measuring answers; decides how far ahead the common
/// instant must lie.
const SLOWEST: u64 = 5_000;

/// Options of `bench lapse`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct LapseArgs {
    /// Items whose leases end within one second
    #[arg(long, default_value_t = 100_000)]
    pub(crate) items: u64,

    /// Items that are renewed meanwhile
    #[arg(long, default_value_t = 10_000)]
    pub(crate) beating: u64,

    /// Connections that renew, each with one heartbeat under way
    #[arg(long, default_value_t = 64)]
    pub(crate) connections: usize,
}

/// What the renewals felt of the storm.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Lapse {
    scenario: &'static str,
    items: u64,
    beating: u64,
    connections: usize,
    /// Items that could be polled after the storm.
    lapsed: u64,
    /// Heartbeats in the seconds before the first lapse.
    calm: Latency,
    /// Heartbeats from the first lapse until two seconds after the last.
    pub(crate) storm: Latency,
}

/// Measures heartbeats while other leases lapse.
pub(crate) async fn run(args: &LapseArgs, under_test: &UnderTest) -> Result<Lapse> {
    let server = under_test.server().await?;
    let environment = server.target().create_environment("lapse").await?;
    let population = Population::new(server.target(), &environment);
    let beating = population.hold(args.beating).await?;
    let lapsing = population.hold(args.items).await?;
    let requests = Arc::new(Requests::new(server.target(), &environment));
    let stage = Stage { server: &server, requests, connections: args.connections };

    let ahead = Duration::from_secs(SHORTEST_TTL + 1 + args.items / SLOWEST) + CALM;
    let end = Instant::now() + ahead;
    stage.shorten(lapsing, end).await?;
    report::note(&format!("{} leases end in {:.0} s", args.items, until(end).as_secs_f64()));
    let first = end.checked_sub(STORM).context("the storm lies before the clock's beginning")?;
    let (calm, storm) = stage.renew(beating, first, end + AFTERMATH).await?;

    let lapsed = server.target().depth(&environment).await?;
    if lapsed != args.items {
        bail!("{lapsed} items can be polled after the storm, not {}", args.items);
    }
    Ok(Lapse {
        scenario: "lapse",
        items: args.items,
        beating: args.beating,
        connections: args.connections,
        lapsed,
        calm,
        storm,
    })
}

/// A server with the connections to it.
struct Stage<'a> {
    server: &'a Server,
    requests: Arc<Requests>,
    connections: usize,
}

impl Stage<'_> {
    async fn workers(&self, items: Vec<Held>) -> Result<Vec<(Worker, Vec<Held>)>> {
        let mut workers = Vec::with_capacity(self.connections);
        for share in shares(items, self.connections) {
            let worker = Worker::open(self.server.target(), Arc::clone(&self.requests)).await?;
            workers.push((worker, share));
        }
        Ok(workers)
    }

    /// Gives each item its last heartbeat, so that its lease ends in the second before `end`.
    async fn shorten(&self, items: Vec<Held>, end: Instant) -> Result<()> {
        let workers = self.workers(items).await?;
        fleet::run(workers.into_iter().map(|(mut worker, share)| async move {
            for mut held in share {
                let seconds = until(end).as_secs();
                if seconds < SHORTEST_TTL {
                    bail!("the server is too slow: its leases cannot end in the same second");
                }
                worker.beat(&mut held, u32::try_from(seconds)?).await?;
            }
            Ok(())
        }))
        .await?;
        Ok(())
    }

    /// Renews items until `over`; latencies before and from `first` on.
    async fn renew(
        &self,
        items: Vec<Held>,
        first: Instant,
        over: Instant,
    ) -> Result<(Latency, Latency)> {
        let begin = first.checked_sub(CALM).context("no time is left for the calm")?;
        tokio::time::sleep_until(begin.into()).await;
        let workers = self.workers(items).await?;
        let now = Instant::now();
        let calm = SharedRecorder::new(Window::between(now, first))?;
        // A heartbeat that is sent in the storm counts even if its answer comes long after.
        let late = over + Duration::from_secs(LONGEST_TTL.into());
        let storm = SharedRecorder::new(Window::between(first, late))?;
        fleet::run(workers.into_iter().map(|(mut worker, mut share)| {
            let (calm, storm) = (calm.clone(), storm.clone());
            async move {
                let mut sent = Instant::now();
                loop {
                    for held in &mut share {
                        if sent >= over {
                            return Ok(());
                        }
                        worker.beat(held, LONGEST_TTL).await?;
                        let done = Instant::now();
                        calm.record(sent, done);
                        storm.record(sent, done);
                        sent = done;
                    }
                }
            }
        }))
        .await?;
        Ok((calm.latency(), storm.latency()))
    }
}

fn until(instant: Instant) -> Duration {
    instant.saturating_duration_since(Instant::now())
}

impl Outcome for Lapse {
    fn text(&self) -> String {
        format!(
            "lapse: {} leases ended within one second, {} connections renewed {} other items\n  \
             before  {}\n  during  {}\n  {} items could be polled afterwards",
            self.items,
            self.connections,
            self.beating,
            self.calm.text(),
            self.storm.text(),
            self.lapsed
        )
    }
}
