//! A file is at most 800 lines long; most are a noun each, of 100 to 300.

use super::Finding;
use super::tree::Tree;

const MOST_LINES: usize = 800;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.code()
        .filter_map(|file| {
            let lines = file.text.lines().count();
            let message = format!("{lines} lines, more than {MOST_LINES}: split it by nouns");
            (lines > MOST_LINES).then(|| Finding::new(&file.path, message))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_itself_is_allowed_and_data_may_be_long() {
        let (longest, longer) = ("x\n".repeat(MOST_LINES), "x\n".repeat(MOST_LINES + 1));
        let tree = Tree::of(&[("a.rs", &longest), ("b.rs", &longer), ("c.json", &longer)]);
        let message = "801 lines, more than 800: split it by nouns";
        assert_eq!(check(&tree), [Finding::new("b.rs", message)]);
    }
}
