//! Versions: the contents that a file had before.

use std::fmt;
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization as _;

use crate::body::ByteSize;
use crate::clock::Timestamp;
use crate::files::{File, MediaType, Sha256, VersionNumber};
use crate::ids::{BlobId, FileId, UserId};

/// A content that a file had before its present one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The file.
    pub file: FileId,
    /// Its number among the contents of the file.
    pub number: VersionNumber,
    /// The media type of its bytes.
    pub content_type: MediaType,
    /// How many bytes.
    pub size: ByteSize,
    /// The hash of its bytes; none where it was replaced before a job had read them.
    pub sha256: Option<Sha256>,
    /// The blob that holds its bytes.
    pub blob: BlobId,
    /// The user who uploaded it.
    pub created_by: UserId,
    /// When it was uploaded.
    pub created_at: Timestamp,
    /// When it was replaced: its age counts from then.
    pub replaced_at: Timestamp,
    /// Whether it is left out of every count and age, and kept until it is deleted by its number.
    pub is_pinned: bool,
    /// What its user calls it.
    pub label: Option<Label>,
}

impl Version {
    /// The present content of a file, as it is kept when another takes its place at `replaced_at`.
    #[must_use]
    pub fn of(file: &File, replaced_at: Timestamp) -> Self {
        Self {
            file: file.id,
            number: file.version,
            content_type: file.content_type.clone(),
            size: file.size,
            sha256: file.sha256,
            blob: file.blob,
            created_by: file.owner,
            created_at: file.content_at,
            replaced_at,
            is_pinned: false,
            label: None,
        }
    }

    /// Which of these versions have to go, where so many may be kept and none that was replaced before `oldest`; by their
    /// numbers, in no particular order. Pinned ones stay and are not counted.
    ///
    /// Those that are too old go. Of the others, while there are too many, the oldest of the day (UTC) with the most versions
    /// goes, of several such days that of the earliest: ten saves in an hour do not push out last month's.
    #[must_use]
    pub fn surplus(versions: &[Self], keep: usize, oldest: Timestamp) -> Vec<VersionNumber> {
        let loose = versions.iter().filter(|version| !version.is_pinned);
        let (mut kept, old): (Vec<&Self>, Vec<&Self>) =
            loose.partition(|version| version.replaced_at >= oldest);
        let mut gone: Vec<VersionNumber> = old.into_iter().map(|version| version.number).collect();
        kept.sort_by_key(|version| version.number);
        while kept.len() > keep {
            let Some(place) = oldest_of_busiest_day(&kept) else { break };
            gone.push(kept.remove(place).number);
        }
        gone
    }
}

/// Where the oldest version of the day with the most versions stands; `versions` are sorted by their numbers.
fn oldest_of_busiest_day(versions: &[&Version]) -> Option<usize> {
    let day = |version: &Version| version.created_at.unix_seconds().div_euclid(24 * 60 * 60);
    let count_of = |version: &Version| versions.iter().filter(|other| day(other) == day(version)).count();
    let counts = versions.iter().map(|version| count_of(version)).enumerate();
    // Of equal ones the first: `max_by_key` would give the last.
    counts.rev().max_by_key(|(_, count)| *count).map(|(place, _)| place)
}

/// What a user calls a version: 1 to 255 characters after NFC, without control characters, and not blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label(String);

/// The text is no label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 255 characters, without control characters, and not blank")]
pub struct InvalidLabel;

impl Label {
    /// The label.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Label {
    type Err = InvalidLabel;

    fn from_str(text: &str) -> Result<Self, InvalidLabel> {
        // A length that no normal form brings under the limit is refused before the work of normalising it.
        if text.len() > 255 * 16 {
            return Err(InvalidLabel);
        }
        let label: String = text.nfc().collect();
        let is_fine =
            !label.trim().is_empty() && label.chars().count() <= 255 && !label.chars().any(char::is_control);
        if is_fine { Ok(Self(label)) } else { Err(InvalidLabel) }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;
