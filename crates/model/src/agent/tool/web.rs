//! What `web_fetch` and `web_search` are configured with beyond other tools (agents §5.1).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// The most domains of a list.
pub const MAX_DOMAINS: usize = 64;
/// The most tools that a filter of sources names.
pub const MAX_FILTER_TOOLS: usize = 128;

/// Which hosts a tool may reach.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domains {
    /// These and what is below them alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Vec<String>>,
    /// Not these nor what is below them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<Vec<String>>,
}

/// Of `web_fetch`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebFetch {
    /// What it may fetch from.
    #[serde(default)]
    pub domains: Domains,
    /// How much text of one page comes into the context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_content_tokens: Option<u64>,
    /// Where the addresses may come from that it fetches; `None`: from everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_sources: Option<UrlSources>,
}

/// Of `web_search`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebSearch {
    /// What it may find.
    #[serde(default)]
    pub domains: Domains,
    /// Where the user is, roughly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_location: Option<UserLocation>,
}

/// Where a user is, roughly.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserLocation {
    /// A city.
    pub city: Option<String>,
    /// A region or state.
    pub region: Option<String>,
    /// Two capital letters of ISO 3166.
    pub country: Option<String>,
    /// An IANA name.
    pub timezone: Option<String>,
}

/// Which parts of a conversation contribute addresses; `None` allows all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UrlSources {
    /// What users write; a list of tools is not possible here.
    pub user_input: Option<Sources>,
    /// What `web_search` and `web_fetch` found.
    pub server_tool_results: Option<Sources>,
    /// What custom tools answered.
    pub client_tool_results: Option<Sources>,
}

/// Which sources of a kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "tools", rename_all = "snake_case")]
pub enum Sources {
    /// Every one.
    All,
    /// Not one.
    None,
    /// These tools alone.
    Only(Vec<String>),
    /// All tools but these.
    Except(Vec<String>),
}

/// Whether an entry of a list of domains may have a path behind the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paths {
    Refused,
    Accepted,
}

/// Why part of a configuration is not acceptable: a member below it, and a predicate.
pub(crate) type Problem = (&'static str, Cow<'static, str>);

impl Domains {
    pub(crate) fn check(&self, paths: Paths) -> Result<(), Problem> {
        if self.allowed.is_some() && self.blocked.is_some() {
            return Err(("blocked_domains", "must not come with 'allowed_domains'".into()));
        }
        for (member, list) in
            [("allowed_domains", &self.allowed), ("blocked_domains", &self.blocked)]
        {
            let Some(list) = list else { continue };
            if list.is_empty() {
                return Err((member, "must not be empty; leave it out instead".into()));
            }
            if list.len() > MAX_DOMAINS {
                return Err((member, "must not have more than 64 entries".into()));
            }
            if !list.iter().all(|entry| is_domain(entry, paths)) {
                let problem = match paths {
                    Paths::Refused => "must hold host names without scheme, port or path",
                    Paths::Accepted => "must hold host names without scheme or port",
                };
                return Err((member, problem.into()));
            }
        }
        Ok(())
    }
}

fn is_domain(entry: &str, paths: Paths) -> bool {
    let (host, path) = match entry.split_once('/') {
        None => (entry, ""),
        Some((host, path)) => (host, path),
    };
    let plain = |c: char| !c.is_whitespace() && !c.is_control();
    (paths == Paths::Accepted || host.len() == entry.len())
        && crate::environment::config::is_host(host)
        && path.chars().all(plain)
}

impl WebFetch {
    /// `custom` tells whether the agent has a custom tool of this name.
    pub(crate) fn check(&self, custom: impl Fn(&str) -> bool) -> Result<(), Problem> {
        self.domains.check(Paths::Refused)?;
        if self.max_content_tokens == Some(0) {
            return Err(("max_content_tokens", "must be a positive integer".into()));
        }
        let Some(sources) = &self.url_sources else { return Ok(()) };
        let UrlSources { user_input, server_tool_results, client_tool_results } = sources;
        let none = |source: &Option<Sources>| *source == Some(Sources::None);
        if none(user_input) && none(server_tool_results) && none(client_tool_results) {
            return Err(("url_sources", "must leave at least one source".into()));
        }
        if let Some(Sources::Only(_) | Sources::Except(_)) = user_input {
            return Err(("url_sources.user_input", "must be 'all' or 'none'".into()));
        }
        let web = |name: &str| matches!(name, "web_search" | "web_fetch");
        check_tools(server_tool_results.as_ref(), "url_sources.server_tool_results", web)?;
        check_tools(client_tool_results.as_ref(), "url_sources.client_tool_results", custom)
    }
}

fn check_tools(
    sources: Option<&Sources>,
    member: &'static str,
    known: impl Fn(&str) -> bool,
) -> Result<(), Problem> {
    let Some(Sources::Only(tools) | Sources::Except(tools)) = sources else { return Ok(()) };
    if !(1..=MAX_FILTER_TOOLS).contains(&tools.len()) {
        return Err((member, "must name 1 to 128 tools".into()));
    }
    for (place, tool) in tools.iter().enumerate() {
        if !known(tool) {
            return Err((member, format!("must not name the unknown tool '{tool}'").into()));
        }
        if tools.iter().take(place).any(|other| other == tool) {
            return Err((member, format!("must name '{tool}' only once").into()));
        }
    }
    Ok(())
}

impl WebSearch {
    pub(crate) fn check(&self) -> Result<(), Problem> {
        self.domains.check(Paths::Accepted)?;
        let Some(location) = &self.user_location else { return Ok(()) };
        let is_country = |c: &String| c.len() == 2 && c.bytes().all(|b| b.is_ascii_uppercase());
        if !location.country.as_ref().is_none_or(is_country) {
            return Err(("user_location.country", "must be two capital letters".into()));
        }
        let UserLocation { city, region, country: _, timezone } = location;
        for (member, text) in [
            ("user_location.city", city),
            ("user_location.region", region),
            ("user_location.timezone", timezone),
        ] {
            if text.as_ref().is_some_and(|text| !(1..=255).contains(&text.chars().count())) {
                return Err((member, "must have 1 to 255 characters".into()));
            }
        }
        Ok(())
    }
}
