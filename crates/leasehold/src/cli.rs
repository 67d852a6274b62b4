//! The command line: what can be said, and what becomes of it.
//!
//! Results go to standard output, remarks and errors to standard error. The exit code is 0 if it
//! worked, 1 if it did not, 2 if what was asked makes no sense.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Config, ConfigError};
use crate::remote::RemoteCommand;
use crate::server::Server;
use crate::server::bootstrap::Administrator;
use crate::{backup, bench, demo, dev, doctor, output, print, remote, serve, server, telemetry};

/// Lease-based control plane for agent work
#[derive(Parser, Debug)]
#[command(name = "leasehold", version, propagate_version = true, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run a server on this machine to try things out, with credentials to paste
    Dev(dev::DevArgs),
    /// Run a server
    Serve(serve::ServeArgs),
    /// Watch the life of a lease: two workers, one is killed, the other takes over (20 s)
    Demo,
    #[command(flatten)]
    Remote(RemoteCommand),
    /// Measure the speed and the memory of a server
    Bench(bench::BenchArgs),
    /// Check data folder, disk, clock, limits and ports
    Doctor(doctor::DoctorArgs),
    /// Copy the database, also of a running server
    Backup(backup::BackupArgs),
    /// Print the state tables of the model as Markdown
    #[command(hide = true)]
    PrintStates,
    /// Print an OpenAPI document
    #[command(hide = true)]
    PrintOpenapi {
        /// Which one
        document: print::Document,
    },
    /// Be a worker of the demo
    #[command(hide = true)]
    DemoWorker(demo::DemoWorkerArgs),
    /// Answer heartbeats without a store
    #[command(hide = true)]
    BenchCeiling(bench::CeilingArgs),
}

/// Runs the command that the process was started with.
pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to be told if even this cannot be written.
            drop(output::note(&format!("error: {}", sentence(&error))));
            if error.is::<ConfigError>() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Dev(args) => {
            let loaded = args.load()?;
            let config = loaded.config.clone();
            host(&config, dev::run(&args, loaded))
        }
        Command::Serve(args) => {
            let loaded = args.load()?;
            if args.only_prints() {
                return Ok(output::print(&loaded.config.to_toml())?);
            }
            let config = loaded.config.clone();
            host(&config, serve::run(loaded))
        }
        Command::Demo => perform_demo(),
        Command::Remote(command) => client(remote::run(command)),
        Command::Bench(args) => bench::run(args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Backup(args) => {
            keep_files_private();
            backup::run(&args)
        }
        Command::PrintStates => Ok(output::print(&leasehold_model::states::table())?),
        Command::PrintOpenapi { document } => print::openapi(document),
        Command::DemoWorker(args) => client(demo::run_worker(args)),
        Command::BenchCeiling(args) => bench::run_ceiling(&args),
    }
}

/// Runs a server in this process.
fn host(
    config: &Config,
    server: impl Future<Output = anyhow::Result<()>> + Send,
) -> anyhow::Result<()> {
    keep_files_private();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(config.worker_threads)
        .thread_name("serve")
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let telemetry = telemetry::install(config)?;
        allow_many_files();
        let result = server.await;
        telemetry.flush();
        result
    })
}

/// Runs a client of a server elsewhere.
fn client(command: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(command)
}

/// Plays the demo against a server of its own, in a folder that is removed at the end.
fn perform_demo() -> anyhow::Result<()> {
    keep_files_private();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let folder = tempfile::Builder::new().prefix("leasehold-demo-").tempdir()?;
        let server = Server::start(server::Options::local(folder.path())).await?;
        let Administrator::Minted(token) = server.administrator() else {
            anyhow::bail!("{} is not an empty folder", folder.path().display())
        };
        let outcome = demo::run(&server.url(), token.clone()).await;
        server.shutdown().await?;
        folder.close()?;
        outcome
    })
}

/// What is written is for its owner alone: databases and their copies hold hashes and a key.
fn keep_files_private() {
    rustix::process::umask(rustix::fs::Mode::from_bits_retain(0o077));
}

/// Raises the limit of open files as far as the system allows; `doctor` says if that is too low.
fn allow_many_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
}

/// An error and its causes in one line, without what has been said already.
fn sentence(error: &anyhow::Error) -> String {
    let mut words = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if words.is_empty() {
            words = cause;
        } else if !words.contains(&cause) {
            words.push_str(": ");
            words.push_str(&cause);
        }
    }
    words
}

#[cfg(test)]
mod tests;
