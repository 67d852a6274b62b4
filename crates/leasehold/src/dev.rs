//! `leasehold dev`: a server on this machine with everything a person needs to try it.
//!
//! It listens on the loopback interface alone. Its token, an environment, a key and an agent are
//! made once and noted beside the data, so that a restart prints the same ones. If it is told to,
//! it is its own worker as well.

use std::path::Path;

use anyhow::{Context as _, bail};
use clap::Args;
use leasehold_client::Client;
use leasehold_client::agent::{NewAgent, Policy};
use leasehold_client::environment::NewEnvironment;
use leasehold_client::key::NewKey;
use leasehold_store::{Clock, Credential, Store};
use secrecy::SecretString;

use crate::config::{self, Config, ConfigArgs, ConfigError, Loaded};
use crate::server::bootstrap::{self, Administrator};
use crate::server::{Options, Server};
use crate::worker::attachment::Note;
use crate::{output, secret, serve, worker};

mod notebook;
mod paste;

use notebook::Notebook;

/// Where the data lies if nobody says so.
const DATA: &str = ".leasehold";
/// The model that plays a script.
const MODEL: &str = "scripted";
/// What the environment, its key, the agent, a token and the worker are called.
const NAME: &str = "dev";

/// Options of `leasehold dev`.
#[derive(Args, Debug)]
#[command(after_help = config::AFTER_HELP)]
pub(crate) struct DevArgs {
    /// Let time stand still until POST /leasehold/v1/clock/advance moves it
    #[arg(long)]
    manual_clock: bool,

    /// Be a worker too: let the agent run shell commands on this machine, under this account
    #[arg(long)]
    worker: bool,

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
    let (url, clock) = (server.url(), server.store().clock().clone());
    let hands = if args.worker { Hands::Own } else { Hands::Others };
    output::print(&paste::render(&url, &notebook, &data, &clock, hands))?;
    let serving = serve::until_told(server);
    match hands {
        Hands::Others => serving.await,
        Hands::Own => tokio::select! {
            ending = serving => ending,
            failure = work(&url, &notebook) => failure,
        },
    }
}

/// Who does the work of the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hands {
    /// This program.
    Own,
    /// Whoever is started with the environment's key.
    Others,
}

/// Does the work of the environment for as long as its key is good.
async fn work(url: &str, notebook: &Notebook) -> anyhow::Result<()> {
    let client = Client::builder(url, notebook.key.clone()).build()?;
    let folder = tempfile::Builder::new().prefix("leasehold-worker-").tempdir()?;
    tracing::info!(folder = %folder.path().display(), "a worker waits for commands");
    let report = |note: &Note| match note {
        Note::Attached => tracing::info!("the worker hears a session"),
        Note::Running { command } => tracing::info!(command, "the worker runs a command"),
        Note::Answered { is_error, .. } => tracing::info!(is_error, "the worker posted a result"),
        Note::Withdrawn => tracing::info!("the worker killed a command that is not wanted"),
        Note::Trouble(trouble) => tracing::warn!(trouble, "the worker has trouble"),
    };
    let ended = worker::work(&client, &notebook.environment_id, NAME, folder.path(), report).await;
    ended.context("the worker cannot go on")
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
    let noted_agent = noted.as_ref().and_then(|noted| noted.agent_id.as_deref());
    let agent_id = Some(agent(&client, noted_agent).await?);
    let key = match noted.map(|noted| noted.key) {
        Some(key) if opens(server.store(), &key, &environment_id).await? => key,
        Some(_) | None => {
            let new = NewKey { name: NAME.to_owned(), expires_at: None };
            let issued = client.create_key(&environment_id, &new).await;
            issued.context("cannot make the environment key")?.secret.clone()
        }
    };
    let notebook = Notebook { token, environment_id, key, agent_id };
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

/// The noted agent while it is in use, else a new one: of the scripted model, or of the first one
/// that the operator has configured in its place.
async fn agent(client: &Client, noted: Option<&str>) -> anyhow::Result<String> {
    if let Some(noted) = noted {
        match client.retrieve_agent(noted, None).await {
            Ok(found) if found.archived_at.is_none() => return Ok(found.id.clone()),
            Ok(_) => {}
            Err(error) if error.status().is_some() => {}
            Err(error) => bail!(error),
        }
    }
    let models = client.list_models().await.context("cannot list the models")?;
    let scripted = models.data.iter().find(|model| model.id == MODEL);
    let model = scripted.or(models.data.first()).context("no model is configured")?;
    let tools = vec![Policy::Allow.toolset()];
    let new = NewAgent { tools, ..NewAgent::of(NAME, model.id.as_str()) };
    let made = client.create_agent(&new).await.context("cannot make the agent")?;
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
