//! Reading tools.

use leasehold_model::agent::tool::builtin::{Builtin, ToolName};
use leasehold_model::agent::tool::{
    CustomTool, Extra, McpToolConfig, McpToolset, Policy, Said, Tool, ToolConfig, Toolset,
};
use serde_json::Value;

use super::web;
use crate::agent::{Lists, Manner};
use crate::body::{Invalid, Members};

/// Reads a tool that the member `path` holds.
pub(crate) fn read(value: Value, path: &str, manner: &Manner) -> Result<Tool, Invalid> {
    let mut members = Members::of(value, path)?;
    let tool = match members.required_word("type")?.as_str() {
        "agent_toolset_20260401" => Tool::Builtin(toolset(&mut members, manner)?),
        "mcp_toolset" => Tool::Mcp(mcp_toolset(&mut members, manner)?),
        "custom" => Tool::Custom(custom(&mut members)?),
        "browser_toolset_20260714" => {
            return Err(Invalid::new(
                members.name("type"),
                "is a toolset that is not offered here",
            ));
        }
        _ => {
            let problem = "must be 'agent_toolset_20260401', 'mcp_toolset' or 'custom'";
            return Err(Invalid::new(members.name("type"), problem));
        }
    };
    members.finish()?;
    Ok(tool)
}

fn toolset(members: &mut Members, manner: &Manner) -> Result<Toolset, Invalid> {
    let default = default_config(members, manner)?.over(Toolset::DEFAULT);
    let configs = members.objects("configs", |mut members| {
        let name = tool_name(&members.required_word("name")?, &members.name("name"))?;
        if let Some(kind) = members.optional_word("type")?
            && Builtin::parse(&kind) != Some(name.tool())
        {
            return Err(Invalid::new(members.name("type"), "must be the same as the name"));
        }
        let setting = said(&mut members, manner)?.over(default);
        let extra = match name.tool() {
            Builtin::WebFetch => Extra::WebFetch(web::fetch(&mut members)?),
            Builtin::WebSearch => Extra::WebSearch(web::search(&mut members)?),
            Builtin::Bash
            | Builtin::Read
            | Builtin::Write
            | Builtin::Edit
            | Builtin::Glob
            | Builtin::Grep
            | Builtin::ImageGen
            | Builtin::ImageSearch
            | Builtin::DeliverArtifacts => Extra::None,
        };
        members.finish()?;
        Ok(ToolConfig { name, setting, extra })
    })?;
    let (enabled_tools, disallowed_tools) = match manner.lists {
        Lists::Known => (names(members, "enabled_tools")?, names(members, "disallowed_tools")?),
        Lists::Unknown => (Vec::new(), Vec::new()),
    };
    Ok(Toolset { default, configs, enabled_tools, disallowed_tools })
}

fn names(members: &mut Members, list: &str) -> Result<Vec<ToolName>, Invalid> {
    let names = members.optional_strings(list)?.unwrap_or_default();
    let param = members.name(list);
    names.iter().map(|name| tool_name(name, &param)).collect()
}

fn tool_name(name: &str, param: &str) -> Result<ToolName, Invalid> {
    ToolName::new(name).ok_or_else(|| {
        Invalid::said(param, format!("Field '{param}': unknown tool name '{name}'."))
    })
}

fn mcp_toolset(members: &mut Members, manner: &Manner) -> Result<McpToolset, Invalid> {
    let server = members.required_word("mcp_server_name")?;
    let default = default_config(members, manner)?.over(McpToolset::DEFAULT);
    let configs = members.objects("configs", |mut members| {
        let name = members.required_word("name")?;
        let setting = said(&mut members, manner)?.over(default);
        members.finish()?;
        Ok(McpToolConfig { name, setting })
    })?;
    Ok(McpToolset { server, default, configs })
}

fn custom(members: &mut Members) -> Result<CustomTool, Invalid> {
    let name = members.required_word("name")?;
    let description = members.required_word("description")?;
    let param = members.name("input_schema");
    let Value::Object(input_schema) = members.required("input_schema")? else {
        return Err(Invalid::new(param, "must be an object"));
    };
    Ok(CustomTool { name, description, input_schema })
}

fn default_config(members: &mut Members, manner: &Manner) -> Result<Said, Invalid> {
    let path = members.name("default_config");
    match members.take("default_config") {
        None | Some(Value::Null) => Ok(Said::default()),
        Some(config) => {
            let mut members = Members::of(config, &path)?;
            let said = said(&mut members, manner)?;
            members.finish()?;
            Ok(said)
        }
    }
}

fn said(members: &mut Members, manner: &Manner) -> Result<Said, Invalid> {
    let enabled = members.optional_bool("enabled")?;
    let path = members.name("permission_policy");
    let policy = match members.take("permission_policy") {
        None | Some(Value::Null) => None,
        Some(policy) => {
            let mut members = Members::of(policy, &path)?;
            let known = Policy::parse(&members.required_word("type")?)
                .filter(|policy| manner.policies.contains(policy));
            let Some(policy) = known else {
                let words: Vec<&str> = manner.policies.iter().map(|p| p.as_str()).collect();
                let problem = format!("must be one of '{}'", words.join("', '"));
                return Err(Invalid::new(members.name("type"), &problem));
            };
            members.finish()?;
            Some(policy)
        }
    };
    Ok(Said { enabled, policy })
}
