//! The shape of the command line and of its errors.

use anyhow::anyhow;
use clap::CommandFactory as _;

use super::*;

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn the_documented_commands_are_understood() {
    for line in [
        "dev --manual-clock --listen 127.0.0.1:0 --data here",
        "dev --worker",
        "serve --listen 0.0.0.0:7433 --data here --metrics-listen 127.0.0.1:9433",
        "serve --config file --print-config",
        "demo",
        "doctor --data here --output json",
        "backup --data here --to there",
        "print-openapi q",
        "print-openapi leasehold",
    ] {
        let words = std::iter::once("leasehold").chain(line.split(' '));
        assert!(Cli::try_parse_from(words).is_ok(), "{line}");
    }
    let refused = Cli::try_parse_from(["leasehold", "serve", "--admin-token", "x"]).unwrap_err();
    assert_eq!(refused.exit_code(), 2);
}

#[test]
fn an_error_says_everything_once() {
    let error = anyhow!("disk full").context("cannot open a.db: disk full").context("no start");
    assert_eq!(sentence(&error), "no start: cannot open a.db: disk full");
}
