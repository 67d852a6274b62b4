//! The checkout that we work on, as `cargo metadata` describes it.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::Value;

use crate::process;

/// The root of the checkout and what cargo says about it.
pub(crate) struct Workspace {
    /// The folder of the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Where cargo puts what it builds.
    pub(crate) target: PathBuf,
    /// The output of `cargo metadata`, dependencies included.
    pub(crate) metadata: Value,
}

impl Workspace {
    /// Asks cargo about the workspace that this crate belongs to.
    pub(crate) fn find() -> anyhow::Result<Self> {
        let here = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let mut metadata = process::cargo(&here);
        metadata.args(["metadata", "--format-version", "1", "--quiet"]);
        let metadata: Value = serde_json::from_str(&process::output(&mut metadata)?)
            .context("reading cargo's metadata")?;
        let folder = |name: &str| {
            let path = metadata.get(name).and_then(Value::as_str);
            path.map(PathBuf::from).with_context(|| format!("cargo's metadata has no {name}"))
        };
        Ok(Self { root: folder("workspace_root")?, target: folder("target_directory")?, metadata })
    }

    /// The server's binary, as the development profile builds it.
    pub(crate) fn binary(&self) -> PathBuf {
        self.target.join("debug").join("leasehold")
    }

    /// A folder for what a client suite installs, out of the way of the sources.
    pub(crate) fn client_folder(&self, name: &str) -> PathBuf {
        self.target.join("clients").join(name)
    }

    /// A path of the checkout.
    pub(crate) fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }
}
