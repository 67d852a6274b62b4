//! Sessions. One in a self-hosted environment queues a work item when it is made (sessions §7).

use std::collections::BTreeMap;

use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::agent::Snapshot;
use crate::environment::{Archived, Deleted};
use crate::event::NewEvent;
use crate::{Client, Cursor, Page, Reply, Result};

/// A session; more about it is in [`Reply::json`].
#[derive(Clone, Debug, Deserialize)]
pub struct Session {
    /// `sess_…` in Q, `sesn_…` in A.
    pub id: String,
    /// Its agent, as it was when the session was made.
    pub agent: Snapshot,
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
    /// With what it begins; with nothing it waits.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub initial_events: Vec<NewEvent>,
}

impl NewSession {
    /// One with nothing but an agent and a place to run in.
    pub fn of(agent: impl Into<String>, environment_id: impl Into<String>) -> Self {
        Self {
            agent: agent.into(),
            environment_id: environment_id.into(),
            title: None,
            metadata: BTreeMap::new(),
            initial_events: Vec::new(),
        }
    }
}

/// What is to change about a session.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SessionChange {
    /// What people call it; `Some(None)`: nothing any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Option<String>>,
    /// Notes to set; `None` removes one.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, Option<String>>,
}

/// Which sessions a list shows.
#[derive(Clone, Debug)]
pub struct SessionFilter {
    /// Those of one agent.
    pub agent_id: Option<String>,
    /// Those with one of these statuses; none named: all.
    pub statuses: Vec<String>,
    /// Archived ones too, or not.
    pub archived: Archived,
}

/// What is left to say of a session that was told to cancel its turn.
#[derive(Clone, Debug, Deserialize)]
pub struct Cancelled {
    /// The session.
    pub id: String,
    /// `canceling`, whether or not there was a turn.
    pub status: String,
}

impl Client {
    /// Makes a session.
    pub async fn create_session(&self, new: &NewSession) -> Result<Reply<Session>> {
        self.send_json(self.cloud(Method::POST, &["sessions"])?, new).await
    }

    /// One page of the sessions, newest first.
    pub async fn list_sessions(
        &self,
        filter: &SessionFilter,
        cursor: &Cursor,
    ) -> Result<Reply<Page<Session>>> {
        let mut request = self.cloud(Method::GET, &["sessions"])?.query(&filter.archived.query());
        if let Some(agent_id) = &filter.agent_id {
            request = request.query(&[("agent_id", agent_id)]);
        }
        for status in &filter.statuses {
            request = request.query(&[("statuses[]", status)]);
        }
        self.send(request.query(cursor)).await
    }

    /// One session, archived or not.
    pub async fn retrieve_session(&self, session_id: &str) -> Result<Reply<Session>> {
        self.send(self.cloud(Method::GET, &["sessions", session_id])?).await
    }

    /// Changes a session.
    pub async fn update_session(
        &self,
        session_id: &str,
        change: &SessionChange,
    ) -> Result<Reply<Session>> {
        self.send_json(self.cloud(Method::POST, &["sessions", session_id])?, change).await
    }

    /// Ends a session's turn, if there is one. Only Q has it; elsewhere an interrupt does the same.
    pub async fn cancel_session(&self, session_id: &str) -> Result<Reply<Cancelled>> {
        self.send(self.cloud(Method::POST, &["sessions", session_id, "cancel"])?).await
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
