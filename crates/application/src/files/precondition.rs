//! `If-Match` (RFC 9110, section 13.1.1).

use fm_domain::files::Revision;

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
    pub(crate) fn allows(condition: Option<&Self>, revision: Revision) -> bool {
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

#[cfg(test)]
mod tests;
