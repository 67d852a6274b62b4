//! All measurements in a row, set against their targets, as a table for `docs/benchmarks.md`.

use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use super::cycles::{self, Cycles, CyclesArgs};
use super::delivery::{self, Delivery, DeliveryArgs};
use super::disk::{self, Disk};
use super::dispatch::{self, Dispatch, DispatchArgs};
use super::events::{self, Events, Word};
use super::heartbeats::{self, Heartbeats, Load};
use super::idle::{self, Idle, IdleArgs};
use super::lapse::{self, Lapse, LapseArgs};
use super::limits::{Row, rows};
use super::machine::{Machine, Ticks};
use super::memory::{self, Memory, MemoryArgs};
use super::report::{self, Outcome};
use super::server::UnderTest;
use super::start::{self, Start, StartArgs};
use super::streams::{self, Streams, StreamsArgs};
use super::turns::{self, Turns, TurnsArgs};

/// How long the disk is probed each way.
const PROBE: Duration = Duration::from_secs(2);

/// Options of `bench all`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct AllArgs {
    /// Smaller numbers of everything: about two minutes instead of half an hour
    #[arg(long)]
    pub(crate) quick: bool,
}

/// The numbers of one pass over all measurements.
struct Sizes {
    heartbeats: Load,
    cycles: CyclesArgs,
    dispatch: DispatchArgs,
    idle: IdleArgs,
    lapse: LapseArgs,
    memory: MemoryArgs,
    start: StartArgs,
    events: events::Load,
    delivery: DeliveryArgs,
    streams: StreamsArgs,
    turns: TurnsArgs,
}

/// Everything that was measured.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct All {
    scenario: &'static str,
    machine: Machine,
    /// Share of the processor time, 0 to 1, that the host gave to others meanwhile.
    stolen: f64,
    disk: Disk,
    rows: Vec<Row>,
    figures: Figures,
}

/// The single measurements.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figures {
    /// Many connections, with the ceiling.
    pub(crate) heartbeats: Heartbeats,
    /// One connection.
    pub(crate) alone: Heartbeats,
    /// Without and with a backlog.
    pub(crate) cycles: Cycles,
    /// One blocked poller.
    pub(crate) dispatch: Dispatch,
    /// Idle workers.
    pub(crate) idle: Idle,
    /// A storm of lapses.
    pub(crate) lapse: Lapse,
    /// Memory of held items.
    pub(crate) memory: Memory,
    /// Start with a full database.
    pub(crate) start: Start,
    /// Sent to 64 sessions, with the ceiling.
    pub(crate) events: Events,
    /// The same with messages.
    pub(crate) messages: Events,
    /// Sent to one session.
    pub(crate) events_alone: Events,
    /// To readers of one session.
    pub(crate) delivery: Delivery,
    /// Idle streams.
    pub(crate) streams: Streams,
    /// Whole turns.
    pub(crate) turns: Turns,
}

impl Sizes {
    fn new(quick: bool) -> Self {
        let pick = |full: u64, small: u64| if quick { small } else { full };
        let runs = if quick { 1 } else { 3 };
        let seconds = pick(10, 3);
        Self {
            heartbeats: Load {
                connections: 256,
                items: pick(100_000, 20_000),
                seconds,
                runs,
                ceiling_threads: 1,
            },
            cycles: CyclesArgs { workers: 64, backlog: pick(1_000_000, 50_000), seconds, runs },
            dispatch: DispatchArgs { rounds: pick(2000, 300), settle_ms: 5 },
            idle: IdleArgs { workers: 1000, seconds: pick(30, 10) },
            lapse: LapseArgs { items: pick(100_000, 20_000), beating: 10_000, connections: 64 },
            memory: MemoryArgs { items: pick(1_000_000, 50_000) },
            start: StartArgs {
                live: pick(1_000_000, 50_000),
                stopped: pick(1_000_000, 50_000),
                runs,
                kill: false,
            },
            events: events::Load { sessions: 64, event: Word::Interrupt, seconds, runs },
            delivery: DeliveryArgs { readers: vec![1, 100, 1000], rounds: pick(1000, 100) },
            streams: StreamsArgs { streams: 5000, sessions: 500, seconds: pick(20, 16) },
            turns: TurnsArgs { sessions: 64, seconds, runs },
        }
    }
}

