//! The files of the repository, as the checks see them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Folders that hold nothing of ours: what is built, stored, shipped from others, found by fuzzing, or git's own.
const FOREIGN: [&str; 7] = [".git", "target", "data", "vendor", "corpus", "artifacts", "coverage"];

/// The repository's folder.
pub(crate) struct Repository {
    root: PathBuf,
}

impl Repository {
    /// The repository that this program was built in.
    pub(crate) fn open() -> io::Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
        Ok(Self { root })
    }

    /// The file's whole text.
    pub(crate) fn read(&self, path: &str) -> io::Result<String> {
        fs::read_to_string(self.root.join(path)).map_err(|error| named(path, &error))
    }

    /// The file's text, or nothing where there is no such file.
    pub(crate) fn read_if_there(&self, path: &str) -> io::Result<String> {
        if self.root.join(path).exists() { self.read(path) } else { Ok(String::new()) }
    }

    /// Every file of ours, as sorted paths from the root with `/` between folders.
    pub(crate) fn files(&self) -> io::Result<Vec<String>> {
        let mut found = Vec::new();
        self.walk("", &mut found)?;
        found.sort();
        Ok(found)
    }

    /// The names in a folder, sorted; none where there is no such folder.
    pub(crate) fn names_in(&self, folder: &str) -> io::Result<Vec<String>> {
        let path = self.root.join(folder);
        if !path.is_dir() {
            return Ok(Vec::new());
        }
        let mut names = Vec::new();
        for entry in fs::read_dir(path)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }

    fn walk(&self, folder: &str, found: &mut Vec<String>) -> io::Result<()> {
        for name in self.names_in(folder)? {
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            let kind = fs::symlink_metadata(self.root.join(&path))?.file_type();
            if kind.is_dir() && !FOREIGN.contains(&name.as_str()) {
                self.walk(&path, found)?;
            } else if kind.is_file() {
                found.push(path);
            }
        }
        Ok(())
    }
}

fn named(path: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{path}: {error}"))
}
