//! What is in `deploy`, and the image: held against the program itself, and run where Debian has what runs it.

mod compose;
mod health;
mod image;
mod proxies;
mod units;
mod upgrade;

use std::path::{Path, PathBuf};

/// The folder of the whole repository.
fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The text of one of its files.
fn file(path: &str) -> String {
    std::fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
