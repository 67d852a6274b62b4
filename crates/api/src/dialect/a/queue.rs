//! The environment in the path, and its queue of work, as dialect A tells of them.

use leasehold_model::EnvironmentId;
use leasehold_model::environment::Facts;
use leasehold_model::environment::config::Kind;

use crate::auth::Principal;
use crate::call::Call;
use crate::failure::{Failure, Problem};

/// The environment in the path, once it is clear that the caller may do this in it. A key or a claim
/// learns of no environment but its own, so all others are the same 403 (conventions §3).
pub(super) async fn environment(call: &Call) -> Result<(EnvironmentId, Facts), Failure> {
    let bound = match call.principal {
        Principal::Account { .. } => None,
        Principal::Key { environment, .. } => Some(environment),
        Principal::Claim(claim) => Some(claim.environment),
    };
    if bound.is_some() && bound != call.id("environment_id") {
        let message = "Token not authorized for this environment";
        return Err(Problem { message: message.into(), ..Problem::forbidden() }.into());
    }
    call.environment().await
}

/// The environment in the path, if it has a queue. One that has none has no items either, which is
/// a 404 (work §11).
pub(super) async fn queue(call: &Call) -> Result<EnvironmentId, Failure> {
    match environment(call).await? {
        (id, Facts { kind: Kind::SelfHosted, .. }) => Ok(id),
        (_, Facts { kind: Kind::Cloud, .. }) => {
            Err(Problem::not_found("This environment is not self-hosted: it has no work").into())
        }
    }
}

/// The environment in the path, if it can be polled: else 400.
pub(super) async fn polled(call: &Call) -> Result<EnvironmentId, Failure> {
    match environment(call).await? {
        (id, Facts { kind: Kind::SelfHosted, .. }) => Ok(id),
        (_, Facts { kind: Kind::Cloud, .. }) => {
            Err(Problem::invalid("This environment is not self-hosted: it cannot be polled").into())
        }
    }
}
