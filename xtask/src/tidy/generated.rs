//! What the code generates is in the checkout as the code generates it now.

use super::Finding;
use super::tree::Tree;
use crate::documents::Document;

/// Compares a document with its file.
pub(super) fn check(tree: &Tree, document: &Document, generated: &str) -> Vec<Finding> {
    let advice = format!("run `{}`", document.command);
    let Some(file) = tree.get(document.path) else {
        return vec![Finding::new(document.path, format!("the file is missing: {advice}"))];
    };
    if file.text == generated {
        return Vec::new();
    }
    let same = file.text.lines().zip(generated.lines()).take_while(|(old, new)| old == new);
    let message = format!("differs from here on from what the code generates: {advice}");
    vec![Finding::at(document.path, same.count() + 1, message)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents;

    fn found(text: &str, generated: &str) -> Vec<String> {
        let [document] = documents::STATES else { panic!("one table") };
        let tree = Tree::of(&[("docs/states.md", text)]);
        check(&tree, document, generated).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn equal_text_is_fine_and_the_first_difference_is_named() {
        let differs = "differs from here on from what the code generates: run `cargo xtask states`";
        assert_eq!(found("a\nb\n", "a\nb\n"), Vec::<String>::new());
        assert_eq!(found("a\nb\n", "a\nc\n"), [format!("docs/states.md:2: {differs}")]);
        assert_eq!(found("a\n", "a\nb\n"), [format!("docs/states.md:2: {differs}")]);
        assert_eq!(found("a", "a\n"), [format!("docs/states.md:2: {differs}")]);
    }

    #[test]
    fn a_missing_file_is_a_finding() {
        let [document] = documents::STATES else { panic!("one table") };
        let [finding] = check(&Tree::of(&[]), document, "a").try_into().unwrap();
        assert_eq!(finding.message, "the file is missing: run `cargo xtask states`");
    }
}
