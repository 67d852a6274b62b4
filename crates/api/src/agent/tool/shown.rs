//! The resolved form of tools.

use leasehold_model::agent::tool::builtin::{Builtin, ToolName};
use leasehold_model::agent::tool::{Extra, Setting, Tool, ToolConfig, Toolset};

use super::{ConfigWire, McpConfigWire, PolicyWire, SettingWire, ToolWire, web};
use crate::agent::{Lists, Manner};

impl ToolWire {
    /// The tool as a dialect shows it.
    pub(crate) fn of(tool: &Tool, manner: &Manner) -> Self {
        match tool {
            Tool::Builtin(toolset) => match manner.lists {
                Lists::Known => with_lists(toolset),
                Lists::Unknown => without_lists(toolset),
            },
            Tool::Mcp(toolset) => Self::Mcp {
                mcp_server_name: toolset.server.clone(),
                default_config: toolset.default.into(),
                configs: toolset
                    .configs
                    .iter()
                    .map(|config| McpConfigWire {
                        name: config.name.clone(),
                        setting: config.setting.into(),
                    })
                    .collect(),
            },
            Tool::Custom(custom) => Self::Custom {
                name: custom.name.clone(),
                description: custom.description.clone(),
                input_schema: custom.input_schema.clone(),
            },
        }
    }
}

fn with_lists(toolset: &Toolset) -> ToolWire {
    let written = |names: &[ToolName]| names.iter().map(|name| name.written().to_owned()).collect();
    ToolWire::Builtin {
        default_config: toolset.default.into(),
        configs: toolset
            .configs
            .iter()
            .map(|config| ConfigWire::of(config, config.name.written(), config.setting))
            .collect(),
        enabled_tools: Some(written(&toolset.enabled_tools)),
        disallowed_tools: Some(written(&toolset.disallowed_tools)),
    }
}

/// A tool that a list hides is shown as not enabled, and one that only the other dialect knows is not
/// shown.
fn without_lists(toolset: &Toolset) -> ToolWire {
    let known = Builtin::ALL.into_iter().filter(|tool| tool.family().is_some());
    let hidden = known.filter(|tool| {
        toolset.config(*tool).is_none() && toolset.setting(*tool) != toolset.default
    });
    let hidden: Vec<ToolConfig> = hidden
        .map(|tool| ToolConfig {
            name: tool.into(),
            setting: toolset.setting(tool),
            extra: Extra::None,
        })
        .collect();
    ToolWire::Builtin {
        default_config: toolset.default.into(),
        configs: toolset
            .configs
            .iter()
            .filter(|config| config.name.tool().family().is_some())
            .chain(&hidden)
            .map(|config| {
                let tool = config.name.tool();
                ConfigWire::of(config, tool.as_str(), toolset.setting(tool))
            })
            .collect(),
        enabled_tools: None,
        disallowed_tools: None,
    }
}

impl ConfigWire {
    fn of(config: &ToolConfig, name: &str, setting: Setting) -> Self {
        let plain = Self {
            r#type: config.name.tool().as_str(),
            name: name.to_owned(),
            setting: setting.into(),
            allowed_domains: None,
            blocked_domains: None,
            max_content_tokens: None,
            url_sources: None,
            user_location: None,
        };
        match &config.extra {
            Extra::None => plain,
            Extra::WebFetch(fetch) => Self {
                allowed_domains: fetch.domains.allowed.clone(),
                blocked_domains: fetch.domains.blocked.clone(),
                max_content_tokens: fetch.max_content_tokens,
                url_sources: fetch.url_sources.as_ref().map(web::sources_shown),
                ..plain
            },
            Extra::WebSearch(search) => Self {
                allowed_domains: search.domains.allowed.clone(),
                blocked_domains: search.domains.blocked.clone(),
                user_location: search.user_location.as_ref().map(Into::into),
                ..plain
            },
        }
    }
}

impl From<Setting> for SettingWire {
    fn from(setting: Setting) -> Self {
        let permission_policy = PolicyWire { r#type: setting.policy.as_str() };
        Self { enabled: setting.enabled, permission_policy }
    }
}
