//! MCP servers, old and new, and what is said if they are none.

use std::time::Duration;

use leasehold_agent::chat::Outcome;
use leasehold_agent::tool::mcp::{McpError, Server};
use leasehold_agent::tool::{Hosts, ServerTools, Settings};
use serde_json::{Value, json};

use crate::stub::{Answer, Heard, Stub};

const JSON: &str = "content-type: application/json\r\n";

fn tools() -> ServerTools {
    let private = Hosts::parse("127.0.0.1").unwrap();
    let mcp_call_timeout = Duration::from_millis(500);
    let settings = Settings { mcp_private_hosts: private, mcp_call_timeout, ..Settings::default() };
    ServerTools::new(settings).unwrap()
}

fn server(stub: &Stub) -> Server {
    Server {
        name: "notes".to_owned(),
        url: format!("{}/mcp", stub.url),
        token: Some("mcp-secret".into()),
    }
}

/// A server as they were before sessions went away: it wants a handshake.
fn old(heard: &Heard) -> Answer {
    let accepted = || Answer::plain("202 Accepted", "", "");
    let id = &heard.body["id"];
    let reply = |result: Value| {
        let body = json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string();
        let headers = "content-type: application/json\r\nmcp-session-id: s1\r\n";
        Answer::plain("200 OK", headers, &body)
    };
    let fault = |code: i32, message: &str| {
        let error = json!({"code": code, "message": message});
        let body = json!({"jsonrpc": "2.0", "id": id, "error": error}).to_string();
        Answer::plain("200 OK", JSON, &body)
    };
    if heard.head.starts_with("get ") {
        return Answer::plain("405 Method Not Allowed", "", "");
    }
    if heard.head.starts_with("delete ") {
        return accepted();
    }
    match heard.body["method"].as_str().unwrap_or("") {
        "initialize" => reply(json!({
            "protocolVersion": "2025-06-18",
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "stub", "version": "1"},
        })),
        "tools/list" => match heard.body["params"]["cursor"].as_str() {
            None => reply(json!({
                "tools": [{
                    "name": "search",
                    "description": "Finds notes.",
                    "inputSchema": {"type": "object", "properties": {"q": {"type": "string"}}},
                }],
                "nextCursor": "2",
            })),
            Some(_) => {
                reply(json!({"tools": [{"name": "purge", "inputSchema": {"type": "object"}}]}))
            }
        },
        "tools/call" => match heard.body["params"]["name"].as_str().unwrap_or("") {
            "search" => {
                let text = format!("found {}", heard.body["params"]["arguments"]["q"]);
                reply(json!({"content": [{"type": "text", "text": text}]}))
            }
            "purge" => reply(json!({
                "content": [{"type": "text", "text": "not allowed"}],
                "isError": true,
            })),
            "hang" => Answer::deaf(),
            _ => fault(-32602, "no such tool"),
        },
        method if method.starts_with("notifications/") => accepted(),
        _ => fault(-32601, "no such method"),
    }
}

#[tokio::test]
async fn a_server_says_what_it_offers_page_by_page() {
    let stub = Stub::answering(old).await;
    let specs = tools().mcp_tools(&server(&stub)).await.unwrap();
    let names: Vec<_> = specs.iter().map(|spec| (&*spec.name, &*spec.description)).collect();
    assert_eq!(names, [("search", "Finds notes."), ("purge", "")]);
    assert_eq!(specs[0].input_schema["properties"]["q"]["type"], "string");
    let heard = stub.heard();
    assert!(heard.iter().all(|heard| heard.head.contains("authorization: bearer mcp-secret\r\n")));
}

#[tokio::test]
async fn a_call_gives_what_the_tool_says_also_if_it_fails() {
    let stub = Stub::answering(old).await;
    let call = async |tool: &str| {
        let outcome = tools().mcp_call(&server(&stub), tool, &json!({"q": "x"})).await.unwrap();
        (outcome.content[0]["text"].as_str().unwrap().to_owned(), outcome.outcome)
    };
    assert_eq!(call("search").await, ("found \"x\"".to_owned(), Outcome::Success));
    assert_eq!(call("purge").await, ("not allowed".to_owned(), Outcome::Error));
    assert_eq!(call("other").await, ("The tool failed: no such tool".to_owned(), Outcome::Error));
    let words = "The tool gave no answer within 500ms.".to_owned();
    assert_eq!(call("hang").await, (words, Outcome::Error));
}

#[tokio::test]
async fn a_server_that_wants_another_credential_is_told_apart() {
    let challenge = "www-authenticate: Bearer\r\n";
    for (status, headers) in
        [("401 Unauthorized", challenge), ("401 Unauthorized", ""), ("403 Forbidden", "")]
    {
        let stub = Stub::answering(move |_| Answer::plain(status, headers, "no")).await;
        let error = tools().mcp_tools(&server(&stub)).await.unwrap_err();
        assert_eq!(error, McpError::Authentication { server: "notes".to_owned() }, "{status}");
    }
}

#[tokio::test]
async fn what_is_no_server_cannot_be_used() {
    let page =
        Stub::answering(|_| Answer::plain("200 OK", "content-type: text/html\r\n", "hi")).await;
    let error = tools().mcp_tools(&server(&page)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the MCP server \"notes\" cannot be used: it cannot be reached, or does not speak the protocol"
    );
    let gone = Server { url: "http://127.0.0.1:1/mcp".to_owned(), ..server(&page) };
    assert!(matches!(tools().mcp_tools(&gone).await, Err(McpError::Connection { .. })));
    let odd = Server { url: "file:///etc/passwd".to_owned(), ..server(&page) };
    assert!(matches!(tools().mcp_tools(&odd).await, Err(McpError::Connection { .. })));
}

#[tokio::test]
async fn a_private_address_is_asked_only_if_the_operator_names_it() {
    let stub = Stub::answering(old).await;
    let strict = ServerTools::new(Settings::default()).unwrap();
    let by_name =
        Server { url: server(&stub).url.replace("127.0.0.1", "localhost"), ..server(&stub) };
    for server in [server(&stub), by_name] {
        let error = strict.mcp_call(&server, "search", &json!({})).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the MCP server \"notes\" cannot be used: it has a private address, which this server \
             does not visit"
        );
    }
    assert!(stub.heard().is_empty());
}
