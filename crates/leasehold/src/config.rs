//! The configuration of a server: one value, from flags, variables, a file and defaults.
//!
//! A flag beats a variable (`LEASEHOLD_` + the key in capitals), a variable beats the TOML file, the
//! file beats the default. Every key is described once, in [`keys`]; what can be said in one place
//! can be said in all of them. The environment is read here and nowhere else.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use leasehold_agent::catalogue::CatalogueError;
use leasehold_agent::tool::Hosts;
use leasehold_model::session::ops::Enqueue;
use secrecy::SecretString;

use crate::secret;

mod args;
mod environment;
mod keys;
mod models;
mod value;

pub(crate) use args::{AFTER_HELP, ConfigArgs};
pub(crate) use models::catalogue;
pub(crate) use value::LogFormat;

use environment::Environment;
use keys::{KEYS, Key};

/// All that a server can be told, its secret excepted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Config {
    /// Where the API is served; port 0 takes a free one.
    pub(crate) listen: SocketAddr,
    /// The folder with the database.
    pub(crate) data: PathBuf,
    /// The file of models; `None`: the scripted one alone.
    pub(crate) models: Option<PathBuf>,
    /// Hosts that `web_fetch` may visit; none: it is off.
    pub(crate) web_fetch_hosts: Hosts,
    /// MCP servers that may have a private address.
    pub(crate) mcp_private_hosts: Hosts,
    /// Where the metrics are served, if not beside the API.
    pub(crate) metrics_listen: Option<SocketAddr>,
    /// How log lines look.
    pub(crate) log_format: LogFormat,
    /// Which log lines are written.
    pub(crate) log_level: String,
    /// Threads that serve requests; the writer of the database has one of its own.
    pub(crate) worker_threads: usize,
    /// The largest request body, in bytes.
    pub(crate) body_limit_bytes: usize,
    /// How long the head of a request may take from its first byte.
    pub(crate) header_read_timeout: Duration,
    /// How long the body of a request may take.
    pub(crate) body_read_timeout: Duration,
    /// How long a connection may stay open without a request.
    pub(crate) idle_timeout: Duration,
    /// How long a shutdown waits for requests that are being answered.
    pub(crate) shutdown_grace: Duration,
    /// The lease that a heartbeat gives that names none, in seconds.
    pub(crate) default_ttl_seconds: u16,
    /// When a session of a self-hosted environment first calls a worker.
    pub(crate) enqueue: Enqueue,
    /// Turns of sessions that are driven at the same time; further ones wait.
    pub(crate) turns_at_once: usize,
    /// Connections that are served at the same time; further ones wait.
    pub(crate) max_connections: usize,
}

impl Config {
    /// What holds when nobody says anything, with the data in `data`.
    pub(crate) fn defaults(data: impl Into<PathBuf>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 7433)),
            data: data.into(),
            models: None,
            web_fetch_hosts: Hosts::default(),
            mcp_private_hosts: Hosts::default(),
            metrics_listen: None,
            log_format: LogFormat::Text,
            log_level: "info".to_owned(),
            worker_threads: cores.saturating_sub(1).max(1),
            body_limit_bytes: 32 * 1024 * 1024,
            header_read_timeout: Duration::from_secs(10),
            body_read_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(75),
            shutdown_grace: Duration::from_secs(10),
            default_ttl_seconds: 300,
            enqueue: Enqueue::AtCreation,
            turns_at_once: 256,
            max_connections: 10_000,
        }
    }

    /// The effective configuration as a TOML file.
    pub(crate) fn to_toml(&self) -> String {
        let mut text = String::new();
        for key in KEYS {
            match (key.show)(self) {
                Some(value) => text.push_str(&format!("{} = {value}\n", key.name)),
                None => text.push_str(&format!("# {} is not set\n", key.name)),
            }
        }
        text
    }

    fn set(&mut self, key: &Key, text: &str, origin: Origin) -> Result<(), ConfigError> {
        (key.set)(self, text).ok_or_else(|| ConfigError::Value {
            key: key.name,
            value: text.to_owned(),
            origin,
            accepts: key.accepts,
        })
    }
}

/// What the command line, the environment and the file say together.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The effective configuration.
    pub(crate) config: Config,
    /// The first administrator's token, if the environment gives one.
    pub(crate) admin_token: Option<SecretString>,
    /// Variables that look like ours and mean nothing.
    pub(crate) unknown_variables: Vec<String>,
}

