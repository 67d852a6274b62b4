//! The models that the configuration names.

use leasehold_agent::Catalogue;

use super::{Config, ConfigError, environment};

/// The operator's models, ready to be asked; the scripted one if he names none. Keys come from the
/// variables and files that the file of models names, and are not kept anywhere else.
///
/// # Errors
/// If the file is not acceptable, or a key is missing.
pub(crate) fn catalogue(config: &Config) -> Result<Catalogue, ConfigError> {
    match &config.models {
        None => Ok(Catalogue::built_in()),
        Some(path) => Ok(Catalogue::read(path, &environment::variable)?),
    }
}
