//! Memory of the server: idle, and for each held item.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde::Serialize;

use super::population::Population;
use super::process::{Memory as Resident, mebibytes};
use super::report::Outcome;
use super::server::{Server, UnderTest};

/// Until background work that follows a load is done and freed pages are given back.
const SETTLE: Duration = Duration::from_secs(5);

/// Options of `bench memory`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct MemoryArgs {
    /// Held items
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) items: u64,
}

/// Memory before and after, and what it comes to for an item.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Memory {
    scenario: &'static str,
    items: u64,
    /// With an empty database, before the first item.
    pub(crate) idle: Resident,
    /// With all items held and no connection open.
    held: Resident,
    /// Growth of the resident set by item, in bytes.
    pub(crate) bytes_each: f64,
    /// Growth of the anonymous part by item, in bytes.
    anonymous_bytes_each: Option<f64>,
    /// Files of the server, in bytes.
    disk: u64,
    /// How long it took to make and take the items, four requests each, in seconds.
    set_up_seconds: f64,
}

/// Measures memory.
pub(crate) async fn run(args: &MemoryArgs, under_test: &UnderTest) -> Result<Memory> {
    let server = under_test.fresh_server().await?;
    let environment = server.target().create_environment("memory").await?;
    let idle = settled(&server).await?;
    let began = Instant::now();
    let items = Population::new(server.target(), &environment).hold(args.items).await?;
    let set_up_seconds = began.elapsed().as_secs_f64();
    drop(items);
    let held = settled(&server).await?;
    let each = |before: u64, after: u64| (after as f64 - before as f64) / args.items.max(1) as f64;
    Ok(Memory {
        scenario: "memory",
        items: args.items,
        idle,
        held,
        bytes_each: each(idle.resident, held.resident),
        anonymous_bytes_each: idle.anonymous.zip(held.anonymous).map(|(a, b)| each(a, b)),
        disk: server.bytes_on_disk()?,
        set_up_seconds,
    })
}

async fn settled(server: &Server) -> Result<Resident> {
    tokio::time::sleep(SETTLE).await;
    server.meter().memory().await.context("the memory of the server is unknown")
}

impl Outcome for Memory {
    fn text(&self) -> String {
        let mut lines = vec![
            format!("memory: {} held items, made in {:.1} s", self.items, self.set_up_seconds),
            format!("  idle  {}", self.idle.text()),
            format!("  held  {}", self.held.text()),
            format!("  {:.0} bytes an item", self.bytes_each),
        ];
        if let Some(anonymous) = self.anonymous_bytes_each {
            lines.push(format!("  {anonymous:.0} bytes an item without mapped files"));
        }
        lines.push(format!("  {} on disk", mebibytes(self.disk)));
        lines.join("\n")
    }
}
