//! Where an upload puts its file.

use std::fmt;
use std::str::FromStr;

use super::{OnConflict, TreePath};
use crate::clock::Timestamp;
use crate::files::{IfMatch, Revision};
use crate::ids::NodeId;

/// Where an upload puts its file. What it names is looked for when the bytes are there: a folder may go away meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placing {
    /// The folder; none: the owner's root.
    pub parent: Option<NodeId>,
    /// Folders below that, which are made where they are missing.
    pub path: TreePath,
    /// What to do where the name is taken.
    pub on_conflict: OnConflict,
    /// What has to be true of the name besides.
    pub precondition: Option<Precondition>,
    /// Whether the upload is refused where the folder is gone: else its file goes to the root, so that no byte is lost.
    pub strict_parent: bool,
    /// When the content was last changed where it comes from; none: now.
    pub modified_at: Option<Timestamp>,
}

impl Placing {
    /// The revisions in which a file may be replaced, where that is all that the upload may do; none where it may also make a file, or
    /// replaces none.
    #[must_use]
    pub fn replaces_only(&self) -> Option<&IfMatch> {
        match (self.on_conflict, &self.precondition) {
            (OnConflict::Replace, Some(Precondition::Matches(revisions))) => Some(revisions),
            (OnConflict::Fail | OnConflict::Rename | OnConflict::Replace, _) => None,
        }
    }
}

impl Default for Placing {
    /// In the root, under a free name.
    fn default() -> Self {
        Self {
            parent: None,
            path: TreePath::default(),
            on_conflict: OnConflict::Rename,
            precondition: None,
            strict_parent: false,
            modified_at: None,
        }
    }
}

/// What has to be true of the name of an upload's file when the upload begins, and still when its file gets there (RFC 9110, section 13.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// `If-None-Match: *`: it is free. Goes with [`OnConflict::Fail`].
    Free,
    /// `If-Match`: a file has it, in one of these revisions. Counts with [`OnConflict::Replace`] alone.
    Matches(IfMatch),
}

/// As it is stored: `free`, `*`, or the numbers of revisions between commas.
impl fmt::Display for Precondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Free => f.write_str("free"),
            Self::Matches(IfMatch::Any) => f.write_str("*"),
            // An upload is refused by the name of its file, and by no revision: a condition that it can't have is one that never holds.
            Self::Matches(IfMatch::AnyBut(_)) => Ok(()),
            Self::Matches(IfMatch::Revisions(revisions)) => {
                let numbers = revisions.iter().map(|revision| revision.number().to_string());
                f.write_str(&numbers.collect::<Vec<_>>().join(","))
            }
        }
    }
}

/// The text is no stored precondition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is neither free, * nor numbers of revisions")]
pub struct UnknownPrecondition;

impl FromStr for Precondition {
    type Err = UnknownPrecondition;

    fn from_str(text: &str) -> Result<Self, UnknownPrecondition> {
        match text {
            "free" => Ok(Self::Free),
            "*" => Ok(Self::Matches(IfMatch::Any)),
            "" => Ok(Self::Matches(IfMatch::Revisions(Vec::new()))),
            numbers => {
                let revisions = numbers.split(',').map(|number| number.parse().map(Revision::new));
                let revisions: Result<Vec<_>, _> = revisions.collect();
                revisions
                    .map(|known| Self::Matches(IfMatch::Revisions(known)))
                    .map_err(|_not_a_number| UnknownPrecondition)
            }
        }
    }
}

#[cfg(test)]
mod tests;
