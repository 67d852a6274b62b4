//! The names by which models know the tools of MCP servers.

use super::{MAX_NAME_CHARS, mcp_name};

#[test]
fn names_are_such_as_every_provider_takes() {
    assert_eq!(mcp_name("wiki", "find_page"), "mcp__wiki__find_page");
    assert_eq!(mcp_name("our wiki", "page.find"), "mcp__our_wiki__page_find");
    for (server, tool) in [("wiki", "x".repeat(100)), ("ümlaut", "ß".repeat(70))] {
        let name = mcp_name(server, &tool);
        assert_eq!(name.len(), MAX_NAME_CHARS, "{name}");
        assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')));
    }
}

#[test]
fn long_names_stay_apart() {
    let long = "x".repeat(80);
    assert_ne!(mcp_name("s", &format!("{long}a")), mcp_name("s", &format!("{long}b")));
}
