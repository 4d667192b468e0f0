//! `If-Match` (RFC 9110, section 13.1.1).

use super::Revision;

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
    pub fn allows(condition: Option<&Self>, revision: Revision) -> bool {
        match condition {
            None | Some(Self::Any) => true,
            Some(Self::Revisions(revisions)) => revisions.contains(&revision),
        }
    }
}

#[cfg(test)]
mod tests;
