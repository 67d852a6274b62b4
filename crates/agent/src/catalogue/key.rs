//! A provider's key: from a variable of the environment or from a file, never from the
//! configuration itself.

use std::path::Path;

use secrecy::SecretString;

use super::problem::Problem;

/// Where a model's key comes from.
pub(super) enum Origin<'a> {
    /// There is none: some servers of one's own want none.
    Nowhere,
    /// The variable of this name.
    Variable(&'a str),
    /// This file; white space around the key does not count.
    File(&'a Path),
}

impl Origin<'_> {
    /// Fetches the key.
    pub(super) fn key(
        &self,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<SecretString>, Problem> {
        let (text, place) = match *self {
            Self::Nowhere => return Ok(None),
            Self::Variable(name) => {
                let missing = || Problem::NoVariable { name: name.to_owned() };
                (variable(name).ok_or_else(missing)?, format!("the variable {name}"))
            }
            Self::File(path) => {
                let read = std::fs::read_to_string(path);
                let text =
                    read.map_err(|source| Problem::Unreadable { path: path.to_owned(), source })?;
                (text, path.display().to_string())
            }
        };
        let text = SecretString::from(text);
        let key = secrecy::ExposeSecret::expose_secret(&text).trim();
        // Such a key could not be put into a header. It is not repeated here.
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Problem::NoKey { place });
        }
        Ok(Some(key.into()))
    }
}
