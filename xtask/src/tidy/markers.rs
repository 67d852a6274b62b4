//! Nothing is left for later in the code: unfinished work is finished, or an issue.

use super::Finding;
use super::tree::Tree;

/// The usual marks, put together here so that this file does not find itself.
const MARKS: [&str; 3] = [concat!("FIX", "ME"), concat!("TO", "DO"), concat!("XX", "X")];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in tree.code() {
        for (index, line) in file.text.lines().enumerate() {
            let words = line.split(|next: char| !next.is_alphanumeric() && next != '_');
            for word in words.filter(|word| MARKS.contains(word)) {
                let message = format!("`{word}`: finish it, or file an issue");
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
    fn marks_are_found_as_whole_words_alone() {
        let [fixme, todo, xxx] = MARKS;
        let text = format!("// {fixme}: a\nlet {todo}S = 1;\n# {todo}(me) {xxx}\n// fixme {xxx}XX");
        let tree = Tree::of(&[("a.rs", &text), ("notes.md", &text)]);
        let lines: Vec<Option<usize>> = check(&tree).iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [Some(1), Some(3), Some(3)]);
    }
}
