//! The files of the repository, as the checks see them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Folders that hold nothing of ours: what is built, stored, shipped or installed from others, found by fuzzing,
/// or git's own.
const FOREIGN: [&str; 8] =
    [".git", "target", "data", "vendor", "corpus", "artifacts", "coverage", "node_modules"];

/// Ends of names of code, scripts and prose. Files without one are scripts.
const EXTENSIONS: [&str; 8] = ["", "rs", "toml", "md", "sql", "sh", "yml", "lua"];

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

    /// Replaces the file's text.
    pub(crate) fn write(&self, path: &str, text: &str) -> io::Result<()> {
        fs::write(self.root.join(path), text).map_err(|error| named(path, &error))
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
            // A file in a linked worktree.
            if name == ".git" {
                continue;
            }
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

/// Whether the file is code, a script or prose.
pub(crate) fn is_text(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.trim_start_matches('.').rsplit_once('.').map_or("", |(_, extension)| extension);
    EXTENSIONS.contains(&extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_code_and_prose_are_read_and_pictures_are_not() {
        for path in
            ["justfile", ".ci/run", "scripts/test", ".env.example.md", "a/b.rs", "x.sql", ".gitignore"]
        {
            assert!(is_text(path), "{path}");
        }
        for path in ["a/b.png", "Cargo.lock", "docs/openapi.json", ".env.example"] {
            assert!(!is_text(path), "{path}");
        }
    }
}
