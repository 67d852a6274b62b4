//! How the commands are typed.

use clap::{CommandFactory as _, Parser};

use super::RemoteCommand;

#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: RemoteCommand,
}

fn parse(line: &str) -> Result<RemoteCommand, clap::Error> {
    let words = std::iter::once("leasehold").chain(line.split(' '));
    Cli::try_parse_from(words).map(|cli| cli.command)
}

#[test]
fn the_commands_are_well_formed() {
    Cli::command().debug_assert();
}

#[test]
fn the_connection_may_stand_before_or_after_the_verb() {
    for line in ["work --url http://h --output json stats env_1", "work stats env_1 --url http://h"]
    {
        let shown = format!("{:?}", parse(line).unwrap());
        assert!(shown.contains(r#"url: "http://h""#), "{shown}");
    }
}

#[test]
fn a_token_is_never_shown() {
    let shown = format!("{:?}", parse("token list --token pt-hush").unwrap());
    assert!(!shown.contains("hush"), "{shown}");
}

#[test]
fn a_slip_of_the_pen_is_a_usage_error() {
    let slips = [
        "work show env_1",
        "work list env_1 --limit 0",
        "work list env_1 --limit 101",
        "work stats env_1 --output yaml",
        "environment create x --kind managed",
        "environment settings env_1 --max-attempts 0",
        "environment settings env_1 --max-attempts 1001",
        "environment key create env_1 k --expires-at tomorrow",
        "token create t --expires-at 2030-01-01",
        "agent create x",
        "agent create x --model m --tools some",
        "agent show agent_1 --agent-version 0",
        "session create --agent agent_1",
        "session create --agent agent_1 --environment env_1 --watch",
        "session send sess_1",
        "session send sess_1 --watch",
        "session send sess_1 --deny",
        "session send sess_1 --deny evt_1 --deny evt_2",
    ];
    for line in slips {
        assert_eq!(parse(line).unwrap_err().exit_code(), 2, "{line}");
    }
}

#[test]
fn what_is_meant_is_taken() {
    let lines = [
        "account create ops",
        "account list --limit 5 --page acct_1",
        "token create ci --scope work:read --scope work:write --expires-at 2030-01-01T00:00:00Z",
        "token revoke tok_1",
        "environment create farm --kind self-hosted --description text",
        "environment list --archived",
        "environment settings env_1 --max-attempts none",
        "environment key create env_1 worker",
        "environment key list env_1 --output json",
        "environment key revoke env_1 ekey_1",
        "work list env_1",
        "work show env_1 work_1",
        "agent create helper --model scripted --tools ask --system text --description text",
        "agent list --archived --limit 5",
        "agent show agent_1 --agent-version 2",
        "model list --output json",
        "session create --agent agent_1 --environment env_1",
        "session create --agent agent_1 --environment env_1 --title t --message - --watch",
        "session list --agent agent_1 --status idle --status running --archived",
        "session show sess_1",
        "session watch sess_1 --from-start --follow --output json",
        "session send sess_1 -",
        "session send sess_1 tell me more --watch",
        "session send sess_1 --interrupt",
        "session send sess_1 --allow evt_1 --allow evt_2 --deny evt_3 no",
        "session send sess_1 --deny evt_1 -- go on",
    ];
    for line in lines {
        assert!(parse(line).is_ok(), "{line}");
    }
}
