//! Which server, on whose behalf, and how the answer is shown.

use std::convert::Infallible;

use anyhow::Context as _;
use clap::Args;
use leasehold_client::{Client, Reply};
use secrecy::{ExposeSecret, SecretString};

use super::explain::explain;
use crate::output::{self, Format};

/// Options that every command here has, before or after its verb.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Connection")]
pub(super) struct Connection {
    /// Address of the server
    #[arg(
        long,
        global = true,
        env = "LEASEHOLD_URL",
        default_value = "http://127.0.0.1:7433",
        value_name = "URL"
    )]
    url: String,

    /// Account token; prefer the variable, because other users can see a program's arguments
    #[arg(
        long,
        global = true,
        env = "LEASEHOLD_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN",
        value_parser = parse_secret
    )]
    token: Option<SecretString>,

    /// How to print the result
    #[arg(long, global = true, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    output: Format,
}

fn parse_secret(text: &str) -> Result<SecretString, Infallible> {
    Ok(text.into())
}

impl Connection {
    /// A client of that server.
    pub(super) fn client(&self) -> anyhow::Result<Client> {
        let token = self.token.clone().filter(|token| !token.expose_secret().is_empty());
        let token = token.context(
            "no token: set LEASEHOLD_TOKEN to an account token (`leasehold dev` prints one)",
        )?;
        Client::builder(&self.url, token).build().map_err(explain)
    }

    /// How results are printed.
    pub(super) const fn format(&self) -> Format {
        self.output
    }

    /// Prints what a call gave: the API's JSON, or what `text` makes of it.
    pub(super) fn show<T>(
        &self,
        answer: leasehold_client::Result<Reply<T>>,
        text: impl FnOnce(&T) -> String,
    ) -> anyhow::Result<Reply<T>> {
        let reply = answer.map_err(explain)?;
        match self.output {
            Format::Json => output::json(&reply.json())?,
            Format::Text => output::print(&text(&reply))?,
        }
        Ok(reply)
    }
}
