//! Nobody but the binary, the test kit and the store's own tests names a backend.

use super::Finding;
use super::rust;
use super::tree::Tree;

const BACKENDS: [&str; 3] = ["sqlite", "memory", "postgres"];

/// Who may choose a backend, and why.
const ALLOWED: &[(&str, &str)] = &[
    ("crates/leasehold", "wires the parts together"),
    ("crates/testkit", "wires the parts together for tests"),
    ("crates/store/tests", "runs the conformance suite on each"),
    ("crates/agent/tests", "drives turns on a store that is killed and opened again"),
    ("crates/store/src/conformance", "is the conformance suite"),
    ("crates/store/src/lib", "declares the modules"),
    ("crates/store/src/sqlite", "is a backend"),
    ("crates/store/src/memory", "is a backend"),
    ("crates/store/src/postgres", "is a backend"),
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in tree.crates() {
        if ALLOWED.iter().any(|(stem, _)| file.is_within(stem)) {
            continue;
        }
        let inside = file.is_within("crates/store");
        for (path, line) in rust::paths(&rust::tokens(&file.text)) {
            if names_backend(&path, inside) {
                let message = format!("names a backend (`{}`)", path.join("::"));
                found.push(Finding::at(&file.path, line, message));
            }
        }
    }
    found
}

/// Whether a path leads into a backend; `inside` the store, paths from its root count too.
fn names_backend(path: &[String], inside: bool) -> bool {
    let Some(child) = path
        .iter()
        .skip_while(|step| *step == "super" || *step == "crate")
        .nth(usize::from(path.first().is_some_and(|root| root == "leasehold_store")))
    else {
        return false;
    };
    let from_root = match path.first().map(String::as_str) {
        Some("leasehold_store") => true,
        Some("crate" | "super") => inside,
        _ => false,
    };
    // A type of a backend that is exported from the root carries its name: `SqliteStore`.
    let child = child.to_lowercase();
    from_root && BACKENDS.iter().any(|backend| child.starts_with(backend))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(files: &[(&str, &str)]) -> Vec<String> {
        check(&Tree::of(files)).into_iter().map(|finding| finding.place).collect()
    }

    #[test]
    fn backends_are_named_by_those_who_choose_alone() {
        for source in [
            "use leasehold_store::sqlite::Options;",
            "use leasehold_store::{Store, memory};",
            "let store = leasehold_store::SqliteStore::open();",
        ] {
            assert_eq!(
                places(&[
                    ("crates/api/src/state.rs", source),
                    ("crates/leasehold/src/serve.rs", source),
                    ("crates/testkit/src/lib.rs", source),
                    ("crates/store/tests/conformance.rs", source),
                ]),
                ["crates/api/src/state.rs"],
                "{source}"
            );
        }
    }

    #[test]
    fn inside_the_store_the_seam_names_no_backend() {
        let source = "use crate::sqlite::Row; use super::memory;";
        assert_eq!(
            places(&[
                ("crates/store/src/writer.rs", source),
                ("crates/store/src/lib.rs", source),
                ("crates/store/src/sqlite/load.rs", source),
                ("crates/api/src/metrics.rs", "use crate::memory::resident; use super::memory;"),
            ]),
            ["crates/store/src/writer.rs", "crates/store/src/writer.rs"]
        );
    }

    #[test]
    fn other_paths_are_fine() {
        let source = "use leasehold_store::{Store, Views, views::memory}; let memory = 1;";
        assert_eq!(places(&[("crates/api/src/state.rs", source)]), Vec::<String>::new());
    }
}
