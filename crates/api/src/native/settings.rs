//! Settings of an environment that the vendors' APIs have no member for: the limit of attempts.

use leasehold_model::EnvironmentId;
use leasehold_model::environment::ATTEMPTS;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::body::{Invalid, Members};

/// The settings of one environment.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = EnvironmentSettings)]
pub(crate) struct SettingsWire {
    /// Always `environment_settings`.
    #[schema(pattern = "^environment_settings$")]
    r#type: &'static str,
    environment_id: String,
    /// After how many accepted attempts a work item that lapses is stopped; `null`: never.
    #[schema(minimum = 1, maximum = 1000)]
    max_attempts: Option<u32>,
}

impl SettingsWire {
    /// The settings of this environment.
    pub(super) fn of(environment: EnvironmentId, max_attempts: Option<u32>) -> Self {
        Self {
            r#type: "environment_settings",
            environment_id: environment.to_string(),
            max_attempts,
        }
    }
}

/// Reads the body of an update: the limit, or `null` to lift it.
pub(super) fn max_attempts(body: Value) -> Result<Option<u32>, Invalid> {
    let mut members = Members::body(body)?;
    let limit = members.required("max_attempts")?;
    members.finish()?;
    if limit.is_null() {
        return Ok(None);
    }
    limit
        .as_u64()
        .and_then(|limit| u32::try_from(limit).ok())
        .filter(|limit| ATTEMPTS.contains(limit))
        .map(Some)
        .ok_or_else(|| Invalid::new("max_attempts", "must be null or an integer from 1 to 1000"))
}

#[cfg(test)]
mod tests;
