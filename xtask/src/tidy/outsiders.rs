//! Libraries that set the shape of what they touch are named in one place each.

use super::Finding;
use super::rust;
use super::tree::Tree;

/// A library and the modules that may name it.
struct Outsider {
    name: &'static str,
    /// Why it is kept to these modules.
    reason: &'static str,
    allowed: &'static [&'static str],
}

const OUTSIDERS: &[Outsider] = &[
    Outsider {
        name: "axum",
        reason: "HTTP is spoken by the api crate; `bench --ceiling` measures the same stack without \
                 a store",
        allowed: &["crates/api", "crates/leasehold/src/bench"],
    },
    Outsider {
        name: "utoipa",
        reason: "wire shapes and their documents belong to the api crate",
        allowed: &["crates/api"],
    },
    Outsider {
        name: "reqwest",
        reason: "requests are sent by the client crate, and by the agent crate to models and to \
                 tools, each with its time-outs",
        allowed: &["crates/client", "crates/agent"],
    },
    Outsider {
        name: "rmcp",
        reason: "the protocol's library changes often: one file follows it",
        allowed: &["crates/agent/src/tool/mcp/session.rs"],
    },
    Outsider {
        name: "rusqlite",
        reason: "SQLite is one backend's matter; the binary's tests look into its file from outside",
        allowed: &["crates/store/src/sqlite", "crates/store/tests", "crates/leasehold/tests"],
    },
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in tree.crates() {
        for (path, line) in rust::paths(&rust::tokens(&file.text)) {
            // A single word may be anybody's own name; a path into a library is not.
            let [first, _, ..] = path.as_slice() else { continue };
            let Some(outsider) = OUTSIDERS.iter().find(|outsider| outsider.name == first) else {
                continue;
            };
            if !outsider.allowed.iter().any(|stem| file.is_within(stem)) {
                let message = format!("names {}: {}", outsider.name, outsider.reason);
                found.push(Finding::at(&file.path, line, message));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(files: &[(&str, &str)]) -> Vec<String> {
        check(&Tree::of(files)).into_iter().map(|finding| finding.place).collect()
    }

    #[test]
    fn a_library_is_named_in_its_place_alone() {
        let axum = "use axum::{Router, routing::get};";
        let reqwest = "fn f(client: &reqwest::Client) {}";
        assert_eq!(
            places(&[
                ("crates/api/src/router.rs", axum),
                ("crates/leasehold/src/bench/ceiling.rs", axum),
                ("crates/leasehold/src/serve.rs", "\nuse axum::Router;"),
                ("crates/client/src/client.rs", reqwest),
                ("crates/leasehold/src/demo.rs", reqwest),
                ("crates/store/src/sqlite/load.rs", "use rusqlite::Row;"),
                ("crates/store/src/writer.rs", "use rusqlite::Row;"),
            ]),
            [
                "crates/leasehold/src/serve.rs",
                "crates/leasehold/src/demo.rs",
                "crates/store/src/writer.rs"
            ]
        );
    }

    #[test]
    fn words_comments_and_strings_are_not_uses() {
        let source = "// axum::Router\nlet axum = \"axum::Router\"; our::axum::f();";
        assert_eq!(places(&[("crates/model/src/work.rs", source)]), Vec::<String>::new());
    }
}
