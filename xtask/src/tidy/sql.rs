//! SQL is written in the SQLite backend and nowhere else.

use super::Finding;
use super::rust::{self, Token};
use super::tree::{File, Tree};

const BACKEND: &str = "crates/store/src/sqlite";

/// Where else a string may hold SQL, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("crates/leasehold/tests", "looks into the file from outside: integrity, damage, versions"),
    ("crates/store/tests", "makes files that are foreign, newer or cut off in a fold"),
];

/// The beginnings of statements and clauses. Upper case, as we write them, so that prose is not
/// taken for SQL.
const PHRASES: [&[&str]; 16] = [
    &["SELECT"],
    &["INSERT", "INTO"],
    &["INSERT", "OR"],
    &["REPLACE", "INTO"],
    &["DELETE", "FROM"],
    &["ON", "CONFLICT"],
    &["CREATE", "TABLE"],
    &["CREATE", "INDEX"],
    &["CREATE", "UNIQUE"],
    &["ALTER", "TABLE"],
    &["DROP", "TABLE"],
    &["BEGIN", "IMMEDIATE"],
    &["ORDER", "BY"],
    &["WHERE"],
    &["PRAGMA"],
    &["VACUUM"],
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let outside = |file: &&File| {
        !file.is_within(BACKEND) && !EXCEPTIONS.iter().any(|(stem, _)| file.is_within(stem))
    };
    let mut found = Vec::new();
    for file in tree.crates().filter(outside) {
        for (token, line) in rust::tokens(&file.text) {
            let Token::Text(text) = token else { continue };
            if let Some(phrase) = phrase_in(&text) {
                let message = format!("SQL (`{phrase}`) outside {BACKEND}");
                found.push(Finding::at(&file.path, line, message));
            }
        }
    }
    found
}

/// The first phrase of SQL in a string.
fn phrase_in(text: &str) -> Option<String> {
    let words: Vec<&str> = text
        .split(|next: char| !next.is_alphanumeric() && next != '_')
        .filter(|word| !word.is_empty())
        .collect();
    let update = words.iter().skip_while(|&&word| word != "UPDATE").any(|&word| word == "SET");
    if update {
        return Some("UPDATE … SET".to_owned());
    }
    let phrase =
        PHRASES.iter().find(|phrase| words.windows(phrase.len()).any(|seen| seen == **phrase));
    phrase.map(|phrase| phrase.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_told_from_prose() {
        for (text, expected) in [
            ("SELECT id FROM work", Some("SELECT")),
            ("\\n  UPDATE work\\n SET state = ?1", Some("UPDATE … SET")),
            ("insert into", None),
            ("PRAGMA integrity_check", Some("PRAGMA")),
            ("INSERT\n INTO work", Some("INSERT INTO")),
            ("select the environment to UPDATE", None),
            ("SELECTED", None),
            ("method not allowed: DELETE", None),
        ] {
            assert_eq!(phrase_in(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn only_strings_outside_the_backend_count() {
        let source = "// SELECT in a comment\nconst A: &str = \"SELECT 1\";\n";
        let tree = Tree::of(&[
            ("crates/store/src/sqlite/load.rs", source),
            ("crates/store/src/sqlite.rs", source),
            ("crates/leasehold/tests/it/crash.rs", source),
            ("crates/store/src/memory.rs", source),
            ("xtask/src/main.rs", source),
        ]);
        let message = "SQL (`SELECT`) outside crates/store/src/sqlite";
        assert_eq!(check(&tree), [Finding::at("crates/store/src/memory.rs", 2, message)]);
    }
}
