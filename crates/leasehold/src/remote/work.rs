//! `leasehold work`: what waits, who holds what, and what became of it.

use clap::{Args, Subcommand};
use leasehold_client::Client;
use leasehold_client::attempt::Attempts;
use leasehold_client::work::{Stats, Work};
use serde_json::json;

use super::connection::Connection;
use super::explain::explain;
use super::list::{self, ListArgs};
use crate::output::{self, Format, Record, Table};

#[cfg(test)]
mod tests;

/// Arguments of `leasehold work`.
#[derive(Args, Debug)]
pub(crate) struct WorkArgs {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List the items of an environment, oldest first
    List {
        /// The environment, env_…
        environment: String,
        #[command(flatten)]
        page: ListArgs,
    },
    /// Show an item and the history of its attempts
    Show {
        /// The environment, env_…
        environment: String,
        /// The item, work_…
        work: String,
    },
    /// Show what the queue of an environment looks like now
    Stats {
        /// The environment, env_…
        environment: String,
    },
}

pub(super) async fn run(args: WorkArgs) -> anyhow::Result<()> {
    let WorkArgs { connection, verb } = args;
    let client = connection.client()?;
    match verb {
        Verb::List { environment, page } => {
            let items = client.list_work(&environment, &page.cursor()).await;
            let headings = ["ID", "STATE", "SESSION", "CREATED", "LATEST HEARTBEAT"];
            list::show(&connection, items, &headings, |table, work| {
                table.row([
                    Some(work.id.as_str()),
                    Some(work.state.as_str()),
                    Some(&work.data.id),
                    Some(&work.created_at),
                    work.latest_heartbeat_at.as_deref(),
                ]);
            })?;
        }
        Verb::Show { environment, work } => {
            show(&client, connection.format(), &environment, &work).await?;
        }
        Verb::Stats { environment } => {
            connection.show(client.work_stats(&environment).await, describe_stats)?;
        }
    }
    Ok(())
}

async fn show(
    client: &Client,
    format: Format,
    environment: &str,
    work: &str,
) -> anyhow::Result<()> {
    let item = client.retrieve_work(environment, work).await.map_err(explain)?;
    let attempts = client.list_attempts(environment, work).await.map_err(explain)?;
    match format {
        Format::Json => {
            output::json(&json!({ "work": item.json(), "attempts": attempts.json() }))?;
        }
        Format::Text => {
            let text = [describe(&item, &attempts), history(&attempts, &item.created_at)];
            output::print(&text.join("\n"))?;
        }
    }
    Ok(())
}

fn describe(work: &Work, attempts: &Attempts) -> String {
    let mut record = Record::default();
    record.line("id", work.id.as_str());
    record.line("environment", work.environment_id.as_str());
    record.line(&work.data.kind, work.data.id.as_str());
    record.line("state", work.state.as_str());
    record.line("created", work.created_at.as_str());
    record.line("acknowledged", work.acknowledged_at.as_deref());
    record.line("started", work.started_at.as_deref());
    record.line("latest heartbeat", work.latest_heartbeat_at.as_deref());
    record.line("stop requested", work.stop_requested_at.as_deref());
    record.line("stopped", work.stopped_at.as_deref());
    record.line("stop reason", attempts.stop_reason.as_deref());
    for (key, value) in &work.metadata {
        record.line(&format!("metadata {}", output::visible(key)), value.as_str());
    }
    record.render()
}

/// The attempts as a table. An instant on the day that the item was made shows its time alone.
pub(crate) fn history(attempts: &Attempts, created_at: &str) -> String {
    let day = created_at.split('T').next().unwrap_or_default();
    let mut table = Table::new(&[
        "ATTEMPT",
        "WORKER",
        "DELIVERED",
        "ACKED",
        "FIRST BEAT",
        "LAST BEAT",
        "ENDED",
        "OUTCOME",
    ]);
    for attempt in &attempts.data {
        let instants = [
            &attempt.delivered_at,
            &attempt.acknowledged_at,
            &attempt.first_heartbeat_at,
            &attempt.last_heartbeat_at,
            &attempt.ended_at,
        ];
        let [delivered, acked, first, last, ended] =
            instants.map(|instant| instant.as_deref().map(|text| short(text, day)));
        table.row([
            Some(attempt.attempt.to_string().as_str()),
            attempt.worker_id.as_deref(),
            delivered.as_deref(),
            acked.as_deref(),
            first.as_deref(),
            last.as_deref(),
            ended.as_deref(),
            Some(attempt.outcome.as_str()),
        ]);
    }
    if attempts.data.is_empty() {
        return "no attempts yet\n".to_owned();
    }
    format!("attempts (UTC; times without a date are of {day})\n{}", table.render())
}

/// An instant cut to milliseconds, without its date if that is `day`.
fn short(instant: &str, day: &str) -> String {
    let Some((date, time)) = instant.split_once('T') else { return instant.to_owned() };
    let time: String = time.trim_end_matches('Z').chars().take("00:00:00.000".len()).collect();
    if date == day { time } else { format!("{date} {time}") }
}

fn describe_stats(stats: &Stats) -> String {
    let mut record = Record::default();
    record.line("depth", stats.depth.to_string().as_str());
    record.line("pending", stats.pending.to_string().as_str());
    record.line("oldest queued", stats.oldest_queued_at.as_deref());
    let polling = stats.workers_polling.map(|count| count.to_string());
    record.line("workers polling", polling.as_deref());
    record.render()
}
