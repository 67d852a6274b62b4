//! One suite of behaviours for all backends: each is stated once and run on every one of them.
//!
//! Time is moved by hand. What waits for real time does so for an answer that must come, and the
//! limit is only there so that a failure ends.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

/// Runs behaviours on every backend.
macro_rules! on_every_backend {
    ($($behaviour:ident),+ $(,)?) => {
        mod memory {
            $(#[tokio::test] async fn $behaviour() {
                super::$behaviour(crate::lab::Lab::memory().await).await;
            })+
        }
        mod sqlite {
            $(#[tokio::test] async fn $behaviour() {
                super::$behaviour(crate::lab::Lab::sqlite().await).await;
            })+
        }
    };
}

mod agents;
mod answers;
mod batches;
mod credentials;
mod differential;
mod dump;
mod environments;
mod file;
mod follow;
mod gate;
mod history;
mod lab;
mod log;
mod migration;
mod pages;
mod polls;
mod queue;
mod reopen;
