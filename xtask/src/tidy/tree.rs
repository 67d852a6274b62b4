//! The files of the checkout, read once.

use std::path::Path;

use anyhow::Context as _;

/// Folders that hold nothing of ours, whatever their depth.
const SKIPPED: [&str; 7] =
    [".git", ".leasehold", ".pytest_cache", ".venv", "__pycache__", "node_modules", "target"];

/// A file of the checkout.
pub(crate) struct File {
    /// The path from the root, with `/`.
    pub(crate) path: String,
    /// The content; bytes that are not UTF-8 are replaced.
    pub(crate) text: String,
}

impl File {
    /// The file name without its folder.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit_once('/').map_or(self.path.as_str(), |(_, name)| name)
    }

    /// Whether this is Rust source.
    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether this is code in any of the languages that we write.
    pub(crate) fn is_code(&self) -> bool {
        let extension = self.name().rsplit_once('.').map_or("", |(_, extension)| extension);
        ["rs", "sql", "py", "ts", "js", "mjs", "sh"].contains(&extension)
    }

    /// Whether this file is the module at `stem` (`crates/store/src/sqlite`) or lies below it.
    pub(crate) fn is_within(&self, stem: &str) -> bool {
        self.path
            .strip_prefix(stem)
            .is_some_and(|rest| rest.is_empty() || rest == ".rs" || rest.starts_with('/'))
    }
}

/// All files of the checkout, sorted by path.
pub(crate) struct Tree {
    files: Vec<File>,
}

impl Tree {
    /// Reads the files below `root`.
    pub(crate) fn read(root: &Path) -> anyhow::Result<Self> {
        let mut files = Vec::new();
        walk(root, "", &mut files)?;
        files.sort_by(|left, right| left.path.cmp(&right.path));
        Ok(Self { files })
    }

    /// All files.
    pub(crate) fn files(&self) -> &[File] {
        &self.files
    }

    /// The Rust sources of the product and its tests: what lies under `crates/`.
    pub(crate) fn crates(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.is_rust() && file.is_within("crates"))
    }

    /// All Rust sources, those of this tool included.
    pub(crate) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.is_rust())
    }

    /// All code.
    pub(crate) fn code(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.is_code())
    }

    /// The file of this path.
    pub(crate) fn get(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }
}

fn walk(folder: &Path, prefix: &str, files: &mut Vec<File>) -> anyhow::Result<()> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    for entry in entries {
        let entry = entry.with_context(|| format!("reading {}", folder.display()))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type()?;
        if kind.is_dir() && !SKIPPED.contains(&name.as_str()) {
            walk(&entry.path(), &format!("{prefix}{name}/"), files)?;
        } else if kind.is_file() {
            let bytes = std::fs::read(entry.path())
                .with_context(|| format!("reading {}", entry.path().display()))?;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            files.push(File { path: format!("{prefix}{name}"), text });
        }
    }
    Ok(())
}

#[cfg(test)]
impl Tree {
    /// A tree of the given paths and texts.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let file = |&(path, text): &(&str, &str)| File { path: path.into(), text: text.into() };
        Self { files: files.iter().map(file).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_its_file_and_its_folder() {
        for (path, within) in [
            ("crates/store/src/sqlite.rs", true),
            ("crates/store/src/sqlite/load.rs", true),
            ("crates/store/src/sqlite_file.rs", false),
            ("crates/store/src/memory.rs", false),
        ] {
            let file = File { path: path.into(), text: String::new() };
            assert_eq!(file.is_within("crates/store/src/sqlite"), within, "{path}");
        }
    }

    #[test]
    fn reading_finds_our_own_sources_and_skips_what_is_built() {
        let tree = Tree::read(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        assert!(tree.get("src/tidy/tree.rs").unwrap().text.contains("fn walk"));
        assert!(tree.files().iter().all(|file| !file.path.starts_with("target/")));
        assert!(tree.files().is_sorted_by_key(|file| &file.path));
    }
}
