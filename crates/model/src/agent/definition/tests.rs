//! The bounds of a definition (agents §2 to §5).

use serde_json::json;

use super::*;
use crate::agent::tool::builtin::ToolName;
use crate::agent::tool::web::{Domains, Sources, UrlSources, UserLocation, WebFetch, WebSearch};
use crate::agent::tool::{
    CustomTool, Extra, McpToolConfig, McpToolset, Setting, ToolConfig, Toolset,
};
use crate::refusal::Refusal;

fn plain() -> Definition {
    Definition {
        name: "reviewer".to_owned(),
        description: None,
        model: ModelSpec::named("scripted"),
        system: None,
        tools: Vec::new(),
        mcp_servers: Vec::new(),
        skills: Vec::new(),
        metadata: Metadata::default(),
    }
}

fn toolset(configs: Vec<ToolConfig>) -> Toolset {
    let (enabled_tools, disallowed_tools) = (Vec::new(), Vec::new());
    Toolset { default: Toolset::DEFAULT, configs, enabled_tools, disallowed_tools }
}

fn names(names: &[&str]) -> Vec<ToolName> {
    names.iter().map(|name| ToolName::new(name).unwrap()).collect()
}

fn config(name: &str, extra: Extra) -> ToolConfig {
    ToolConfig { name: ToolName::new(name).unwrap(), setting: Toolset::DEFAULT, extra }
}

fn custom(name: &str, schema: serde_json::Value) -> CustomTool {
    let serde_json::Value::Object(input_schema) = schema else { panic!("{schema}") };
    CustomTool { name: name.to_owned(), description: "Looks it up.".to_owned(), input_schema }
}

fn mcp(server: &str) -> Tool {
    let configs = Vec::new();
    Tool::Mcp(McpToolset { server: server.to_owned(), default: McpToolset::DEFAULT, configs })
}

fn server(name: &str, url: &str) -> McpServer {
    McpServer { name: name.to_owned(), url: url.to_owned() }
}

fn skill(id: &str) -> Skill {
    Skill { origin: SkillOrigin::Custom, id: id.to_owned(), version: Skill::LATEST.to_owned() }
}

/// Either it is acceptable, or this member is to blame.
#[track_caller]
fn check_as(definition: &Definition, strictness: Strictness, param: Option<&str>) {
    let refused = match definition.check(strictness) {
        Ok(()) => None,
        Err(Refusal::Unfit(unfit)) => Some(unfit.param),
        Err(other) => panic!("{other:?}"),
    };
    assert_eq!(refused.as_deref(), param, "{definition:?}");
}

#[track_caller]
fn check(definition: &Definition, param: Option<&str>) {
    check_as(definition, Strictness::Bounds, param);
    check_as(definition, Strictness::Tidy, param);
}

#[track_caller]
fn check_tools(tools: Vec<Tool>, param: Option<&str>) {
    check(&Definition { tools, ..plain() }, param);
}

#[track_caller]
fn check_extra(name: &str, extra: Extra, member: Option<&str>) {
    let param = member.map(|member| format!("tools.0.configs.0.{member}"));
    check_tools(vec![Tool::Builtin(toolset(vec![config(name, extra)]))], param.as_deref());
}

#[test]
fn texts_are_bounded_in_characters() {
    let crabs = |count| "🦀".repeat(count);
    for (name, param) in [
        (crabs(256), None),
        (crabs(257), Some("name")),
        (String::new(), Some("name")),
        (" \t".to_owned(), Some("name")),
    ] {
        check(&Definition { name, ..plain() }, param);
    }
    for (count, param) in [(2_048, None), (2_049, Some("description"))] {
        check(&Definition { description: Some(crabs(count)), ..plain() }, param);
    }
    for (count, param) in [(100_000, None), (100_001, Some("system"))] {
        check(&Definition { system: Some(crabs(count)), ..plain() }, param);
    }
}

#[test]
fn a_model_is_named() {
    for (id, param) in [
        ("gpt/5:latest".to_owned(), None),
        ("m".repeat(256), None),
        ("m".repeat(257), Some("model")),
        (String::new(), Some("model")),
        ("a\nb".to_owned(), Some("model")),
    ] {
        check(&Definition { model: ModelSpec::named(id), ..plain() }, param);
    }
    let model = ModelSpec { context_window: Some(0), ..ModelSpec::named("m") };
    check(&Definition { model, ..plain() }, Some("model.context_window"));
    let model = ModelSpec { inference_geo: Some(String::new()), ..ModelSpec::named("m") };
    check(&Definition { model, ..plain() }, Some("model.inference_geo"));
}

