//! `leasehold environment`: where sessions run, and whose machines do their work.

use clap::{Args, Subcommand, ValueEnum};
use leasehold_client::environment::{Archived, Environment, NewEnvironment};
use leasehold_client::settings::Settings;

use super::connection::Connection;
use super::key::{self, KeyVerb};
use super::list::{self, ListArgs};
use crate::output::Record;

/// Arguments of `leasehold environment`.
#[derive(Args, Debug)]
pub(crate) struct EnvironmentArgs {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Make an environment
    Create {
        /// What to call it
        name: String,
        /// Which kind; only a self-hosted one has a queue of work
        #[arg(long, value_enum, default_value_t = Kind::SelfHosted, value_name = "KIND")]
        kind: Kind,
        /// More about it
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
    },
    /// List the environments, newest first
    List {
        /// Show archived ones too
        #[arg(long)]
        archived: bool,
        #[command(flatten)]
        page: ListArgs,
    },
    /// Show or change the settings of an environment
    Settings {
        /// The environment, env_…
        environment: String,
        /// After how many acknowledged attempts a lapsing item is stopped, 1 to 1000, or `none`
        #[arg(long, value_name = "N", value_parser = parse_limit)]
        max_attempts: Option<AttemptLimit>,
    },
    /// Make, list and revoke the keys that workers use
    #[command(subcommand)]
    Key(KeyVerb),
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// The customer's own machines
    #[value(name = "self_hosted", alias = "self-hosted")]
    SelfHosted,
    /// Containers of the operator
    Cloud,
}

/// A limit on attempts, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct AttemptLimit(Option<u32>);

fn parse_limit(text: &str) -> Result<AttemptLimit, String> {
    if text == "none" {
        return Ok(AttemptLimit(None));
    }
    match text.parse() {
        Ok(limit @ 1..=1000) => Ok(AttemptLimit(Some(limit))),
        _ => Err("neither a number from 1 to 1000 nor `none`".to_owned()),
    }
}

pub(super) async fn run(args: EnvironmentArgs) -> anyhow::Result<()> {
    let EnvironmentArgs { connection, verb } = args;
    let client = connection.client()?;
    match verb {
        Verb::Create { name, kind, description } => {
            let kind = match kind {
                Kind::SelfHosted => "self_hosted",
                Kind::Cloud => "cloud",
            };
            let new = NewEnvironment { description, ..NewEnvironment::of_kind(name, kind) };
            connection.show(client.create_environment(&new).await, describe)?;
        }
        Verb::List { archived, page } => {
            let archived = if archived { Archived::Shown } else { Archived::Hidden };
            let environments = client.list_environments(archived, &page.cursor()).await;
            let headings = ["ID", "NAME", "KIND", "CREATED", "ARCHIVED"];
            list::show(&connection, environments, &headings, |table, environment| {
                table.row([
                    Some(environment.id.as_str()),
                    Some(&environment.name),
                    Some(environment.kind()),
                    Some(&environment.created_at),
                    environment.archived_at.as_deref(),
                ]);
            })?;
        }
        Verb::Settings { environment, max_attempts } => {
            let settings = match max_attempts {
                None => client.retrieve_settings(&environment).await,
                Some(AttemptLimit(limit)) => client.set_max_attempts(&environment, limit).await,
            };
            connection.show(settings, describe_settings)?;
        }
        Verb::Key(verb) => key::run(&connection, &client, verb).await?,
    }
    Ok(())
}

fn describe(environment: &Environment) -> String {
    let mut record = Record::default();
    record.line("id", environment.id.as_str());
    record.line("name", environment.name.as_str());
    record.line("kind", environment.kind());
    record.line("created", environment.created_at.as_str());
    record.line("archived", environment.archived_at.as_deref());
    record.render()
}

fn describe_settings(settings: &Settings) -> String {
    let limit = settings.max_attempts.map(|limit| limit.to_string());
    let mut record = Record::default();
    record.line("environment", settings.environment_id.as_str());
    record.line("max attempts", limit.as_deref().unwrap_or("none"));
    record.render()
}
