//! `cargo xtask tidy`: the house rules that a machine can check, one file each.
//!
//! A rule is a function from the checked-out [`Tree`], or from what cargo says about the
//! workspace, to what it finds wrong. No rule reads a file or starts a program by itself, so each
//! is tested with data.

mod backends;
mod dialects;
mod edges;
mod generated;
mod ignored;
mod length;
mod licenses;
mod markers;
mod migrations;
mod names;
mod opening;
mod outsiders;
mod rust;
mod snapshots;
mod sql;
mod tree;

use crate::workspace::Workspace;
use crate::{documents, report};
use tree::Tree;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The file or crate that it is about.
    place: String,
    /// The line in the file, counted from one.
    line: Option<usize>,
    /// What is wrong and what would be right.
    message: String,
}

impl Finding {
    /// Something wrong with a file or crate as a whole.
    fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), line: None, message: message.into() }
    }

    /// Something wrong in a line.
    fn at(place: impl Into<String>, line: usize, message: impl Into<String>) -> Self {
        Self { place: place.into(), line: Some(line), message: message.into() }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.place, self.message),
            None => write!(f, "{}: {}", self.place, self.message),
        }
    }
}

/// A rule over the files, with its name.
type FileRule = (&'static str, fn(&Tree) -> Vec<Finding>);

const FILE_RULES: &[FileRule] = &[
    ("backends", backends::check),
    ("dialects", dialects::check),
    ("ignored", ignored::check),
    ("length", length::check),
    ("markers", markers::check),
    ("migrations", migrations::check),
    ("names", names::check),
    ("opening", opening::check),
    ("outsiders", outsiders::check),
    ("snapshots", snapshots::check),
    ("sql", sql::check),
];

/// Checks all rules and prints what they find; whether they find nothing. The server's binary
/// must have been built, since it prints the generated documents.
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<bool> {
    let tree = Tree::read(&workspace.root)?;
    let mut found: Vec<(&str, Finding)> = Vec::new();
    let mut add = |rule, findings: Vec<Finding>| {
        found.extend(findings.into_iter().map(|finding| (rule, finding)));
    };
    for (rule, check) in FILE_RULES {
        add(rule, check(&tree));
    }
    add("edges", edges::check(&workspace.metadata));
    add("licenses", licenses::check(&workspace.metadata));
    for document in documents::STATES.iter().chain(documents::OPENAPI) {
        add(
            "generated",
            match documents::generate(workspace, document) {
                Ok(text) => generated::check(&tree, document, &text),
                Err(error) => vec![Finding::new(document.path, format!("{error:#}"))],
            },
        );
    }
    for (rule, finding) in &found {
        report::line(&format!("{finding} [{rule}]"));
    }
    let files = tree.files().len();
    report::line(&match found.len() {
        0 => format!("tidy: {files} files keep the rules"),
        1 => format!("tidy: 1 finding in {files} files"),
        number => format!("tidy: {number} findings in {files} files"),
    });
    Ok(found.is_empty())
}

/// Adds migrations that are not yet listed to the list of checksums.
pub(crate) fn bless(workspace: &Workspace) -> anyhow::Result<()> {
    let tree = Tree::read(&workspace.root)?;
    std::fs::write(workspace.path(migrations::LIST), migrations::blessed(&tree))?;
    Ok(())
}
