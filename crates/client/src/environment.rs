//! Environments: what sessions run in. Only a self-hosted one has a queue of work.

use std::collections::BTreeMap;

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Client, Cursor, Page, Reply, Result};

/// An environment.
#[derive(Clone, Debug, Deserialize)]
pub struct Environment {
    /// `env_…`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// More about it, possibly empty.
    pub description: Option<String>,
    /// Its configuration; the member `type` says which kind it is.
    pub config: Value,
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

impl Environment {
    /// `self_hosted` or `cloud`; empty if the server did not say.
    pub fn kind(&self) -> &str {
        self.config.get("type").and_then(Value::as_str).unwrap_or_default()
    }
}

/// An environment to be made.
#[derive(Clone, Debug, Serialize)]
pub struct NewEnvironment {
    /// What people call it, 1 to 256 characters.
    pub name: String,
    /// More about it, at most 1,024 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its configuration (environments §3).
    pub config: Value,
    /// What to note on it.
    pub metadata: BTreeMap<String, String>,
}

impl NewEnvironment {
    /// One whose work the customer's own machines do.
    pub fn self_hosted(name: impl Into<String>) -> Self {
        Self::of_kind(name, "self_hosted")
    }

    /// One with nothing but a name and a kind.
    pub fn of_kind(name: impl Into<String>, kind: &str) -> Self {
        Self {
            name: name.into(),
            description: None,
            config: json!({ "type": kind }),
            metadata: BTreeMap::new(),
        }
    }
}

/// What is left of an object that was deleted.
#[derive(Clone, Debug, Deserialize)]
pub struct Deleted {
    /// The id of what is gone.
    pub id: String,
}

/// Whether a list shows archived objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Archived {
    /// It leaves them out.
    Hidden,
    /// It shows them too.
    Shown,
}

impl Archived {
    pub(crate) const fn query(self) -> [(&'static str, bool); 1] {
        [("include_archived", matches!(self, Self::Shown))]
    }
}

impl Client {
    /// Makes an environment.
    pub async fn create_environment(&self, new: &NewEnvironment) -> Result<Reply<Environment>> {
        self.send_json(self.cloud(Method::POST, &["environments"])?, new).await
    }

    /// One page of the environments, newest first.
    pub async fn list_environments(
        &self,
        archived: Archived,
        cursor: &Cursor,
    ) -> Result<Reply<Page<Environment>>> {
        let request = self.cloud(Method::GET, &["environments"])?;
        self.send(request.query(&archived.query()).query(cursor)).await
    }

    /// One environment, archived or not.
    pub async fn retrieve_environment(&self, environment_id: &str) -> Result<Reply<Environment>> {
        self.send(self.cloud(Method::GET, &["environments", environment_id])?).await
    }

    /// Archives an environment: no new session can use it, its queue drains.
    pub async fn archive_environment(&self, environment_id: &str) -> Result<Reply<Environment>> {
        self.send(self.cloud(Method::POST, &["environments", environment_id, "archive"])?).await
    }

    /// Deletes an environment that no session uses.
    pub async fn delete_environment(&self, environment_id: &str) -> Result<Reply<Deleted>> {
        self.send(self.cloud(Method::DELETE, &["environments", environment_id])?).await
    }
}
