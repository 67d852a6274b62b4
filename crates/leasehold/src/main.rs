//! `leasehold`: the server, its command line, and everything that wires the parts together.
//!
//! * [`cli`] is the command line. [`config`] is what a server can be told.
//! * [`server`] is a server in this process; [`serve`] and [`dev`] run one until they are told to
//!   end.
//! * [`remote`] are commands that are clients of a running server; [`worker`] is a client that does
//!   the work of sessions, for [`demo`] and [`dev`].
//! * [`demo`], [`mod@bench`], [`doctor`] and [`backup`] are commands of their own.

mod backup;
mod bench;
mod cli;
mod config;
mod demo;
mod dev;
mod doctor;
mod output;
mod print;
mod remote;
mod secret;
mod serve;
mod server;
mod telemetry;
mod worker;

/// The system's allocator gives memory back late and scales badly over threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::main()
}
