//! MCP servers and skills.

use leasehold_model::agent::definition::{Skill, SkillOrigin};
use leasehold_model::agent::tool::McpServer;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::Manner;
use crate::body::{Invalid, Members};

/// An MCP server.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = McpServer)]
pub(crate) struct ServerWire {
    /// Always `url`.
    #[schema(pattern = "^url$")]
    r#type: &'static str,
    name: String,
    url: String,
}

/// An MCP server, as a client writes it.
#[derive(Deserialize, ToSchema)]
#[schema(as = McpServerParams)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(crate) struct ServerParams {
    /// Always `url`.
    #[schema(pattern = "^url$")]
    r#type: String,
    /// What toolsets call it.
    #[schema(min_length = 1, max_length = 255)]
    name: String,
    /// Where it listens for streamable HTTP; without a user or password.
    #[schema(max_length = 2048)]
    url: String,
}

/// A skill.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AgentSkill)]
pub(crate) struct SkillWire {
    /// `custom`, or the vendor's word for its own.
    r#type: &'static str,
    skill_id: String,
    /// Its version, or `latest`.
    version: String,
}

/// A skill, as a client writes it.
#[derive(Deserialize, ToSchema)]
#[schema(as = AgentSkillParams)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(crate) struct SkillParams {
    /// `custom`, or the vendor's word for its own.
    r#type: String,
    #[schema(min_length = 1, max_length = 256)]
    skill_id: String,
    /// `latest` if absent.
    #[schema(min_length = 1, max_length = 256)]
    version: Option<String>,
}

impl From<&McpServer> for ServerWire {
    fn from(server: &McpServer) -> Self {
        Self { r#type: "url", name: server.name.clone(), url: server.url.clone() }
    }
}

impl SkillWire {
    pub(crate) fn of(skill: &Skill, manner: &Manner) -> Self {
        let r#type = match skill.origin {
            SkillOrigin::Custom => "custom",
            SkillOrigin::Vendor => manner.vendor,
        };
        Self { r#type, skill_id: skill.id.clone(), version: skill.version.clone() }
    }
}

/// Reads an MCP server that the member `path` holds.
pub(super) fn server(value: Value, path: &str) -> Result<McpServer, Invalid> {
    let mut members = Members::of(value, path)?;
    if members.required_word("type")? != "url" {
        return Err(Invalid::new(members.name("type"), "must be 'url'"));
    }
    let name = members.required_word("name")?;
    let url = members.required_word("url")?;
    members.finish()?;
    Ok(McpServer { name, url })
}

/// Reads a skill that the member `path` holds.
pub(super) fn skill(value: Value, path: &str, manner: &Manner) -> Result<Skill, Invalid> {
    let mut members = Members::of(value, path)?;
    let origin = match members.required_word("type")?.as_str() {
        "custom" => SkillOrigin::Custom,
        word if word == manner.vendor => SkillOrigin::Vendor,
        _ => {
            let problem = format!("must be 'custom' or '{}'", manner.vendor);
            return Err(Invalid::new(members.name("type"), &problem));
        }
    };
    let id = members.required_word("skill_id")?;
    let version = members.optional_word("version")?.unwrap_or_else(|| Skill::LATEST.to_owned());
    members.finish()?;
    Ok(Skill { origin, id, version })
}
