//! The file of models: what it may say, and the sentences about what it may not.

use std::path::Path;

use leasehold_agent::catalogue::Catalogue;
use leasehold_model::catalogue::{Effort, ModelCard, Prices};

const PEM: &str =
    "-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n";

fn read(text: &str) -> Result<Catalogue, String> {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let path = write("models.toml", text);
    write("key", " sk-from-a-file\n");
    write("two keys", "sk-1 sk-2");
    write("bad.pem", PEM);
    write("script.toml", "[[reply]]\ntext = 'hi'\n");
    write("script.json", r#"{"reply": [{"text": "hi"}]}"#);
    write("bad.toml", "[[reply]]\ntext = 'hi'\ncolour = 1\n");
    read_path(&path).map_err(|words| words.replace(&format!("{}/", folder.path().display()), ""))
}

fn read_path(path: &Path) -> Result<Catalogue, String> {
    let variable = |name: &str| match name {
        "THE_KEY" => Some("sk-secret".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    };
    Catalogue::read(path, &variable).map_err(|error| error.to_string())
}

/// The sentence about a model `m` with these keys, without its beginning.
fn refused(keys: &str) -> String {
    let words = read(&format!("[[model]]\nid = 'm'\n{keys}\n")).err().unwrap();
    let start = "models.toml: the model \"m\" is not acceptable: ";
    words.strip_prefix(start).unwrap_or(&words).to_owned()
}

#[test]
fn a_model_has_a_card_with_defaults() {
    let models = read(
        "[[model]]\n\
         id = 'big'\n\
         display_name = 'Big one'\n\
         provider = 'anthropic'\n\
         upstream = 'vendor-big-1'\n\
         key_file = 'key'\n\
         max_tokens = 64000\n\
         context_window = 1000000\n\
         efforts = ['low', 'xhigh']\n\
         default_effort = 'low'\n\
         input_price = 3\n\
         output_price = 15.0\n\
         [[model]]\n\
         id = 'own/small'\n\
         provider = 'openai'\n\
         base_url = 'http://127.0.0.1:8000/v1'\n\
         context_window = 8192\n\
         [[model]]\n\
         id = 'play'\n\
         provider = 'scripted'\n\
         script = 'script.json'\n",
    )
    .unwrap();
    let cards = models.models();
    let card = |id: &str| cards.get(id).unwrap().clone();
    let big = ModelCard {
        id: "big".to_owned(),
        display_name: "Big one".to_owned(),
        source: "anthropic",
        efforts: vec![Effort::Low, Effort::Xhigh],
        default_effort: Some(Effort::Low),
        context_window: 1_000_000,
        max_tokens: 64_000,
        prices: Prices { input: Some(3.0), output: Some(15.0), ..Prices::default() },
    };
    assert_eq!(card("big"), big);
    let small = ModelCard {
        id: "own/small".to_owned(),
        display_name: "own/small".to_owned(),
        source: "openai",
        efforts: Vec::new(),
        default_effort: None,
        context_window: 8_192,
        max_tokens: 4_096,
        prices: Prices::default(),
    };
    assert_eq!(card("own/small"), small);
    let ids: Vec<_> = cards.iter().map(|card| card.id.as_str()).collect();
    assert_eq!(ids, ["big", "own/small", "play"]);
    assert!(models.get("play").is_some());
    assert!(models.get("other").is_none());
}

#[test]
fn without_a_file_there_is_the_scripted_model() {
    let models = Catalogue::built_in().models();
    let ids: Vec<_> = models.iter().map(|card| card.id.as_str()).collect();
    assert_eq!(ids, ["scripted"]);
}

#[test]
fn a_value_that_is_not_acceptable_is_named_with_what_would_be() {
    for (keys, expected) in [
        ("provider = 'acme'", "provider is \"acme\"; accepted is anthropic, openai or scripted"),
        (
            "provider = 'anthropic'\nkey_env = 'THE_KEY'\nefforts = ['low', 'extreme']",
            "efforts is \"extreme\"; accepted is low, medium, high, xhigh or max",
        ),
        (
            "provider = 'anthropic'\nkey_env = 'THE_KEY'\nefforts = ['low']\ndefault_effort = 'max'",
            "default_effort is \"max\"; accepted is one of efforts",
        ),
        (
            "provider = 'anthropic'\nkey_env = 'THE_KEY'\nidle_timeout = 'soon'",
            "idle_timeout is \"soon\"; accepted is a time from 10ms to 1h, such as 500ms, 10s or 2m",
        ),
        (
            "provider = 'anthropic'\nkey_env = 'THE_KEY'\nretries = 21",
            "retries is 21; accepted is a number from 0 to 20",
        ),
        (
            "provider = 'openai'\nbase_url = 'ftp://x'",
            "base_url is \"ftp://x\"; accepted is an http or https address without user, password, \
             query and fragment",
        ),
        (
            "provider = 'openai'\nbase_url = 'http://u:sk-secret@x'",
            "base_url is not repeated here; accepted is an http or https address without user, \
             password, query and fragment",
        ),
        (
            "provider = 'openai'\nbase_url = 'http://x'\nproxy = 'socks5://u:sk-secret@x'",
            "proxy is not repeated here; accepted is an http or https address",
        ),
        (
            "provider = 'openai'\nbase_url = 'http://x'\nca_file = 'bad.pem'",
            "ca_file is \"bad.pem\"; accepted is a PEM file with certificates",
        ),
        (
            "provider = 'openai'\nbase_url = 'http://x'\nca_file = 'none.pem'",
            "cannot read none.pem: No such file or directory (os error 2)",
        ),
        (
            "provider = 'scripted'\nmax_tokens = 0",
            "max_tokens is 0; accepted is a number of tokens from 1 to context_window",
        ),
        (
            "provider = 'scripted'\ninput_price = -1.5",
            "input_price is -1.5; accepted is USD per million tokens, at least 0",
        ),
        ("provider = 'scripted'\nretries = 1", "retries means nothing to the provider scripted"),
        (
            "provider = 'openai'\nbase_url = 'http://x'\nthinking = 'adaptive'",
            "thinking means nothing to the provider openai",
        ),
        (
            "provider = 'anthropic'\nkey_env = 'THE_KEY'\nscript = 'x'",
            "script means nothing to the provider anthropic",
        ),
        (
            "provider = 'scripted'\nscript = 'bad.toml'",
            "the script bad.toml is not acceptable: at line 3: unknown field `colour`, expected one \
             of `turn`, `step`, `when`, `offered`, `thinking`, `text`, `tool`, `stop`, `category`, \
             `explanation`, `error`",
        ),
    ] {
        assert_eq!(refused(keys), expected, "{keys}");
    }
}

#[test]
fn a_key_comes_from_a_variable_or_a_file_and_is_never_repeated() {
    for (keys, expected) in [
        ("", "it needs key_env or key_file, since no base_url says that the model is elsewhere"),
        ("key_env = 'NONE'", "the variable NONE, which key_env names, is not set"),
        (
            "key_env = 'EMPTY'",
            "the variable EMPTY holds no key: it is empty or has white space inside",
        ),
        ("key_file = 'two keys'", "two keys holds no key: it is empty or has white space inside"),
        ("key_file = 'none'", "cannot read none: No such file or directory (os error 2)"),
        (
            "key_env = 'THE_KEY'\nkey_file = 'key'",
            "key_env is \"THE_KEY\"; accepted is either it or key_file",
        ),
    ] {
        assert_eq!(refused(&format!("provider = 'anthropic'\n{keys}")), expected, "{keys}");
    }
    let words = refused("provider = 'anthropic'\nkey = 'sk-secret'");
    assert!(
        words.starts_with("models.toml is not acceptable at line 4: unknown field `key`"),
        "{words}"
    );
    assert!(!words.contains("sk-secret"), "{words}");
}

#[test]
fn a_file_that_is_none_is_refused_with_its_line() {
    let words = |text: &str| read(text).err().unwrap();
    assert_eq!(words(""), "models.toml has no [[model]] table");
    assert_eq!(
        words("[[model]]\nid = 'm'\n"),
        "models.toml is not acceptable at line 1: missing field `provider`"
    );
    assert_eq!(
        words("[[model]]\nid = 1\nprovider = 'scripted'\n"),
        "models.toml is not acceptable at line 2: invalid type: integer `1`, expected a string"
    );
    let twice = "[[model]]\nid = 'm'\nprovider = 'scripted'\n".repeat(2);
    assert_eq!(
        words(&twice),
        "models.toml: the model \"m\" is not acceptable: id is \"m\"; accepted is an id that no \
         other model has"
    );
    let words = words("[[model]]\nid = 'a b'\nprovider = 'scripted'\n");
    assert!(words.ends_with("signs of ASCII, without spaces"), "{words}");
    let words = read_path(Path::new("/does/not/exist")).err().unwrap();
    assert_eq!(words, "cannot read the file of models /does/not/exist");
}
