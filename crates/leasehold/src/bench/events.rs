//! Events appended: each request sends one event and is answered after its commit.
//!
//! Interrupts of sessions at rest are taken into the log at once and change nothing else, so they
//! show what an append costs. Messages show what a client's words cost that wait for the model: the
//! first one begins a turn, in which the model calls a tool that nobody answers, and all further ones
//! wait behind it. A session of which many messages wait is left for a new one; making it and its
//! turn cost time and are not counted as events.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde::Serialize;

use super::drive::{Drive, Run, WARM_UP};
use super::fleet;
use super::http::Connection;
use super::measure::{Progress, median};
use super::report::Outcome;
use super::server::{Server, UnderTest};
use super::talk::{INTERRUPT, MESSAGE, Talk, Tools, send};

/// How many messages are sent to a session before it is left for another.
const MESSAGES_EACH: usize = 100;
/// A session that exists nowhere, for the ceiling.
const INVENTED: &str = "sess_019f5a00aa0b7c0d8e1f2a3b4c5d6e7f";

/// Options of `bench events`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct EventsArgs {
    #[command(flatten)]
    pub(crate) load: Load,

    /// Before each run measure the ceiling: the same HTTP stack answering the same bytes without a
    /// store
    #[arg(long)]
    pub(crate) ceiling: bool,
}

/// What is sent, by how many, and for how long.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Load {
    /// Sessions, each on a connection of its own with one request under way
    #[arg(long, default_value_t = 64)]
    pub(crate) sessions: usize,

    /// The event that is sent
    #[arg(long, value_enum, default_value_t = Word::Interrupt)]
    pub(crate) event: Word,

    /// Length of a run in seconds, after one second of warm-up
    #[arg(long, default_value_t = 10)]
    pub(crate) seconds: u64,

    /// Number of runs; the figures are their medians
    #[arg(long, default_value_t = 1)]
    pub(crate) runs: usize,
}

/// An event that is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Word {
    /// `user.interrupt` to a session at rest
    Interrupt,
    /// `user.message` to a session that waits for the result of a tool
    Message,
}

/// Runs against the server and, where wanted, as many against the ceiling.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Events {
    scenario: &'static str,
    sessions: usize,
    event: Word,
    seconds: u64,
    /// Median over the runs.
    pub(crate) per_second: f64,
    /// Median over the runs, milliseconds.
    pub(crate) p50_ms: f64,
    /// Median over the runs, milliseconds.
    pub(crate) p99_ms: f64,
    /// Median over the runs of server divided by ceiling; `None` without a ceiling.
    pub(crate) of_ceiling: Option<f64>,
    runs: Vec<Run>,
    ceiling: Vec<Run>,
}

/// Measures events.
pub(crate) async fn run(args: &EventsArgs, under_test: &UnderTest) -> Result<Events> {
    let server = under_test.scripted_server().await?;
    let ceiling = match args.ceiling {
        true => Some(under_test.ceiling(1).await?),
        false => None,
    };
    measure(&server, args.load, ceiling.as_ref()).await
}

/// Runs against ceiling and server by turns, since only figures of one moment compare.
pub(crate) async fn measure(
    server: &Server,
    load: Load,
    ceiling: Option<&Server>,
) -> Result<Events> {
    let talk = Talk::prepare(server.target(), "events", Tools::Endless).await?;
    let (mut runs, mut ceilings) = (Vec::new(), Vec::new());
    for _ in 0..load.runs.max(1) {
        if let Some(ceiling) = ceiling {
            ceilings.push(append(ceiling, load, None).await?);
        }
        runs.push(append(server, load, Some(&talk)).await?);
    }
    let middle = |of: fn(&Run) -> f64| median(runs.iter().map(of).collect());
    let ratios: Vec<f64> = runs
        .iter()
        .zip(&ceilings)
        .map(|(run, ceiling)| run.rate.per_second / ceiling.rate.per_second)
        .collect();
    Ok(Events {
        scenario: "events",
        sessions: load.sessions,
        event: load.event,
        seconds: load.seconds,
        per_second: middle(|run| run.rate.per_second),
        p50_ms: middle(|run| run.latency.p50_ms),
        p99_ms: middle(|run| run.latency.p99_ms),
        of_ceiling: (!ratios.is_empty()).then(|| median(ratios)),
        runs,
        ceiling: ceilings,
    })
}

/// One run: all speakers speak until the window is over. Without anybody to talk to their sessions
/// are invented.
async fn append(server: &Server, load: Load, talk: Option<&Talk>) -> Result<Run> {
    let mut speakers = Vec::with_capacity(load.sessions);
    for _ in 0..load.sessions {
        let connection = server.target().connect().await?;
        let mut speaker = Speaker {
            request: send(server.target(), INVENTED, load.event.json()),
            connection,
            talk: talk.cloned(),
            event: load.event,
            said: 0,
        };
        speaker.meet().await?;
        speakers.push(speaker);
    }
    let drive = Drive::begin(server, WARM_UP, Duration::from_secs(load.seconds))?;
    let tasks = speakers.into_iter().map(|mut speaker| {
        let recorder = drive.recorder();
        async move {
            let mut sent = Instant::now();
            loop {
                speaker.say().await?;
                let done = Instant::now();
                if recorder.record(sent, done) == Progress::Over {
                    return Ok(());
                }
                sent = done;
                if speaker.is_done_here() {
                    speaker.meet().await?;
                    sent = Instant::now();
                }
            }
        }
    });
    fleet::run(tasks).await?;
    drive.end().await
}

/// Somebody who says the same thing again and again.
struct Speaker {
    connection: Connection,
    talk: Option<Talk>,
    event: Word,
    request: Vec<u8>,
    /// How often it was said to the present session.
    said: usize,
}

impl Speaker {
    /// Makes a session to talk to.
    async fn meet(&mut self) -> Result<()> {
        self.said = 0;
        let Some(talk) = &self.talk else { return Ok(()) };
        let session = talk.session(&mut self.connection).await?;
        self.request = send(talk.target(), &session, self.event.json());
        Ok(())
    }

    async fn say(&mut self) -> Result<()> {
        self.connection.exchange(&self.request).await?.success("sending an event")?;
        self.said += 1;
        Ok(())
    }

    fn is_done_here(&self) -> bool {
        match self.event {
            Word::Interrupt => false,
            Word::Message => self.said >= MESSAGES_EACH,
        }
    }
}

impl Word {
    const fn json(self) -> &'static str {
        match self {
            Self::Interrupt => INTERRUPT,
            Self::Message => MESSAGE,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Interrupt => "user.interrupt",
            Self::Message => "user.message",
        }
    }
}

impl Outcome for Events {
    fn text(&self) -> String {
        let mut lines = vec![format!(
            "{}: {} to {} session(s), {} run(s) of {} s, closed loop",
            self.scenario,
            self.event.as_str(),
            self.sessions,
            self.runs.len(),
            self.seconds
        )];
        for (name, runs) in [("", &self.runs), ("ceiling ", &self.ceiling)] {
            lines.extend(runs.iter().map(|run| format!("  {name}{}", run.text())));
        }
        lines.push(format!(
            "  median {:.0}/s, p50 {:.3} ms, p99 {:.3} ms",
            self.per_second, self.p50_ms, self.p99_ms
        ));
        if let Some(of_ceiling) = self.of_ceiling {
            lines.push(format!("  {of_ceiling:.2} of the ceiling (median of the runs)"));
        }
        lines.join("\n")
    }
}
