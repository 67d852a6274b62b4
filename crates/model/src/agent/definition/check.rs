//! The bounds of a definition, and what its parts demand of one another (agents §2 to §5).

use std::borrow::Cow;
use std::collections::HashSet;

use super::{
    Definition, MAX_DESCRIPTION_CHARS, MAX_NAME_CHARS, MAX_SERVER_NAME_CHARS, MAX_SERVERS,
    MAX_SKILL_CHARS, MAX_SKILLS, MAX_SYSTEM_CHARS, MAX_TOOL_DESCRIPTION_CHARS, MAX_TOOL_NAME_CHARS,
    MAX_TOOLS, MAX_URL_BYTES, Skill, Strictness,
};
use crate::agent::model_spec::ModelSpec;
use crate::agent::tool::builtin::Builtin;
use crate::agent::tool::{CustomTool, Extra, McpServer, McpToolset, Tool, Toolset};
use crate::refusal::Refusal;

impl Definition {
    /// Checks everything that can be said of a definition by itself.
    ///
    /// # Errors
    /// [`Refusal::Unfit`] with the first member that is not acceptable.
    pub fn check(&self, strictness: Strictness) -> Result<(), Refusal> {
        if self.name.trim().is_empty() {
            return Err(Refusal::unfit("name", "must not be empty"));
        }
        at_most("name", &self.name, MAX_NAME_CHARS)?;
        at_most("description", self.description.as_deref().unwrap_or(""), MAX_DESCRIPTION_CHARS)?;
        let Self {
            name: _,
            description: _,
            model,
            system,
            tools,
            mcp_servers,
            skills,
            metadata: _,
        } = self;
        Parts { model, system: system.as_deref(), tools, mcp_servers, skills }.check(strictness)
    }
}

/// What a definition and a snapshot have in common.
pub(in crate::agent) struct Parts<'a> {
    pub(in crate::agent) model: &'a ModelSpec,
    pub(in crate::agent) system: Option<&'a str>,
    pub(in crate::agent) tools: &'a [Tool],
    pub(in crate::agent) mcp_servers: &'a [McpServer],
    pub(in crate::agent) skills: &'a [Skill],
}

impl Parts<'_> {
    pub(in crate::agent) fn check(&self, strictness: Strictness) -> Result<(), Refusal> {
        self.model.check()?;
        at_most("system", self.system.unwrap_or(""), MAX_SYSTEM_CHARS)?;
        check_tools(self.tools, strictness)?;
        check_servers(self.mcp_servers)?;
        check_skills(self.skills)?;
        self.check_references(strictness)
    }

    /// Every toolset has its server; in A every server also has its toolset.
    fn check_references(&self, strictness: Strictness) -> Result<(), Refusal> {
        let mut named = HashSet::new();
        for (place, tool) in self.tools.iter().enumerate() {
            let Tool::Mcp(toolset) = tool else { continue };
            let param = || format!("tools.{place}.mcp_server_name");
            if !self.mcp_servers.iter().any(|server| server.name == toolset.server) {
                return Err(Refusal::unfit(param(), "must be the name of one of 'mcp_servers'"));
            }
            if !named.insert(toolset.server.as_str()) {
                return Err(Refusal::unfit(param(), "must be named by one toolset only"));
            }
        }
        match strictness {
            Strictness::Bounds => Ok(()),
            Strictness::Tidy => {
                let idle = self.mcp_servers.iter().position(|s| !named.contains(s.name.as_str()));
                idle.map_or(Ok(()), |place| {
                    let problem = "must be named by an 'mcp_toolset' of 'tools'";
                    Err(Refusal::unfit(format!("mcp_servers.{place}.name"), problem))
                })
            }
        }
    }
}

/// Skills are read with tools, so a session that is given skills has some (sessions §3.2).
pub(in crate::agent) fn check_skills_have_tools(
    tools: &[Tool],
    skills: &[Skill],
) -> Result<(), Refusal> {
    if tools.is_empty() && !skills.is_empty() {
        return Err(Refusal::unfit("tools", "must not be empty while there are skills"));
    }
    Ok(())
}

