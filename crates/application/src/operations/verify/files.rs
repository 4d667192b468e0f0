//! From the database to the store: is every blob that a file needs there, and right?

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use sha2::Digest as _;

use super::{FileBlob, Finding, Wrong};
use crate::operations::retry::retry_reads;
use fm_domain::access::{Access, Right};
use fm_domain::blobs::{BlobKey, BlobRecord, BlobState, BlobStore, Bucket, GetBlob};
use fm_domain::body::{BodyError, ByteSize};
use fm_domain::database::Database;
use fm_domain::error::{PortResult, Retry, chain};
use fm_domain::files::{File, Sha256};
use fm_domain::ids::{BlobId, FileId};

/// How many files a page has.
const PAGE: u32 = 500;
/// How many blobs are asked for at once.
const HEADS_AT_ONCE: usize = 32;
/// How many blobs are read at once.
const READS_AT_ONCE: usize = 4;

/// Looks for the blobs of files.
pub(super) struct FileCheck {
    pub(super) db: Arc<dyn Database>,
    pub(super) blobs: Arc<dyn BlobStore>,
    pub(super) rehash: bool,
}

/// A blob that a file needs, and what is known of it.
struct Needed {
    of: FileBlob,
    size: Option<ByteSize>,
    sha256: Option<Sha256>,
    is_stored: bool,
}

/// The outcome of a page.
pub(super) struct Page {
    pub(super) last: FileId,
    pub(super) files: u64,
    pub(super) blobs: u64,
    pub(super) findings: Vec<Finding>,
}

impl FileCheck {
    /// The files after `after`; `None` when there are no more.
    pub(super) async fn page(&self, after: Option<FileId>) -> PortResult<Option<Page>> {
        let files = retry_reads(async || self.db.read().await?.files().walk(after, PAGE).await).await?;
        let Some(last) = files.last().map(|file| file.id) else { return Ok(None) };
        let needed = self.needed(&files).await?;
        let blobs = needed.len() as u64;
        let at_once = if self.rehash { READS_AT_ONCE } else { HEADS_AT_ONCE };
        let checks = stream::iter(needed).map(|needed| async move { self.check(&needed).await });
        let findings: Vec<Option<Finding>> = checks.buffered(at_once).try_collect().await?;
        let findings = findings.into_iter().flatten().collect();
        Ok(Some(Page { last, files: files.len() as u64, blobs, findings }))
    }

    async fn needed(&self, files: &[File]) -> PortResult<Vec<Needed>> {
        let keys: Vec<(&File, BlobKey)> = files.iter().flat_map(keys).collect();
        let ids: Vec<BlobId> = keys.iter().map(|(_, key)| key.id).collect();
        let records = retry_reads(async || self.db.read().await?.blobs().find(&ids).await).await?;
        let states: BTreeMap<BlobKey, BlobState> =
            records.into_iter().map(|BlobRecord { key, state }| (key, state)).collect();
        let needed = keys.into_iter().map(|(file, key)| {
            let stored = match states.get(&key) {
                Some(BlobState::Stored { size }) => Some(*size),
                Some(BlobState::Intent | BlobState::Deleted) | None => None,
            };
            let (size, sha256) = match key.bucket {
                Bucket::Files => (Some(file.size), file.sha256),
                Bucket::Thumbnails => (stored, None),
            };
            let of = FileBlob { file: file.id, owner: file.owner, key };
            Needed { of, size, sha256, is_stored: stored.is_some() }
        });
        Ok(needed.collect())
    }

    /// What seems wrong is looked at again. It counts only if the file still needs the blob *afterwards*: it has needed
    /// it all the time then, since every removal of a file commits before the bytes are deleted.
    async fn check(&self, needed: &Needed) -> PortResult<Option<Finding>> {
        if self.look(needed).await?.is_none() {
            return Ok(None);
        }
        let Some(wrong) = self.look(needed).await? else { return Ok(None) };
        let FileBlob { file, owner, key } = needed.of;
        let access = Access::on_behalf_of(owner, Right::Read);
        let now = retry_reads(async || self.db.read().await?.files().find(&access, file).await).await?;
        let still = now.as_ref().is_some_and(|file| keys(file).any(|(_, needs)| needs == key));
        Ok(still.then_some(Finding::File { of: needed.of, wrong }))
    }

    /// A store that is out of reach ends the check in the end; one that can't give this blob alone does not.
    async fn look(&self, needed: &Needed) -> PortResult<Option<Wrong>> {
        match retry_reads(async || self.compare(needed).await).await {
            Err(error) if error.retry() == Retry::No => Ok(Some(Wrong::Unreadable(chain(&error)))),
            outcome => outcome,
        }
    }

    async fn compare(&self, needed: &Needed) -> PortResult<Option<Wrong>> {
        let key = &needed.of.key;
        let Some(head) = self.blobs.head(key).await? else { return Ok(Some(Wrong::Missing)) };
        if let Some(recorded) = needed.size.filter(|size| *size != head.size) {
            return Ok(Some(Wrong::Size { recorded, stored: head.size }));
        }
        if let Some(recorded) = needed.sha256.filter(|_| self.rehash) {
            match self.hash(key).await? {
                Ok(stored) if stored == recorded => {}
                Ok(stored) => return Ok(Some(Wrong::Hash { recorded, stored })),
                Err(wrong) => return Ok(Some(wrong)),
            }
        }
        Ok((!needed.is_stored).then_some(Wrong::NotStored))
    }

    /// Reads the blob to its end, and holds no more of it than a chunk.
    async fn hash(&self, key: &BlobKey) -> PortResult<Result<Sha256, Wrong>> {
        let mut reader = match self.blobs.get(key, None).await {
            Ok(reader) => reader,
            Err(GetBlob::NotFound) => return Ok(Err(Wrong::Missing)),
            Err(GetBlob::Range(error)) => return Ok(Err(Wrong::Unreadable(chain(&error)))),
            Err(GetBlob::Store(error)) => return Err(error),
        };
        let mut hash = sha2::Sha256::new();
        while let Some(chunk) = reader.bytes.next().await {
            match chunk {
                Ok(bytes) => hash.update(&bytes),
                Err(BodyError::Source(reason)) => return Ok(Err(Wrong::Unreadable(reason.to_string()))),
                Err(error) => return Ok(Err(Wrong::Unreadable(chain(&error)))),
            }
        }
        Ok(Ok(Sha256::new(hash.finalize().into())))
    }
}

/// The blobs that a file needs.
fn keys(file: &File) -> impl Iterator<Item = (&File, BlobKey)> {
    let thumbnail = file.thumbnail.blob().map(BlobKey::thumbnail);
    [Some(BlobKey::file(file.blob)), thumbnail].into_iter().flatten().map(move |key| (file, key))
}
