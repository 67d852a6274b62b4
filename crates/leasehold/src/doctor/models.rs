//! The file of models, and whether every model has what it needs. No model is asked anything.

use super::Finding;
use crate::config::{self, Config};

pub(super) fn examine(config: &Config) -> Finding {
    const CHECK: &str = "models";
    match config::catalogue(config) {
        Ok(catalogue) => {
            let models = catalogue.models();
            let names: Vec<_> = models.iter().map(|card| card.id.as_str()).collect();
            Finding::ok(CHECK, names.join(", "))
        }
        Err(error) => {
            let advice = "mend the file, or set the variable that it names";
            Finding::bad(CHECK, error.to_string(), advice)
        }
    }
}
