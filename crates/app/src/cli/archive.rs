//! The arguments of `export` and `import`.

use std::path::PathBuf;

use clap::Args;

/// The name that stands for standard output and input.
const STANDARD: &str = "-";

/// How to export.
#[derive(Debug, Clone, Args)]
pub struct ExportArgs {
    /// The file to make, for its owner alone; `-`: standard output. One that is there is never replaced.
    #[arg(long, value_name = "FILE", default_value = STANDARD)]
    pub output: PathBuf,
    /// Seal the database first: from then on it takes no changes, the program answers them with 503, and nothing is lost that it
    /// acknowledged. Reads go on.
    #[arg(long = "final")]
    pub is_final: bool,
    /// Instead, take the seal off again: the database takes changes as before. What is imported elsewhere stays there.
    #[arg(long, conflicts_with_all = ["output", "is_final"])]
    pub unseal: bool,
    /// One JSON object that says what was exported; on standard error where the export itself goes to standard output.
    #[arg(long)]
    pub json: bool,
}

impl ExportArgs {
    /// The file to make; `None`: standard output.
    #[must_use]
    pub fn file(&self) -> Option<&PathBuf> {
        Some(&self.output).filter(|path| path.as_os_str() != STANDARD)
    }
}

/// What to import.
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// The file that `export` made; `-`: standard input.
    #[arg(value_name = "FILE")]
    pub input: PathBuf,
    /// Only check the file, and whether the database is empty.
    #[arg(long)]
    pub dry_run: bool,
    /// One JSON object that says what was imported.
    #[arg(long)]
    pub json: bool,
}

impl ImportArgs {
    /// The file to read; `None`: standard input.
    #[must_use]
    pub fn file(&self) -> Option<&PathBuf> {
        Some(&self.input).filter(|path| path.as_os_str() != STANDARD)
    }
}