#[test]
fn there_are_at_most_so_many() {
    let tools = |count: usize| -> Vec<Tool> {
        (0..count)
            .map(|n| Tool::Custom(custom(&format!("t{n}"), json!({"type": "object"}))))
            .collect()
    };
    check_tools(tools(128), None);
    check_tools(tools(129), Some("tools"));
    let skills = |count: usize| (0..count).map(|n| skill(&format!("skill_{n}"))).collect();
    check(&Definition { skills: skills(20), ..plain() }, None);
    check(&Definition { skills: skills(21), ..plain() }, Some("skills"));
    let address = "https://example.com/mcp";
    let servers = |count: usize| -> Vec<McpServer> {
        (0..count).map(|n| server(&format!("s{n}"), address)).collect()
    };
    let all = |count| Definition {
        tools: servers(count).iter().map(|s| mcp(&s.name)).collect(),
        mcp_servers: servers(count),
        ..plain()
    };
    check(&all(20), None);
    check(&all(21), Some("mcp_servers"));
}

#[test]
fn a_toolset_is_given_once_and_its_lists_agree() {
    let plain = || Tool::Builtin(toolset(vec![]));
    check_tools(vec![plain()], None);
    check_tools(vec![plain(), plain()], Some("tools.1.type"));
    let lists = |enabled: &[&str], disallowed: &[&str]| {
        let (enabled_tools, disallowed_tools) = (names(enabled), names(disallowed));
        vec![Tool::Builtin(Toolset { enabled_tools, disallowed_tools, ..toolset(vec![]) })]
    };
    check_tools(lists(&["Bash", "Read"], &["Write"]), None);
    check_tools(lists(&["Bash", "WebFetch"], &["web_fetch"]), Some("tools.0.disallowed_tools"));
    let twice = vec![config("bash", Extra::None), config("Bash", Extra::None)];
    check_tools(vec![Tool::Builtin(toolset(twice))], Some("tools.0.configs.1.name"));
}

#[test]
fn domains_are_hosts_in_one_of_two_lists() {
    let list = |hosts: &[&str]| Some(hosts.iter().map(|host| (*host).to_owned()).collect());
    let many = |count| Some(vec!["example.com".to_owned(); count]);
    for (allowed, blocked, member) in [
        (list(&["docs.example.com"]), None, None),
        (None, list(&["docs.example.com"]), None),
        (many(64), None, None),
        (many(65), None, Some("allowed_domains")),
        (None, many(65), Some("blocked_domains")),
        (list(&[]), None, Some("allowed_domains")),
        (None, list(&[]), Some("blocked_domains")),
        (list(&["a.example"]), list(&["b.example"]), Some("blocked_domains")),
        (list(&["https://example.com"]), None, Some("allowed_domains")),
        (list(&["example.com:443"]), None, Some("allowed_domains")),
        (list(&["*.example.com"]), None, Some("allowed_domains")),
        (list(&[""]), None, Some("allowed_domains")),
    ] {
        let domains = Domains { allowed, blocked };
        let fetch = WebFetch { domains: domains.clone(), ..WebFetch::default() };
        check_extra("web_fetch", Extra::WebFetch(fetch), member);
        let search = WebSearch { domains, user_location: None };
        check_extra("web_search", Extra::WebSearch(search), member);
    }
    let domains = Domains { allowed: list(&["example.com/docs"]), blocked: None };
    let fetch = WebFetch { domains: domains.clone(), ..WebFetch::default() };
    check_extra("web_fetch", Extra::WebFetch(fetch), Some("allowed_domains"));
    let search = WebSearch { domains, user_location: None };
    check_extra("web_search", Extra::WebSearch(search), None);
}

#[test]
fn the_web_tools_have_bounds_of_their_own() {
    let fetch = WebFetch { max_content_tokens: Some(0), ..WebFetch::default() };
    check_extra("web_fetch", Extra::WebFetch(fetch), Some("max_content_tokens"));
    for (country, member) in [
        ("DE", None),
        ("de", Some("user_location.country")),
        ("DEU", Some("user_location.country")),
    ] {
        let location = UserLocation { country: Some(country.to_owned()), ..Default::default() };
        let search = WebSearch { user_location: Some(location), ..WebSearch::default() };
        check_extra("web_search", Extra::WebSearch(search), member);
    }
    let location = UserLocation { city: Some(String::new()), ..Default::default() };
    let search = WebSearch { user_location: Some(location), ..WebSearch::default() };
    check_extra("web_search", Extra::WebSearch(search), Some("user_location.city"));
}

