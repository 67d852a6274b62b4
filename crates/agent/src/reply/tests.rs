//! What a model streams, and the events that it becomes.

use std::sync::Arc;

use futures_util::FutureExt;
use leasehold_model::Timestamp;
use leasehold_model::agent::model_spec::ModelSpec;
use leasehold_model::agent::snapshot::{Permission, Snapshot};
use leasehold_model::agent::tool::builtin::ToolName;
use leasehold_model::agent::tool::{CustomTool, Extra, Policy, Setting, Tool, ToolConfig, Toolset};
use leasehold_model::catalogue::Prices;
use leasehold_model::environment::config::Kind as Hosting;
use leasehold_model::event::{Kind, StopReason};
use leasehold_model::log::turn::{Outcome, Said};
use leasehold_store::Preview;
use serde_json::{Map, json};

use super::Reply;
use crate::chat::{Chunk, Stop, Usage};
use crate::tool::{ServerTools, Settings};
use crate::toolbox::Toolbox;

fn agent(tools: Vec<Tool>) -> Snapshot {
    Snapshot { tools, model: ModelSpec::named("m"), ..Snapshot::unknown("agent_a", 1) }
}

fn toolset(default: Setting, configs: Vec<ToolConfig>) -> Tool {
    let (enabled_tools, disallowed_tools) = (Vec::new(), Vec::new());
    Tool::Builtin(Toolset { default, configs, enabled_tools, disallowed_tools })
}

/// An agent with the built-in toolset and a custom tool.
fn equipped() -> Snapshot {
    let custom = CustomTool {
        name: "ask_user".to_owned(),
        description: "Asks.".to_owned(),
        input_schema: Map::new(),
    };
    agent(vec![toolset(Toolset::DEFAULT, Vec::new()), Tool::Custom(custom)])
}

fn play(agent: &Snapshot, hosting: Hosting, chunks: &[Chunk]) -> (Vec<Preview>, Option<Outcome>) {
    let tools = Arc::new(ServerTools::new(Settings::default()).unwrap());
    let toolbox = Toolbox::fill(tools, agent, hosting).now_or_never().unwrap();
    let prices = Prices { input: Some(3.0), output: Some(15.0), ..Prices::default() };
    let mut reply = Reply::new(agent, hosting, &toolbox, prices, 1, Timestamp::from_micros(1));
    let previews = chunks.iter().flat_map(|chunk| reply.feed(chunk.clone())).collect();
    (previews, reply.finish())
}

fn said(outcome: Option<Outcome>) -> Vec<Said> {
    match outcome {
        Some(Outcome::Answered { said, .. }) => said,
        other => panic!("{other:?}"),
    }
}

fn started(index: u32) -> Chunk {
    Chunk::TextStarted { index }
}

fn delta(index: u32, text: &str) -> Chunk {
    Chunk::TextDelta { index, text: text.to_owned() }
}

fn call(name: &str) -> Chunk {
    Chunk::ToolUse { id: "toolu_1".to_owned(), name: name.to_owned(), input: json!({}) }
}

#[test]
fn text_is_previewed_under_the_id_of_the_event_that_follows() {
    let chunks = [started(0), delta(0, "Hel"), delta(0, "lo"), started(1), delta(1, "!"), done()];
    let (previews, outcome) = play(&equipped(), Hosting::SelfHosted, &chunks);
    let said = said(outcome);
    let [Said { id, kind: Kind::AgentMessage { content }, .. }] = said.as_slice() else {
        panic!("{said:?}")
    };
    let text = |index, text: &str| Preview::Text { event: *id, index, text: text.into() };
    assert_eq!(
        previews,
        [Preview::MessageStarted(*id), text(0, "Hel"), text(0, "lo"), text(1, "!")]
    );
    assert_eq!(
        content.value(),
        json!([{ "type": "text", "text": "Hello" }, { "type": "text", "text": "!" }])
    );
}

fn done() -> Chunk {
    Chunk::Done(Stop::EndTurn)
}

#[test]
fn a_message_without_words_is_none() {
    for chunks in [vec![done()], vec![started(0), done()], vec![started(0), call("bash"), done()]] {
        let (_, outcome) = play(&equipped(), Hosting::SelfHosted, &chunks);
        assert!(said(outcome).iter().all(|s| !matches!(s.kind, Kind::AgentMessage { .. })));
    }
}

