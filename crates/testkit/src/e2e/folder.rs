//! What is in a folder.

use std::path::{Path, PathBuf};

/// How many files are in the folder, at any depth.
pub(crate) fn files_below(folder: &Path) -> usize {
    let mut count = 0;
    let mut waiting: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        // A folder may go while it is read.
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => waiting.push(entry.path()),
                Ok(_) => count += 1,
                Err(_gone) => {}
            }
        }
    }
    count
}
