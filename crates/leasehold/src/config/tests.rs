//! Which source wins, and what is said about values that are not acceptable.

use std::io::Write as _;

use clap::Parser;
use secrecy::ExposeSecret as _;

use super::*;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    args: ConfigArgs,
}

fn loaded(flags: &[&str], variables: &[(&str, &str)]) -> Result<Loaded, String> {
    let command = Command::try_parse_from([&["leasehold"], flags].concat()).unwrap();
    let environment = variables.iter().copied().collect();
    load_from(&command.args, &environment, Config::defaults("here"))
        .map_err(|error| error.to_string())
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn from_file(text: &str) -> Result<Config, String> {
    let file = file(text);
    let path = file.path().to_str().unwrap();
    loaded(&["--config", path], &[])
        .map(|loaded| loaded.config)
        .map_err(|words| words.replace(path, "FILE"))
}

#[test]
fn a_flag_beats_a_variable_beats_the_file_beats_the_default() {
    let file = file("listen = '127.0.0.1:1'\nmax_connections = 7\nidle_timeout = '3s'\n");
    let variables = [
        ("LEASEHOLD_CONFIG", file.path().to_str().unwrap()),
        ("LEASEHOLD_LISTEN", "127.0.0.1:2"),
        ("LEASEHOLD_MAX_CONNECTIONS", "8"),
    ];
    let config = loaded(&["--listen", "127.0.0.1:3"], &variables).unwrap().config;
    let expected = Config {
        listen: ([127, 0, 0, 1], 3).into(),
        max_connections: 8,
        idle_timeout: Duration::from_secs(3),
        ..Config::defaults("here")
    };
    assert_eq!(config, expected);
}

#[test]
fn every_key_has_a_flag_and_is_shown_as_it_is_read() {
    let names: Vec<_> = ConfigArgs::default().values().iter().map(|(name, _)| *name).collect();
    assert_eq!(names, KEYS.iter().map(|key| key.name).collect::<Vec<_>>());

    let mut config = Config::defaults("folder with \"quotes\"");
    config.models = Some("models of mine.toml".into());
    config.web_fetch_hosts = Hosts::parse("docs.rs, example.com").unwrap();
    config.mcp_private_hosts = Hosts::parse("10.0.0.7").unwrap();
    config.metrics_listen = Some(([127, 0, 0, 1], 9_433).into());
    config.header_read_timeout = Duration::from_millis(1_500);
    assert_eq!(from_file(&config.to_toml()), Ok(config));
}

#[test]
fn what_is_not_acceptable_is_named_with_its_place() {
    assert_eq!(
        loaded(&["--listen", "localhost"], &[]).unwrap_err(),
        "the flag --listen sets listen to \"localhost\"; accepted is an IP address and a port, \
         such as 127.0.0.1:7433 or [::]:7433"
    );
    assert_eq!(
        loaded(&[], &[("LEASEHOLD_SHUTDOWN_GRACE", "soon")]).unwrap_err(),
        "the variable LEASEHOLD_SHUTDOWN_GRACE sets shutdown_grace to \"soon\"; accepted is a time \
         from 100ms to 10m, such as 10s or 1m"
    );
    assert_eq!(
        from_file("default_ttl_seconds = 9").unwrap_err(),
        "FILE sets default_ttl_seconds to \"9\"; accepted is a number of seconds from 10 to 600"
    );
    assert_eq!(
        from_file("web_fetch_hosts = 'https://docs.rs'").unwrap_err(),
        "FILE sets web_fetch_hosts to \"https://docs.rs\"; accepted is hosts with commas between them, \
         such as docs.rs, example.com, or * for all"
    );
    assert_eq!(
        from_file("log_format = 'json'\nlisten\n").unwrap_err(),
        "FILE is not valid TOML at line 2: key with no value, expected `=`"
    );
    assert!(from_file("colour = 'red'").unwrap_err().starts_with("FILE sets \"colour\", which is"));
    assert!(from_file("admin_token = 'x'").unwrap_err().ends_with("LEASEHOLD_ADMIN_TOKEN alone)"));
    assert_eq!(
        loaded(&["--config", "/does/not/exist"], &[]).unwrap_err(),
        "cannot read the configuration file /does/not/exist"
    );
}

#[test]
fn times_levels_and_numbers_have_bounds() {
    for (text, millis) in [("100ms", 100), ("2", 2_000), ("10 s", 10_000), ("10m", 600_000)] {
        assert_eq!(value::duration(text), Some(Duration::from_millis(millis)), "{text}");
    }
    for text in ["", "s", "99ms", "11m", "1h", "-1s", "1.5s", "99999999999999999999s", "5 5s"] {
        assert_eq!(value::duration(text), None, "{text}");
    }
    for text in ["info", "warn,leasehold_store=debug", "off"] {
        assert!(value::log_level(text).is_some(), "{text}");
    }
    for text in ["", "verbose", "info,", "=debug", "a b=info"] {
        assert!(value::log_level(text).is_none(), "{text}");
    }
    for (key, text) in [("worker_threads", "0"), ("max_connections", "x"), ("data", "")] {
        let key = KEYS.iter().find(|known| known.name == key).unwrap();
        assert!((key.set)(&mut Config::defaults("here"), text).is_none(), "{}", key.name);
    }
}

#[test]
fn the_administrators_token_comes_from_the_environment_alone() {
    let token = "pt-0123456789abcdefghijklmnopqrstuvwxyz";
    let loaded_token = loaded(&[], &[("LEASEHOLD_ADMIN_TOKEN", token)]).unwrap().admin_token;
    assert_eq!(loaded_token.unwrap().expose_secret(), token);
    assert!(loaded(&[], &[("LEASEHOLD_ADMIN_TOKEN", "")]).unwrap().admin_token.is_none());
    let words = loaded(&[], &[("LEASEHOLD_ADMIN_TOKEN", "too-short")]).unwrap_err();
    assert!(!words.contains("too-short"), "{words}");
}

#[test]
fn models_come_from_the_file_that_is_named() {
    let mut config = Config::defaults("here");
    let ids = |config: &Config| {
        let models = catalogue(config).map_err(|error| error.to_string())?.models();
        Ok(models.iter().map(|card| card.id.clone()).collect::<Vec<_>>())
    };
    assert_eq!(ids(&config), Ok::<_, String>(vec!["scripted".to_owned()]));

    let models = file("[[model]]\nid = 'a'\nprovider = 'scripted'\n");
    config.models = Some(models.path().to_owned());
    assert_eq!(ids(&config), Ok(vec!["a".to_owned()]));

    config.models = Some("/does/not/exist".into());
    assert_eq!(ids(&config), Err("cannot read the file of models /does/not/exist".to_owned()));

    assert!(environment::variable("PATH").is_some());
    assert!(environment::variable("NO_SUCH_VARIABLE").is_none());
}

#[test]
fn a_misspelt_variable_is_noticed() {
    let variables = [("LEASEHOLD_LISTNE", "x"), ("LEASEHOLD_URL", "y"), ("PATH", "z")];
    assert_eq!(loaded(&[], &variables).unwrap().unknown_variables, ["LEASEHOLD_LISTNE"]);
}