/// Puts the configuration together.
///
/// # Errors
/// The first thing that is not acceptable.
pub(crate) fn load(args: &ConfigArgs, defaults: Config) -> Result<Loaded, ConfigError> {
    load_from(args, &Environment::of_process(), defaults)
}

fn load_from(
    args: &ConfigArgs,
    environment: &Environment,
    mut config: Config,
) -> Result<Loaded, ConfigError> {
    let named_by_variable = environment.file()?;
    if let Some(path) = args.file().or(named_by_variable.as_deref()) {
        read_file(path, &mut config)?;
    }
    for key in KEYS {
        if let Some((variable, text)) = environment.value(key.name)? {
            config.set(key, &text, Origin::Variable(variable))?;
        }
    }
    for (name, text) in args.values() {
        let key = KEYS.iter().find(|key| key.name == name);
        if let (Some(key), Some(text)) = (key, text) {
            config.set(key, text, Origin::Flag(name))?;
        }
    }
    let admin_token = environment.admin_token()?.map(secret::accept_admin_token).transpose();
    Ok(Loaded {
        config,
        admin_token: admin_token.map_err(ConfigError::AdminToken)?,
        unknown_variables: environment.unknown(),
    })
}

/// Applies a TOML file: a flat list of keys.
fn read_file(path: &Path, config: &mut Config) -> Result<(), ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| 1 + lines_before(&text, span.start));
        ConfigError::NotToml { path: path.to_owned(), line, what: error.message().to_owned() }
    })?;
    for (name, value) in &table {
        let key = KEYS
            .iter()
            .find(|key| key.name == name)
            .ok_or_else(|| ConfigError::UnknownKey { key: name.clone(), path: path.to_owned() })?;
        let text = match value {
            toml::Value::String(text) => text.clone(),
            toml::Value::Integer(_)
            | toml::Value::Float(_)
            | toml::Value::Boolean(_)
            | toml::Value::Datetime(_)
            | toml::Value::Array(_)
            | toml::Value::Table(_) => value.to_string(),
        };
        config.set(key, &text, Origin::File(path.to_owned()))?;
    }
    Ok(())
}

fn lines_before(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

/// Where a value was said.
#[derive(Debug)]
pub(crate) enum Origin {
    /// On the command line; the name of the key.
    Flag(&'static str),
    /// In a variable of this name.
    Variable(String),
    /// In this file.
    File(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(key) => write!(f, "the flag --{}", key.replace('_', "-")),
            Self::Variable(name) => write!(f, "the variable {name}"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Why a configuration is not acceptable, as one sentence.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// A value is not what its key accepts.
    #[error("{origin} sets {key} to {value:?}; accepted is {accepts}")]
    Value {
        /// Which key.
        key: &'static str,
        /// What was said.
        value: String,
        /// Where.
        origin: Origin,
        /// What would be fine.
        accepts: &'static str,
    },
    /// A variable holds something that is not text.
    #[error("the variable {name} is not valid UTF-8")]
    NotText {
        /// Which variable.
        name: String,
    },
    /// The file has a key that does not exist.
    #[error("{} sets {key:?}, which is no key; accepted are {}{}", .path.display(), keys::names(),
        if .key == "admin_token" { " (the token comes from LEASEHOLD_ADMIN_TOKEN alone)" } else { "" })]
    UnknownKey {
        /// Which key.
        key: String,
        /// The file.
        path: PathBuf,
    },
    /// The file is not TOML.
    #[error("{} is not valid TOML at line {line}: {what}", .path.display())]
    NotToml {
        /// The file.
        path: PathBuf,
        /// The line, counted from one.
        line: usize,
        /// What is wrong there.
        what: String,
    },
    /// The file cannot be read.
    #[error("cannot read the configuration file {}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The administrator's token is not acceptable.
    #[error("the variable LEASEHOLD_ADMIN_TOKEN is not acceptable: {0}")]
    AdminToken(&'static str),
    /// The file of models is not acceptable.
    #[error(transparent)]
    Models(#[from] CatalogueError),
    /// Values that are fine alone and not together.
    #[error("{0}")]
    Together(String),
}

#[cfg(test)]
mod tests;
