//! The configuration of an environment as dialect Q writes it (environments §3).
//!
//! An update replaces it as a whole. What the client did not send is not shown.

use std::collections::BTreeMap;

use leasehold_model::environment::config::{
    Config, Manager, Networking, NetworkingPatch, Packages,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::body::{Invalid, Members};

/// A configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = EnvironmentConfig)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ConfigWire {
    /// For sessions on the server's machines.
    #[schema(title = "CloudConfig")]
    Cloud {
        /// What is installed before a session; absent if it was never said.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(inline)]
        packages: Option<PackagesWire>,
        /// What a session may reach; absent if it was never said.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(inline)]
        networking: Option<NetworkingWire>,
        /// Runs before a session; absent if there is none.
        #[serde(skip_serializing_if = "Option::is_none")]
        setup_script: Option<String>,
    },
    /// For sessions on the client's machines.
    #[schema(title = "SelfHostedConfig")]
    SelfHosted {
        /// A worker may run it; the server never does.
        #[serde(skip_serializing_if = "Option::is_none")]
        setup_script: Option<String>,
    },
}

/// What a session may reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum NetworkingWire {
    /// Everything.
    #[schema(title = "UnrestrictedNetwork")]
    Unrestricted,
    /// What is named.
    #[schema(title = "LimitedNetwork")]
    Limited {
        /// Bare host names, or `*.` and a host name.
        allowed_hosts: Vec<String>,
        /// Whether the registries of the package managers may be reached.
        allow_package_managers: bool,
        /// Whether MCP servers may be reached.
        allow_mcp_servers: bool,
    },
}

/// Packages by manager.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct PackagesWire {
    /// Always `packages`.
    #[schema(pattern = "^packages$")]
    r#type: &'static str,
    apt: Vec<String>,
    cargo: Vec<String>,
    gem: Vec<String>,
    go: Vec<String>,
    npm: Vec<String>,
    pip: Vec<String>,
}

/// A configuration, as a client writes it.
#[derive(Deserialize, ToSchema)]
#[schema(as = EnvironmentConfigParams)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(super) enum ConfigBody {
    /// For sessions on the server's machines.
    #[schema(title = "CloudConfigParams")]
    Cloud {
        /// What is installed before a session.
        packages: Option<Box<PackagesBody>>,
        /// What a session may reach.
        networking: Option<Box<NetworkingBody>>,
        /// At most 65,536 bytes; empty: none.
        setup_script: Option<String>,
    },
    /// For sessions on the client's machines.
    #[schema(title = "SelfHostedConfigParams")]
    SelfHosted {
        /// At most 65,536 bytes; empty: none.
        setup_script: Option<String>,
    },
}

/// What a session may reach, as a client writes it.
#[derive(Deserialize, ToSchema)]
#[schema(as = NetworkingParams)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(super) struct NetworkingBody {
    /// `unrestricted`, `limited`, or `allowed_hosts`, which is `limited` too.
    #[schema(pattern = "^(unrestricted|limited|allowed_hosts)$")]
    r#type: String,
    /// Bare host names, or `*.` and a host name.
    allowed_hosts: Option<Vec<String>>,
    /// Whether the registries of the package managers may be reached.
    allow_package_managers: Option<bool>,
    /// Whether MCP servers may be reached.
    allow_mcp_servers: Option<bool>,
}

/// Packages by manager, as a client writes them.
#[derive(Deserialize, ToSchema)]
#[schema(as = PackagesParams)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(super) struct PackagesBody {
    /// Always `packages`.
    #[schema(pattern = "^packages$")]
    r#type: Option<String>,
    apt: Option<Vec<String>>,
    cargo: Option<Vec<String>>,
    gem: Option<Vec<String>>,
    go: Option<Vec<String>>,
    npm: Option<Vec<String>>,
    pip: Option<Vec<String>>,
}

impl From<&Config> for ConfigWire {
    fn from(config: &Config) -> Self {
        match config {
            Config::SelfHosted { setup_script } => {
                Self::SelfHosted { setup_script: setup_script.clone() }
            }
            Config::Cloud { packages, networking, setup_script } => Self::Cloud {
                packages: packages.as_ref().map(PackagesWire::from),
                networking: networking.as_ref().map(NetworkingWire::from),
                setup_script: setup_script.clone(),
            },
        }
    }
}

impl From<&Networking> for NetworkingWire {
    fn from(networking: &Networking) -> Self {
        match networking {
            Networking::Unrestricted => Self::Unrestricted,
            Networking::Limited { allowed_hosts, allow_package_managers, allow_mcp_servers } => {
                Self::Limited {
                    allowed_hosts: allowed_hosts.clone(),
                    allow_package_managers: *allow_package_managers,
                    allow_mcp_servers: *allow_mcp_servers,
                }
            }
        }
    }
}

impl From<&Packages> for PackagesWire {
    fn from(packages: &Packages) -> Self {
        let of = |manager| packages.0.get(&manager).cloned().unwrap_or_default();
        Self {
            r#type: "packages",
            apt: of(Manager::Apt),
            cargo: of(Manager::Cargo),
            gem: of(Manager::Gem),
            go: of(Manager::Go),
            npm: of(Manager::Npm),
            pip: of(Manager::Pip),
        }
    }
}

/// Reads a whole configuration.
pub(super) fn read(config: Value) -> Result<Config, Invalid> {
    let mut members = Members::of(config, "config")?;
    let kind = members.required("type")?;
    let config = match kind.as_str() {
        Some("self_hosted") => Config::SelfHosted { setup_script: setup_script(&mut members)? },
        Some("cloud") => Config::Cloud {
            packages: given(members.take("packages")).map(packages).transpose()?,
            networking: given(members.take("networking")).map(networking).transpose()?,
            setup_script: setup_script(&mut members)?,
        },
        Some(_) | None => {
            return Err(Invalid::new("config.type", "must be 'cloud' or 'self_hosted'"));
        }
    };
    members.finish()?;
    Ok(config)
}

fn given(value: Option<Value>) -> Option<Value> {
    value.filter(|value| !value.is_null())
}

/// An empty script is none.
fn setup_script(members: &mut Members) -> Result<Option<String>, Invalid> {
    Ok(members.optional_word("setup_script")?.filter(|script| !script.is_empty()))
}

fn packages(packages: Value) -> Result<Packages, Invalid> {
    let mut members = Members::of(packages, "config.packages")?;
    if members.optional_word("type")?.is_some_and(|word| word != "packages") {
        return Err(Invalid::new("config.packages.type", "must be 'packages'"));
    }
    let mut lists = BTreeMap::new();
    for manager in Manager::ALL {
        if let Some(names) = members.optional_strings(manager.as_str())? {
            lists.insert(manager, names);
        }
    }
    members.finish()?;
    Ok(Packages(lists))
}

fn networking(networking: Value) -> Result<Networking, Invalid> {
    let mut members = Members::of(networking, "config.networking")?;
    let kind = members.required("type")?;
    let networking = match kind.as_str() {
        Some("unrestricted") => Networking::Unrestricted,
        Some("limited" | "allowed_hosts") => NetworkingPatch::Limited {
            allowed_hosts: members.optional_strings("allowed_hosts")?,
            allow_package_managers: members.optional_bool("allow_package_managers")?,
            allow_mcp_servers: members.optional_bool("allow_mcp_servers")?,
        }
        .onto(None),
        Some(_) | None => {
            let problem = "must be 'unrestricted' or 'limited'";
            return Err(Invalid::new("config.networking.type", problem));
        }
    };
    members.finish()?;
    Ok(networking)
}

#[cfg(test)]
mod tests;
