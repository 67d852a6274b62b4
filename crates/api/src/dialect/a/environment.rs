//! Environments as dialect A writes them (environments §2, §10).

use std::collections::BTreeMap;

use leasehold_model::environment::config::Strictness;
use leasehold_model::environment::ops::{ConfigChange, CreateEnvironment, UpdateEnvironment};
use leasehold_model::environment::{Environment, MAX_DESCRIPTION_CHARS, MAX_NAME_CHARS, Scope};
use leasehold_model::{AccountId, EnvironmentId, MetadataPatch};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::config::{self, ConfigBody, ConfigWire};
use crate::body::{Invalid, Members};
use crate::time::micros_trim;

/// An environment.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Environment)]
pub(crate) struct EnvironmentWire {
    /// `env_` and 32 hexadecimal digits.
    id: String,
    /// Always `environment`.
    #[schema(pattern = "^environment$")]
    r#type: &'static str,
    name: String,
    /// What it is for; `null` if it was never said.
    description: Option<String>,
    config: ConfigWire,
    /// What its owner keeps with it.
    metadata: BTreeMap<String, String>,
    /// `organization` or `account`; of no effect here.
    #[schema(pattern = "^(organization|account)$")]
    scope: &'static str,
    /// RFC 3339, to the microsecond.
    created_at: String,
    /// RFC 3339, to the microsecond.
    updated_at: String,
    /// RFC 3339, to the microsecond; `null` while it is in use.
    archived_at: Option<String>,
}

impl From<&Environment> for EnvironmentWire {
    fn from(environment: &Environment) -> Self {
        Self {
            id: environment.id.to_string(),
            r#type: "environment",
            name: environment.name.clone(),
            description: environment.description.clone(),
            config: (&environment.config).into(),
            metadata: environment.metadata.map().clone(),
            scope: scope_word(environment.scope.unwrap_or(Scope::Organization)),
            created_at: micros_trim(environment.created_at),
            updated_at: micros_trim(environment.updated_at),
            archived_at: environment.archived_at.map(micros_trim),
        }
    }
}

const fn scope_word(scope: Scope) -> &'static str {
    match scope {
        Scope::Organization => "organization",
        Scope::Account => "account",
    }
}

/// A part of the list of environments.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = EnvironmentList)]
pub(super) struct EnvironmentList {
    pub(super) data: Vec<EnvironmentWire>,
    /// What the next page is asked for with; null on the last one.
    pub(super) next_page: Option<String>,
}

/// An environment to be made.
#[derive(Deserialize, ToSchema)]
#[schema(as = CreateEnvironment)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(super) struct CreateBody {
    /// Not only space.
    #[schema(min_length = 1, max_length = 256)]
    name: String,
    /// What it is for.
    #[schema(max_length = 1024)]
    description: Option<String>,
    /// Where sessions run; an ordinary cloud environment if absent.
    config: Option<ConfigBody>,
    /// At most 16 keys of 64 characters with values of 512.
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    /// `organization` or `account`; of no effect here.
    #[schema(pattern = "^(organization|account)$")]
    scope: Option<String>,
}

/// What to change of an environment.
#[derive(Deserialize, ToSchema)]
#[schema(as = UpdateEnvironment)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(super) struct UpdateBody {
    /// Not only space.
    #[schema(min_length = 1, max_length = 256)]
    #[serde(default)]
    name: String,
    /// Null clears it.
    #[schema(max_length = 1024)]
    description: Option<String>,
    /// Merged into what is stored; its type cannot be changed.
    config: Option<ConfigBody>,
    /// A string sets a key, null or an empty one removes it.
    #[serde(default)]
    metadata: BTreeMap<String, Option<String>>,
    /// `organization` or `account`; of no effect here.
    #[schema(pattern = "^(organization|account)$")]
    scope: Option<String>,
}

/// Reads the body of a create.
pub(super) fn create(account: AccountId, body: Value) -> Result<CreateEnvironment, Invalid> {
    let mut members = Members::body(body)?;
    let name = name(members.required("name")?)?;
    let config = config::created(members.take("config"))?;
    let description = match members.take("description") {
        None | Some(Value::Null) => None,
        Some(value) => Some(description(value)?),
    };
    let metadata = members.metadata()?;
    let scope = members.take("scope").as_ref().map(scope).transpose()?.flatten();
    members.finish()?;
    let strictness = Strictness::PackagesNeedTheirManagers;
    Ok(CreateEnvironment { account, name, description, config, strictness, metadata, scope })
}

/// Reads the body of an update. `config` is merged into what is stored; a metadata value that is
/// `null` or empty removes its key (environments §6).
pub(super) fn update(
    account: AccountId,
    environment: EnvironmentId,
    body: Value,
) -> Result<UpdateEnvironment, Invalid> {
    let mut members = Members::body(body)?;
    let name = members.take("name").map(name).transpose()?;
    let description = match members.take("description") {
        None => None,
        Some(Value::Null) => Some(None),
        Some(value) => Some(Some(description(value)?)),
    };
    let config = match members.take("config") {
        None | Some(Value::Null) => None,
        Some(config) => Some(ConfigChange::Merge(config::patch(config)?)),
    };
    let metadata = members.metadata_patch()?.map(without_empty);
    let scope = members.take("scope").as_ref().map(scope).transpose()?.flatten();
    members.finish()?;
    let strictness = Strictness::PackagesNeedTheirManagers;
    Ok(UpdateEnvironment {
        account,
        environment,
        name,
        description,
        config,
        strictness,
        metadata,
        scope,
    })
}

fn name(value: Value) -> Result<String, Invalid> {
    let Value::String(name) = value else {
        return Err(Invalid::new("name", "must be a string"));
    };
    if name.trim().is_empty() {
        return Err(Invalid::new("name", "must not be empty"));
    }
    if name.chars().count() > MAX_NAME_CHARS {
        return Err(Invalid::new("name", "must not be longer than 256 characters"));
    }
    Ok(name)
}

fn description(value: Value) -> Result<String, Invalid> {
    let Value::String(description) = value else {
        return Err(Invalid::new("description", "must be a string or null"));
    };
    if description.chars().count() > MAX_DESCRIPTION_CHARS {
        return Err(Invalid::new("description", "must not be longer than 1024 characters"));
    }
    Ok(description)
}

fn scope(value: &Value) -> Result<Option<Scope>, Invalid> {
    match value.as_str() {
        Some("organization") => Ok(Some(Scope::Organization)),
        Some("account") => Ok(Some(Scope::Account)),
        Some(_) => Err(Invalid::new("scope", "must be 'organization' or 'account'")),
        None if value.is_null() => Ok(None),
        None => Err(Invalid::new("scope", "must be 'organization' or 'account'")),
    }
}

fn without_empty(patch: MetadataPatch) -> MetadataPatch {
    patch.into_iter().map(|(key, value)| (key, value.filter(|value| !value.is_empty()))).collect()
}

#[cfg(test)]
mod tests;
