//! What a session holds, how it may differ from its agent, and what becomes of calls.

use serde_json::{Value, json};

use super::*;
use crate::agent::tool::builtin::ToolName;
use crate::agent::tool::{
    CustomTool, Extra, McpToolConfig, McpToolset, Policy, Setting, ToolConfig, Toolset,
};

fn snapshot(tools: Vec<Tool>) -> Snapshot {
    Snapshot { model: ModelSpec::named("m"), tools, ..Snapshot::unknown("agent_1", 3) }
}

fn toolset(configs: &[(&str, bool, Policy)], enabled: &[&str], disallowed: &[&str]) -> Tool {
    let name = |name: &str| ToolName::new(name).unwrap();
    let configs = configs.iter().map(|(tool, enabled, policy)| ToolConfig {
        name: name(tool),
        setting: Setting { enabled: *enabled, policy: *policy },
        extra: Extra::None,
    });
    Tool::Builtin(Toolset {
        default: Toolset::DEFAULT,
        configs: configs.collect(),
        enabled_tools: enabled.iter().copied().map(name).collect(),
        disallowed_tools: disallowed.iter().copied().map(name).collect(),
    })
}

fn custom(name: &str) -> Tool {
    let Value::Object(input_schema) = json!({"type": "object"}) else { panic!() };
    Tool::Custom(CustomTool {
        name: name.to_owned(),
        description: "Looks it up.".to_owned(),
        input_schema,
    })
}

fn offered(tools: Vec<Tool>) -> Vec<String> {
    snapshot(tools).offers().iter().map(|offer| offer.name().to_owned()).collect()
}

#[test]
fn an_agent_without_tools_is_offered_none() {
    assert_eq!(offered(vec![]), [""; 0]);
}

#[test]
fn what_is_offered_is_enabled_and_not_hidden() {
    let all = ["bash", "read", "write", "edit", "glob", "grep", "web_fetch", "web_search"];
    assert_eq!(offered(vec![toolset(&[], &[], &[])]), all);
    let off = [("Bash", false, Policy::AlwaysAllow)];
    assert_eq!(offered(vec![toolset(&off, &[], &[])]), all[1..]);
    assert_eq!(offered(vec![toolset(&off, &["Bash", "Read"], &[])]), ["read"]);
    assert_eq!(offered(vec![toolset(&[], &[], &["WebFetch", "WebSearch"])]), all[..6]);
    assert_eq!(offered(vec![toolset(&[], &["ImageGen"], &[])]), [""; 0], "nobody here has it");
    assert_eq!(offered(vec![custom("a"), toolset(&[], &["Read"], &[])]), ["a", "read"]);
    let closed = Toolset {
        default: Setting { enabled: false, policy: Policy::AlwaysAllow },
        configs: vec![ToolConfig {
            name: ToolName::new("grep").unwrap(),
            setting: Toolset::DEFAULT,
            extra: Extra::None,
        }],
        enabled_tools: Vec::new(),
        disallowed_tools: Vec::new(),
    };
    assert_eq!(offered(vec![Tool::Builtin(closed)]), ["grep"]);
}

#[test]
fn a_call_is_judged_by_its_policy() {
    let snapshot = snapshot(vec![
        toolset(
            &[
                ("read", true, Policy::AlwaysAsk),
                ("Write", true, Policy::AlwaysDeny),
                ("web_search", true, Policy::Auto),
                ("glob", false, Policy::AlwaysAllow),
            ],
            &[],
            &["Edit"],
        ),
        custom("look_up"),
    ]);
    for (call, name, family, permission) in [
        ("bash", "bash", Family::Worker, Permission::Allow),
        ("Bash", "bash", Family::Worker, Permission::Allow),
        ("read", "read", Family::Worker, Permission::Ask),
        ("write", "write", Family::Worker, Permission::Deny),
        ("WebSearch", "web_search", Family::Server, Permission::Ask),
        ("web_fetch", "web_fetch", Family::Server, Permission::Allow),
        ("glob", "glob", Family::Worker, Permission::Deny),
        ("edit", "edit", Family::Worker, Permission::Deny),
        ("look_up", "look_up", Family::Custom, Permission::Allow),
        ("Look_Up", "Look_Up", Family::Server, Permission::Deny),
        ("image_gen", "image_gen", Family::Server, Permission::Deny),
        ("rm", "rm", Family::Server, Permission::Deny),
        ("", "", Family::Server, Permission::Deny),
    ] {
        let judged = snapshot.judge(call);
        assert_eq!(judged, Judgement { name: name.into(), family, permission }, "{call}");
    }
    let bare = Snapshot { tools: vec![], ..snapshot };
    assert_eq!(bare.judge("bash").permission, Permission::Deny);
}

#[test]
fn a_call_of_a_server_is_asked_for_unless_its_toolset_says_otherwise() {
    let config = |name: &str, enabled, policy| McpToolConfig {
        name: name.to_owned(),
        setting: Setting { enabled, policy },
    };
    let configs =
        vec![config("read", true, Policy::AlwaysAllow), config("drop", false, Policy::AlwaysAllow)];
    let (server, default) = ("files".to_owned(), McpToolset::DEFAULT);
    let snapshot = snapshot(vec![Tool::Mcp(McpToolset { server, default, configs })]);
    for (server, tool, permission) in [
        ("files", "read", Permission::Allow),
        ("files", "drop", Permission::Deny),
        ("files", "write", Permission::Ask),
        ("mails", "read", Permission::Deny),
    ] {
        assert_eq!(snapshot.judge_mcp(server, tool), permission, "{server} {tool}");
    }
}

#[test]
fn an_override_replaces_as_a_whole_and_what_is_left_out_is_inherited() {
    let skill = Skill {
        origin: super::super::definition::SkillOrigin::Custom,
        id: "skill_1".to_owned(),
        version: "latest".to_owned(),
    };
    let stored = Snapshot {
        system: Some("be brief".to_owned()),
        skills: vec![skill],
        ..snapshot(vec![custom("a"), custom("b")])
    };
    let differs = |overrides: &Overrides| stored.overridden(overrides, Strictness::Tidy);
    assert!(Overrides::default().is_empty());
    assert_eq!(differs(&Overrides::default()), Ok(stored.clone()));
    let overrides = Overrides {
        model: Some(ModelSpec::named("other")),
        system: Some(None),
        tools: Some(vec![custom("c")]),
        ..Overrides::default()
    };
    let expected = Snapshot {
        model: ModelSpec::named("other"),
        system: None,
        tools: vec![custom("c")],
        ..stored.clone()
    };
    assert_eq!(differs(&overrides), Ok(expected));
    for (overrides, param) in [
        (Overrides { tools: Some(vec![]), ..Overrides::default() }, "agent.tools"),
        (
            Overrides { tools: Some(vec![custom("bash")]), ..Overrides::default() },
            "agent.tools.0.name",
        ),
        (Overrides { model: Some(ModelSpec::named("")), ..Overrides::default() }, "agent.model"),
        (
            Overrides { system: Some(Some("x".repeat(100_001))), ..Overrides::default() },
            "agent.system",
        ),
    ] {
        let refusal = differs(&overrides).unwrap_err();
        assert!(matches!(&refusal, Refusal::Unfit(unfit) if unfit.param == param), "{refusal:?}");
    }
    let cleared = Overrides { tools: Some(vec![]), skills: Some(vec![]), ..Overrides::default() };
    assert_eq!(differs(&cleared).unwrap().tools, []);
}
