//! The documents that the code generates, and the binary that prints them.

use std::path::Path;

use anyhow::{Context as _, bail};

use crate::workspace::Workspace;
use crate::{process, report};

/// A generated file and the arguments of `leasehold` that print it.
pub(crate) struct Document {
    /// The path in the checkout.
    pub(crate) path: &'static str,
    /// What `leasehold` is asked for.
    pub(crate) arguments: &'static [&'static str],
    /// The xtask command that writes the file anew.
    pub(crate) command: &'static str,
}

/// The state tables of the model.
pub(crate) const STATES: &[Document] = &[Document {
    path: "docs/states.md",
    arguments: &["print-states"],
    command: "cargo xtask states",
}];

/// The OpenAPI documents of both dialects and of the native endpoints.
pub(crate) const OPENAPI: &[Document] = &[
    openapi("docs/openapi/q.json", &["print-openapi", "q"]),
    openapi("docs/openapi/a.json", &["print-openapi", "a"]),
    openapi("docs/openapi/leasehold.json", &["print-openapi", "leasehold"]),
];

const fn openapi(path: &'static str, arguments: &'static [&'static str]) -> Document {
    Document { path, arguments, command: "cargo xtask openapi" }
}

/// Builds the binary that prints the documents.
pub(crate) fn build_binary(workspace: &Workspace) -> anyhow::Result<()> {
    let mut cargo = process::cargo(&workspace.root);
    process::run(cargo.args(["build", "--quiet", "--package", "leasehold"]))
}

/// What the code generates for `document` now. The binary must have been built.
pub(crate) fn generate(workspace: &Workspace, document: &Document) -> anyhow::Result<String> {
    let mut leasehold = process::command(&workspace.root, workspace.binary());
    let text = process::output(leasehold.args(document.arguments))?;
    if text.is_empty() {
        bail!("`leasehold {}` printed nothing", document.arguments.join(" "));
    }
    Ok(text)
}

/// Builds the binary and writes the documents into the checkout.
pub(crate) fn write(workspace: &Workspace, documents: &[Document]) -> anyhow::Result<bool> {
    build_binary(workspace)?;
    for document in documents {
        let text = generate(workspace, document)?;
        let path = workspace.path(document.path);
        if std::fs::read_to_string(&path).is_ok_and(|old| old == text) {
            report::line(&format!("{} is as the code generates it", document.path));
            continue;
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        report::line(&format!("{} written", document.path));
    }
    Ok(true)
}