#[test]
fn sources_of_addresses_are_known_tools() {
    let only =
        |tools: &[&str]| Some(Sources::Only(tools.iter().map(|tool| (*tool).to_owned()).collect()));
    let (user, server, client) = (
        "url_sources.user_input",
        "url_sources.server_tool_results",
        "url_sources.client_tool_results",
    );
    let none = Some(Sources::None);
    for (user_input, server_tool_results, client_tool_results, member) in [
        (None, None, None, None),
        (none.clone(), none.clone(), Some(Sources::All), None),
        (none.clone(), none.clone(), none, Some("url_sources")),
        (only(&["web_fetch"]), None, None, Some(user)),
        (None, only(&["web_fetch", "web_search"]), None, None),
        (None, only(&["web_fetch", "web_fetch"]), None, Some(server)),
        (None, only(&[]), None, Some(server)),
        (None, only(&["bash"]), None, Some(server)),
        (None, None, only(&["lookup"]), None),
        (None, None, only(&["no_such"]), Some(client)),
    ] {
        let sources = UrlSources { user_input, server_tool_results, client_tool_results };
        let fetch = WebFetch { url_sources: Some(sources), ..WebFetch::default() };
        let fetch = config("web_fetch", Extra::WebFetch(fetch));
        let tools = vec![
            Tool::Builtin(toolset(vec![fetch])),
            Tool::Custom(custom("lookup", json!({"type": "object"}))),
        ];
        let param = member.map(|member| format!("tools.0.configs.0.{member}"));
        check_tools(tools, param.as_deref());
    }
}

#[test]
fn a_custom_tool_has_a_name_of_its_own() {
    let object = || json!({"type": "object"});
    let longest = "a".repeat(128);
    let too_long = "a".repeat(129);
    for (name, good) in [
        ("look-up_2", true),
        (longest.as_str(), true),
        (&too_long, false),
        ("", false),
        ("look up", false),
        ("größe", false),
        ("bash", false),
        ("WebFetch", false),
        ("mcp__files__read", false),
    ] {
        let param = (!good).then_some("tools.0.name");
        check_tools(vec![Tool::Custom(custom(name, object()))], param);
    }
    let twice = vec![Tool::Custom(custom("a", object())), Tool::Custom(custom("a", object()))];
    check_tools(twice, Some("tools.1.name"));
    let silent = CustomTool { description: " ".to_owned(), ..custom("a", object()) };
    check_tools(vec![Tool::Custom(silent)], Some("tools.0.description"));
}

#[test]
fn a_schema_is_that_of_an_object() {
    for (schema, member) in [
        (json!({"type": "object", "properties": {"q": {"type": "string"}}}), None),
        (json!({"type": "object", "required": ["q"], "additionalProperties": false}), None),
        (json!({}), Some("input_schema.type")),
        (json!({"type": "string"}), Some("input_schema.type")),
        (json!({"type": ["object"]}), Some("input_schema.type")),
        (json!({"type": "object", "properties": []}), Some("input_schema.properties")),
        (json!({"type": "object", "required": "q"}), Some("input_schema.required")),
        (json!({"type": "object", "required": [1]}), Some("input_schema.required")),
    ] {
        let param = member.map(|member| format!("tools.0.{member}"));
        check_tools(vec![Tool::Custom(custom("a", schema))], param.as_deref());
    }
}

#[test]
fn dialect_a_wants_its_tools_tidy() {
    let lenient = |tools: Vec<Tool>, param: &str| {
        let definition = Definition { tools, ..plain() };
        check_as(&definition, Strictness::Bounds, None);
        check_as(&definition, Strictness::Tidy, Some(param));
    };
    for schema in [
        json!({"type": "object", "anyOf": []}),
        json!({"type": "object", "oneOf": []}),
        json!({"type": "object", "allOf": []}),
        json!({"type": "object", "$ref": "#/x"}),
        json!({"type": "object", "properties": {"q": {"items": [{"$ref": "#/x"}]}}}),
    ] {
        lenient(vec![Tool::Custom(custom("a", schema))], "tools.0.input_schema");
    }
    let object = json!({"type": "object"});
    let talkative = CustomTool { description: "x".repeat(4_097), ..custom("a", object) };
    lenient(vec![Tool::Custom(talkative)], "tools.0.description");
    let idle = Definition { mcp_servers: vec![server("s", "https://e.com")], ..plain() };
    check_as(&idle, Strictness::Bounds, None);
    check_as(&idle, Strictness::Tidy, Some("mcp_servers.0.name"));
}

