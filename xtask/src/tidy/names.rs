//! A module is called after a noun of the field, and lies in `foo.rs` beside `foo/`.

use super::Finding;
use super::tree::Tree;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 6] = ["common", "helper", "helpers", "misc", "util", "utils"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in tree.rust() {
        if file.name() == "mod.rs" {
            let message = "modules are `foo.rs` and `foo/`, never `mod.rs`";
            found.push(Finding::new(&file.path, message));
        }
        let stem = file.path.strip_suffix(".rs").unwrap_or(&file.path);
        for name in stem.split('/').filter(|name| EMPTY_NAMES.contains(name)) {
            let message = format!("`{name}` says nothing: name the module after what it holds");
            found.push(Finding::new(&file.path, message));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_names_are_refused_as_files_and_as_folders() {
        let tree = Tree::of(&[
            ("crates/api/src/utils.rs", ""),
            ("crates/api/tests/common/server.rs", ""),
            ("crates/api/src/utilisation.rs", ""),
            ("clients/python/helpers.py", ""),
        ]);
        let found = check(&tree).into_iter().map(|finding| finding.to_string());
        assert_eq!(
            found.collect::<Vec<_>>(),
            [
                "crates/api/src/utils.rs: `utils` says nothing: name the module after what it holds",
                "crates/api/tests/common/server.rs: `common` says nothing: name the module after what \
             it holds",
            ]
        );
    }

    #[test]
    fn mod_rs_is_refused() {
        let tree =
            Tree::of(&[("crates/api/src/dialect/mod.rs", ""), ("crates/a/src/modem.rs", "")]);
        let [finding] = check(&tree).try_into().unwrap();
        assert_eq!(finding.place, "crates/api/src/dialect/mod.rs");
    }
}
