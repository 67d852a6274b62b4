//! `leasehold model`: what agents can think with.

use clap::{Args, Subcommand};

use super::connection::Connection;
use super::list;

/// Arguments of `leasehold model`.
#[derive(Args, Debug)]
pub(crate) struct ModelArgs {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List the models that the server is configured with
    List,
}

pub(super) async fn run(args: ModelArgs) -> anyhow::Result<()> {
    let ModelArgs { connection, verb } = args;
    let client = connection.client()?;
    match verb {
        Verb::List => {
            let headings = ["ID", "NAME", "READS", "WRITES", "EFFORTS"];
            list::show(&connection, client.list_models().await, &headings, |table, model| {
                let count = |tokens: Option<u64>| tokens.map(|tokens| tokens.to_string());
                table.row([
                    Some(model.id.as_str()),
                    Some(&model.display_name),
                    count(model.max_input_tokens).as_deref(),
                    count(model.max_tokens).as_deref(),
                    Some(model.efforts.join(",").as_str()).filter(|efforts| !efforts.is_empty()),
                ]);
            })
        }
    }
}
