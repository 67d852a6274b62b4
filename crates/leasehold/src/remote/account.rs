//! `leasehold account`: whom the server works for.

use clap::{Args, Subcommand};
use leasehold_client::account::Account;

use super::connection::Connection;
use super::list::{self, ListArgs};
use crate::output::Record;

/// Arguments of `leasehold account`.
#[derive(Args, Debug)]
pub(crate) struct AccountArgs {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Make an account (needs the scope `admin`)
    Create {
        /// What to call it
        name: String,
    },
    /// List the accounts (needs the scope `admin`)
    List(ListArgs),
}

pub(super) async fn run(args: AccountArgs) -> anyhow::Result<()> {
    let AccountArgs { connection, verb } = args;
    let client = connection.client()?;
    match verb {
        Verb::Create { name } => {
            connection.show(client.create_account(&name).await, describe)?;
        }
        Verb::List(page) => {
            let accounts = client.list_accounts(&page.cursor()).await;
            let headings = ["ID", "NAME", "CREATED"];
            list::show(&connection, accounts, &headings, |table, account| {
                table.row(
                    [&account.id, &account.name, &account.created_at].map(|s| Some(s.as_str())),
                );
            })?;
        }
    }
    Ok(())
}

fn describe(account: &Account) -> String {
    let mut record = Record::default();
    record.line("id", account.id.as_str());
    record.line("name", account.name.as_str());
    record.line("created", account.created_at.as_str());
    record.render()
}
