//! `leasehold environment key`: which workers an environment takes.

use clap::Subcommand;
use leasehold_client::Client;
use leasehold_client::key::{Key, NewKey};
use secrecy::ExposeSecret as _;

use super::connection::Connection;
use super::list::{self, ListArgs};
use crate::output::{self, Format, Record};

#[derive(Debug, Subcommand)]
pub(super) enum KeyVerb {
    /// Make a key and show its secret, this once
    Create {
        /// The environment that it opens, env_…
        environment: String,
        /// What to call it
        name: String,
        /// When it expires, such as 2030-01-01T00:00:00Z [default: never]
        #[arg(long, value_name = "INSTANT", value_parser = parse_instant)]
        expires_at: Option<String>,
    },
    /// List the keys of an environment
    List {
        /// The environment, env_…
        environment: String,
        #[command(flatten)]
        page: ListArgs,
    },
    /// Revoke a key for good
    Revoke {
        /// The environment, env_…
        environment: String,
        /// The key's id, ekey_…
        #[arg(value_name = "KEY_ID")]
        id: String,
    },
}

pub(super) async fn run(
    connection: &Connection,
    client: &Client,
    verb: KeyVerb,
) -> anyhow::Result<()> {
    match verb {
        KeyVerb::Create { environment, name, expires_at } => {
            let new = NewKey { name, expires_at };
            connection.show(client.create_key(&environment, &new).await, |issued| {
                let mut record = describe(&issued.key);
                record.line("secret", issued.secret.expose_secret());
                record.render()
            })?;
            if connection.format() == Format::Text {
                output::note("the secret is shown this once: keep it")?;
            }
        }
        KeyVerb::List { environment, page } => {
            let keys = client.list_keys(&environment, &page.cursor()).await;
            let headings = ["ID", "NAME", "EXPIRES", "LAST USED", "REVOKED"];
            list::show(connection, keys, &headings, |table, key| {
                table.row([
                    Some(key.id.as_str()),
                    Some(&key.name),
                    key.expires_at.as_deref(),
                    key.last_used_at.as_deref(),
                    key.revoked_at.as_deref(),
                ]);
            })?;
        }
        KeyVerb::Revoke { environment, id } => {
            let key = client.revoke_key(&environment, &id).await;
            connection.show(key, |key| describe(key).render())?;
        }
    }
    Ok(())
}

fn describe(key: &Key) -> Record {
    let mut record = Record::default();
    record.line("id", key.id.as_str());
    record.line("name", key.name.as_str());
    record.line("environment", key.environment_id.as_str());
    record.line("expires", key.expires_at.as_deref().unwrap_or("never"));
    record.line("revoked", key.revoked_at.as_deref());
    record
}

/// An instant, checked here so that a slip is a usage error.
pub(super) fn parse_instant(text: &str) -> Result<String, String> {
    match text.parse::<jiff::Timestamp>() {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("not an instant such as 2030-01-01T00:00:00Z".to_owned()),
    }
}
