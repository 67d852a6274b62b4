//! How the values of a model are written.

use std::path::Path;
use std::time::Duration;

use jiff::SignedDuration;
use reqwest::{Proxy, Url};

use super::problem::Problem;
use crate::tls::Roots;

/// The sentence about a value that its key does not accept.
pub(super) fn value(key: &'static str, said: &str, accepts: &'static str) -> Problem {
    Problem::Value { key, value: said.to_owned(), accepts }
}

/// A time, or the one that holds if nothing is said.
pub(super) fn time(
    key: &'static str,
    text: Option<&String>,
    default_secs: u64,
) -> Result<Duration, Problem> {
    let Some(text) = text else { return Ok(Duration::from_secs(default_secs)) };
    let time = text.parse::<SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok());
    time.filter(|time| (Duration::from_millis(10)..=Duration::from_secs(3_600)).contains(time))
        .ok_or_else(|| {
            value(key, &format!("{text:?}"), "a time from 10ms to 1h, such as 500ms, 10s or 2m")
        })
}

/// An address without anything that is a secret or that a path cannot be appended to.
pub(super) fn address(text: &str) -> Result<Url, Problem> {
    const ACCEPTS: &str = "an http or https address without user, password, query and fragment";
    let url = Url::parse(text).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    });
    // An address with an at sign may hold a password and is not repeated.
    let said =
        if text.contains('@') { "not repeated here".to_owned() } else { format!("{text:?}") };
    url.ok_or_else(|| value("base_url", &said, ACCEPTS))
}

/// A proxy; its address may hold a password and is not repeated.
pub(super) fn proxy(text: &str) -> Result<Proxy, Problem> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let proxy = url.and_then(|url| Proxy::all(url).ok());
    proxy.ok_or_else(|| value("proxy", "not repeated here", "an http or https address"))
}

/// The certificates of a PEM file.
pub(super) fn roots(path: &Path) -> Result<Roots, Problem> {
    let pem = std::fs::read(path)
        .map_err(|source| Problem::Unreadable { path: path.to_owned(), source })?;
    Roots::from_pem(&pem).ok_or_else(|| {
        value("ca_file", &format!("{:?}", path.display()), "a PEM file with certificates")
    })
}
