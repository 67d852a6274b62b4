//! The variables that the sandbox of a session finds in its environment (sessions §3).

use std::collections::BTreeMap;

use crate::environment::config::Kind;
use crate::refusal::Refusal;

/// The most variables.
pub const MAX_VARIABLES: usize = 256;
/// The most bytes of all names and values together.
pub const MAX_BYTES: usize = 65_536;

/// What the sandbox sets itself.
const RESERVED: [&str; 3] = ["SERVER_ENDPOINT", "USER_ID", "WORK_DIR"];
const RESERVED_PREFIXES: [&str; 2] = ["CAW_", "QODER_"];

/// Checks the bounds. A machine of the client's own has an environment that this server does not
/// touch.
pub(super) fn check(
    variables: &BTreeMap<String, String>,
    hosting: Option<Kind>,
) -> Result<(), Refusal> {
    let refuse = |problem: String| Err(Refusal::unfit("environment_variables", problem));
    match hosting {
        Some(Kind::SelfHosted) if !variables.is_empty() => {
            return refuse("must be empty in a self_hosted environment".to_owned());
        }
        Some(Kind::SelfHosted | Kind::Cloud) | None => {}
    }
    if variables.len() > MAX_VARIABLES {
        return refuse(format!("must not have more than {MAX_VARIABLES} names"));
    }
    let bytes: usize = variables.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > MAX_BYTES {
        return refuse(format!("must not be longer than {MAX_BYTES} bytes"));
    }
    for name in variables.keys() {
        if !is_name(name) {
            return refuse("must have names of letters, digits and underscores".to_owned());
        }
        let reserved = RESERVED.contains(&name.as_str())
            || RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        if reserved {
            return refuse(format!("must not have the reserved name '{name}'"));
        }
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests;
