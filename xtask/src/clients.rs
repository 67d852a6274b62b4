//! The suites under `clients/`: the vendors' own SDKs, and schemathesis, against the built binary.
//!
//! Python's packages go into virtual environments under the target folder, one a suite, so that
//! their pinned versions cannot disagree; npm's go where node looks for them.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::debian::{self, Requirement};
use crate::process;
use crate::workspace::Workspace;

const PYTHON: Requirement = Requirement {
    what: "Python 3.11 or newer with its venv module",
    probe: &["python3", "-c", "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))"],
    packages: &["python3", "python3-venv"],
};

const NODE: Requirement = Requirement {
    what: "Node.js 18 or newer",
    probe: &["node", "-e", "process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)"],
    packages: &["nodejs"],
};

const NPM: Requirement =
    Requirement { what: "npm", probe: &["npm", "--version"], packages: &["npm"] };

/// The vendors' Python SDKs.
pub(crate) fn python(workspace: &Workspace) -> anyhow::Result<bool> {
    pytest(workspace, "python", "requirements.txt", &["q", "a"])
}

/// Schemathesis on the OpenAPI documents.
pub(crate) fn schemathesis(workspace: &Workspace) -> anyhow::Result<bool> {
    pytest(workspace, "schemathesis", "requirements-fuzz.txt", &["fuzz"])
}

/// The vendor's TypeScript SDK.
pub(crate) fn typescript(workspace: &Workspace) -> anyhow::Result<bool> {
    debian::ensure(&NODE)?;
    debian::ensure(&NPM)?;
    let folder = workspace.path("clients/typescript");
    process::run(process::command(&folder, "npm").args(["ci", "--no-audit", "--no-fund"]))?;
    process::run(against(workspace, &mut process::command(&folder, "npm")).arg("test"))?;
    Ok(true)
}

/// Runs the tests in `folders` of `clients/python`, in a virtual environment of the given name
/// that has what `requirements` lists.
fn pytest(
    workspace: &Workspace,
    name: &str,
    requirements: &str,
    folders: &[&str],
) -> anyhow::Result<bool> {
    debian::ensure(&PYTHON)?;
    let folder = workspace.path("clients/python");
    let python = virtual_environment(&workspace.client_folder(name))?;
    let mut pip = process::command(&folder, &python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    process::run(pip.args(["--requirement", requirements]))?;
    let mut pytest = process::command(&folder, &python);
    pytest.args(["-m", "pytest", "-p", "no:cacheprovider"]).args(folders);
    process::run(against(workspace, &mut pytest).env("PYTHONDONTWRITEBYTECODE", "1"))?;
    Ok(true)
}

/// Makes the virtual environment unless it is there and works; returns its interpreter.
fn virtual_environment(folder: &Path) -> anyhow::Result<PathBuf> {
    let python = folder.join("bin").join("python");
    if !process::succeeds(process::command(Path::new("/"), &python).args([
        "-m",
        "pip",
        "--version",
    ])) {
        let mut venv = process::command(Path::new("/"), "python3");
        process::run(venv.args(["-m", "venv", "--clear"]).arg(folder))?;
    }
    Ok(python)
}

/// Tells a suite which binary to test.
fn against<'a>(workspace: &Workspace, command: &'a mut Command) -> &'a mut Command {
    command.env("LEASEHOLD_BIN", workspace.binary())
}
