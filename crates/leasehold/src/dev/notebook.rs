//! What `dev` has made, noted beside the data for its owner's eyes alone.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::Context as _;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;

const FILE: &str = "dev.json";

/// A token, an environment and its key, an agent.
#[derive(Deserialize)]
pub(super) struct Notebook {
    /// An account token of every scope.
    pub(super) token: SecretString,
    /// `env_…`.
    pub(super) environment_id: String,
    /// A key of that environment.
    pub(super) key: SecretString,
    /// `agent_…`; `None` in a notebook of the time when there were no agents.
    pub(super) agent_id: Option<String>,
}

impl Notebook {
    /// What was noted in this data folder, if anything was.
    pub(super) fn read(data: &Path) -> anyhow::Result<Option<Self>> {
        let path = data.join(FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("reading {}", path.display())),
        };
        let notebook = serde_json::from_str(&text).with_context(|| {
            format!("{} is damaged; remove it, and `dev` makes new credentials", path.display())
        })?;
        Ok(Some(notebook))
    }

    /// Notes it, in place of what was noted before.
    pub(super) fn write(&self, data: &Path) -> anyhow::Result<()> {
        let Self { token, environment_id, key, agent_id } = self;
        let text = json!({
            "token": token.expose_secret(),
            "environment_id": environment_id,
            "key": key.expose_secret(),
            "agent_id": agent_id,
        });
        let (path, fresh) = (data.join(FILE), data.join("dev.json.new"));
        let mut options = OpenOptions::new();
        options.create(true).truncate(true).write(true).mode(0o600);
        let written = options.open(&fresh).and_then(|mut file| {
            file.write_all(format!("{text:#}\n").as_bytes())?;
            fs::rename(&fresh, &path)
        });
        written.with_context(|| format!("writing {}", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_was_noted_is_read_again_and_nobody_else_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Notebook::read(folder.path()).unwrap().is_none());
        for token in ["pt-one", "pt-other"] {
            let notebook = Notebook {
                token: token.into(),
                environment_id: "env_1".to_owned(),
                key: "ek-1".into(),
                agent_id: Some("agent_1".to_owned()),
            };
            notebook.write(folder.path()).unwrap();
            let read = Notebook::read(folder.path()).unwrap().unwrap();
            assert_eq!(read.token.expose_secret(), token);
            assert_eq!(read.environment_id, "env_1");
            assert_eq!(read.key.expose_secret(), "ek-1");
            assert_eq!(read.agent_id.as_deref(), Some("agent_1"));
        }
        let mode = fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_notebook_without_an_agent_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let text = r#"{"token": "pt-1", "environment_id": "env_1", "key": "ek-1"}"#;
        fs::write(folder.path().join(FILE), text).unwrap();
        assert_eq!(Notebook::read(folder.path()).unwrap().unwrap().agent_id, None);
    }

    #[test]
    fn a_damaged_notebook_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "{").unwrap();
        let Err(error) = Notebook::read(folder.path()) else { panic!("it was read") };
        assert!(error.to_string().contains("dev.json is damaged"), "{error}");
    }
}
