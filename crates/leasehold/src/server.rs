//! A server in this process: the store opened, the API served, and both ended in good order.
//!
//! * [`folder`] is where the data lies, [`bootstrap`] what an empty database is given.
//! * [`listener`] accepts, [`connection`] serves one client, [`activity`] tells what it is doing.
//! * [`signals`] is how an operator ends it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use hyper_util::service::TowerToHyperService;
use leasehold_agent::{Catalogue, Runner, ServerTools, runner, tool};
use leasehold_api::{Api, Metrics};
use leasehold_model::catalogue::Models;
use leasehold_model::work::WorkerId;
use leasehold_store::{Clock, Settings, Store, sqlite};
use secrecy::SecretString;
use tokio::sync::watch;

use crate::config::{self, Config};

mod activity;
pub(crate) mod bootstrap;
mod connection;
pub(crate) mod folder;
mod listener;
pub(crate) mod signals;

use activity::Patience;
use bootstrap::Administrator;
use listener::Serving;
pub(crate) use listener::{Limits, Port};

/// How long a client may take nothing of an answer that is there. It can resume a stream.
const WRITE_PATIENCE: Duration = Duration::from_secs(30);

/// What a server is started with.
#[derive(Clone)]
pub(crate) struct Options {
    /// Addresses, folder and limits.
    pub(crate) config: Config,
    /// Where `now` comes from; a manual clock can be moved over HTTP.
    pub(crate) clock: Clock,
    /// The first administrator's token, if the operator chose one; used on an empty database alone.
    pub(crate) admin_token: Option<SecretString>,
}

impl Options {
    /// A server on a free port of the loopback interface, with the machine's clock and its data in
    /// `data`.
    pub(crate) fn local(data: impl Into<PathBuf>) -> Self {
        let config =
            Config { listen: SocketAddr::from(([127, 0, 0, 1], 0)), ..Config::defaults(data) };
        Self { config, clock: Clock::system(), admin_token: None }
    }
}

/// A running server. Dropping it ends it abruptly; [`Server::shutdown`] ends it well.
pub(crate) struct Server {
    address: SocketAddr,
    metrics_address: Option<SocketAddr>,
    administrator: Administrator,
    api: Api,
    runner: Runner,
    closing: watch::Sender<bool>,
    serving: Vec<Serving>,
    grace: Duration,
}

/// How a shutdown went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Everybody was answered.
    Complete,
    /// Some requests took longer than the grace; their clients were cut off.
    CutOff,
}

impl Server {
    /// Takes the ports, opens the store and serves. Must be called within a runtime.
    ///
    /// # Errors
    /// If a port is taken, the folder cannot be used, or the data file cannot be opened.
    pub(crate) async fn start(options: Options) -> anyhow::Result<Self> {
        let Options { config, clock, admin_token } = options;
        let catalogue = config::catalogue(&config)?;
        let port = Port::bind(config.listen).await?;
        let metrics_port = match config.metrics_listen {
            Some(address) => Some(Port::bind(address).await?),
            None => None,
        };
        folder::ensure(&config.data)?;
        let metrics = Metrics::new();
        let settings = Settings { clock, observer: metrics.observer(), ..Settings::default() };
        let store = sqlite::open(&folder::database(&config.data), settings)?;
        let administrator = bootstrap::run(&store, admin_token).await?;

        let models = catalogue.models();
        let runner = start_runner(store.clone(), catalogue, &config)?;
        let api = Api::new(store, metrics.clone(), api_settings(&config, models));
        let (closing, until) = watch::channel(false);
        let limits = limits(&config);
        let address = port.address();
        let service = TowerToHyperService::new(api.router());
        let mut serving = vec![port.serve(service, limits, metrics.clone(), until.clone())];
        let metrics_address = metrics_port.as_ref().map(Port::address);
        if let Some(port) = metrics_port {
            let service = TowerToHyperService::new(api.metrics_router());
            serving.push(port.serve(service, limits, metrics, until));
        }
        let grace = config.shutdown_grace;
        Ok(Self { address, metrics_address, administrator, api, runner, closing, serving, grace })
    }

    /// Where it can be reached from this machine.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address that it listens on, with the real port.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the metrics are, if they have a port of their own.
    pub(crate) const fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// What became of the first administrator's token.
    pub(crate) const fn administrator(&self) -> &Administrator {
        &self.administrator
    }

    /// The open store.
    pub(crate) fn store(&self) -> &Store {
        self.api.store()
    }

    /// Takes no more requests, gives blocked polls their `null`, answers the rest, commits and
    /// closes the file. Requests that take longer than the grace are cut off.
    ///
    /// # Errors
    /// If the store does not close in time. What was acknowledged is on disk nevertheless.
    pub(crate) async fn shutdown(self) -> anyhow::Result<Ending> {
        let Self { api, runner, closing, serving, grace, .. } = self;
        api.begin_shutdown();
        closing.send_replace(true);
        api.store().release_pollers();
        let everybody = async {
            // Turns are given back first: nobody waits for their leases after a restart.
            runner.ended().await;
            for port in &serving {
                port.ended().await;
            }
        };
        let ending = match tokio::time::timeout(grace, everybody).await {
            Ok(()) => Ending::Complete,
            Err(_) => Ending::CutOff,
        };
        tokio::time::timeout(grace, api.store().clone().close()).await.context(
            "the database did not close in time; what was acknowledged is on disk nevertheless",
        )?;
        Ok(ending)
    }
}

/// Starts what drives the turns of sessions, under a name that no other process has.
fn start_runner(store: Store, catalogue: Catalogue, config: &Config) -> anyhow::Result<Runner> {
    let tools = ServerTools::new(tool::Settings {
        web_fetch_hosts: config.web_fetch_hosts.clone(),
        mcp_private_hosts: config.mcp_private_hosts.clone(),
        ..tool::Settings::default()
    })?;
    let name = format!("server-{}", uuid::Uuid::new_v4().simple());
    let name = WorkerId::new(&name).context("the name of the runner is not acceptable")?;
    let settings = runner::Settings { turns_at_once: config.turns_at_once };
    Ok(Runner::start(store, Arc::new(catalogue), Arc::new(tools), name, settings))
}

fn api_settings(config: &Config, models: Models) -> leasehold_api::Settings {
    leasehold_api::Settings {
        enqueue: config.enqueue,
        body_limit_bytes: config.body_limit_bytes,
        body_read_timeout: config.body_read_timeout,
        default_ttl: Duration::from_secs(u64::from(config.default_ttl_seconds)),
        metrics_route: config.metrics_listen.is_none(),
        models,
    }
}

/// How connections are treated under a configuration.
pub(crate) fn limits(config: &Config) -> Limits {
    let (head, idle) = (config.header_read_timeout, config.idle_timeout);
    let patience = Patience { head, idle, write: WRITE_PATIENCE };
    let connections = u32::try_from(config.max_connections).unwrap_or(u32::MAX);
    Limits { connections, patience }
}

#[cfg(test)]
mod tests;
