//! What a session may cost (sessions §3, §4).

use serde::{Deserialize, Serialize};

use crate::event::Usage;

/// A limit on the cost of a session, counted in the unit of the deployment's price list. One dialect
/// calls a hundredth of it a cent, the other calls the whole a credit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Budget {
    /// In hundredths, at most [`Budget::MAX`].
    pub hundredths: u64,
}

impl Budget {
    /// Twelve digits before the point and two behind it.
    pub const MAX: Self = Self { hundredths: 99_999_999_999_999 };

    /// Whether that much has been used. A cost is counted in billionths.
    pub const fn is_spent(self, usage: &Usage) -> bool {
        usage.cost_nanos / NANOS_PER_HUNDREDTH >= self.hundredths
    }
}

/// A hundredth in billionths.
const NANOS_PER_HUNDREDTH: u64 = 10_000_000;
