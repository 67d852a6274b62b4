//! `leasehold token`: who may call the API, and what for.

use clap::{Args, Subcommand};
use leasehold_client::token::{NewToken, Token};
use secrecy::ExposeSecret as _;

use super::connection::Connection;
use super::list::{self, ListArgs};
use crate::output::{self, Format, Record};

/// Arguments of `leasehold token`.
#[derive(Args, Debug)]
pub(crate) struct TokenArgs {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Make a token and show its secret, this once
    Create {
        /// What to call it
        name: String,
        /// Account that it acts for; another than one's own needs the scope `admin`
        #[arg(long, value_name = "ACCOUNT")]
        account: Option<String>,
        /// What it may do, once for each scope: environments:read, environments:write,
        /// agents:read, agents:write, sessions:read, sessions:write, work:read, work:write, admin [default: all but admin]
        #[arg(long = "scope", value_name = "SCOPE")]
        scopes: Vec<String>,
        /// When it expires, such as 2030-01-01T00:00:00Z [default: never]
        #[arg(long, value_name = "INSTANT", value_parser = super::key::parse_instant)]
        expires_at: Option<String>,
    },
    /// List the tokens of an account
    List {
        /// Account; another than one's own needs the scope `admin`
        #[arg(long, value_name = "ACCOUNT")]
        account: Option<String>,
        #[command(flatten)]
        page: ListArgs,
    },
    /// Revoke a token for good
    Revoke {
        /// The token's id, tok_…
        #[arg(value_name = "TOKEN_ID")]
        id: String,
    },
}

pub(super) async fn run(args: TokenArgs) -> anyhow::Result<()> {
    let TokenArgs { connection, verb } = args;
    let client = connection.client()?;
    match verb {
        Verb::Create { name, account, scopes, expires_at } => {
            let scopes = (!scopes.is_empty()).then_some(scopes);
            let new = NewToken { name, account_id: account, scopes, expires_at };
            connection.show(client.create_token(&new).await, |issued| {
                let mut record = describe(&issued.token);
                record.line("secret", issued.secret.expose_secret());
                record.render()
            })?;
            if connection.format() == Format::Text {
                output::note("the secret is shown this once: keep it")?;
            }
        }
        Verb::List { account, page } => {
            let tokens = client.list_tokens(account.as_deref(), &page.cursor()).await;
            let headings = ["ID", "NAME", "SCOPES", "EXPIRES", "LAST USED", "REVOKED"];
            list::show(&connection, tokens, &headings, |table, token| {
                table.row([
                    Some(token.id.as_str()),
                    Some(&token.name),
                    Some(&token.scopes.join(",")),
                    token.expires_at.as_deref(),
                    token.last_used_at.as_deref(),
                    token.revoked_at.as_deref(),
                ]);
            })?;
        }
        Verb::Revoke { id } => {
            connection.show(client.revoke_token(&id).await, |token| describe(token).render())?;
        }
    }
    Ok(())
}

fn describe(token: &Token) -> Record {
    let mut record = Record::default();
    record.line("id", token.id.as_str());
    record.line("name", token.name.as_str());
    record.line("account", token.account_id.as_str());
    record.line("scopes", token.scopes.join(" ").as_str());
    record.line("expires", token.expires_at.as_deref().unwrap_or("never"));
    record.line("revoked", token.revoked_at.as_deref());
    record
}
