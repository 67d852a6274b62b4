//! `web_fetch`: what it fetches, and all that it does not.

use leasehold_agent::chat::Outcome;
use leasehold_agent::tool::web_fetch::Limits;
use leasehold_agent::tool::{Hosts, ServerTools, Settings};
use serde_json::json;

use crate::stub::{Answer, Heard, Stub};

const HTML: &str = "content-type: text/html; charset=utf-8\r\n";

fn tools(hosts: &str) -> ServerTools {
    let web_fetch_hosts = Hosts::parse(hosts).unwrap();
    ServerTools::new(Settings { web_fetch_hosts, ..Settings::default() }).unwrap()
}

/// A site on this machine, at an address that the operator has named.
fn site(heard: &Heard) -> Answer {
    let path = heard.head.split(' ').nth(1).unwrap();
    match path {
        "/" => Answer::plain("200 OK", HTML, "<h1>Hello</h1><p>This &amp; that.</p>"),
        "/plain" => Answer::plain("200 OK", "content-type: text/plain\r\n", "as <it> is"),
        "/image" => Answer::plain("200 OK", "content-type: image/png\r\n", "\u{89}PNG"),
        "/long" => Answer::plain("200 OK", "content-type: text/plain\r\n", &"é".repeat(6_000_000)),
        "/moved" => Answer::plain("302 Found", "location: /plain\r\n", ""),
        "/away" => Answer::plain("302 Found", "location: http://elsewhere.test/\r\n", ""),
        "/inside" => Answer::plain("302 Found", "location: http://127.0.0.2/\r\n", ""),
        "/scheme" => Answer::plain("302 Found", "location: file:///etc/passwd\r\n", ""),
        "/loop" => Answer::plain("302 Found", "location: /loop\r\n", ""),
        _ => Answer::plain("404 Not Found", HTML, "nothing"),
    }
}

/// What the tool says to an address, and whether it succeeded.
async fn fetch(tools: &ServerTools, url: &str, limits: &Limits) -> Result<String, String> {
    let outcome = tools.web_fetch(&json!({"url": url}), limits).await;
    let [block] = outcome.content.try_into().unwrap();
    let text = block["text"].as_str().unwrap().to_owned();
    match outcome.outcome {
        Outcome::Success => Ok(text),
        Outcome::Error => Err(text),
    }
}

#[tokio::test]
async fn a_page_comes_as_text() {
    let stub = Stub::answering(site).await;
    let tools = tools("127.0.0.1");
    let get =
        async |path: &str| fetch(&tools, &format!("{}{path}", stub.url), &Limits::default()).await;
    assert_eq!(get("/").await, Ok("# Hello\nThis & that.".to_owned()));
    assert_eq!(get("/plain").await, Ok("as <it> is".to_owned()));
    assert_eq!(get("/moved").await, Ok("as <it> is".to_owned()));
    let refused = |words: &str| Err(words.to_owned());
    assert_eq!(get("/image").await, refused("The page has the type image/png, which is no text."));
    assert_eq!(get("/none").await, refused("The server answered with status 404."));
    assert_eq!(get("/loop").await, refused("The page redirects too often."));
}

#[tokio::test]
async fn a_long_page_is_cut_off() {
    let stub = Stub::answering(site).await;
    let limits = Limits { max_content_tokens: Some(2), ..Limits::default() };
    let tools = tools("127.0.0.1");
    let url = format!("{}/long", stub.url);
    let cut = "éééééééé\n[the rest of the page is cut off]";
    assert_eq!(fetch(&tools, &url, &limits).await, Ok(cut.to_owned()));
    let most = fetch(&tools, &url, &Limits::default()).await.unwrap();
    assert_eq!(most.chars().filter(|c| *c == 'é').count(), 400_000);
}

#[tokio::test]
async fn every_redirect_is_checked_like_the_first_address() {
    let stub = Stub::answering(site).await;
    let tools = tools("127.0.0.1");
    for (path, words) in [
        ("/away", "The host elsewhere.test may not be fetched from here."),
        ("/inside", "The host 127.0.0.2 may not be fetched from here."),
        ("/scheme", "web_fetch needs a whole address with http:// or https:// as `url`."),
    ] {
        let url = format!("{}{path}", stub.url);
        assert_eq!(fetch(&tools, &url, &Limits::default()).await, Err(words.to_owned()));
    }
}

#[tokio::test]
async fn private_addresses_are_not_fetched_under_any_name() {
    let stub = Stub::answering(site).await;
    let port = stub.url.rsplit(':').next().unwrap();
    let tools = tools("*");
    for (url, host) in [
        (format!("http://127.0.0.1:{port}/"), "127.0.0.1"),
        (format!("http://2130706433:{port}/"), "127.0.0.1"),
        (format!("http://localhost:{port}/"), "localhost"),
        (format!("http://[::ffff:127.0.0.1]:{port}/"), "::ffff:7f00:1"),
        ("http://169.254.169.254/latest/meta-data".to_owned(), "169.254.169.254"),
    ] {
        let words = format!("The host {host} has a private address, which is not fetched.");
        assert_eq!(fetch(&tools, &url, &Limits::default()).await, Err(words), "{url}");
    }
    assert!(stub.heard().is_empty());
}

#[tokio::test]
async fn operator_and_agent_must_both_allow_a_host() {
    let stub = Stub::answering(site).await;
    let get = async |hosts: &str, limits: &Limits| {
        fetch(&tools(hosts), &format!("{}/plain", stub.url), limits).await
    };
    let list = |domain: &str| Some(vec![domain.to_owned()]);
    let off = "web_fetch is not available: the operator of this server has not allowed any host.";
    assert_eq!(get("", &Limits::default()).await, Err(off.to_owned()));
    let closed = Err("The host 127.0.0.1 may not be fetched from here.".to_owned());
    assert_eq!(get("example.com", &Limits::default()).await, closed);
    let elsewhere = Limits { allowed_domains: list("example.com"), ..Limits::default() };
    assert_eq!(get("127.0.0.1", &elsewhere).await, closed);
    let blocked = Limits { blocked_domains: list("127.0.0.1"), ..Limits::default() };
    assert_eq!(get("127.0.0.1", &blocked).await, closed);
    let allowed = Limits { allowed_domains: list("127.0.0.1"), ..Limits::default() };
    assert_eq!(get("127.0.0.1", &allowed).await, Ok("as <it> is".to_owned()));
}

#[tokio::test]
async fn what_is_no_address_is_refused() {
    let tools = tools("*");
    let words = "web_fetch needs a whole address with http:// or https:// as `url`.";
    for url in ["", "example.com", "ftp://example.com/", "file:///etc/passwd", "http://u:p@x.test/"]
    {
        assert_eq!(fetch(&tools, url, &Limits::default()).await, Err(words.to_owned()), "{url}");
    }
    assert_eq!(tools.web_fetch(&json!({}), &Limits::default()).await.outcome, Outcome::Error);
}

#[test]
fn nothing_searches_the_web() {
    let outcome = tools("*").web_search();
    let words = "web_search is not available: this server has no search provider.";
    assert_eq!(outcome.content, [json!({"type": "text", "text": words})]);
    assert_eq!(outcome.outcome, Outcome::Error);
}
