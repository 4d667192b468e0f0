//! The findings of a check.

use fm_domain::archive::{BlobTally, DriveTally, TreeFault, WrongPlace};
use fm_domain::blobs::{BlobKey, ListedBlob};
use fm_domain::body::ByteSize;
use fm_domain::files::{Sha256, VersionNumber};
use fm_domain::ids::{FileId, UserId};
use fm_domain::previews::Preview;

/// A blob that a file or an old version needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileBlob {
    /// The file.
    pub file: FileId,
    /// The old version of it that needs the blob; `None`: the file itself.
    pub version: Option<VersionNumber>,
    /// The owner of the file; of a version the user who uploaded it.
    pub owner: UserId,
    /// The blob of its bytes, or of its thumbnail's.
    pub key: BlobKey,
}

/// What is wrong with a blob that is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// The store does not have it.
    Missing,
    /// It has more bytes or fewer.
    Size {
        /// As the database has it.
        recorded: ByteSize,
        /// As the store has it.
        stored: ByteSize,
    },
    /// It has other bytes.
    Hash {
        /// As the database has it.
        recorded: Sha256,
        /// The hash of the bytes that were read.
        stored: Sha256,
    },
    /// The store has it, but could not give it.
    Unreadable(String),
    /// The database does not count it as stored: a sweep may delete it.
    NotStored,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// A file whose bytes, or whose thumbnail's, are not there as they should be.
    File {
        /// The blob.
        of: FileBlob,
        /// What is wrong.
        wrong: Wrong,
    },
    /// A preview whose bytes are not there as they should be.
    Preview {
        /// The preview.
        of: Preview,
        /// What is wrong.
        wrong: Wrong,
    },
    /// A blob that no row knows.
    Orphan(ListedBlob),
    /// A drive whose counters are not what its rows add up to.
    Usage(DriveTally),
    /// A stored blob that counts other references than there are.
    References(BlobTally),
    /// An item that is not where it may be.
    Place(TreeFault),
}

impl Finding {
    /// Its name: `missing`, say.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::File { wrong, .. } | Self::Preview { wrong, .. } => match wrong {
                Wrong::Missing => "missing",
                Wrong::Size { .. } => "wrong_size",
                Wrong::Hash { .. } => "wrong_hash",
                Wrong::Unreadable(_) => "unreadable",
                Wrong::NotStored => "not_stored",
            },
            Self::Orphan(_) => "orphan",
            Self::Usage(_) => "wrong_usage",
            Self::References(BlobTally { counted: 0, .. }) => "unreferenced",
            Self::References(_) => "wrong_references",
            Self::Place(TreeFault { wrong: WrongPlace::Unreachable, .. }) => "unreachable",
            Self::Place(TreeFault { wrong: WrongPlace::Mismarked, .. }) => "mismarked",
            Self::Place(TreeFault { wrong: WrongPlace::NameTaken, .. }) => "name_taken",
        }
    }
}

/// How many findings there were of each sort.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field counts the findings of its name")]
pub struct Findings {
    pub missing: u64,
    pub wrong_size: u64,
    pub wrong_hash: u64,
    pub unreadable: u64,
    pub not_stored: u64,
    pub orphan: u64,
    pub wrong_usage: u64,
    pub wrong_references: u64,
    pub unreferenced: u64,
    pub unreachable: u64,
    pub mismarked: u64,
    pub name_taken: u64,
}

impl Findings {
    /// How many in all.
    #[must_use]
    pub const fn total(&self) -> u64 {
        let Self { missing, wrong_size, wrong_hash, unreadable, not_stored, orphan, .. } = *self;
        let Self { wrong_usage, wrong_references, unreferenced, unreachable, mismarked, name_taken, .. } =
            *self;
        let of_blobs = missing + wrong_size + wrong_hash + unreadable + not_stored + orphan;
        of_blobs + wrong_usage + wrong_references + unreferenced + unreachable + mismarked + name_taken
    }

    pub(in crate::operations) const fn count(&mut self, finding: &Finding) {
        let counter = match finding {
            Finding::File { wrong, .. } | Finding::Preview { wrong, .. } => match wrong {
                Wrong::Missing => &mut self.missing,
                Wrong::Size { .. } => &mut self.wrong_size,
                Wrong::Hash { .. } => &mut self.wrong_hash,
                Wrong::Unreadable(_) => &mut self.unreadable,
                Wrong::NotStored => &mut self.not_stored,
            },
            Finding::Orphan(_) => &mut self.orphan,
            Finding::Usage(_) => &mut self.wrong_usage,
            Finding::References(BlobTally { counted: 0, .. }) => &mut self.unreferenced,
            Finding::References(_) => &mut self.wrong_references,
            Finding::Place(TreeFault { wrong: WrongPlace::Unreachable, .. }) => &mut self.unreachable,
            Finding::Place(TreeFault { wrong: WrongPlace::Mismarked, .. }) => &mut self.mismarked,
            Finding::Place(TreeFault { wrong: WrongPlace::NameTaken, .. }) => &mut self.name_taken,
        };
        *counter += 1;
    }
}

/// What was looked at, and how much was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verified {
    /// Files whose blobs were asked for, those in the trash too.
    pub files: u64,
    /// Old versions of the same.
    pub versions: u64,
    /// Blobs of theirs, thumbnails and previews among them.
    pub blobs: u64,
    /// Blobs that the store listed; `None`: it can't be listed, so that orphans were not looked for.
    pub listed: Option<u64>,
    /// Drives that were counted up.
    pub accounts: u64,
    /// What was found.
    pub findings: Findings,
    /// How many findings were repaired.
    pub repaired: u64,
}

impl Verified {
    /// Whether all is as it should be, now that it is checked and perhaps repaired.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.findings.total() == self.repaired
    }
}

/// What is told while a check goes on.
#[derive(Debug, Clone, Copy)]
pub enum VerifyEvent<'a> {
    /// What is not as it should be.
    Found(&'a Finding),
    /// How far the check is: files first, then what the store lists, then accounts.
    Progress(&'a Verified),
}
