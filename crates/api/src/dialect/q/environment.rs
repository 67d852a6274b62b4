//! Environments as dialect Q writes them (environments §2, §4, §6).

use std::collections::BTreeMap;

use leasehold_model::environment::config::Strictness;
use leasehold_model::environment::ops::{ConfigChange, CreateEnvironment, UpdateEnvironment};
use leasehold_model::environment::{Environment, MAX_DESCRIPTION_CHARS, MAX_NAME_CHARS, Scope};
use leasehold_model::{AccountId, EnvironmentId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::config::{self, ConfigBody, ConfigWire};
use crate::body::{Invalid, Members};
use crate::time::micros_trim;

/// An environment.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Environment)]
pub(super) struct EnvironmentWire {
    /// `env_` and 32 hexadecimal digits.
    id: String,
    /// Always `environment`.
    #[schema(pattern = "^environment$")]
    r#type: &'static str,
    name: String,
    /// Empty if it was never said.
    description: String,
    config: ConfigWire,
    /// What its owner keeps with it.
    metadata: BTreeMap<String, String>,
    /// RFC 3339, to the microsecond; `null` while it is in use.
    archived_at: Option<String>,
    /// RFC 3339, to the microsecond.
    created_at: String,
    /// RFC 3339, to the microsecond.
    updated_at: String,
    /// `organization` or `account`; absent if the client never said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(organization|account)$")]
    scope: Option<&'static str>,
}

/// A part of the list of environments.
#[derive(Serialize, ToSchema)]
#[schema(as = EnvironmentList)]
pub(super) struct EnvironmentList {
    data: Vec<EnvironmentWire>,
    next_page: Option<String>,
    first_id: Option<String>,
    last_id: Option<String>,
    has_more: bool,
}

/// An environment to be made.
#[derive(Deserialize, ToSchema)]
#[schema(as = CreateEnvironment)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(super) struct CreateBody {
    /// Not only space.
    #[schema(min_length = 1, max_length = 256)]
    name: String,
    config: ConfigBody,
    /// What it is for.
    #[schema(max_length = 1024)]
    description: Option<String>,
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
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(super) struct UpdateBody {
    #[schema(min_length = 1, max_length = 256, nullable = false)]
    name: Option<String>,
    /// `null` clears it.
    #[schema(max_length = 1024)]
    description: Option<String>,
    /// Takes the place of the stored one.
    #[schema(nullable = false)]
    config: Option<ConfigBody>,
    /// A string sets a key, `null` removes it.
    #[serde(default)]
    metadata: BTreeMap<String, Option<String>>,
    /// `organization` or `account`; of no effect here.
    #[schema(pattern = "^(organization|account)$")]
    scope: Option<String>,
}

impl From<&Environment> for EnvironmentWire {
    fn from(environment: &Environment) -> Self {
        Self {
            id: environment.id.to_string(),
            r#type: "environment",
            name: environment.name.clone(),
            description: environment.description.clone().unwrap_or_default(),
            config: (&environment.config).into(),
            metadata: environment.metadata.map().clone(),
            archived_at: environment.archived_at.map(micros_trim),
            created_at: micros_trim(environment.created_at),
            updated_at: micros_trim(environment.updated_at),
            scope: environment.scope.map(|scope| match scope {
                Scope::Organization => "organization",
                Scope::Account => "account",
            }),
        }
    }
}

/// Reads the body of a create.
pub(super) fn create(account: AccountId, body: Value) -> Result<CreateEnvironment, Invalid> {
    let mut members = Members::body(body)?;
    let name = name(&members.required("name")?)?;
    let config = config::read(members.required("config")?)?;
    let description = members.take("description").as_ref().map(description).transpose()?.flatten();
    let metadata = members.metadata()?;
    let scope = scope(members.take("scope").as_ref())?;
    let strictness = Strictness::Bounds;
    Ok(CreateEnvironment { account, name, description, config, strictness, metadata, scope })
}

/// Reads the body of an update: `config` replaces, `metadata` is a merge patch (environments §6).
pub(super) fn update(
    account: AccountId,
    environment: EnvironmentId,
    body: Value,
) -> Result<UpdateEnvironment, Invalid> {
    let mut members = Members::body(body)?;
    Ok(UpdateEnvironment {
        account,
        environment,
        name: members.take("name").as_ref().map(name).transpose()?,
        description: members.take("description").as_ref().map(description).transpose()?,
        config: members
            .take("config")
            .map(|config| config::read(config).map(ConfigChange::Replace))
            .transpose()?,
        strictness: Strictness::Bounds,
        metadata: members.metadata_patch()?,
        scope: scope(members.take("scope").as_ref())?,
    })
}

fn name(value: &Value) -> Result<String, Invalid> {
    let Some(name) = value.as_str() else {
        return Err(Invalid::new("name", "must be a string"));
    };
    if name.trim().is_empty() {
        return Err(Invalid::new("name", "must not be empty"));
    }
    if name.chars().count() > MAX_NAME_CHARS {
        return Err(Invalid::new("name", "must not be longer than 256 characters"));
    }
    Ok(name.to_owned())
}

/// `null` and an empty string leave nothing.
fn description(value: &Value) -> Result<Option<String>, Invalid> {
    if value.is_null() {
        return Ok(None);
    }
    let Some(description) = value.as_str() else {
        return Err(Invalid::new("description", "must be a string or null"));
    };
    if description.chars().count() > MAX_DESCRIPTION_CHARS {
        return Err(Invalid::new("description", "must not be longer than 1024 characters"));
    }
    Ok(Some(description.to_owned()).filter(|text| !text.is_empty()))
}

fn scope(value: Option<&Value>) -> Result<Option<Scope>, Invalid> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_str() {
            Some("organization") => Ok(Some(Scope::Organization)),
            Some("account") => Ok(Some(Scope::Account)),
            Some(_) | None => Err(Invalid::new("scope", "must be 'organization' or 'account'")),
        },
    }
}
