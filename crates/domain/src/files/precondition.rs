//! `If-Match` and `If-None-Match` of edits (RFC 9110, sections 13.1.1 and 13.1.2).

use super::Revision;

/// Which revisions an edit is meant for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// `*`: any, as long as there is a file.
    Any,
    /// Any of these; none at all when the tags were not ours.
    Revisions(Vec<Revision>),
    /// Any but these: the tags of `If-None-Match`.
    AnyBut(Vec<Revision>),
}

impl IfMatch {
    /// Whether an edit with this precondition may go on.
    #[must_use]
    pub fn allows(condition: Option<&Self>, revision: Revision) -> bool {
        match condition {
            None | Some(Self::Any) => true,
            Some(Self::Revisions(revisions)) => revisions.contains(&revision),
            Some(Self::AnyBut(revisions)) => !revisions.contains(&revision),
        }
    }

    /// The same, and none of these.
    #[must_use]
    pub fn except(condition: Option<Self>, mut others: Vec<Revision>) -> Option<Self> {
        match condition {
            condition if others.is_empty() => condition,
            None | Some(Self::Any) => Some(Self::AnyBut(others)),
            Some(Self::Revisions(mut revisions)) => {
                revisions.retain(|revision| !others.contains(revision));
                Some(Self::Revisions(revisions))
            }
            Some(Self::AnyBut(revisions)) => {
                others.extend(revisions);
                Some(Self::AnyBut(others))
            }
        }
    }
}

#[cfg(test)]
mod tests;
