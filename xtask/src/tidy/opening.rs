//! Every Rust file opens with `//!`: what it is for, and what it does not know.

use super::Finding;
use super::tree::Tree;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in tree.rust() {
        let first = file.text.lines().next().unwrap_or("");
        if !first.starts_with("//!") {
            found.push(Finding::at(&file.path, 1, "the file does not open with `//!`"));
        } else if first.starts_with("//! Placeholder") {
            found.push(Finding::at(&file.path, 1, "the file only keeps a place"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_must_be_module_documentation() {
        let tree = Tree::of(&[
            ("a.rs", "//! The noun.\nuse std::fmt;\n"),
            ("b.rs", "use std::fmt;\n//! Too late.\n"),
            ("c.rs", "// Not documentation.\n"),
            ("d.rs", ""),
            ("e.py", "import os\n"),
            ("f.rs", "//! Placeholder.\n"),
        ]);
        let found = check(&tree).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            found,
            [
                "b.rs:1: the file does not open with `//!`",
                "c.rs:1: the file does not open with `//!`",
                "d.rs:1: the file does not open with `//!`",
                "f.rs:1: the file only keeps a place",
            ]
        );
    }
}
