//! Sessions. One in a self-hosted environment queues a work item when it is made (sessions §7).

use std::collections::BTreeMap;

use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::environment::Deleted;
use crate::{Client, Reply, Result};

/// A session; its agent and resources are in [`Reply::json`].
#[derive(Clone, Debug, Deserialize)]
pub struct Session {
    /// `sess_…` in Q, `sesn_…` in A.
    pub id: String,
    /// The environment that it runs in.
    pub environment_id: String,
    /// Such as `idle` (sessions §5).
    pub status: String,
    /// What people call it.
    pub title: Option<String>,
    /// What its owner noted on it.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// RFC 3339; `None`: in use.
    pub archived_at: Option<String>,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339.
    pub updated_at: String,
}

/// A session to be made.
#[derive(Clone, Debug, Serialize)]
pub struct NewSession {
    /// The agent's id, `agent_…`.
    pub agent: String,
    /// The environment to run in.
    pub environment_id: String,
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What to note on it; in dialect Q the work item shows it too.
    pub metadata: BTreeMap<String, String>,
}

impl Client {
    /// Makes a session.
    pub async fn create_session(&self, new: &NewSession) -> Result<Reply<Session>> {
        self.send_json(self.cloud(Method::POST, &["sessions"])?, new).await
    }

    /// One session, archived or not.
    pub async fn retrieve_session(&self, session_id: &str) -> Result<Reply<Session>> {
        self.send(self.cloud(Method::GET, &["sessions", session_id])?).await
    }

    /// Archives a session and stops its work.
    pub async fn archive_session(&self, session_id: &str) -> Result<Reply<Session>> {
        self.send(self.cloud(Method::POST, &["sessions", session_id, "archive"])?).await
    }

    /// Deletes a session and stops its work.
    pub async fn delete_session(&self, session_id: &str) -> Result<Reply<Deleted>> {
        self.send(self.cloud(Method::DELETE, &["sessions", session_id])?).await
    }
}
