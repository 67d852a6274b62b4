//! What a session may cost (sessions §3, §4).

use serde::{Deserialize, Serialize};

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

    /// Whether so much, in billionths of the unit, has used it up.
    pub const fn is_used_up_by(self, nanos: u64) -> bool {
        self.hundredths.saturating_mul(10_000_000) <= nanos
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_used_up_when_its_last_hundredth_is() {
        let budget = Budget { hundredths: 100 };
        assert!(!budget.is_used_up_by(0));
        assert!(!budget.is_used_up_by(999_999_999));
        assert!(budget.is_used_up_by(1_000_000_000));
        assert!(!Budget::MAX.is_used_up_by(u64::from(u32::MAX)));
    }
}
