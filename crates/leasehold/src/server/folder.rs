//! The data folder.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// The database within a data folder.
pub(crate) fn database(folder: &Path) -> PathBuf {
    folder.join("leasehold.db")
}

/// Makes the folder, for nobody but its owner, unless it is there.
pub(crate) fn ensure(folder: &Path) -> anyhow::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("cannot make the data folder {}", folder.display()))
}