fn at_most(param: &str, text: &str, most: usize) -> Result<(), Refusal> {
    if text.chars().count() > most {
        let problem = format!("must not be longer than {most} characters");
        return Err(Refusal::unfit(param, problem));
    }
    Ok(())
}

fn check_tools(tools: &[Tool], strictness: Strictness) -> Result<(), Refusal> {
    if tools.len() > MAX_TOOLS {
        return Err(Refusal::unfit("tools", "must not have more than 128 entries"));
    }
    let is_custom =
        |name: &str| tools.iter().any(|t| matches!(t, Tool::Custom(c) if c.name == name));
    let mut toolsets = 0;
    let mut names = HashSet::new();
    for (place, tool) in tools.iter().enumerate() {
        let checked = match tool {
            Tool::Builtin(toolset) => {
                toolsets += 1;
                match toolsets {
                    1 => check_toolset(toolset, is_custom),
                    _ => Err(("type".into(), "must be given to one entry only".into())),
                }
            }
            Tool::Mcp(toolset) => check_mcp_toolset(toolset),
            Tool::Custom(custom) if !names.insert(custom.name.as_str()) => {
                Err(("name".into(), "must not be the name of another tool".into()))
            }
            Tool::Custom(custom) => check_custom(custom, strictness),
        };
        checked.map_err(|(member, problem)| {
            Refusal::unfit(format!("tools.{place}.{member}"), problem)
        })?;
    }
    Ok(())
}

/// What is wrong with a tool: a member of it, and a predicate.
type Problem = (Cow<'static, str>, Cow<'static, str>);

fn check_toolset(toolset: &Toolset, is_custom: impl Fn(&str) -> bool) -> Result<(), Problem> {
    for (place, config) in toolset.configs.iter().enumerate() {
        let under = |member: &str| format!("configs.{place}.{member}").into();
        let tool = config.name.tool();
        if toolset.configs.iter().take(place).any(|other| other.name.tool() == tool) {
            return Err((under("name"), "must be configured only once".into()));
        }
        let checked = match &config.extra {
            Extra::None => Ok(()),
            Extra::WebFetch(fetch) => fetch.check(&is_custom),
            Extra::WebSearch(search) => search.check(),
        };
        checked.map_err(|(member, problem)| (under(member), problem))?;
    }
    let enabled = |tool| toolset.enabled_tools.iter().any(|name| name.tool() == tool);
    if toolset.disallowed_tools.iter().any(|name| enabled(name.tool())) {
        let problem = "must not hold a tool that is in 'enabled_tools'";
        return Err(("disallowed_tools".into(), problem.into()));
    }
    Ok(())
}

fn check_mcp_toolset(toolset: &McpToolset) -> Result<(), Problem> {
    for (place, config) in toolset.configs.iter().enumerate() {
        let wrong =
            |problem: &'static str| Err((format!("configs.{place}.name").into(), problem.into()));
        if !(1..=MAX_TOOL_NAME_CHARS).contains(&config.name.chars().count()) {
            return wrong("must have 1 to 128 characters");
        }
        if toolset.configs.iter().take(place).any(|other| other.name == config.name) {
            return wrong("must be configured only once");
        }
    }
    Ok(())
}

