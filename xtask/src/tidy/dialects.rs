//! The two dialects never import each other: what they share lies beside them.

use super::Finding;
use super::rust;
use super::tree::Tree;

/// A dialect's module, its name, and the name of the other one.
const DIALECTS: [(&str, &str, &str); 2] =
    [("crates/api/src/dialect/q", "q", "a"), ("crates/api/src/dialect/a", "a", "q")];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (module, own, other) in DIALECTS {
        for file in tree.crates().filter(|file| file.is_within(module)) {
            for (path, line) in rust::paths(&rust::tokens(&file.text)) {
                if names(&path, other) {
                    let message =
                        format!("dialect {own} names dialect {other} (`{}`)", path.join("::"));
                    found.push(Finding::at(&file.path, line, message));
                }
            }
        }
    }
    found
}

/// Whether the path goes through the module of `dialect`.
fn names(path: &[String], dialect: &str) -> bool {
    path.windows(2).any(|pair| match pair {
        [parent, child] => (parent == "dialect" || parent == "super") && child == dialect,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, source: &str) -> usize {
        check(&Tree::of(&[(path, source)])).len()
    }

    #[test]
    fn the_other_dialect_is_found_however_it_is_named() {
        for source in [
            "use crate::dialect::a::wire;",
            "use crate::dialect::{a, q};",
            "use crate::{auth, dialect::{a::{wire}}};",
            "use super::super::a;",
            "fn f() { crate::dialect::a::wire::decode() }",
        ] {
            assert_eq!(found("crates/api/src/dialect/q/routes.rs", source), 1, "{source}");
            assert_eq!(found("crates/api/src/dialect/q.rs", source), 1, "{source}");
        }
    }

    #[test]
    fn dialect_a_may_not_name_q_and_others_may_name_both() {
        let source = "use crate::dialect::{a, q};";
        assert_eq!(found("crates/api/src/dialect/a/wire.rs", source), 1);
        let own = "use crate::dialect::a::{error, wire}; use super::wire;";
        assert_eq!(found("crates/api/src/dialect/a/routes.rs", own), 0);
        assert_eq!(found("crates/api/src/dialect/query.rs", source), 0);
        assert_eq!(found("crates/api/src/router.rs", source), 0);
        assert_eq!(found("crates/api/src/dialect/q.rs", "use super::error::a; let a = q;"), 0);
    }
}
