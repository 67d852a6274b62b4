//! The part of the process's environment that is ours.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use secrecy::SecretString;

use super::ConfigError;
use super::keys::KEYS;

const PREFIX: &str = "LEASEHOLD_";
const FILE: &str = "LEASEHOLD_CONFIG";
const ADMIN_TOKEN: &str = "LEASEHOLD_ADMIN_TOKEN";
/// Variables that other commands and our tests read.
const OTHERS: [&str; 4] =
    ["LEASEHOLD_URL", "LEASEHOLD_TOKEN", "LEASEHOLD_BIN", "LEASEHOLD_ENVIRONMENT_KEY"];

/// The variables whose names begin as ours do.
#[derive(Default)]
pub(super) struct Environment(BTreeMap<String, OsString>);

impl Environment {
    /// That of this process.
    pub(super) fn of_process() -> Self {
        std::env::vars_os().collect()
    }

    /// What the environment says about a key, with the variable's name. An empty variable says
    /// nothing.
    pub(super) fn value(&self, key: &str) -> Result<Option<(String, String)>, ConfigError> {
        let name = name_of(key);
        Ok(self.text(&name)?.map(|text| (name, text)))
    }

    /// The file that the environment names.
    pub(super) fn file(&self) -> Result<Option<PathBuf>, ConfigError> {
        Ok(self.text(FILE)?.map(PathBuf::from))
    }

    /// The first administrator's token, unchecked.
    pub(super) fn admin_token(&self) -> Result<Option<SecretString>, ConfigError> {
        Ok(self.text(ADMIN_TOKEN)?.map(SecretString::from))
    }

    /// The names that nobody reads: slips of the pen.
    pub(super) fn unknown(&self) -> Vec<String> {
        let known = |name: &str| {
            name == FILE
                || name == ADMIN_TOKEN
                || OTHERS.contains(&name)
                || KEYS.iter().any(|key| name_of(key.name) == name)
        };
        self.0.keys().filter(|name| !known(name)).cloned().collect()
    }

    fn text(&self, name: &str) -> Result<Option<String>, ConfigError> {
        let Some(value) = self.0.get(name).filter(|value| !value.is_empty()) else {
            return Ok(None);
        };
        match value.to_str() {
            Some(text) => Ok(Some(text.to_owned())),
            None => Err(ConfigError::NotText { name: name.to_owned() }),
        }
    }
}

impl<N: Into<OsString>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let ours = variables.into_iter().filter_map(|(name, value)| {
            let name = name.into().into_string().ok()?;
            name.starts_with(PREFIX).then(|| (name, value.into()))
        });
        Self(ours.collect())
    }
}

/// A variable of anybody's that another part of the configuration names; `None` if it is not set or
/// is no text.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var_os(name)?.into_string().ok()
}

fn name_of(key: &str) -> String {
    format!("{PREFIX}{}", key.to_ascii_uppercase())
}
