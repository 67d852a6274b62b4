//! A conversation with a configured model, and its answer written out for comparison.

use futures_util::StreamExt as _;
use leasehold_agent::catalogue::Catalogue;
use leasehold_agent::chat::{AssistantPart, Chunk, Message, Outcome, Request, ToolSpec, UserPart};
use leasehold_agent::{ChunkStream, ProviderError};
use serde_json::{Value, json};

/// A catalogue with the one model `m`, whose table holds `keys` besides.
pub(crate) fn catalogue(keys: &str) -> Catalogue {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("models.toml");
    std::fs::write(&path, format!("[[model]]\nid = 'm'\n{keys}")).unwrap();
    let variable = |name: &str| (name == "THE_KEY").then(|| "sk-secret".to_owned());
    Catalogue::read(&path, &variable).unwrap()
}

/// Asks the model `m` of a catalogue.
pub(crate) fn ask(catalogue: &Catalogue, request: Request) -> ChunkStream {
    catalogue.get("m").unwrap().provider().stream(request)
}

/// What the model answers, a line for each piece, and the error that ended it.
pub(crate) async fn answer(
    catalogue: &Catalogue,
    request: Request,
) -> (Vec<String>, Option<ProviderError>) {
    let mut stream = ask(catalogue, request);
    let (mut lines, mut error) = (Vec::new(), None);
    while let Some(piece) = stream.next().await {
        match piece {
            Ok(chunk) => lines.push(line(&chunk)),
            Err(end) => error = Some(end),
        }
    }
    (lines, error)
}

fn line(chunk: &Chunk) -> String {
    match chunk {
        Chunk::TextStarted { index } => format!("text {index}"),
        Chunk::TextDelta { index, text } => format!("text {index} {text:?}"),
        Chunk::ThinkingStarted => "thinking".to_owned(),
        Chunk::ThinkingFinished { block } => format!("thought {block}"),
        Chunk::ToolUse { id, name, input } => format!("call {id} {name} {input}"),
        Chunk::Usage(usage) => format!(
            "usage {} in, {} out, {} from and {} to the cache",
            usage.input_tokens,
            usage.output_tokens,
            usage.cache_read_input_tokens,
            usage.cache_creation_input_tokens
        ),
        Chunk::Done(stop) => format!("done {stop:?}"),
    }
}

/// A first message.
pub(crate) fn hello() -> Request {
    Request {
        system: None,
        messages: vec![Message::User(vec![text("hello")])],
        tools: Vec::new(),
        max_tokens: 1_000,
        effort: None,
    }
}

/// A conversation with some of everything.
pub(crate) fn long() -> Request {
    let png = json!({"type": "base64", "media_type": "image/png", "data": "iVBORw0="});
    let plain = json!({"type": "text", "media_type": "text/plain", "data": "the plan"});
    let block = |value: Value| UserPart::Block(value);
    Request {
        system: Some("Be brief.".to_owned()),
        messages: vec![
            Message::User(vec![
                text("look"),
                block(json!({"type": "image", "source": png})),
                block(json!({"type": "document", "source": plain, "title": "Plan"})),
                block(json!({"type": "document", "source": {"type": "file", "file_id": "file_1"}})),
            ]),
            Message::Assistant(vec![
                AssistantPart::Thinking(
                    json!({"type": "thinking", "thinking": "hm", "signature": "s1g"}),
                ),
                AssistantPart::Thinking(json!({"type": "reasoning", "text": "well"})),
                AssistantPart::Text("I look.".to_owned()),
                call("c1", json!({"command": "ls"})),
                call("c2", json!({"command": "cat plan.png"})),
            ]),
            Message::User(vec![
                text("be quick"),
                result("c1", vec![json!({"type": "text", "text": "plan.png"})], Outcome::Success),
            ]),
            Message::User(vec![
                result("c2", vec![json!({"type": "image", "source": png})], Outcome::Error),
                text("please"),
            ]),
        ],
        tools: vec![ToolSpec {
            name: "bash".to_owned(),
            description: "Runs a command.".to_owned(),
            input_schema: json!({"type": "object", "properties": {"command": {"type": "string"}}}),
        }],
        max_tokens: 1_000,
        effort: Some(leasehold_model::catalogue::Effort::High),
    }
}

fn text(text: &str) -> UserPart {
    UserPart::Block(json!({"type": "text", "text": text}))
}

fn call(id: &str, input: Value) -> AssistantPart {
    AssistantPart::ToolUse { id: id.to_owned(), name: "bash".to_owned(), input }
}

fn result(call: &str, content: Vec<Value>, outcome: Outcome) -> UserPart {
    UserPart::ToolResult { call: call.to_owned(), content, outcome }
}
