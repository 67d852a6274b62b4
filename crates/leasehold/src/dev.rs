//! `leasehold dev`: a server on this machine with everything a person needs to try it.
//!
//! It listens on the loopback interface alone. Its token, an environment and a key are made once
//! and noted beside the data, so that a restart prints the same ones.

use std::path::Path;

use anyhow::{Context as _, bail};
use clap::Args;
use leasehold_client::Client;
use leasehold_client::environment::NewEnvironment;
use leasehold_client::key::NewKey;
use leasehold_store::{Clock, Credential, Store};
use secrecy::SecretString;

use crate::config::{self, Config, ConfigArgs, ConfigError, Loaded};
use crate::server::bootstrap::{self, Administrator};
use crate::server::{Options, Server};
use crate::{output, secret, serve};

mod notebook;
mod paste;

use notebook::Notebook;

/// Where the data lies if nobody says so.
const DATA: &str = ".leasehold";
/// What the environment, its key and a token are called.
const NAME: &str = "dev";

/// Options of `leasehold dev`.
#[derive(Args, Debug)]
#[command(after_help = config::AFTER_HELP)]
pub(crate) struct DevArgs {
    /// Let time stand still until POST /leasehold/v1/clock/advance moves it
    #[arg(long)]
    manual_clock: bool,

    #[command(flatten)]
    config: ConfigArgs,
}

impl DevArgs {
    /// The effective configuration, if it is acceptable for a server that is open to nobody else.
    pub(crate) fn load(&self) -> anyhow::Result<Loaded> {
        let loaded = config::load(&self.config, Config::defaults(DATA))?;
        let Config { listen, metrics_listen, .. } = &loaded.config;
        for (key, address) in [("listen", Some(*listen)), ("metrics_listen", *metrics_listen)] {
            if let Some(address) = address.filter(|address| !address.ip().is_loopback()) {
                let words = format!(
                    "{key} is {address}; accepted by `dev` is a loopback address, such as \
                     127.0.0.1:7433 (`serve` listens anywhere)"
                );
                return Err(ConfigError::Together(words).into());
            }
        }
        Ok(loaded)
    }
}

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
/// If the server cannot be started, or could not be ended well.
pub(crate) async fn run(args: &DevArgs, loaded: Loaded) -> anyhow::Result<()> {
    let Loaded { config, admin_token, unknown_variables } = loaded;
    for variable in unknown_variables {
        tracing::warn!(variable, "a variable that nothing reads");
    }
    let clock =
        if args.manual_clock { Clock::manual(Clock::system().now()) } else { Clock::system() };
    let data = config.data.clone();
    let options = Options { config, clock, admin_token: admin_token.clone() };
    let server = Server::start(options).await?;
    let notebook = prepare(&server, admin_token, &data).await?;
    serve::announce(&server)?;
    output::print(&paste::render(&server.url(), &notebook, &data, server.store().clock()))?;
    serve::until_told(server).await
}

/// Finds or makes the token, the environment and its key, and notes them.
async fn prepare(
    server: &Server,
    chosen: Option<SecretString>,
    data: &Path,
) -> anyhow::Result<Notebook> {
    let noted = Notebook::read(data)?;
    let token = token(server, chosen, noted.as_ref()).await?;
    let client = Client::builder(server.url(), token.clone()).build()?;
    let environment_id = environment(&client, noted.as_ref()).await?;
    let key = match noted.map(|noted| noted.key) {
        Some(key) if opens(server.store(), &key, &environment_id).await? => key,
        Some(_) | None => {
            let new = NewKey { name: NAME.to_owned(), expires_at: None };
            let issued = client.create_key(&environment_id, &new).await;
            issued.context("cannot make the environment key")?.secret.clone()
        }
    };
    let notebook = Notebook { token, environment_id, key };
    notebook.write(data)?;
    Ok(notebook)
}

/// A token that may do everything: the first one, the operator's, the noted one, or a new one.
async fn token(
    server: &Server,
    chosen: Option<SecretString>,
    noted: Option<&Notebook>,
) -> anyhow::Result<SecretString> {
    match server.administrator() {
        Administrator::Minted(token) | Administrator::Chosen(token) => return Ok(token.clone()),
        Administrator::Established => {}
    }
    for token in chosen.into_iter().chain(noted.map(|noted| noted.token.clone())) {
        if bootstrap::is_administrator(server.store(), &token).await? {
            return Ok(token);
        }
    }
    bootstrap::another_token(server.store(), NAME).await
}

/// The noted environment while it is in use, else a new one.
async fn environment(client: &Client, noted: Option<&Notebook>) -> anyhow::Result<String> {
    if let Some(noted) = noted {
        match client.retrieve_environment(&noted.environment_id).await {
            Ok(found) if found.archived_at.is_none() => return Ok(found.id.clone()),
            Ok(_) => {}
            Err(error) if error.status().is_some() => {}
            Err(error) => bail!(error),
        }
    }
    let new = NewEnvironment::self_hosted(NAME);
    let made = client.create_environment(&new).await.context("cannot make the environment")?;
    Ok(made.id.clone())
}

/// Whether a key is good for the environment now.
async fn opens(store: &Store, key: &SecretString, environment_id: &str) -> anyhow::Result<bool> {
    let found = store.views().credential(secret::hash(key)).await?;
    Ok(match found {
        Some(Credential::Key(key)) => {
            key.validity.holds(store.now()) && key.environment.to_string() == environment_id
        }
        Some(Credential::Token(_)) | None => false,
    })
}
