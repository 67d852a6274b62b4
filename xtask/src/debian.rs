//! Programs that the client suites need, installed from Debian's packages where we may.

use std::path::Path;

use anyhow::bail;

use crate::{process, report};

/// A program that must be there, and the Debian packages that bring it.
pub(crate) struct Requirement {
    /// What is missing, for the sentence that says so.
    pub(crate) what: &'static str,
    /// A command that succeeds where it is there.
    pub(crate) probe: &'static [&'static str],
    /// The packages to install where it is not.
    pub(crate) packages: &'static [&'static str],
}

/// Makes sure that `requirement` is met.
///
/// Installs the packages when running as root on a Debian machine; otherwise the error is one
/// sentence that says what to type.
pub(crate) fn ensure(requirement: &Requirement) -> anyhow::Result<()> {
    if present(requirement) {
        return Ok(());
    }
    let packages = requirement.packages.join(" ");
    let advice = format!(
        "{} is missing: install it (on Debian: `sudo apt-get install -y {packages}`) and try again",
        requirement.what
    );
    if !may_install() {
        bail!(advice);
    }
    report::line(&format!("{} is missing: installing {packages}", requirement.what));
    apt_get(&["update", "-qq"])?;
    apt_get(
        &[&["install", "-y", "-qq", "--no-install-recommends"], requirement.packages].concat(),
    )?;
    if !present(requirement) {
        bail!(advice);
    }
    Ok(())
}

fn present(requirement: &Requirement) -> bool {
    let Some((program, arguments)) = requirement.probe.split_first() else { return true };
    process::succeeds(process::command(Path::new("/"), program).args(arguments))
}

/// Whether this is a machine with apt-get, and we are root on it.
fn may_install() -> bool {
    let mut id = process::command(Path::new("/"), "id");
    let root = process::output(id.arg("-u")).is_ok_and(|user| user.trim() == "0");
    root && process::succeeds(process::command(Path::new("/"), "apt-get").arg("--version"))
}

fn apt_get(arguments: &[&str]) -> anyhow::Result<()> {
    let mut command = process::command(Path::new("/"), "apt-get");
    process::run(command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_not_installed() {
        // The package does not exist, so an attempt to install it would be an error.
        let packages = &["leasehold-no-such-package"];
        ensure(&Requirement { what: "a shell", probe: &["sh", "-c", "true"], packages }).unwrap();
    }

    #[test]
    fn a_probe_that_fails_or_cannot_start_means_missing() {
        for probe in [&["sh", "-c", "false"][..], &["leasehold-no-such-program"]] {
            assert!(!present(&Requirement { what: "it", probe, packages: &[] }), "{probe:?}");
        }
    }
}
