//! Which hosts a tool may reach: by name, and by the address that the name stands for.
//!
//! The address is looked at where the connection is made, after resolution, so that a name cannot
//! stand for one address when it is checked and for another when it is used.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

#[cfg(test)]
mod tests;

/// A list of hosts: names with everything below them, addresses, or `*` for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hosts(Arc<[Box<str>]>);

impl Hosts {
    /// Reads a list with commas, such as `example.com, docs.rs` or `*`; `None` if an entry is
    /// neither a name nor an address.
    pub fn parse(text: &str) -> Option<Self> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let fine = |entry: &str| {
            let character = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':');
            entry == "*" || (entry.chars().all(character) && !entry.starts_with('.'))
        };
        entries
            .map(|entry| fine(entry).then(|| entry.to_ascii_lowercase().into()))
            .collect::<Option<Arc<[_]>>>()
            .map(Self)
    }

    /// Whether no host at all is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a host is in it.
    pub fn contains(&self, host: &str) -> bool {
        self.0.iter().any(|entry| &**entry == "*" || covers(entry, host))
    }

    /// Those entries that are addresses and no names.
    pub(super) fn addresses(&self) -> Self {
        let addresses = self.0.iter().filter(|entry| entry.parse::<IpAddr>().is_ok());
        Self(addresses.cloned().collect())
    }

    /// The list as it is read.
    pub fn to_text(&self) -> String {
        self.0.join(", ")
    }
}

/// Whether a name is `domain` or below it. Trailing dots and capitals do not count.
pub(super) fn covers(domain: &str, host: &str) -> bool {
    let plain = |name: &str| name.trim_end_matches('.').to_ascii_lowercase();
    let (domain, host) = (plain(domain), plain(host));
    host == domain || host.strip_suffix(&domain).is_some_and(|above| above.ends_with('.'))
}

/// The host of an address without the brackets of IPv6.
pub(super) fn host(url: &Url) -> &str {
    let host = url.host_str().unwrap_or("");
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// Resolves names to public addresses alone, but for hosts that the operator has named.
#[derive(Clone, Debug, Default)]
pub(super) struct Resolver {
    /// May have private addresses.
    pub(super) private_hosts: Hosts,
}

/// A name stands for an address that is not everybody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the host has a private address, which this server does not visit")]
pub(super) struct Private;

impl Resolver {
    /// Checks a host that is an address itself: nobody resolves it.
    pub(super) fn check(&self, url: &Url) -> Result<(), Private> {
        match host(url).parse::<IpAddr>() {
            Ok(address) if !is_public(address) && !self.private_hosts.contains(host(url)) => {
                Err(Private)
            }
            Ok(_) | Err(_) => Ok(()),
        }
    }

    async fn addresses(self, name: String) -> std::io::Result<Vec<SocketAddr>> {
        let addresses: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
        // One private address is enough: a name that has both kinds is up to something.
        let public = addresses.iter().all(|address| is_public(address.ip()));
        if !public && !self.private_hosts.contains(&name) {
            return Err(std::io::Error::other(Private));
        }
        Ok(addresses)
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let addresses = self.clone().addresses(name.as_str().to_owned());
        Box::pin(async move {
            let addresses: Addrs = Box::new(addresses.await?.into_iter());
            Ok(addresses)
        })
    }
}

/// Whether an error has [`Private`] among its causes.
pub(super) fn is_private(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        // An `io::Error` hides what it was made of from the chain of causes.
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if error.is::<Private>() || inner.is_some_and(|inner| inner.is::<Private>()) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Whether an address is one that anybody on the internet may have.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = match address.octets() {
        // "This network", loopback, multicast, reserved, broadcast.
        [0 | 127 | 224.., ..]
        // Private networks.
        | [10, ..] | [172, 16..=31, ..] | [192, 168, ..]
        // Addresses of carriers, link-local ones, measurements.
        | [100, 64..=127, ..] | [169, 254, ..] | [198, 18..=19, ..]
        // Protocol assignments, documentation, the old 6to4 relays.
        | [192, 0, 0 | 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [192, 88, 99, _] => true,
        _ => false,
    };
    !special
}

/// All public IPv6 addresses are in 2000::/3, but not all of that is public. What carries an IPv4
/// address inside (mapped, translated, 6to4, Teredo) is refused as a whole.
fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // Protocol assignments with Teredo, documentation, 6to4.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..] => {
            false
        }
        [first, ..] => first & 0xe000 == 0x2000,
    }
}
