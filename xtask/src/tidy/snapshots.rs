//! No snapshot is left waiting for a decision.

use super::Finding;
use super::tree::Tree;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let pending = |path: &str| path.ends_with(".snap.new") || path.ends_with(".pending-snap");
    tree.files()
        .iter()
        .filter(|file| pending(&file.path))
        .map(|file| Finding::new(&file.path, "a snapshot is pending: accept it or drop it"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pending_snapshots_are_found_and_accepted_ones_are_not() {
        let tree = Tree::of(&[
            ("crates/model/src/snapshots/states.snap", ""),
            ("crates/model/src/snapshots/states.snap.new", ""),
            ("crates/model/src/.work.rs.pending-snap", ""),
        ]);
        let places: Vec<String> = check(&tree).into_iter().map(|finding| finding.place).collect();
        assert_eq!(
            places,
            [
                "crates/model/src/snapshots/states.snap.new",
                "crates/model/src/.work.rs.pending-snap"
            ]
        );
    }
}
