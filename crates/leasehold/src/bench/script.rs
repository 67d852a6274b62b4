//! What the model of the server under test says: at once, and by the tools that it is offered.
//!
//! It goes by the name of the model that every server has, so agents need not know which server runs
//! them.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// The file of models.
const MODELS: &str =
    "[[model]]\nid = \"scripted\"\nprovider = \"scripted\"\nscript = \"bench.toml\"\n";

/// The script. A model that may call `wait` calls it; one that may call `bash` calls it first.
const SCRIPT: &str = r#"
[[reply]]
offered = "wait"
[[reply.tool]]
name = "wait"

[[reply]]
offered = "bash"
step = 1
[[reply.tool]]
name = "bash"
input = { command = "echo hello" }

[[reply]]
text = "Done."
"#;

/// Writes both files into a folder; the file of models.
pub(crate) fn write(folder: &Path) -> Result<PathBuf> {
    let models = folder.join("models.toml");
    std::fs::write(folder.join("bench.toml"), SCRIPT)
        .and_then(|()| std::fs::write(&models, MODELS))
        .with_context(|| format!("could not write a script to {}", folder.display()))?;
    Ok(models)
}

#[cfg(test)]
mod tests {
    use leasehold_agent::Catalogue;

    use super::*;

    #[test]
    fn a_server_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let models = write(folder.path()).unwrap();
        let catalogue = Catalogue::read(&models, &|_: &str| None).unwrap();
        assert!(catalogue.get("scripted").is_some());
    }
}
