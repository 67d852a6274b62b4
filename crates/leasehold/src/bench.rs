//! `leasehold bench`: drives a server over HTTP and reports its speed and its memory.
//!
//! All scenarios are closed loops on one thread, since the server usually shares the machine with
//! the generator. By default a server is started on a free port with an empty database in a folder
//! that is removed afterwards.

mod ceiling;
mod cycles;
mod delivery;
mod disk;
mod dispatch;
mod drive;
mod events;
mod fleet;
mod heartbeats;
mod http;
mod idle;
mod lapse;
mod limits;
mod machine;
mod measure;
mod memory;
mod population;
mod process;
mod reader;
mod report;
mod requests;
mod script;
mod server;
mod start;
mod streams;
mod table;
mod talk;
mod target;
mod turns;

use anyhow::{Context as _, Result, bail};
use rustix::process::{Resource, getrlimit, setrlimit};

use crate::output::Format;

pub(crate) use ceiling::CeilingArgs;
pub(crate) use ceiling::run as run_ceiling;

/// What a reader of the figures must know, for the help text.
const CLOSED_LOOP: &str = "\
Each connection sends its next request when the last one is answered (a closed loop), so a server
that stalls is sent fewer: the latencies are not those of clients that keep to a schedule. The
generator runs on one thread. Without --url it starts a server on a free port with an empty
database, in a folder that is removed afterwards.";

/// Options of `leasehold bench`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = CLOSED_LOOP)]
pub(crate) struct BenchArgs {
    #[command(flatten)]
    under_test: server::UnderTest,

    /// How the figures are printed: text for people or one JSON document [text, json]
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORMAT",
        default_value = "text",
        hide_possible_values = true
    )]
    output: Format,

    #[command(subcommand)]
    scenario: Scenario,
}

/// What is measured. The defaults are those of the table in the benchmarks' document.
#[derive(Debug, Clone, clap::Subcommand)]
enum Scenario {
    /// Heartbeats on held items, each answered after its commit
    Heartbeats(heartbeats::HeartbeatsArgs),
    /// The ceiling alone: the same HTTP stack answering the same bytes without a store
    Ceiling(heartbeats::Load),
    /// Whole cycles: session created, polled, acked, one heartbeat, stopped
    Cycles(cycles::CyclesArgs),
    /// Idle workers in the stock pattern: processor time and commits of the server
    Idle(idle::IdleArgs),
    /// From the request that queues an item to a blocked poller's answer
    Dispatch(dispatch::DispatchArgs),
    /// Heartbeats while many other leases lapse within one second
    Lapse(lapse::LapseArgs),
    /// Memory of the idle server and of each held item
    Memory(memory::MemoryArgs),
    /// Time until a server with a full database is ready
    Start(start::StartArgs),
    /// Events sent to sessions, each answered after its commit
    Events(events::EventsArgs),
    /// From the request that sends an event to the readers of its session's stream
    Delivery(delivery::DeliveryArgs),
    /// Memory of each idle stream
    Streams(streams::StreamsArgs),
    /// Turns of sessions with a scripted model, without and with a call of a tool
    Turns(turns::TurnsArgs),
    /// All of them, as a table with the targets
    All(table::AllArgs),
}

/// Measures and prints. Runs on a thread and a runtime of its own.
pub(crate) fn run(args: BenchArgs) -> Result<()> {
    raise_open_files();
    let generator = std::thread::Builder::new().name("bench".to_owned()).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            // An interrupt ends the run by way of the destructors, which end the server and remove
            // its folder.
            tokio::select! {
                result = measure(&args) => result,
                signal = tokio::signal::ctrl_c() => {
                    signal?;
                    bail!("interrupted")
                }
            }
        })
    });
    match generator.context("could not start the generator's thread")?.join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// A thousand connections are more than many systems let a process open at first. The server that is
/// started inherits the limit.
fn raise_open_files() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if setrlimit(Resource::Nofile, limit).is_err() {
        report::note("the limit of open files could not be raised");
    }
}

async fn measure(args: &BenchArgs) -> Result<()> {
    let BenchArgs { under_test, output, scenario } = args;
    let output = *output;
    // Boxed, since each of these futures holds a whole measurement.
    match scenario {
        Scenario::Heartbeats(args) => {
            report::print(&Box::pin(heartbeats::run(args, under_test)).await?, output)
        }
        Scenario::Ceiling(args) => {
            report::print(&Box::pin(heartbeats::ceiling_alone(args, under_test)).await?, output)
        }
        Scenario::Cycles(args) => {
            report::print(&Box::pin(cycles::run(args, under_test)).await?, output)
        }
        Scenario::Idle(args) => {
            report::print(&Box::pin(idle::run(args, under_test)).await?, output)
        }
        Scenario::Dispatch(args) => {
            report::print(&Box::pin(dispatch::run(args, under_test)).await?, output)
        }
        Scenario::Lapse(args) => {
            report::print(&Box::pin(lapse::run(args, under_test)).await?, output)
        }
        Scenario::Memory(args) => {
            report::print(&Box::pin(memory::run(args, under_test)).await?, output)
        }
        Scenario::Start(args) => {
            report::print(&Box::pin(start::run(args, under_test)).await?, output)
        }
        Scenario::Events(args) => {
            report::print(&Box::pin(events::run(args, under_test)).await?, output)
        }
        Scenario::Delivery(args) => {
            report::print(&Box::pin(delivery::run(args, under_test)).await?, output)
        }
        Scenario::Streams(args) => {
            report::print(&Box::pin(streams::run(args, under_test)).await?, output)
        }
        Scenario::Turns(args) => {
            report::print(&Box::pin(turns::run(args, under_test)).await?, output)
        }
        Scenario::All(args) => {
            report::print(&Box::pin(table::run(args, under_test)).await?, output)
        }
    }
}
