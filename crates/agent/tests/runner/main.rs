//! The runner on a real store, with a model that the test speaks for.

#![expect(clippy::unwrap_used, reason = "tests: the lab's helpers too")]

mod boundaries;
mod interrupts;
mod lab;
mod lives;
mod turns;
