//! What may be wrong with a file of models, each as one sentence that repeats no secret.

use std::path::PathBuf;

use crate::provider::remote::SetupError;

/// Why a file of models is not acceptable, as one sentence.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// The file cannot be read.
    #[error("cannot read the file of models {}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is no TOML, or has members that it should not have.
    #[error("{} is not acceptable at line {line}: {what}", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, counted from one.
        line: usize,
        /// What is wrong there.
        what: String,
    },
    /// The file has no model at all.
    #[error("{} has no [[model]] table", .path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// One of the models is not acceptable.
    #[error("{}: the model {model:?} is not acceptable: {problem}", .path.display())]
    Model {
        /// The file.
        path: PathBuf,
        /// The model's id.
        model: String,
        /// What is wrong with it.
        #[source]
        problem: Problem,
    },
}

/// What is wrong with a model.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// A value is not what its key accepts.
    #[error("{key} is {value}; accepted is {accepts}")]
    Value {
        /// Which key.
        key: &'static str,
        /// What was said; never a secret.
        value: String,
        /// What would be fine.
        accepts: &'static str,
    },
    /// A key that means nothing to this provider.
    #[error("{key} means nothing to the provider {provider}")]
    Meaningless {
        /// Which key.
        key: &'static str,
        /// The provider.
        provider: &'static str,
    },
    /// The vendor itself wants a key.
    #[error("it needs key_env or key_file, since no base_url says that the model is elsewhere")]
    Keyless,
    /// The variable with the key is not set.
    #[error("the variable {name}, which key_env names, is not set")]
    NoVariable {
        /// Its name.
        name: String,
    },
    /// What should be a key is none.
    #[error("{place} holds no key: it is empty or has white space inside")]
    NoKey {
        /// Where it was looked for.
        place: String,
    },
    /// A file that the model needs cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A script is not acceptable.
    #[error("the script {} is not acceptable: {what}", .path.display())]
    Script {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        what: String,
    },
    /// A connection cannot be prepared.
    #[error("{what}")]
    Setup {
        /// What failed.
        what: String,
    },
}

impl From<SetupError> for Problem {
    fn from(error: SetupError) -> Self {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        let what = cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"));
        Self::Setup { what }
    }
}
