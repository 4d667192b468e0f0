//! Entity tags as preconditions (RFC 9110, section 13.1.1).

use fm_domain::files::Revision;

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
