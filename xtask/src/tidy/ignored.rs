//! No test is ignored, skipped or expected to fail.

use super::Finding;
use super::tree::Tree;

/// What switches a test off, by the extension of the file. Each is put together here so that this
/// file does not find itself.
const SWITCHES: &[(&str, &[&str])] = &[
    (".rs", &[concat!("#[", "ignore")]),
    (
        ".py",
        &[
            concat!("mark.", "skip"),
            concat!("pytest.", "skip"),
            concat!("mark.", "xfail"),
            concat!("pytest.", "xfail"),
        ],
    ),
    (".ts", NODE),
    (".js", NODE),
    (".mjs", NODE),
];

const NODE: &[&str] = &[".skip(", "skip: true", ".todo("];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in tree.files() {
        let switches = SWITCHES.iter().find(|(extension, _)| file.path.ends_with(extension));
        let Some((_, switches)) = switches else { continue };
        for (index, line) in file.text.lines().enumerate() {
            for switch in switches.iter().filter(|&&switch| line.contains(switch)) {
                let message = format!("`{switch}`: a test runs, or it is not there");
                found.push(Finding::at(&file.path, index + 1, message));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_switch_a_test_off_is_found_in_its_own_language() {
        for (extension, switches) in SWITCHES {
            for switch in *switches {
                let (path, text) = (format!("a{extension}"), format!("one\n  {switch}two"));
                let lines: Vec<_> =
                    check(&Tree::of(&[(&path, &text)])).iter().map(|f| f.line).collect();
                assert_eq!(lines, [Some(2)], "{path}: {switch}");
            }
        }
        let elsewhere =
            format!("x{}", SWITCHES.iter().flat_map(|(_, all)| *all).copied().collect::<String>());
        assert_eq!(check(&Tree::of(&[("a.md", &elsewhere)])), []);
    }
}
