//! The flags of the commands that run or examine a server.

use std::path::{Path, PathBuf};

use clap::Args;

/// One flag for every key, and the file. What a value may be is checked with the other sources.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Configuration")]
pub(crate) struct ConfigArgs {
    /// TOML file with any of the keys below, in snake case [env: LEASEHOLD_CONFIG]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Address and port of the API; port 0 takes a free one [default: 127.0.0.1:7433]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,

    /// Folder with the database
    #[arg(long, value_name = "DIR")]
    data: Option<String>,

    /// TOML file of the models that agents may use [default: one that plays a script]
    #[arg(long, value_name = "FILE")]
    models: Option<String>,

    /// Hosts that agents may fetch pages from, with commas; * for all public ones [default: none]
    #[arg(long, value_name = "HOSTS")]
    web_fetch_hosts: Option<String>,

    /// Hosts of MCP servers that may have a private address, with commas [default: none]
    #[arg(long, value_name = "HOSTS")]
    mcp_private_hosts: Option<String>,

    /// Address and port for /metrics alone [default: beside the API]
    #[arg(long, value_name = "ADDR")]
    metrics_listen: Option<String>,

    /// How log lines look: text or json [default: text]
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,

    /// Which log lines are written: error, warn, info, debug or trace [default: info]
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,

    /// Threads that serve requests [default: processors less one]
    #[arg(long, value_name = "N", hide_short_help = true)]
    worker_threads: Option<String>,

    /// Largest request body in bytes [default: 33554432]
    #[arg(long, value_name = "BYTES", hide_short_help = true)]
    body_limit_bytes: Option<String>,

    /// Time for the head of a request [default: 10s]
    #[arg(long, value_name = "TIME", hide_short_help = true)]
    header_read_timeout: Option<String>,

    /// Time for the body of a request [default: 30s]
    #[arg(long, value_name = "TIME", hide_short_help = true)]
    body_read_timeout: Option<String>,

    /// Time that a connection may stay open without a request [default: 75s]
    #[arg(long, value_name = "TIME", hide_short_help = true)]
    idle_timeout: Option<String>,

    /// Time that a shutdown gives to requests being answered [default: 10s]
    #[arg(long, value_name = "TIME", hide_short_help = true)]
    shutdown_grace: Option<String>,

    /// Lease of a heartbeat that asks for none, 10 to 600 seconds [default: 300]
    #[arg(long, value_name = "SECONDS", hide_short_help = true)]
    default_ttl_seconds: Option<String>,

    /// When a session first calls a worker: creation or first_event [default: creation]
    #[arg(long, value_name = "WHEN", hide_short_help = true)]
    enqueue: Option<String>,

    /// Turns of sessions driven at the same time [default: 256]
    #[arg(long, value_name = "N", hide_short_help = true)]
    turns_at_once: Option<String>,

    /// Connections served at the same time [default: 10000]
    #[arg(long, value_name = "N", hide_short_help = true)]
    max_connections: Option<String>,
}

impl ConfigArgs {
    /// The file that is named on the command line.
    pub(super) fn file(&self) -> Option<&Path> {
        self.config.as_deref()
    }

    /// Every key and what the command line says about it.
    pub(super) fn values(&self) -> [(&'static str, Option<&str>); 18] {
        let Self {
            config: _,
            listen,
            data,
            models,
            web_fetch_hosts,
            mcp_private_hosts,
            metrics_listen,
            log_format,
            log_level,
            worker_threads,
            body_limit_bytes,
            header_read_timeout,
            body_read_timeout,
            idle_timeout,
            shutdown_grace,
            default_ttl_seconds,
            enqueue,
            turns_at_once,
            max_connections,
        } = self;
        [
            ("listen", listen),
            ("data", data),
            ("models", models),
            ("web_fetch_hosts", web_fetch_hosts),
            ("mcp_private_hosts", mcp_private_hosts),
            ("metrics_listen", metrics_listen),
            ("log_format", log_format),
            ("log_level", log_level),
            ("worker_threads", worker_threads),
            ("body_limit_bytes", body_limit_bytes),
            ("header_read_timeout", header_read_timeout),
            ("body_read_timeout", body_read_timeout),
            ("idle_timeout", idle_timeout),
            ("shutdown_grace", shutdown_grace),
            ("default_ttl_seconds", default_ttl_seconds),
            ("enqueue", enqueue),
            ("turns_at_once", turns_at_once),
            ("max_connections", max_connections),
        ]
        .map(|(name, value)| (name, value.as_deref()))
    }
}

/// What every such command's help says below its flags.
pub(crate) const AFTER_HELP: &str = "\
Every flag of the configuration can also be given as a variable (--shutdown-grace is
LEASEHOLD_SHUTDOWN_GRACE) or as a key of the TOML file (shutdown_grace = \"10s\"). A flag beats a
variable, a variable beats the file.";
