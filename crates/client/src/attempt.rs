//! The history of a work item: who got it, and how each attempt ended.

use reqwest::Method;
use serde::Deserialize;

use crate::work::State;
use crate::{Client, Reply, Result};

/// All attempts at one item, oldest first.
#[derive(Clone, Debug, Deserialize)]
pub struct Attempts {
    /// The item.
    pub work_id: String,
    /// The item's present state.
    pub state: State,
    /// Why it was stopped, such as `attempts_exhausted`; `None` while it is live.
    pub stop_reason: Option<String>,
    /// The attempts.
    pub data: Vec<Attempt>,
}

/// One delivery of an item and what came of it. Instants are RFC 3339; `None`: it did not happen.
#[derive(Clone, Debug, Deserialize)]
pub struct Attempt {
    /// 1 for the first.
    pub attempt: u32,
    /// The name that the worker gave.
    pub worker_id: Option<String>,
    /// When a poll handed it out; `None` if it was acknowledged without a poll.
    pub delivered_at: Option<String>,
    /// When the worker accepted it.
    pub acknowledged_at: Option<String>,
    /// The first heartbeat.
    pub first_heartbeat_at: Option<String>,
    /// The last heartbeat.
    pub last_heartbeat_at: Option<String>,
    /// When it ended.
    pub ended_at: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It has not.
    Open,
    /// The item was stopped.
    Stopped,
    /// The lease ran out.
    Lapsed,
    /// The item was handed out again before anybody acknowledged this delivery.
    Superseded,
    /// Something that this crate does not know.
    #[serde(untagged)]
    Other(String),
}

impl Outcome {
    /// As on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Open => "open",
            Self::Stopped => "stopped",
            Self::Lapsed => "lapsed",
            Self::Superseded => "superseded",
            Self::Other(text) => text,
        }
    }
}

impl Client {
    /// The attempts at an item.
    pub async fn list_attempts(
        &self,
        environment_id: &str,
        work_id: &str,
    ) -> Result<Reply<Attempts>> {
        let path = ["environments", environment_id, "work", work_id, "attempts"];
        self.send(self.native(Method::GET, &path)?).await
    }
}
