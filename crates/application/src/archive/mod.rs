//! Moving accounts, their trees and what hangs on them from one database to another, by way of a file.
//!
//! The bytes of files are not in it: they stay in the blob store, under the same keys.

mod export;
mod format;
mod import;
mod lines;
mod operation_line;
#[cfg(test)]
mod samples;
mod tree_lines;

pub use export::{Export, ExportCommand, ExportError, ExportSink, Exported};
pub use format::Counts;
pub use import::{Import, ImportError, ImportOptions, Imported, LineProblem};
pub use lines::InvalidField;

/// How many rows are read at a time.
const PAGE: u32 = 500;
