//! The manual clock, for people who test their workers without waiting for leases to lapse.

use std::time::Duration;

use leasehold_model::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::body::{Invalid, Members};
use crate::time::micros6;

/// The longest step: ten years of 365 days.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// Where the clock stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Clock)]
pub(crate) struct ClockWire {
    /// Always `clock`.
    #[schema(pattern = "^clock$")]
    r#type: &'static str,
    /// RFC 3339 with six decimals.
    now: String,
}

impl ClockWire {
    /// A clock that stands at `now`.
    pub(super) fn at(now: Timestamp) -> Self {
        Self { r#type: "clock", now: micros6(now) }
    }
}

/// Reads the body of an advance: by how much.
pub(super) fn step(body: Value) -> Result<Duration, Invalid> {
    let mut members = Members::body(body)?;
    let step = members
        .required("seconds")?
        .as_f64()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|step| *step <= LONGEST)
        .ok_or_else(|| {
            Invalid::new("seconds", "must be a number of seconds from 0 to 315360000")
        })?;
    members.finish()?;
    Ok(step)
}

#[cfg(test)]
mod tests;