/// Runs all measurements one after the other, each but the second on a server of its own.
pub(crate) async fn run(args: &AllArgs, under_test: &UnderTest) -> Result<All> {
    let before = Ticks::now();
    let disk = disk::probe(under_test.data(), PROBE)?;
    report::note(&disk.text());
    let sizes = Sizes::new(args.quick);
    let (heartbeats, alone) = heartbeats_of_both_kinds(sizes.heartbeats, under_test).await?;
    let [events, messages, events_alone] = events_of_all_kinds(sizes.events, under_test).await?;
    let figures = Figures {
        heartbeats,
        alone,
        cycles: noted(cycles::run(&sizes.cycles, under_test).await?),
        dispatch: noted(dispatch::run(&sizes.dispatch, under_test).await?),
        idle: noted(idle::run(&sizes.idle, under_test).await?),
        lapse: noted(lapse::run(&sizes.lapse, under_test).await?),
        memory: noted(memory::run(&sizes.memory, under_test).await?),
        start: noted(start::run(&sizes.start, under_test).await?),
        events,
        messages,
        events_alone,
        delivery: noted(delivery::run(&sizes.delivery, under_test).await?),
        streams: noted(streams::run(&sizes.streams, under_test).await?),
        turns: noted(turns::run(&sizes.turns, under_test).await?),
    };
    Ok(All {
        scenario: "all",
        machine: Machine::this(),
        stolen: Ticks::now().stolen_since(before),
        disk,
        rows: rows(&figures, &disk),
        figures,
    })
}

/// Many connections and one, on the same items.
async fn heartbeats_of_both_kinds(
    load: Load,
    under_test: &UnderTest,
) -> Result<(Heartbeats, Heartbeats)> {
    let server = under_test.fresh_server().await?;
    let ceiling = under_test.ceiling(load.ceiling_threads).await?;
    let environment = server.target().create_environment("heartbeats").await?;
    let mut stage = heartbeats::Stage::set_up(&server, &environment, load.items).await?;
    let many = noted(stage.measure(load, Some(&ceiling)).await?);
    let alone = stage.measure(Load { connections: 1, ..load }, None).await?;
    Ok((many, noted(alone)))
}

/// Many sessions and one, of which the many are sent messages as well.
async fn events_of_all_kinds(load: events::Load, under_test: &UnderTest) -> Result<[Events; 3]> {
    let server = under_test.scripted_server().await?;
    let ceiling = under_test.ceiling(1).await?;
    let many = noted(events::measure(&server, load, Some(&ceiling)).await?);
    let messages = events::Load { event: Word::Message, ..load };
    let messages = noted(events::measure(&server, messages, Some(&ceiling)).await?);
    let alone = events::Load { sessions: 1, ..load };
    let alone = noted(events::measure(&server, alone, None).await?);
    Ok([many, messages, alone])
}

/// Shows a result while the others are still to come.
fn noted<O: Outcome>(outcome: O) -> O {
    report::note(&outcome.text());
    outcome
}

impl Outcome for All {
    fn text(&self) -> String {
        let mut lines = vec![
            format!("{}; {:.1} % of the time stolen", self.machine.text(), self.stolen * 100.0),
            String::new(),
            self.disk.text(),
            String::new(),
            "| What | Measured | Must | Aim | Reached |".to_owned(),
            "|---|---|---|---|---|".to_owned(),
        ];
        lines.extend(self.rows.iter().map(Row::text));
        lines.join("\n")
    }
}
