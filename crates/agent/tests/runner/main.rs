//! The runner on a real store, with a model that the test speaks for.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod boundaries;
mod interrupts;
mod lab;
mod lives;
mod outcomes;
mod turns;
