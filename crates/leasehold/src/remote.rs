//! Commands that are clients of a running server: `account`, `token`, `environment`, `agent`,
//! `model`, `session`, `work`.
//!
//! Each speaks HTTP as any other client does and prints what it got. What the arguments may be in
//! detail is the server's to say; only what is plainly a slip of the pen is refused here.

use clap::Subcommand;

mod account;
mod agent;
mod connection;
mod environment;
mod explain;
mod key;
mod list;
mod model;
mod session;
#[cfg(test)]
mod tests;
mod token;
mod work;

pub(crate) use work::history;

/// The commands; each finds its server by `--url` and `--token` or their variables.
#[derive(Debug, Subcommand)]
pub(crate) enum RemoteCommand {
    /// Make and list accounts
    Account(account::AccountArgs),
    /// Make, list and revoke account tokens
    Token(token::TokenArgs),
    /// Make and list environments, their keys and settings
    Environment(environment::EnvironmentArgs),
    /// Make and list agents
    Agent(agent::AgentArgs),
    /// List the models that agents can think with
    Model(model::ModelArgs),
    /// Talk to an agent and watch what it does
    Session(session::SessionArgs),
    /// Look at the work of an environment
    Work(work::WorkArgs),
}

/// Runs a command and prints its result.
///
/// # Errors
/// One sentence for the person who typed the command.
pub(crate) async fn run(command: RemoteCommand) -> anyhow::Result<()> {
    match command {
        RemoteCommand::Account(args) => account::run(args).await,
        RemoteCommand::Token(args) => token::run(args).await,
        RemoteCommand::Environment(args) => environment::run(args).await,
        RemoteCommand::Agent(args) => agent::run(args).await,
        RemoteCommand::Model(args) => model::run(args).await,
        RemoteCommand::Session(args) => session::run(args).await,
        RemoteCommand::Work(args) => work::run(args).await,
    }
}
