//! Starting other programs: no standard input, and none of the variables that would lead them astray.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

/// The beginnings of variables that no child sees: those that `cargo run` sets for xtask, because
/// build scripts of dependencies watch some of them and a nested cargo would rebuild those each
/// time; and the settings of the server and its clients in the caller's shell, because tests choose
/// their own.
const KEPT_BACK: [&str; 5] =
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_NAME", "CARGO_CRATE_NAME", "LEASEHOLD_"];

/// A command that starts in `folder`, reads nothing and inherits the output.
pub(crate) fn command(folder: &Path, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if KEPT_BACK.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
    command
}

/// The cargo that runs us, or the one on the path.
pub(crate) fn cargo(folder: &Path) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    command(folder, program)
}

/// Runs to the end with the output shown; an error unless it succeeds.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("starting `{}`", shown(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", shown(command));
    }
    Ok(())
}

/// Runs to the end and returns the standard output; an error unless it succeeds.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("starting `{}`", shown(command)))?;
    if !output.status.success() {
        bail!("`{}` failed ({})", shown(command), output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{}`: output", shown(command)))
}

/// Whether the command can be started and succeeds; its output is not shown.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// The command as a person would type it, the folder of the program left out.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program()).to_string_lossy();
    let arguments = command.get_args().map(OsStr::to_string_lossy);
    std::iter::once(name).chain(arguments).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_command_is_named_in_the_error() {
        let error = run(command(Path::new("/"), "/bin/sh").args(["-c", "exit 3"])).unwrap_err();
        assert_eq!(error.to_string(), "`sh -c exit 3` failed (exit status: 3)");
    }

    #[test]
    fn cargo_s_own_variables_are_taken_away() {
        let seen = output(command(Path::new("/"), "/bin/sh").args(["-c", "env"])).unwrap();
        assert!(seen.lines().any(|line| line.starts_with("PATH=")), "{seen}");
        assert!(!seen.lines().any(|line| line.starts_with("CARGO_PKG_")), "{seen}");
        assert!(!seen.lines().any(|line| line.starts_with("CARGO_MANIFEST_")), "{seen}");
    }
}
