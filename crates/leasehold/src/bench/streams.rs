//! Idle streams: what a reader costs that nothing is told.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::Serialize;

use super::drive::Drive;
use super::fleet;
use super::process::Memory;
use super::reader::Reader;
use super::report::Outcome;
use super::server::{Server, UnderTest};
use super::talk::{Talk, Tools};

/// Until what a set-up leaves behind is done and freed pages are given back.
const SETTLE: Duration = Duration::from_secs(5);
/// Streams are opened over this many connections at once.
const AT_ONCE: usize = 64;

/// Options of `bench streams`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct StreamsArgs {
    /// Open streams
    #[arg(long, default_value_t = 5000)]
    pub(crate) streams: usize,

    /// Sessions among which they are dealt out
    #[arg(long, default_value_t = 500)]
    pub(crate) sessions: usize,

    /// Seconds for which they are idle; every stream is sent a heartbeat in 15 of them
    #[arg(long, default_value_t = 20)]
    pub(crate) seconds: u64,
}

/// What idle streams cost.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Streams {
    scenario: &'static str,
    streams: usize,
    sessions: usize,
    seconds: u64,
    /// With all sessions and no stream.
    before: Memory,
    /// With all streams, after they have been idle.
    open: Memory,
    /// Growth of the resident set by stream, in bytes.
    pub(crate) bytes_each: f64,
    /// Cores that the server kept busy while they were idle.
    pub(crate) server_cores: Option<f64>,
}

/// Measures idle streams.
pub(crate) async fn run(args: &StreamsArgs, under_test: &UnderTest) -> Result<Streams> {
    let server = under_test.fresh_server().await?;
    let talk = Talk::prepare(server.target(), "streams", Tools::None).await?;
    let mut connection = server.target().connect().await?;
    let mut sessions = Vec::with_capacity(args.sessions);
    for _ in 0..args.sessions.max(1) {
        sessions.push(talk.session(&mut connection).await?);
    }
    tokio::time::sleep(SETTLE).await;
    let before = memory(&server).await?;
    let mine: Vec<Vec<String>> = (0..AT_ONCE)
        .map(|opener| {
            let numbers = (opener..args.streams).step_by(AT_ONCE);
            numbers.map(|number| sessions[number % sessions.len()].clone()).collect()
        })
        .collect();
    let openers = mine.into_iter().map(|sessions| {
        let target = server.target().clone();
        async move {
            let mut readers = Vec::with_capacity(sessions.len());
            for session in sessions {
                readers.push(Reader::open(&target, &session).await?);
            }
            Ok(readers)
        }
    });
    // Nobody reads them meanwhile: a few heartbeats find room in the sockets.
    let readers = fleet::run(openers).await?;
    let drive = Drive::begin(&server, Duration::ZERO, Duration::from_secs(args.seconds))?;
    let run = drive.end().await?;
    let open = memory(&server).await?;
    drop(readers);
    let grown = open.resident as f64 - before.resident as f64;
    Ok(Streams {
        scenario: "streams",
        streams: args.streams,
        sessions: args.sessions,
        seconds: args.seconds,
        before,
        open,
        bytes_each: grown / args.streams.max(1) as f64,
        server_cores: run.server_cores,
    })
}

async fn memory(server: &Server) -> Result<Memory> {
    server.meter().memory().await.context("the memory of the server is unknown")
}

impl Outcome for Streams {
    fn text(&self) -> String {
        let mut lines = vec![
            format!(
                "streams: {} idle ones of {} sessions, for {} s",
                self.streams, self.sessions, self.seconds
            ),
            format!("  before  {}", self.before.text()),
            format!("  open    {}", self.open.text()),
            format!("  {:.1} KiB a stream", self.bytes_each / 1024.0),
        ];
        if let Some(cores) = self.server_cores {
            lines.push(format!("  server {cores:.3} cores while they were idle"));
        }
        lines.join("\n")
    }
}
