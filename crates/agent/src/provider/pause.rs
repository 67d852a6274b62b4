//! How often a request is repeated, and how long is waited before it.

use std::time::Duration;

use super::ProviderError;

/// The longest pause that is not asked for.
const LONGEST: Duration = Duration::from_secs(8);
/// The longest pause that is granted to a provider that asks for one. Who asks for more is left to
/// the caller, who has something better to do than to wait.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often a request that failed before the first piece of its answer is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Retries {
    /// Repetitions; 0: none.
    pub(crate) limit: u32,
    /// The pause before the first one; it doubles from then on.
    pub(crate) first_pause: Duration,
}

impl Retries {
    /// How long to wait after an error before repetition number `past + 1`, or `None` if there is
    /// to be none. `chance` in 0..1 spreads those who failed together.
    pub(super) fn pause(self, error: &ProviderError, past: u32, chance: f64) -> Option<Duration> {
        if !error.is_retryable() || past >= self.limit {
            return None;
        }
        if let Some(asked) = error.retry_after {
            let spread = asked.mul_f64(0.1 * chance);
            return (asked <= PATIENCE).then_some(asked + spread);
        }
        let doubled = self.first_pause.saturating_mul(2_u32.saturating_pow(past));
        Some(doubled.min(LONGEST).mul_f64(0.5 + 0.5 * chance))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Fault;
    use super::*;

    const RETRIES: Retries = Retries { limit: 8, first_pause: Duration::from_millis(500) };

    fn millis(fault: Fault, asked_secs: Option<u64>, past: u32, chance: f64) -> Option<u128> {
        let mut error = ProviderError::new(fault, "no");
        error.retry_after = asked_secs.map(Duration::from_secs);
        RETRIES.pause(&error, past, chance).map(|pause| pause.as_millis())
    }

    #[test]
    fn pauses_double_up_to_a_limit_and_are_spread() {
        let pauses =
            |chance| [0, 1, 2, 5, 7].map(|past| millis(Fault::Overloaded, None, past, chance));
        assert_eq!(pauses(1.0), [Some(500), Some(1_000), Some(2_000), Some(8_000), Some(8_000)]);
        assert_eq!(pauses(0.0), [Some(250), Some(500), Some(1_000), Some(4_000), Some(4_000)]);
    }

    #[test]
    fn nobody_comes_back_too_early_and_nobody_waits_too_long() {
        assert_eq!(millis(Fault::RateLimited, Some(7), 0, 0.0), Some(7_000));
        assert_eq!(millis(Fault::RateLimited, Some(60), 0, 1.0), Some(66_000));
        assert_eq!(millis(Fault::RateLimited, Some(61), 0, 0.0), None);
    }

    #[test]
    fn what_will_not_mend_and_what_was_tried_often_is_not_repeated() {
        assert_eq!(millis(Fault::RequestFailed, None, 8, 0.5), None);
        assert_eq!(millis(Fault::InvalidRequest, None, 0, 0.5), None);
        assert_eq!(millis(Fault::Authentication, Some(1), 0, 0.5), None);
    }
}
