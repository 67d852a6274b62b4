//! The configuration of an environment: a union on its kind (environments §3).
//!
//! Kept as it was accepted; a dialect decides which members it takes and shows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;

/// The most bytes of a set-up script in UTF-8.
pub const MAX_SCRIPT_BYTES: usize = 65_536;
/// The most packages of one manager.
pub const MAX_PACKAGES: usize = 256;
/// The most characters of a package's name.
pub const MAX_PACKAGE_CHARS: usize = 256;
/// The most hosts that may be allowed.
pub const MAX_HOSTS: usize = 256;

/// Where sessions of an environment run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// On machines of the server's own; there is no queue of work.
    Cloud,
    /// On machines of the client's own, by way of a queue of work.
    SelfHosted,
}

/// A configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Config {
    /// For sessions on the server's machines.
    Cloud {
        /// What to install; `None` if the client did not say.
        packages: Option<Packages>,
        /// What to reach; `None` if the client did not say.
        networking: Option<Networking>,
        /// A script to run before the session; `None` if there is none.
        setup_script: Option<String>,
    },
    /// For sessions on the client's machines.
    SelfHosted {
        /// A script that a worker may run; the server never does.
        setup_script: Option<String>,
    },
}

/// Packages by manager; a manager without packages may be absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packages(pub BTreeMap<Manager, Vec<String>>);

/// The package managers of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it all")]
pub enum Manager {
    Apt,
    Cargo,
    Gem,
    Go,
    Npm,
    Pip,
}

impl Manager {
    /// All of them, in the wire's order.
    pub const ALL: [Self; 6] = [Self::Apt, Self::Cargo, Self::Gem, Self::Go, Self::Npm, Self::Pip];

    /// The wire's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Apt => "apt",
            Self::Cargo => "cargo",
            Self::Gem => "gem",
            Self::Go => "go",
            Self::Npm => "npm",
            Self::Pip => "pip",
        }
    }
}

/// What a session may reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Networking {
    /// Everything.
    Unrestricted,
    /// What is named.
    Limited {
        /// Bare host names, or `*.` and a host name.
        allowed_hosts: Vec<String>,
        /// Whether the registries of the package managers may be reached.
        allow_package_managers: bool,
        /// Whether MCP servers may be reached.
        allow_mcp_servers: bool,
    },
}

/// A change that names only what it sets; dialect A merges it into what is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigPatch {
    /// The kind it is meant for; another one is refused.
    pub kind: Option<Kind>,
    /// Packages of the managers named.
    pub packages: Option<Packages>,
    /// The networking, as far as it is named.
    pub networking: Option<NetworkingPatch>,
}

/// A change of networking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetworkingPatch {
    /// Becomes unrestricted.
    Unrestricted,
    /// Becomes or stays limited; what is `None` is kept, or takes its default.
    Limited {
        /// Replaces the hosts.
        allowed_hosts: Option<Vec<String>>,
        /// Replaces the switch for package managers.
        allow_package_managers: Option<bool>,
        /// Replaces the switch for MCP servers.
        allow_mcp_servers: Option<bool>,
    },
}

/// Where the dialects judge a configuration differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// The bounds alone (Q).
    Bounds,
    /// Also: packages under limited networking need the package managers to be allowed (A).
    PackagesNeedTheirManagers,
}