fn check_custom(custom: &CustomTool, strictness: Strictness) -> Result<(), Problem> {
    let name = custom.name.as_str();
    let of_a_name = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if !(1..=MAX_TOOL_NAME_CHARS).contains(&name.len()) || !name.bytes().all(of_a_name) {
        let problem = "must have 1 to 128 letters, digits, underscores or hyphens";
        return Err(("name".into(), problem.into()));
    }
    if Builtin::parse(name).is_some() {
        return Err(("name".into(), "must not be the name of a built-in tool".into()));
    }
    if name.starts_with("mcp__") {
        return Err(("name".into(), "must not begin with 'mcp__'".into()));
    }
    if custom.description.trim().is_empty() {
        return Err(("description".into(), "must not be empty".into()));
    }
    let schema = &custom.input_schema;
    if schema.get("type").and_then(|kind| kind.as_str()) != Some("object") {
        return Err(("input_schema.type".into(), "must be 'object'".into()));
    }
    if schema.get("properties").is_some_and(|properties| !properties.is_object()) {
        return Err(("input_schema.properties".into(), "must be an object".into()));
    }
    let is_names = |names: &serde_json::Value| {
        names.as_array().is_some_and(|names| names.iter().all(serde_json::Value::is_string))
    };
    if !schema.get("required").is_none_or(is_names) {
        return Err(("input_schema.required".into(), "must be an array of strings".into()));
    }
    match strictness {
        Strictness::Bounds => Ok(()),
        Strictness::Tidy => check_tidy(custom),
    }
}

/// What dialect A demands of a custom tool beyond what a model can be asked with.
fn check_tidy(custom: &CustomTool) -> Result<(), Problem> {
    if custom.description.chars().count() > MAX_TOOL_DESCRIPTION_CHARS {
        let problem = "must not be longer than 4096 characters";
        return Err(("description".into(), problem.into()));
    }
    for keyword in ["oneOf", "anyOf", "allOf"] {
        if custom.input_schema.contains_key(keyword) {
            let problem = format!("must not have '{keyword}' at its top");
            return Err(("input_schema".into(), problem.into()));
        }
    }
    if custom.input_schema.iter().any(|(key, value)| key == "$ref" || refers(value)) {
        return Err(("input_schema".into(), "must not have a '$ref'".into()));
    }
    Ok(())
}

fn refers(schema: &serde_json::Value) -> bool {
    use serde_json::Value::{Array, Bool, Null, Number, Object, String};
    match schema {
        Null | Bool(_) | Number(_) | String(_) => false,
        Array(items) => items.iter().any(refers),
        Object(map) => map.iter().any(|(key, value)| key == "$ref" || refers(value)),
    }
}

fn check_servers(servers: &[McpServer]) -> Result<(), Refusal> {
    if servers.len() > MAX_SERVERS {
        return Err(Refusal::unfit("mcp_servers", "must not have more than 20 entries"));
    }
    for (place, server) in servers.iter().enumerate() {
        let wrong = |member: &str, problem: &'static str| {
            Err(Refusal::unfit(format!("mcp_servers.{place}.{member}"), problem))
        };
        if !(1..=MAX_SERVER_NAME_CHARS).contains(&server.name.chars().count()) {
            return wrong("name", "must have 1 to 255 characters");
        }
        if servers.iter().take(place).any(|other| other.name == server.name) {
            return wrong("name", "must not be the name of another server");
        }
        if !is_address(&server.url) {
            let problem = "must be an http or https address without a user or password";
            return wrong("url", problem);
        }
    }
    Ok(())
}

/// `http` or `https`, a host, and no credential: that comes from a vault (agents §5.2).
fn is_address(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    url.len() <= MAX_URL_BYTES
        && !authority.is_empty()
        && !authority.starts_with(':')
        && !authority.contains('@')
        && !url.chars().any(|c| c.is_whitespace() || c.is_control())
}

fn check_skills(skills: &[Skill]) -> Result<(), Refusal> {
    if skills.len() > MAX_SKILLS {
        return Err(Refusal::unfit("skills", "must not have more than 20 entries"));
    }
    for (place, skill) in skills.iter().enumerate() {
        for (member, text) in [("skill_id", &skill.id), ("version", &skill.version)] {
            if !(1..=MAX_SKILL_CHARS).contains(&text.chars().count()) {
                let param = format!("skills.{place}.{member}");
                return Err(Refusal::unfit(param, "must have 1 to 256 characters"));
            }
        }
        if skills.iter().take(place).any(|other| other.id == skill.id) {
            let param = format!("skills.{place}.skill_id");
            return Err(Refusal::unfit(param, "must be listed only once"));
        }
    }
    Ok(())
}
