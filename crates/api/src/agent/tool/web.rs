//! What `web_fetch` and `web_search` have beyond other tools.

use leasehold_model::agent::tool::web::{
    Domains, Sources, UrlSources, UserLocation, WebFetch, WebSearch,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::body::{Invalid, Members};

/// Where the user is, roughly.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = UserLocation)]
pub(crate) struct UserLocationWire {
    /// Always `approximate`.
    #[schema(pattern = "^approximate$")]
    r#type: &'static str,
    city: Option<String>,
    region: Option<String>,
    country: Option<String>,
    timezone: Option<String>,
}

/// Where the user is, roughly.
#[derive(Deserialize, ToSchema)]
#[schema(as = UserLocationParams)]
#[expect(dead_code, reason = "it documents a body that is read member by member")]
pub(crate) struct UserLocationParams {
    /// Always `approximate`.
    #[schema(pattern = "^approximate$")]
    r#type: String,
    city: Option<String>,
    region: Option<String>,
    /// Two capital letters.
    #[schema(pattern = "^[A-Z]{2}$")]
    country: Option<String>,
    timezone: Option<String>,
}

impl From<&UserLocation> for UserLocationWire {
    fn from(location: &UserLocation) -> Self {
        let UserLocation { city, region, country, timezone } = location.clone();
        Self { r#type: "approximate", city, region, country, timezone }
    }
}

/// The object form of sources, whichever way they were written.
pub(super) fn sources_shown(sources: &UrlSources) -> Value {
    let one = |sources: &Option<Sources>| match sources {
        None => Value::Null,
        Some(Sources::All) => json!({"type": "all"}),
        Some(Sources::None) => json!({"type": "none"}),
        Some(Sources::Only(tools)) => json!({"type": "only", "tools": named(tools)}),
        Some(Sources::Except(tools)) => json!({"type": "except", "tools": named(tools)}),
    };
    let UrlSources { user_input, server_tool_results, client_tool_results } = sources;
    json!({
        "user_input": one(user_input),
        "server_tool_results": one(server_tool_results),
        "client_tool_results": one(client_tool_results),
    })
}

fn named(tools: &[String]) -> Vec<Value> {
    tools.iter().map(|name| json!({"type": "tool_reference", "name": name})).collect()
}

pub(super) fn fetch(members: &mut Members) -> Result<WebFetch, Invalid> {
    let domains = domains(members)?;
    let max_content_tokens = members.optional_count("max_content_tokens")?;
    let path = members.name("url_sources");
    let url_sources = match members.take("url_sources") {
        None | Some(Value::Null) => None,
        Some(value) => {
            let mut members = Members::of(value, &path)?;
            let sources = UrlSources {
                user_input: sources(&mut members, "user_input")?,
                server_tool_results: sources(&mut members, "server_tool_results")?,
                client_tool_results: sources(&mut members, "client_tool_results")?,
            };
            members.finish()?;
            Some(sources)
        }
    };
    Ok(WebFetch { domains, max_content_tokens, url_sources })
}

pub(super) fn search(members: &mut Members) -> Result<WebSearch, Invalid> {
    let domains = domains(members)?;
    let path = members.name("user_location");
    let user_location = match members.take("user_location") {
        None | Some(Value::Null) => None,
        Some(value) => {
            let mut members = Members::of(value, &path)?;
            if members.required_word("type")? != "approximate" {
                return Err(Invalid::new(members.name("type"), "must be 'approximate'"));
            }
            let location = UserLocation {
                city: members.optional_word("city")?,
                region: members.optional_word("region")?,
                country: members.optional_word("country")?,
                timezone: members.optional_word("timezone")?,
            };
            members.finish()?;
            Some(location)
        }
    };
    Ok(WebSearch { domains, user_location })
}

fn domains(members: &mut Members) -> Result<Domains, Invalid> {
    Ok(Domains {
        allowed: members.optional_strings("allowed_domains")?,
        blocked: members.optional_strings("blocked_domains")?,
    })
}

/// A word, or an object with the word as its type.
fn sources(members: &mut Members, member: &str) -> Result<Option<Sources>, Invalid> {
    let path = members.name(member);
    let mut inner = match members.take(member) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(word)) => Members::of(json!({ "type": word }), &path)?,
        Some(value) => Members::of(value, &path)?,
    };
    let sources = match inner.required_word("type")?.as_str() {
        "all" => Sources::All,
        "none" => Sources::None,
        "only" => Sources::Only(tools(&mut inner)?),
        "except" => Sources::Except(tools(&mut inner)?),
        _ => return Err(Invalid::new(path, "must be 'all', 'none', 'only' or 'except'")),
    };
    inner.finish()?;
    Ok(Some(sources))
}

fn tools(members: &mut Members) -> Result<Vec<String>, Invalid> {
    members.objects("tools", |mut members| {
        if members.required_word("type")? != "tool_reference" {
            return Err(Invalid::new(members.name("type"), "must be 'tool_reference'"));
        }
        let name = members.required_word("name")?;
        members.finish()?;
        Ok(name)
    })
}
