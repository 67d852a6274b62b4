//! The keys: for each its name, what it accepts, how it is read and how it is shown.

use leasehold_agent::tool::Hosts;
use leasehold_model::session::ops::Enqueue;
use toml::Value;

use super::Config;
use super::value::{LogFormat, address, duration, log_level, number, path, show_duration};

/// A key of the configuration.
pub(super) struct Key {
    /// In snake case, as in the file.
    pub(super) name: &'static str,
    /// What may be said, for the sentence that refuses something else.
    pub(super) accepts: &'static str,
    /// Sets it from text; `None` if the text is not acceptable.
    pub(super) set: fn(&mut Config, &str) -> Option<()>,
    /// The value as the file would have it; `None` if there is none.
    pub(super) show: fn(&Config) -> Option<Value>,
}

const HOSTS: &str = "hosts with commas between them, such as docs.rs, example.com, or * for all";

/// All of them, in the order in which they are shown.
pub(super) const KEYS: &[Key] = &[
    Key {
        name: "listen",
        accepts: "an IP address and a port, such as 127.0.0.1:7433 or [::]:7433",
        set: |config, text| address(text).map(|value| config.listen = value),
        show: |config| text(&config.listen),
    },
    Key {
        name: "data",
        accepts: "the path of a folder",
        set: |config, text| path(text).map(|value| config.data = value),
        show: |config| text(&config.data.display()),
    },
    Key {
        name: "models",
        accepts: "the path of a TOML file with [[model]] tables",
        set: |config, text| path(text).map(|value| config.models = Some(value)),
        show: |config| config.models.as_ref().and_then(|path| text(&path.display())),
    },
    Key {
        name: "web_fetch_hosts",
        accepts: HOSTS,
        set: |config, text| Hosts::parse(text).map(|value| config.web_fetch_hosts = value),
        show: |config| hosts(&config.web_fetch_hosts),
    },
    Key {
        name: "mcp_private_hosts",
        accepts: HOSTS,
        set: |config, text| Hosts::parse(text).map(|value| config.mcp_private_hosts = value),
        show: |config| hosts(&config.mcp_private_hosts),
    },
    Key {
        name: "metrics_listen",
        accepts: "an IP address and a port, such as 127.0.0.1:9433",
        set: |config, text| address(text).map(|value| config.metrics_listen = Some(value)),
        show: |config| config.metrics_listen.as_ref().and_then(text),
    },
    Key {
        name: "log_format",
        accepts: "text or json",
        set: |config, text| LogFormat::parse(text).map(|value| config.log_format = value),
        show: |config| text(&config.log_format.as_str()),
    },
    Key {
        name: "log_level",
        accepts: "error, warn, info, debug or trace, also for one part of the program, such as \
                  info,leasehold_store=debug",
        set: |config, text| log_level(text).map(|value| config.log_level = value),
        show: |config| text(&config.log_level),
    },
    Key {
        name: "worker_threads",
        accepts: "a number from 1 to 1024",
        set: |config, text| number(text, 1..=1_024).map(|value| config.worker_threads = value),
        show: |config| integer(config.worker_threads),
    },
    Key {
        name: "body_limit_bytes",
        accepts: "a number of bytes from 65536 to 67108864",
        set: |config, text| {
            number(text, 65_536..=67_108_864).map(|value| config.body_limit_bytes = value)
        },
        show: |config| integer(config.body_limit_bytes),
    },
    Key {
        name: "header_read_timeout",
        accepts: "a time from 100ms to 10m, such as 500ms, 10s or 2m",
        set: |config, text| duration(text).map(|value| config.header_read_timeout = value),
        show: |config| text(&show_duration(config.header_read_timeout)),
    },
    Key {
        name: "body_read_timeout",
        accepts: "a time from 100ms to 10m, such as 500ms, 30s or 2m",
        set: |config, text| duration(text).map(|value| config.body_read_timeout = value),
        show: |config| text(&show_duration(config.body_read_timeout)),
    },
    Key {
        name: "idle_timeout",
        accepts: "a time from 100ms to 10m, such as 75s or 2m",
        set: |config, text| duration(text).map(|value| config.idle_timeout = value),
        show: |config| text(&show_duration(config.idle_timeout)),
    },
    Key {
        name: "shutdown_grace",
        accepts: "a time from 100ms to 10m, such as 10s or 1m",
        set: |config, text| duration(text).map(|value| config.shutdown_grace = value),
        show: |config| text(&show_duration(config.shutdown_grace)),
    },
    Key {
        name: "default_ttl_seconds",
        accepts: "a number of seconds from 10 to 600",
        set: |config, text| number(text, 10..=600).map(|value| config.default_ttl_seconds = value),
        show: |config| integer(config.default_ttl_seconds),
    },
    Key {
        name: "enqueue",
        accepts: "creation or first_event",
        set: |config, text| {
            let enqueue = match text {
                "creation" => Enqueue::AtCreation,
                "first_event" => Enqueue::AtFirstEvent,
                _ => return None,
            };
            config.enqueue = enqueue;
            Some(())
        },
        show: |config| match config.enqueue {
            Enqueue::AtCreation => text(&"creation"),
            Enqueue::AtFirstEvent => text(&"first_event"),
        },
    },
    Key {
        name: "turns_at_once",
        accepts: "a number from 1 to 100000",
        set: |config, text| number(text, 1..=100_000).map(|value| config.turns_at_once = value),
        show: |config| integer(config.turns_at_once),
    },
    Key {
        name: "max_connections",
        accepts: "a number from 1 to 1000000",
        set: |config, text| number(text, 1..=1_000_000).map(|value| config.max_connections = value),
        show: |config| integer(config.max_connections),
    },
];

/// The names, for the sentence that refuses an unknown one.
pub(super) fn names() -> String {
    KEYS.iter().map(|key| key.name).collect::<Vec<_>>().join(", ")
}

#[expect(clippy::unnecessary_wraps, reason = "the form of a key's `show`")]
fn text(value: &impl ToString) -> Option<Value> {
    Some(Value::String(value.to_string()))
}

fn hosts(hosts: &Hosts) -> Option<Value> {
    (!hosts.is_empty()).then(|| Value::String(hosts.to_text()))
}

fn integer(value: impl TryInto<i64>) -> Option<Value> {
    value.try_into().ok().map(Value::Integer)
}
