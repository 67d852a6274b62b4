//! An error of the client, as one sentence that says what to do about it.

use leasehold_client::{ApiError, Error, TransportFault};

use crate::output::visible;

#[cfg(test)]
mod tests;

/// The sentence for the person who typed the command.
pub(super) fn explain(error: Error) -> anyhow::Error {
    let sentence = match &error {
        Error::Transport { fault: TransportFault::Connect, url, .. } => format!(
            "cannot reach {url} ({}): is the server running there? \
             Start one with `leasehold dev`, or say where it is with LEASEHOLD_URL",
            root_cause(&error)
        ),
        Error::Transport { fault: TransportFault::Timeout, url, .. } => {
            format!("the server at {url} did not answer in time")
        }
        Error::Transport { fault: TransportFault::Broken, url, .. } => format!(
            "the connection to {url} broke ({}): is it a Leasehold server?",
            root_cause(&error)
        ),
        Error::Api(refusal) => refused(refusal),
        Error::Decode { .. } => {
            format!("{error} ({}): is it a Leasehold server?", root_cause(&error))
        }
        Error::Stream { .. } => visible(&error.to_string()),
        Error::Setup { .. } | Error::Argument { .. } => return anyhow::Error::new(error),
    };
    anyhow::Error::msg(sentence)
}

fn refused(refusal: &ApiError) -> String {
    let message = visible(refusal.message.trim_end_matches('.'));
    let hint = match refusal.status {
        401 => ": the token in LEASEHOLD_TOKEN is not valid on this server",
        403 => ": the token in LEASEHOLD_TOKEN may lack a scope, or belong to another account",
        404 if refusal.kind == "unknown" => ": LEASEHOLD_URL may not be a Leasehold server",
        _ => "",
    };
    let request = refusal.request_id.as_deref().map(visible);
    let request = request.map(|id| format!(", request {id}")).unwrap_or_default();
    format!("{message}{hint} (HTTP {}{request})", refusal.status)
}

/// The innermost cause, which names what the system said.
fn root_cause(error: &Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
