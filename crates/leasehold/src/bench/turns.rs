//! Turns: from a message to the session's rest, with a model that answers at once.
//!
//! Each client watches its session's stream and sends its next message when the last turn is over.
//! In the second half of the measurement the model calls a tool first, and the client answers the
//! call as soon as it sees it, as a worker would whose tools take no time; such a turn is two
//! requests to the model. A session is left for a new one after some turns, since a model is told the
//! whole conversation each time.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde::Serialize;

use super::drive::{Drive, Run, WARM_UP};
use super::fleet;
use super::http::Connection;
use super::measure::{Progress, median};
use super::reader::Reader;
use super::report::Outcome;
use super::server::{Server, UnderTest};
use super::talk::{MESSAGE, Talk, Tools, send, tool_result};

/// Turns of a session before it is left for another.
const TURNS_EACH: usize = 10;

/// Options of `bench turns`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct TurnsArgs {
    /// Sessions, each with one turn under way
    #[arg(long, default_value_t = 64)]
    pub(crate) sessions: usize,

    /// Length of a run in seconds, after one second of warm-up
    #[arg(long, default_value_t = 10)]
    pub(crate) seconds: u64,

    /// Number of runs of each kind; the figures are their medians
    #[arg(long, default_value_t = 1)]
    pub(crate) runs: usize,
}

/// Turns a second; the latencies are those of whole turns.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Turns {
    scenario: &'static str,
    sessions: usize,
    seconds: u64,
    /// Of a message and an answer.
    pub(crate) plain: Kind,
    /// With a call of a tool in between.
    pub(crate) with_tool: Kind,
}

/// Turns of one kind.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Kind {
    /// Median over the runs.
    pub(crate) per_second: f64,
    /// Median over the runs, milliseconds.
    pub(crate) p99_ms: f64,
    runs: Vec<Run>,
}

/// Measures turns.
pub(crate) async fn run(args: &TurnsArgs, under_test: &UnderTest) -> Result<Turns> {
    let server = under_test.scripted_server().await?;
    let plain = Talk::prepare(server.target(), "turns", Tools::None).await?;
    let with_tool = Talk::prepare(server.target(), "tools", Tools::Worker).await?;
    let (mut plain_runs, mut tool_runs) = (Vec::new(), Vec::new());
    for _ in 0..args.runs.max(1) {
        plain_runs.push(converse(&server, &plain, args).await?);
        tool_runs.push(converse(&server, &with_tool, args).await?);
    }
    Ok(Turns {
        scenario: "turns",
        sessions: args.sessions,
        seconds: args.seconds,
        plain: Kind::of(plain_runs),
        with_tool: Kind::of(tool_runs),
    })
}

/// One run with one agent.
async fn converse(server: &Server, talk: &Talk, args: &TurnsArgs) -> Result<Run> {
    let mut clients = Vec::with_capacity(args.sessions);
    for _ in 0..args.sessions {
        clients.push(Client::open(talk).await?);
    }
    let drive = Drive::begin(server, WARM_UP, Duration::from_secs(args.seconds))?;
    let tasks = clients.into_iter().map(|mut client| {
        let recorder = drive.recorder();
        async move {
            loop {
                let began = Instant::now();
                client.turn().await?;
                if recorder.record(began, Instant::now()) == Progress::Over {
                    return Ok(());
                }
                if client.turns >= TURNS_EACH {
                    client.meet().await?;
                }
            }
        }
    });
    fleet::run(tasks).await?;
    drive.end().await
}

/// Somebody who talks to a session and does its tools' work.
struct Client {
    talk: Talk,
    connection: Connection,
    stream: Reader,
    session: String,
    turns: usize,
}

impl Client {
    async fn open(talk: &Talk) -> Result<Self> {
        let mut connection = talk.target().connect().await?;
        let session = talk.session(&mut connection).await?;
        let stream = Reader::open(talk.target(), &session).await?;
        Ok(Self { talk: talk.clone(), connection, stream, session, turns: 0 })
    }

    /// Goes on with a session of its own.
    async fn meet(&mut self) -> Result<()> {
        self.session = self.talk.session(&mut self.connection).await?;
        self.stream = Reader::open(self.talk.target(), &self.session).await?;
        self.turns = 0;
        Ok(())
    }

    /// Says something and waits until the session rests, answering calls meanwhile.
    async fn turn(&mut self) -> Result<()> {
        self.say(MESSAGE).await?;
        loop {
            let frame = self.stream.next().await?;
            match frame.kind() {
                b"agent.tool_use" => {
                    let call = String::from_utf8_lossy(frame.id()?).into_owned();
                    self.say(&tool_result(&call)).await?;
                }
                b"session.status_idle" if frame.says("\"end_turn\"") => {
                    self.turns += 1;
                    return Ok(());
                }
                b"session.error" => bail!("a turn went wrong: {}", frame.text()),
                _ => {}
            }
        }
    }

    async fn say(&mut self, event: &str) -> Result<()> {
        let request = send(self.talk.target(), &self.session, event);
        self.connection.exchange(&request).await?.success("sending an event")?;
        Ok(())
    }
}

impl Kind {
    fn of(runs: Vec<Run>) -> Self {
        Self {
            per_second: median(runs.iter().map(|run| run.rate.per_second).collect()),
            p99_ms: median(runs.iter().map(|run| run.latency.p99_ms).collect()),
            runs,
        }
    }
}

impl Outcome for Turns {
    fn text(&self) -> String {
        let mut lines = vec![format!(
            "turns: {} sessions, run(s) of {} s, closed loop, latencies of whole turns",
            self.sessions, self.seconds
        )];
        for (name, kind) in [("plain    ", &self.plain), ("with tool", &self.with_tool)] {
            lines.extend(kind.runs.iter().map(|run| format!("  {name}  {}", run.text())));
            lines.push(format!("  {name}  median {:.0}/s", kind.per_second));
        }
        lines.join("\n")
    }
}
