//! Agents: who does the work of a session. A change makes a new version; sessions keep theirs.

use std::collections::BTreeMap;

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::environment::Archived;
use crate::{Client, Cursor, Page, Reply, Result};

/// An agent.
#[derive(Clone, Debug, Deserialize)]
pub struct Agent {
    /// `agent_…`.
    pub id: String,
    /// Counts from 1.
    pub version: u32,
    /// What people call it.
    pub name: String,
    /// More about it, possibly empty.
    pub description: Option<String>,
    /// What it thinks with.
    pub model: Model,
    /// What it is told before everything else, possibly empty.
    pub system: Option<String>,
    /// What it can do, in the server's words.
    #[serde(default)]
    pub tools: Vec<Value>,
    /// What its owner noted on it.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// RFC 3339; `None`: in use.
    pub archived_at: Option<String>,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339; when this version was written.
    pub updated_at: String,
}

/// An agent as a session keeps it.
#[derive(Clone, Debug, Deserialize)]
pub struct Snapshot {
    /// `agent_…`.
    pub id: String,
    /// Which version it was.
    pub version: u32,
    /// What people called it.
    pub name: String,
    /// What it thinks with.
    pub model: Model,
}

/// What an agent thinks with: a model, or a model and how to use it (agents §3.1).
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Model {
    /// A model's id alone.
    Id(String),
    /// An object whose member `id` is a model's id.
    Tuned(Value),
}

impl Model {
    /// The model's id; empty if the server gave none.
    pub fn id(&self) -> &str {
        match self {
            Self::Id(id) => id,
            Self::Tuned(tuned) => tuned.get("id").and_then(Value::as_str).unwrap_or_default(),
        }
    }
}

/// An agent to be made.
#[derive(Clone, Debug, Serialize)]
pub struct NewAgent {
    /// What people call it, 1 to 256 characters.
    pub name: String,
    /// What it thinks with.
    pub model: Model,
    /// More about it, at most 2,048 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it is told before everything else, at most 100,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// What it can do (agents §5); nothing named: nothing.
    pub tools: Vec<Value>,
    /// What to note on it.
    pub metadata: BTreeMap<String, String>,
}

impl NewAgent {
    /// One with nothing but a name and a model.
    pub fn of(name: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            model: Model::Id(model.into()),
            description: None,
            system: None,
            tools: Vec::new(),
            metadata: BTreeMap::new(),
        }
    }
}

/// Whether the tools of the built-in toolset wait for a person's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// They run at once.
    Allow,
    /// A person is asked before each call.
    Ask,
}

impl Policy {
    /// The built-in toolset under this policy, an element of [`NewAgent::tools`].
    pub fn toolset(self) -> Value {
        let kind = match self {
            Self::Allow => "always_allow",
            Self::Ask => "always_ask",
        };
        json!({
            "type": "agent_toolset_20260401",
            "default_config": { "permission_policy": { "type": kind } },
        })
    }
}

/// What is to change about an agent; `None` keeps what is there.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AgentChange {
    /// The version that is to be changed; another one in its place is a conflict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it thinks with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<Model>,
    /// More about it; an empty text clears it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it is told before everything else; an empty text clears it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// What it can do, in full.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<Value>>,
    /// Notes to set; `None` removes one.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, Option<String>>,
}

#[derive(Serialize)]
struct AgentQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
}

impl Client {
    /// Makes an agent.
    pub async fn create_agent(&self, new: &NewAgent) -> Result<Reply<Agent>> {
        self.send_json(self.cloud(Method::POST, &["agents"])?, new).await
    }

    /// One page of the agents, newest first.
    pub async fn list_agents(
        &self,
        archived: Archived,
        cursor: &Cursor,
    ) -> Result<Reply<Page<Agent>>> {
        let request = self.cloud(Method::GET, &["agents"])?;
        self.send(request.query(&archived.query()).query(cursor)).await
    }

    /// One agent, archived or not, in one version or the newest.
    pub async fn retrieve_agent(
        &self,
        agent_id: &str,
        version: Option<u32>,
    ) -> Result<Reply<Agent>> {
        let request = self.cloud(Method::GET, &["agents", agent_id])?;
        self.send(request.query(&AgentQuery { version })).await
    }

    /// Writes a new version of an agent; sessions that there are keep theirs.
    pub async fn update_agent(&self, agent_id: &str, change: &AgentChange) -> Result<Reply<Agent>> {
        self.send_json(self.cloud(Method::POST, &["agents", agent_id])?, change).await
    }

    /// Archives an agent: no new session can have it.
    pub async fn archive_agent(&self, agent_id: &str) -> Result<Reply<Agent>> {
        self.send(self.cloud(Method::POST, &["agents", agent_id, "archive"])?).await
    }
}
