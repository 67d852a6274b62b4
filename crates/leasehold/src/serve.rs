//! `leasehold serve`: a server until it is told to end.

use clap::Args;
use secrecy::ExposeSecret as _;

use crate::config::{self, Config, ConfigArgs, Loaded};
use crate::output;
use crate::server::bootstrap::Administrator;
use crate::server::signals::Signals;
use crate::server::{Ending, Options, Server};

/// Where the data lies if nobody says so.
const DATA: &str = "leasehold-data";

/// Options of `leasehold serve`.
#[derive(Args, Debug)]
#[command(after_help = config::AFTER_HELP)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    config: ConfigArgs,

    /// Print the effective configuration as TOML and end
    #[arg(long)]
    print_config: bool,
}

impl ServeArgs {
    /// The effective configuration, if it is acceptable.
    pub(crate) fn load(&self) -> anyhow::Result<Loaded> {
        Ok(config::load(&self.config, defaults())?)
    }

    /// Whether it is only to be printed.
    pub(crate) const fn only_prints(&self) -> bool {
        self.print_config
    }
}

/// What `serve` does when nobody says anything.
pub(crate) fn defaults() -> Config {
    Config::defaults(DATA)
}

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
/// If the server cannot be started, or could not be ended well.
pub(crate) async fn run(loaded: Loaded) -> anyhow::Result<()> {
    let Loaded { config, admin_token, unknown_variables } = loaded;
    for variable in unknown_variables {
        tracing::warn!(variable, "a variable that nothing reads");
    }
    let clock = leasehold_store::Clock::system();
    let server = Server::start(Options { config, clock, admin_token }).await?;
    match server.administrator() {
        Administrator::Minted(token) => {
            output::print(&format!("administrator token: {}\n", token.expose_secret()))?;
        }
        Administrator::Chosen(_) => tracing::info!("the administrator has the given token"),
        Administrator::Established => {}
    }
    announce(&server)?;
    until_told(server).await
}

/// Says where the server listens.
pub(crate) fn announce(server: &Server) -> anyhow::Result<()> {
    output::print(&format!("listening on {}\n", server.url()))?;
    if let Some(address) = server.metrics_address() {
        tracing::info!(%address, "metrics have a port of their own");
    }
    if !server.address().ip().is_loopback() {
        tracing::warn!(
            address = %server.address(),
            "reachable from other machines without TLS: tokens travel in the clear unless a \
             proxy in front of this port speaks TLS"
        );
    }
    Ok(())
}

/// Waits for a signal and ends the server; a second signal ends it at once.
pub(crate) async fn until_told(server: Server) -> anyhow::Result<()> {
    let mut signals = Signals::catch()?;
    let signal = signals.next().await;
    tracing::info!(signal, "ending: no new requests, the present ones are answered");
    tokio::select! {
        ending = server.shutdown() => match ending? {
            Ending::Complete => tracing::info!("ended"),
            Ending::CutOff => tracing::warn!("ended; some requests outlasted the grace"),
        },
        signal = signals.next() => anyhow::bail!("ended at once by a second {signal}"),
    }
    Ok(())
}
