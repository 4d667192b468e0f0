//! `If-Match` (RFC 9110, section 13.1.1), and what edits of a file may be refused for.

use crate::engine::retry::failure;
use fm_domain::access::AccessDenied;
use fm_domain::error::PortError;
use fm_domain::files::{Revision, UpdateFile};

/// Which revisions an edit is meant for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// `*`: any, as long as there is a file.
    Any,
    /// Any of these; none at all when the tags were not ours.
    Revisions(Vec<Revision>),
}

impl IfMatch {
    /// Whether an edit with this precondition may go on.
    #[must_use]
    pub(super) fn allows(condition: Option<&Self>, revision: Revision) -> bool {
        match condition {
            None | Some(Self::Any) => true,
            Some(Self::Revisions(revisions)) => revisions.contains(&revision),
        }
    }
}

/// The revision that an entity tag of ours (without quotes) stands for, whatever its thumbnail and window were.
#[must_use]
pub fn revision_of(tag: &str) -> Option<Revision> {
    let (number, _) = tag.strip_prefix('r')?.split_once('-')?;
    if number.bytes().all(|byte| byte.is_ascii_digit()) {
        number.parse().ok().map(Revision::new)
    } else {
        None
    }
}

/// Why a file was not edited.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The caller has no such file.
    #[error("there is no such file")]
    NotFound,
    /// `If-Match` named another revision.
    #[error("the file has changed meanwhile")]
    PreconditionFailed,
    /// The scopes of the credential do not give the right.
    #[error(transparent)]
    Denied(#[from] AccessDenied),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

failure!(EditError);

impl From<UpdateFile> for EditError {
    fn from(error: UpdateFile) -> Self {
        match error {
            UpdateFile::Stale => Self::PreconditionFailed,
            UpdateFile::Store(error) => Self::Store(error),
        }
    }
}

#[cfg(test)]
mod tests;
