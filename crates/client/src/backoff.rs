//! How long to wait before the next try.

use std::time::Duration;

/// Pauses that double from the first to the longest.
#[derive(Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    /// Pauses between these two.
    pub const fn between(first: Duration, longest: Duration) -> Self {
        Self { first, longest, next: first }
    }

    /// The next pause. `chance`, 0 to 1, takes up to a quarter off it, so that many clients of one
    /// server do not come back at the same instant.
    pub fn pause(&mut self, chance: f64) -> Duration {
        let pause = self.next.mul_f64(1.0 - chance / 4.0);
        self.next = (self.next * 2).min(self.longest);
        pause
    }

    /// Begins again with the first pause.
    pub const fn reset(&mut self) {
        self.next = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_begin_again() {
        let mut backoff = Backoff::between(Duration::from_millis(500), Duration::from_secs(3));
        let mut pauses = |chance: f64| [0; 4].map(|_| backoff.pause(chance).as_millis());
        assert_eq!(pauses(0.0), [500, 1000, 2000, 3000]);
        assert_eq!(pauses(1.0), [2250; 4]);
        backoff.reset();
        assert_eq!(backoff.pause(1.0).as_millis(), 375);
    }
}
