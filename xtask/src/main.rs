//! The project's chores: `cargo xtask <command>`.
//!
//! What a person types is what CI runs. The steps of `test` are a table in [`steps`]; the
//! mechanical house rules are one file each under [`tidy`]. This crate builds on nothing of the
//! product: it starts the `leasehold` binary where it needs what the code generates.

mod clients;
mod debian;
mod documents;
mod process;
mod report;
mod steps;
mod tidy;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

/// The project's chores.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run every check and test, installing what they need
    Test(Selection),
    /// What CI runs: the same as `test`
    Ci(Selection),
    /// Check the house rules that a machine can check
    Tidy {
        /// Append new migrations to the list of checksums; listed ones are never changed
        #[arg(long)]
        bless: bool,
    },
    /// Write docs/states.md from the model
    States,
    /// Write docs/openapi/*.json from the routes
    Openapi,
}

/// Which steps to run.
#[derive(clap::Args)]
struct Selection {
    /// Run this step and what it needs (may be given more than once)
    #[arg(long, value_name = "STEP", value_parser = step_names())]
    only: Vec<String>,
    /// Leave this step out (may be given more than once)
    #[arg(long, value_name = "STEP", value_parser = step_names())]
    skip: Vec<String>,
}

fn step_names() -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new(steps::STEPS.iter().map(|step| step.name))
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            report::failure(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Runs one command. `Ok(false)` means that it ran, found something wrong and has said what.
fn run(command: Command) -> anyhow::Result<bool> {
    let workspace = Workspace::find()?;
    match command {
        Command::Test(selection) | Command::Ci(selection) => {
            steps::run(&workspace, &selection.only, &selection.skip)
        }
        Command::Tidy { bless } => {
            if bless {
                tidy::bless(&workspace)?;
            }
            // Most rules need no binary: they are checked even where it does not build.
            let built = documents::build_binary(&workspace);
            let tidy = tidy::run(&workspace)?;
            built.map(|()| tidy)
        }
        Command::States => documents::write(&workspace, documents::STATES),
        Command::Openapi => documents::write(&workspace, documents::OPENAPI),
    }
}
