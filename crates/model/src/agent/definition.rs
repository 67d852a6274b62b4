//! What an agent is: its words, its model, its tools (agents §2).
//!
//! Kept as it was accepted; a dialect decides which members it takes and shows.

mod check;

use serde::{Deserialize, Serialize};

use super::model_spec::ModelSpec;
use super::tool::{McpServer, Tool};
use crate::metadata::Metadata;

pub(super) use check::{Parts, check_skills_have_tools};

/// The most characters of a name; the least is 1 after trimming.
pub const MAX_NAME_CHARS: usize = 256;
/// The most characters of a description.
pub const MAX_DESCRIPTION_CHARS: usize = 2_048;
/// The most characters of a system prompt.
pub const MAX_SYSTEM_CHARS: usize = 100_000;
/// The most entries of a list of tools.
pub const MAX_TOOLS: usize = 128;
/// The most MCP servers.
pub const MAX_SERVERS: usize = 20;
/// The most characters of an MCP server's name.
pub const MAX_SERVER_NAME_CHARS: usize = 255;
/// The most bytes of an MCP server's address.
pub const MAX_URL_BYTES: usize = 2_048;
/// The most skills.
pub const MAX_SKILLS: usize = 20;
/// The most characters of a skill's id or version.
pub const MAX_SKILL_CHARS: usize = 256;
/// The most characters of the name of a custom tool, or of a tool of an MCP server.
pub const MAX_TOOL_NAME_CHARS: usize = 128;
/// The most characters of a custom tool's description (A).
pub const MAX_TOOL_DESCRIPTION_CHARS: usize = 4_096;

/// What an agent is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// Its name; names need not be unique.
    pub name: String,
    /// What it is for; `None` if it was never said or was cleared.
    pub description: Option<String>,
    /// The model it thinks with.
    pub model: ModelSpec,
    /// Its system prompt; `None` if it has none.
    pub system: Option<String>,
    /// Its tools; none at all if the list is empty.
    pub tools: Vec<Tool>,
    /// The MCP servers that its toolsets name.
    pub mcp_servers: Vec<McpServer>,
    /// Its skills.
    pub skills: Vec<Skill>,
    /// What the client keeps with it.
    pub metadata: Metadata,
}

/// A skill that a worker lays out for the agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skill {
    /// Who made it.
    pub origin: SkillOrigin,
    /// Its id.
    pub id: String,
    /// Its version, or `latest`, which is not resolved (agents §2).
    pub version: String,
}

impl Skill {
    /// The version of a skill that names none.
    pub const LATEST: &'static str = "latest";
}

/// Who made a skill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkillOrigin {
    /// The client.
    Custom,
    /// The vendor: each dialect has its own word.
    Vendor,
}

/// Where the dialects judge a definition differently (agents §4, §5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// What must hold so that a model can be asked (Q).
    Bounds,
    /// Also: every MCP server has a toolset, custom tools are described briefly and in plain schemas
    /// (A).
    Tidy,
}

#[cfg(test)]
mod tests;