impl Config {
    /// The kind.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Cloud { .. } => Kind::Cloud,
            Self::SelfHosted { .. } => Kind::SelfHosted,
        }
    }

    /// Checks the bounds of environments §3.
    ///
    /// # Errors
    /// [`Refusal::Unfit`] with the first member that is not acceptable.
    pub fn check(&self, strictness: Strictness) -> Result<(), Refusal> {
        match self {
            Self::SelfHosted { setup_script } => check_script(setup_script.as_deref()),
            Self::Cloud { packages, networking, setup_script } => {
                check_script(setup_script.as_deref())?;
                packages.as_ref().map_or(Ok(()), Packages::check)?;
                networking.as_ref().map_or(Ok(()), Networking::check)?;
                let installs =
                    packages.as_ref().is_some_and(|p| p.0.values().any(|list| !list.is_empty()));
                let forbids = matches!(
                    networking,
                    Some(Networking::Limited { allow_package_managers: false, .. })
                );
                if strictness == Strictness::PackagesNeedTheirManagers && installs && forbids {
                    return refuse(
                        "config.networking.allow_package_managers",
                        "must be true when packages are listed",
                    );
                }
                Ok(())
            }
        }
    }

    /// The configuration after a merge (dialect A).
    ///
    /// # Errors
    /// [`Refusal::EnvironmentKindChange`] if the patch is meant for the other kind.
    pub fn merged(&self, patch: &ConfigPatch) -> Result<Self, Refusal> {
        if patch.kind.is_some_and(|kind| kind != self.kind()) {
            return Err(Refusal::EnvironmentKindChange);
        }
        match self {
            Self::SelfHosted { .. } => Ok(self.clone()),
            Self::Cloud { packages, networking, setup_script } => Ok(Self::Cloud {
                packages: match &patch.packages {
                    None => packages.clone(),
                    Some(patch) => {
                        let mut merged = packages.clone().unwrap_or_default();
                        merged.0.extend(patch.0.clone());
                        Some(merged)
                    }
                },
                networking: match &patch.networking {
                    None => networking.clone(),
                    Some(patch) => Some(patch.onto(networking.as_ref())),
                },
                setup_script: setup_script.clone(),
            }),
        }
    }
}

impl NetworkingPatch {
    /// The networking that this patch makes of `stored`.
    pub fn onto(&self, stored: Option<&Networking>) -> Networking {
        let Self::Limited { allowed_hosts, allow_package_managers, allow_mcp_servers } = self
        else {
            return Networking::Unrestricted;
        };
        let (hosts, managers, servers) = match stored {
            Some(Networking::Limited {
                allowed_hosts,
                allow_package_managers,
                allow_mcp_servers,
            }) => (allowed_hosts.clone(), *allow_package_managers, *allow_mcp_servers),
            Some(Networking::Unrestricted) | None => (Vec::new(), false, false),
        };
        Networking::Limited {
            allowed_hosts: allowed_hosts.clone().unwrap_or(hosts),
            allow_package_managers: allow_package_managers.unwrap_or(managers),
            allow_mcp_servers: allow_mcp_servers.unwrap_or(servers),
        }
    }
}

impl Packages {
    fn check(&self) -> Result<(), Refusal> {
        for (manager, names) in &self.0 {
            let param = format!("config.packages.{}", manager.as_str());
            if names.len() > MAX_PACKAGES {
                return refuse(&param, "must not have more than 256 entries");
            }
            for name in names {
                if name.is_empty() || name.chars().any(char::is_control) {
                    return refuse(
                        &param,
                        "must hold non-empty strings without control characters",
                    );
                }
                if name.chars().count() > MAX_PACKAGE_CHARS {
                    return refuse(&param, "must hold strings of at most 256 characters");
                }
            }
        }
        Ok(())
    }
}

impl Networking {
    fn check(&self) -> Result<(), Refusal> {
        let Self::Limited { allowed_hosts, .. } = self else { return Ok(()) };
        let param = "config.networking.allowed_hosts";
        if allowed_hosts.len() > MAX_HOSTS {
            return refuse(param, "must not have more than 256 entries");
        }
        if !allowed_hosts.iter().all(|host| is_host_pattern(host)) {
            return refuse(
                param,
                "must hold host names, or '*.' and a host name, without scheme, port or path",
            );
        }
        Ok(())
    }
}

fn check_script(script: Option<&str>) -> Result<(), Refusal> {
    if script.is_some_and(|script| script.len() > MAX_SCRIPT_BYTES) {
        return refuse("config.setup_script", "must not be longer than 65536 bytes");
    }
    Ok(())
}

/// A bare host name, or `*.` and a host name: labels of letters, digits and inner hyphens. An
/// address in digits is a bare host; a range of addresses is not.
fn is_host_pattern(host: &str) -> bool {
    is_host(host.strip_prefix("*.").unwrap_or(host))
}

/// A bare host name.
pub(crate) fn is_host(name: &str) -> bool {
    (1..=253).contains(&name.len())
        && name.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
}

fn refuse(param: &str, problem: &'static str) -> Result<(), Refusal> {
    Err(Refusal::unfit(param, problem))
}

#[cfg(test)]
mod tests;
