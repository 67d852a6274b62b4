//! Dispatch: how long after a session is created a blocked poller has its item.
//!
//! One poller at a time, no other load. The clock starts just before the request that creates the
//! session is sent and stops when the poller has read its whole answer.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde::Serialize;

use super::fleet::SharedRecorder;
use super::measure::{Latency, Window};
use super::population::Population;
use super::report::Outcome;
use super::requests::{Requests, delivered};
use super::server::UnderTest;

/// Longer than any run: every round counts.
const ALWAYS: Duration = Duration::from_secs(24 * 60 * 60);

/// Options of `bench dispatch`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct DispatchArgs {
    /// How many items are dispatched, one after the other
    #[arg(long, default_value_t = 2000)]
    pub(crate) rounds: u64,

    /// Milliseconds that the poller is given to be blocked before the session is created
    #[arg(long, default_value_t = 5, value_name = "MS")]
    pub(crate) settle_ms: u64,
}

/// Latencies of dispatch.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Dispatch {
    scenario: &'static str,
    rounds: u64,
    /// From before the creating request until the poller's whole answer.
    pub(crate) latency: Latency,
    /// Of the creating request alone, for comparison: it is answered after the same commit.
    create: Latency,
}

/// Measures dispatch.
pub(crate) async fn run(args: &DispatchArgs, under_test: &UnderTest) -> Result<Dispatch> {
    let server = under_test.server().await?;
    let target = server.target();
    let environment = target.create_environment("dispatch").await?;
    let create = Requests::new(target, &environment);
    let poll = Requests::blocking_poll(target, &environment, "bench-dispatch");
    let mut creator = target.connect().await?;
    let mut poller = target.connect().await?;
    let mut worker = Population::new(target, &environment).worker().await?;
    let window = Window::after(Duration::ZERO, ALWAYS);
    let (dispatched, created) = (SharedRecorder::new(window)?, SharedRecorder::new(window)?);
    for _ in 0..args.rounds {
        poller.send(&poll).await?;
        tokio::time::sleep(Duration::from_millis(args.settle_ms)).await;
        let sent = Instant::now();
        creator.send(create.create()).await?;
        let answered = async {
            let body = poller.receive().await?;
            dispatched.record(sent, Instant::now());
            delivered(body.success("poll")?)?.context("the blocked poller was given no item")
        };
        let made = async {
            let reply = creator.receive().await?;
            created.record(sent, Instant::now());
            reply.success("creating a session")?;
            Ok(())
        };
        let (work, ()) = tokio::try_join!(answered, made)?;
        worker.stop(&work).await?;
    }
    Ok(Dispatch {
        scenario: "dispatch",
        rounds: args.rounds,
        latency: dispatched.latency(),
        create: created.latency(),
    })
}

impl Outcome for Dispatch {
    fn text(&self) -> String {
        format!(
            "dispatch: {} rounds, one blocked poller\n  queued to delivered  {}\n  \
             queued to answered   {}",
            self.rounds,
            self.latency.text(),
            self.create.text()
        )
    }
}
