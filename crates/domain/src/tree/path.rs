//! Paths: the names on the way from one folder to an item below it.

use super::limits::MAX_PATH_BYTES;
use super::queries::Ancestor;
use crate::files::{FileName, InvalidFileName};

/// The names on the way down from a folder, each within the one before; none: the folder itself.
///
/// Names are separated by `/`. Where a path begins or ends with one, or has two in a row, it counts as if it had not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TreePath(Vec<FileName>);

/// Why a text is no path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPath {
    /// It has more than 16 KiB.
    #[error("must be at most 16384 bytes")]
    TooLong,
    /// A segment is `.` or `..`: paths lead downwards alone.
    #[error("must not contain the segments . and ..")]
    Dots,
    /// A segment is no name.
    #[error("has a segment that is no name: it {0}")]
    Name(#[from] InvalidFileName),
}

impl TreePath {
    /// The path of folders that may have to be made: its names are new ones.
    pub fn parse(text: &str) -> Result<Self, InvalidPath> {
        segments(text, str::parse::<FileName>)
    }

    /// The path of an item that is looked up: an item that was stored long ago may have a name that a new one can't have.
    pub fn of_stored(text: &str) -> Result<Self, InvalidPath> {
        segments(text, FileName::from_stored)
    }

    /// The path without its last name: where a file lies whose path has its own name in it.
    #[must_use]
    pub fn directory(mut self) -> Self {
        self.0.pop();
        self
    }

    /// The names, from the top down.
    #[must_use]
    pub fn names(&self) -> &[FileName] {
        &self.0
    }

    /// Whether it leads nowhere but to its start.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What the names are found by, from the top down.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.0.iter().map(FileName::search_key).collect()
    }

    /// The path of an item of this name in the last of these folders, which lead down from a root; the root itself lies in none and has
    /// no name.
    #[must_use]
    pub fn below(ancestors: &[Ancestor], name: Option<&FileName>) -> String {
        let above = ancestors.iter().filter_map(|ancestor| ancestor.name.as_ref());
        Self::render(above.chain(name))
    }

    /// A path written out from a root: `/Work/Invoices`; of the root itself `/`.
    #[must_use]
    pub fn render<'n>(names: impl IntoIterator<Item = &'n FileName>) -> String {
        let mut text = String::new();
        for name in names {
            text.push('/');
            text.push_str(name.as_str());
        }
        if text.is_empty() { "/".to_owned() } else { text }
    }
}

fn segments(
    text: &str,
    read: impl Fn(&str) -> Result<FileName, InvalidFileName>,
) -> Result<TreePath, InvalidPath> {
    if text.len() > MAX_PATH_BYTES {
        return Err(InvalidPath::TooLong);
    }
    let segments = text.split('/').filter(|segment| !segment.is_empty());
    let names = segments.map(|segment| match read(segment) {
        Err(InvalidFileName::Dots) => Err(InvalidPath::Dots),
        name => name.map_err(InvalidPath::Name),
    });
    let path = TreePath(names.collect::<Result<_, _>>()?);
    // Names may grow as they are normalised: whatever is accepted can be written out and read again.
    if TreePath::render(path.names()).len() > MAX_PATH_BYTES { Err(InvalidPath::TooLong) } else { Ok(path) }
}

#[cfg(test)]
mod tests;