#[test]
fn things_keep_the_order_in_which_they_were_said() {
    let thought = Chunk::ThinkingFinished { block: json!({ "signature": "s" }) };
    let chunks = [
        Chunk::ThinkingStarted,
        thought,
        started(0),
        delta(0, "first"),
        call("bash"),
        started(1),
        delta(1, "then"),
        done(),
    ];
    let (_, outcome) = play(&equipped(), Hosting::SelfHosted, &chunks);
    let kinds: Vec<&str> = said(outcome).iter().map(|said| said.kind.as_str()).collect();
    assert_eq!(kinds, ["agent.thinking", "agent.message", "agent.tool_use", "agent.message"]);
}

#[test]
fn each_call_is_judged() {
    let asks = Setting { enabled: true, policy: Policy::AlwaysAsk };
    let off = Setting { enabled: false, policy: Policy::AlwaysAllow };
    let name = ToolName::new("read").unwrap();
    let read = ToolConfig { name, setting: off, extra: Extra::None };
    let asks = agent(vec![toolset(asks, vec![read])]);
    for (agent, hosting, tool, kind, permission, is_denied) in [
        (equipped(), Hosting::SelfHosted, "bash", "agent.tool_use", Permission::Allow, false),
        (equipped(), Hosting::Cloud, "bash", "agent.tool_use", Permission::Deny, true),
        (equipped(), Hosting::Cloud, "ask_user", "agent.custom_tool_use", Permission::Allow, false),
        (equipped(), Hosting::SelfHosted, "nonsense", "agent.tool_use", Permission::Deny, true),
        (asks.clone(), Hosting::SelfHosted, "Bash", "agent.tool_use", Permission::Ask, false),
        (asks, Hosting::SelfHosted, "read", "agent.tool_use", Permission::Deny, true),
    ] {
        let (_, outcome) = play(&agent, hosting, &[call(tool), done()]);
        let said = said(outcome);
        let [Said { kind: found, denied, .. }] = said.as_slice() else { panic!("{said:?}") };
        assert_eq!(found.as_str(), kind, "{tool}");
        assert_eq!(denied.is_some(), is_denied, "{tool}");
        let (Kind::AgentToolUse(used) | Kind::AgentCustomToolUse(used)) = found else {
            panic!("{found:?}")
        };
        assert_eq!(used.permission, permission, "{tool}");
        assert_eq!(used.name, tool.to_lowercase(), "a worker knows one spelling alone");
    }
}

#[test]
fn tokens_cost_what_the_price_list_says() {
    let tokens = Usage {
        input_tokens: 1_000,
        output_tokens: 200,
        cache_read_input_tokens: 10,
        cache_creation_input_tokens: 0,
    };
    let (_, outcome) = play(&equipped(), Hosting::SelfHosted, &[Chunk::Usage(tokens), done()]);
    let Some(Outcome::Answered { usage, .. }) = outcome else { panic!("{outcome:?}") };
    // 1,010 tokens at 3 dollars and 200 at 15 dollars a million.
    assert_eq!(usage.cost_nanos, 3_030_000 + 3_000_000);
    assert_eq!(usage.input_tokens, 1_000);
}

#[test]
fn a_refusal_keeps_the_words_and_drops_the_calls() {
    let stop = Stop::Refusal { category: Some("c".to_owned()), explanation: None };
    let chunks = [started(0), delta(0, "I can"), call("bash"), Chunk::Done(stop)];
    let (_, outcome) = play(&equipped(), Hosting::SelfHosted, &chunks);
    let Some(Outcome::Answered { said, refusal, .. }) = outcome else { panic!("{outcome:?}") };
    assert_eq!(said.len(), 1);
    let category = Some("c".to_owned());
    assert_eq!(refusal, Some(StopReason::Refusal { category, explanation: None }));
}

#[test]
fn an_answer_that_was_not_finished_is_none() {
    let (_, outcome) = play(&equipped(), Hosting::SelfHosted, &[started(0), delta(0, "Hal")]);
    assert_eq!(outcome, None);
}
