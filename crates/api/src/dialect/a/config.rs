//! The configuration of an environment as dialect A writes it (environments §3, §10).
//!
//! A has no set-up script, always shows networking and all six package managers, and merges a
//! change into what is stored: a member that is absent, or `null`, keeps its value.

use std::collections::BTreeMap;

use leasehold_model::environment::config::{
    Config, ConfigPatch, Kind, Manager, Networking, NetworkingPatch, Packages,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::body::{Invalid, Members};

/// A configuration, as A shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = EnvironmentConfig)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum ConfigWire {
    /// For sessions on the server's machines.
    #[schema(title = "CloudConfig")]
    Cloud {
        /// What a session may reach.
        #[schema(inline)]
        networking: NetworkingWire,
        /// What is installed before a session.
        #[schema(inline)]
        packages: PackagesWire,
    },
    /// For sessions on the client's machines.
    #[schema(title = "SelfHostedConfig")]
    SelfHosted,
}

/// What a session may reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum NetworkingWire {
    /// Everything.
    #[schema(title = "UnrestrictedNetwork")]
    Unrestricted,
    /// What is named.
    #[schema(title = "LimitedNetwork")]
    Limited {
        /// Whether MCP servers may be reached.
        allow_mcp_servers: bool,
        /// Whether the registries of the package managers may be reached.
        allow_package_managers: bool,
        /// Bare host names, or `*.` and a host name.
        allowed_hosts: Vec<String>,
    },
}

/// Packages by manager.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct PackagesWire {
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
        /// What a session may reach.
        networking: Option<NetworkingBody>,
        /// What is installed before a session.
        packages: Option<PackagesBody>,
    },
    /// For sessions on the client's machines.
    #[schema(title = "SelfHostedConfigParams")]
    SelfHosted {},
}

/// What a session may reach, as a client writes it.
#[derive(Deserialize, ToSchema)]
#[schema(as = NetworkingParams)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(super) enum NetworkingBody {
    /// Everything.
    #[schema(title = "UnrestrictedNetworkParams")]
    Unrestricted {},
    /// What is named.
    #[schema(title = "LimitedNetworkParams")]
    Limited {
        /// Whether MCP servers may be reached.
        allow_mcp_servers: Option<bool>,
        /// Whether the registries of the package managers may be reached.
        allow_package_managers: Option<bool>,
        /// Bare host names, or `*.` and a host name.
        allowed_hosts: Option<Vec<String>>,
    },
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
            Config::SelfHosted { setup_script: _ } => Self::SelfHosted,
            Config::Cloud { packages, networking, setup_script: _ } => Self::Cloud {
                networking: networking.as_ref().into(),
                packages: packages.as_ref().into(),
            },
        }
    }
}

impl From<Option<&Networking>> for NetworkingWire {
    fn from(networking: Option<&Networking>) -> Self {
        match networking {
            None | Some(Networking::Unrestricted) => Self::Unrestricted,
            Some(Networking::Limited {
                allowed_hosts,
                allow_package_managers,
                allow_mcp_servers,
            }) => Self::Limited {
                allow_mcp_servers: *allow_mcp_servers,
                allow_package_managers: *allow_package_managers,
                allowed_hosts: allowed_hosts.clone(),
            },
        }
    }
}

impl From<Option<&Packages>> for PackagesWire {
    fn from(packages: Option<&Packages>) -> Self {
        let of = |manager| packages.and_then(|p| p.0.get(&manager)).cloned().unwrap_or_default();
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

/// The configuration of a new environment: `null` or nothing is an ordinary cloud one.
pub(super) fn created(config: Option<Value>) -> Result<Config, Invalid> {
    let patch = match config {
        None | Some(Value::Null) => ConfigPatch { kind: Some(Kind::Cloud), ..Default::default() },
        Some(config) => patch(config)?,
    };
    match patch.kind {
        None => Err(Invalid::missing("config.type")),
        Some(Kind::SelfHosted) => Ok(Config::SelfHosted { setup_script: None }),
        Some(Kind::Cloud) => Ok(Config::Cloud {
            packages: patch.packages,
            networking: patch.networking.map(|networking| networking.onto(None)),
            setup_script: None,
        }),
    }
}

/// A change of configuration. Members that only a cloud environment has mean that kind even where
/// `type` is left out, so a self-hosted one refuses them.
pub(super) fn patch(config: Value) -> Result<ConfigPatch, Invalid> {
    let mut members = Members::of(config, "config")?;
    let kind = match members.optional_word("type")?.as_deref() {
        None => None,
        Some("cloud") => Some(Kind::Cloud),
        Some("self_hosted") => Some(Kind::SelfHosted),
        Some(_) => {
            return Err(Invalid::new("config.type", "must be 'cloud' or 'self_hosted'"));
        }
    };
    if kind == Some(Kind::SelfHosted) {
        members.finish()?;
        return Ok(ConfigPatch { kind, ..Default::default() });
    }
    let packages = members.take("packages").map(packages).transpose()?;
    let networking = members.take("networking").map(networking).transpose()?;
    members.finish()?;
    let names_cloud = packages.is_some() || networking.is_some();
    let kind = kind.or(names_cloud.then_some(Kind::Cloud));
    Ok(ConfigPatch { kind, packages, networking })
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

fn networking(networking: Value) -> Result<NetworkingPatch, Invalid> {
    let mut members = Members::of(networking, "config.networking")?;
    let patch = match members.optional_word("type")?.as_deref() {
        None => return Err(Invalid::missing("config.networking.type")),
        Some("unrestricted") => NetworkingPatch::Unrestricted,
        Some("limited") => NetworkingPatch::Limited {
            allowed_hosts: members.optional_strings("allowed_hosts")?,
            allow_package_managers: members.optional_bool("allow_package_managers")?,
            allow_mcp_servers: members.optional_bool("allow_mcp_servers")?,
        },
        Some(_) => {
            let problem = "must be 'unrestricted' or 'limited'";
            return Err(Invalid::new("config.networking.type", problem));
        }
    };
    members.finish()?;
    Ok(patch)
}

#[cfg(test)]
mod tests;
