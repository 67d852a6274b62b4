//! Migrations are append-only: a data file somewhere has already run each of them.
//!
//! `CHECKSUMS` lists every migration in the form of `sha256sum`. A listed file never changes and
//! never goes away; a new one is added by `cargo xtask tidy --bless`, which touches no old line.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::Finding;
use super::tree::{File, Tree};

const FOLDER: &str = "crates/store/src/sqlite/migrations/";

/// The list of checksums.
pub(super) const LIST: &str = "crates/store/src/sqlite/migrations/CHECKSUMS";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    let listed = listed(tree);
    for (line, name, checksum) in &listed {
        match migrations(tree).find(|file| file.name() == *name) {
            None => found.push(Finding::at(LIST, *line, format!("`{name}` is listed and gone"))),
            Some(file) if digest(&file.text) != *checksum => {
                let message = "the migration was changed: put it back, and write a new one";
                found.push(Finding::new(&file.path, message));
            }
            Some(_) => {}
        }
    }
    for file in migrations(tree) {
        if !listed.iter().any(|(_, name, _)| *name == file.name()) {
            let message = "the migration is not listed: run `cargo xtask tidy --bless`";
            found.push(Finding::new(&file.path, message));
        }
    }
    if found.is_empty() && listed.is_empty() {
        found.push(Finding::new(LIST, "no migration is listed"));
    }
    found
}

/// The list with a line more for each migration that it lacks.
pub(super) fn blessed(tree: &Tree) -> String {
    let mut list = tree.get(LIST).map(|file| file.text.clone()).unwrap_or_default();
    if !list.is_empty() && !list.ends_with('\n') {
        list.push('\n');
    }
    let listed = listed(tree);
    for file in migrations(tree) {
        if !listed.iter().any(|(_, name, _)| *name == file.name()) {
            list.push_str(&format!("{}  {}\n", digest(&file.text), file.name()));
        }
    }
    list
}

/// The migrations, in the order of their names.
fn migrations(tree: &Tree) -> impl Iterator<Item = &File> {
    tree.files().iter().filter(|file| file.path.starts_with(FOLDER) && file.path.ends_with(".sql"))
}

/// The entries of the list: line, file name, checksum.
fn listed(tree: &Tree) -> Vec<(usize, &str, &str)> {
    let text = tree.get(LIST).map_or("", |file| file.text.as_str());
    text.lines()
        .enumerate()
        .filter_map(|(index, line)| {
            let (checksum, name) = line.split_once("  ")?;
            Some((index + 1, name, checksum))
        })
        .collect()
}

fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a String takes everything");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "crates/store/src/sqlite/migrations/0001_first.sql";
    const SECOND: &str = "crates/store/src/sqlite/migrations/0002_second.sql";
    /// `printf abc | sha256sum`
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        check(&Tree::of(files)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_listed_migration_keeps_its_bytes() {
        let list = format!("{ABC}  0001_first.sql\n");
        assert_eq!(found(&[(FIRST, "abc"), (LIST, &list)]), Vec::<String>::new());
        let changed = "the migration was changed: put it back, and write a new one";
        assert_eq!(found(&[(FIRST, "abd"), (LIST, &list)]), [format!("{FIRST}: {changed}")]);
        assert_eq!(
            found(&[(LIST, &list)]),
            [format!("{LIST}:1: `0001_first.sql` is listed and gone")]
        );
    }

    #[test]
    fn a_migration_must_be_listed_and_there_must_be_one() {
        let message = "the migration is not listed: run `cargo xtask tidy --bless`";
        assert_eq!(found(&[(FIRST, "abc")]), [format!("{FIRST}: {message}")]);
        assert_eq!(found(&[]), [format!("{LIST}: no migration is listed")]);
    }

    #[test]
    fn blessing_appends_and_changes_nothing() {
        let wrong = "0000  0001_first.sql";
        let tree = Tree::of(&[(FIRST, "changed"), (SECOND, "abc"), (LIST, wrong)]);
        assert_eq!(blessed(&tree), format!("{wrong}\n{ABC}  0002_second.sql\n"));
    }
}