#[test]
fn toolsets_and_servers_name_one_another() {
    let with = |tools: Vec<Tool>, mcp_servers: Vec<McpServer>, param: Option<&str>| {
        check(&Definition { tools, mcp_servers, ..plain() }, param);
    };
    let one = || vec![server("s", "https://e.com/mcp")];
    with(vec![mcp("s")], one(), None);
    with(vec![mcp("t")], one(), Some("tools.0.mcp_server_name"));
    with(vec![mcp("s"), mcp("s")], one(), Some("tools.1.mcp_server_name"));
    let twice = vec![server("s", "https://e.com"), server("s", "https://e.com")];
    with(vec![mcp("s")], twice, Some("mcp_servers.1.name"));
    let nameless = |name: &str| {
        let config = McpToolConfig {
            name: name.to_owned(),
            setting: Setting { enabled: true, ..McpToolset::DEFAULT },
        };
        let configs = vec![config.clone(), config];
        let (server, default) = ("s".to_owned(), McpToolset::DEFAULT);
        vec![Tool::Mcp(McpToolset { server, default, configs })]
    };
    with(nameless(""), one(), Some("tools.0.configs.0.name"));
    with(nameless("read"), one(), Some("tools.0.configs.1.name"));
}

#[test]
fn a_server_has_an_address_and_no_password() {
    for (url, good) in [
        ("https://example.com/mcp?x=1", true),
        ("http://localhost:8080", true),
        ("http://[::1]:8080/mcp", true),
        ("ftp://example.com", false),
        ("example.com", false),
        ("https://", false),
        ("https:///mcp", false),
        ("https://:8080", false),
        ("https://user:secret@example.com", false),
        ("https://example.com/a b", false),
    ] {
        let (tools, mcp_servers) = (vec![mcp("s")], vec![server("s", url)]);
        let param = (!good).then_some("mcp_servers.0.url");
        check(&Definition { tools, mcp_servers, ..plain() }, param);
    }
}

#[test]
fn a_skill_is_listed_once() {
    for (skills, param) in [
        (vec![skill("a"), skill("b")], None),
        (vec![skill("a"), skill("a")], Some("skills.1.skill_id")),
        (vec![skill("")], Some("skills.0.skill_id")),
        (vec![Skill { version: String::new(), ..skill("a") }], Some("skills.0.version")),
    ] {
        check(&Definition { skills, ..plain() }, param);
    }
}

#[test]
fn what_is_kept_reads_as_it_was_written() {
    let location = UserLocation { city: Some("Köln".to_owned()), ..Default::default() };
    let sources = UrlSources { user_input: Some(Sources::None), ..UrlSources::default() };
    let fetch = WebFetch { url_sources: Some(sources), ..WebFetch::default() };
    let search = WebSearch { user_location: Some(location), ..WebSearch::default() };
    let configs = vec![
        config("WebFetch", Extra::WebFetch(fetch)),
        config("web_search", Extra::WebSearch(search)),
        config("Bash", Extra::None),
    ];
    let schema = json!({"type": "object", "z": 1.5, "a": {"b": [null, true]}});
    let definition = Definition {
        description: Some("d".to_owned()),
        model: ModelSpec {
            effort: Some(crate::agent::model_spec::Effort::Xhigh),
            context_window: Some(200_000),
            ..ModelSpec::named("m")
        },
        tools: vec![
            Tool::Builtin(Toolset { enabled_tools: names(&["WebFetch"]), ..toolset(configs) }),
            mcp("s"),
            Tool::Custom(custom("a", schema)),
        ],
        mcp_servers: vec![server("s", "https://e.com")],
        skills: vec![skill("a")],
        ..plain()
    };
    let text = serde_json::to_string(&definition).unwrap();
    assert_eq!(serde_json::from_str::<Definition>(&text).unwrap(), definition);
    assert!(text.contains("WebFetch"), "the client's own spelling is kept: {text}");
}
