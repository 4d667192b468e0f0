//! What is in a folder.

use std::fs::DirEntry;
use std::path::{Path, PathBuf};

/// How many files are in the folder, at any depth.
pub(crate) fn files_below(folder: &Path) -> usize {
    let mut count = 0;
    each_below(folder, |_| count += 1);
    count
}

/// How many bytes they have.
pub(crate) fn bytes_below(folder: &Path) -> u64 {
    let mut bytes = 0;
    each_below(folder, |file| bytes += file.metadata().map_or(0, |metadata| metadata.len()));
    bytes
}

/// Whether one of them has exactly these bytes.
pub(crate) fn holds(folder: &Path, bytes: &[u8]) -> bool {
    let mut is_found = false;
    each_below(folder, |file| is_found |= std::fs::read(file.path()).is_ok_and(|kept| kept == bytes));
    is_found
}

fn each_below(folder: &Path, mut see: impl FnMut(&DirEntry)) {
    let mut waiting: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        // A folder may go while it is read.
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => waiting.push(entry.path()),
                Ok(_) => see(&entry),
                Err(_gone) => {}
            }
        }
    }
}
