//! What to do where a name is taken.

use std::str::FromStr;

/// What to do with an item whose name is taken in its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnConflict {
    /// Refuse.
    Fail,
    /// Give it a free number from 2 on ([`free_name`](super::free_name)): `report (2).pdf`.
    Rename,
    /// Of files alone: its content becomes that of the file that has the name, whose id stays and whose old content
    /// becomes a version.
    Replace,
}

impl OnConflict {
    /// `fail`, `rename` or `replace`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Rename => "rename",
            Self::Replace => "replace",
        }
    }
}

/// What to do where the name of a new folder is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnFolderConflict {
    /// Refuse.
    #[default]
    Fail,
    /// Give it a free number from 2 on ([`free_name`](super::free_name)): `Invoices (2)`.
    Rename,
    /// Answer the folder that has the name; refuse where a file has it.
    Reuse,
}

impl OnFolderConflict {
    /// `fail`, `rename` or `reuse`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Rename => "rename",
            Self::Reuse => "reuse",
        }
    }
}

/// The text names nothing that can be done there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UnknownConflict(&'static str);

impl FromStr for OnConflict {
    type Err = UnknownConflict;

    fn from_str(text: &str) -> Result<Self, UnknownConflict> {
        let found = [Self::Fail, Self::Rename, Self::Replace].into_iter().find(|one| one.as_str() == text);
        found.ok_or(UnknownConflict("must be fail, rename or replace"))
    }
}

impl FromStr for OnFolderConflict {
    type Err = UnknownConflict;

    fn from_str(text: &str) -> Result<Self, UnknownConflict> {
        let found = [Self::Fail, Self::Rename, Self::Reuse].into_iter().find(|one| one.as_str() == text);
        found.ok_or(UnknownConflict("must be fail, rename or reuse"))
    }
}
