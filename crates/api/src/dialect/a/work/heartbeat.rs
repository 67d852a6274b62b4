//! The heartbeat as dialect A writes it (work §7).

use leasehold_model::Refusal;
use leasehold_model::op::{Context, Op};
use leasehold_model::rows::{Keys, Rows};
use leasehold_model::work::heartbeat::Beat;
use leasehold_model::work::ops::Renew;
use serde::Serialize;
use utoipa::ToSchema;

use crate::time::micros6;

/// The answer to a heartbeat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = WorkHeartbeat)]
pub(in crate::dialect::a) struct HeartbeatWire {
    /// Always `work_heartbeat`.
    #[schema(pattern = "^work_heartbeat$")]
    r#type: &'static str,
    /// The newest heartbeat, to be echoed by the next one; empty if there is none.
    last_heartbeat: String,
    /// Whether this call extended the lease.
    lease_extended: bool,
    /// The state after the call.
    #[schema(pattern = "^(queued|starting|active|stopping|stopped)$")]
    state: &'static str,
    /// What the lease lasts, in seconds.
    #[schema(minimum = 10, maximum = 600)]
    ttl_seconds: u16,
}

impl From<&Beat> for HeartbeatWire {
    fn from(beat: &Beat) -> Self {
        Self {
            r#type: "work_heartbeat",
            last_heartbeat: beat.beat.map(micros6).unwrap_or_default(),
            lease_extended: beat.extended,
            state: beat.state.as_str(),
            ttl_seconds: beat.ttl.seconds(),
        }
    }
}

/// A renewal that an item which has stopped answers too: not extended (work §7.3).
#[derive(Clone, Debug)]
pub(in crate::dialect::a) struct Renewal(pub(in crate::dialect::a) Renew);

impl Op for Renewal {
    type Reply = Beat;

    fn needs(&self, keys: &mut Keys) {
        self.0.needs(keys);
    }

    fn decide(&self, context: &mut Context<'_>, rows: &mut Rows) -> Result<Beat, Refusal> {
        match self.0.decide(context, rows) {
            Err(Refusal::Finished { current, .. }) => Ok(Beat {
                beat: current.beat,
                extended: false,
                state: current.state,
                ttl: current.ttl,
            }),
            outcome => outcome,
        }
    }
}

#[cfg(test)]
mod tests;
