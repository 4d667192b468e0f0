//! The blobs that files need, as the database has them, page by page.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::retry::retry_reads;
use super::verify::FileBlob;
use fm_domain::blobs::{BlobKey, BlobRecord, BlobState, Bucket};
use fm_domain::body::ByteSize;
use fm_domain::database::Database;
use fm_domain::error::PortResult;
use fm_domain::files::{File, MediaType, Sha256};
use fm_domain::ids::{BlobId, FileId};

/// How many files a page has.
const PAGE: u32 = 500;

/// A blob that a file needs, and what is known of it.
pub(super) struct Needed {
    pub(super) of: FileBlob,
    pub(super) size: Option<ByteSize>,
    pub(super) sha256: Option<Sha256>,
    /// Safe for browsers.
    pub(super) content_type: MediaType,
    pub(super) is_stored: bool,
}

/// Files in the order of their ids, and their blobs.
pub(super) struct NeededPage {
    pub(super) last: FileId,
    pub(super) files: u64,
    pub(super) blobs: Vec<Needed>,
}

/// The blobs of the files after `after`; `None` when there are no more.
pub(super) async fn needed_after(
    db: &Arc<dyn Database>,
    after: Option<FileId>,
) -> PortResult<Option<NeededPage>> {
    let files = retry_reads(async || db.read().await?.files().walk(after, PAGE).await).await?;
    let Some(last) = files.last().map(|file| file.id) else { return Ok(None) };
    let keys: Vec<(&File, BlobKey)> = files.iter().flat_map(keys).collect();
    let ids: Vec<BlobId> = keys.iter().map(|(_, key)| key.id).collect();
    let records = retry_reads(async || db.read().await?.blobs().find(&ids).await).await?;
    let states: BTreeMap<BlobKey, BlobState> =
        records.into_iter().map(|BlobRecord { key, state }| (key, state)).collect();
    let blobs = keys.into_iter().map(|(file, key)| {
        let stored = match states.get(&key) {
            Some(BlobState::Stored { size }) => Some(*size),
            Some(BlobState::Intent | BlobState::Deleted) | None => None,
        };
        let (size, sha256, content_type) = match key.bucket {
            Bucket::Files => (Some(file.size), file.sha256, file.content_type.safe()),
            Bucket::Thumbnails => (stored, None, MediaType::png()),
        };
        let of = FileBlob { file: file.id, owner: file.owner, key };
        Needed { of, size, sha256, content_type, is_stored: stored.is_some() }
    });
    Ok(Some(NeededPage { last, files: files.len() as u64, blobs: blobs.collect() }))
}

/// The blobs that a file needs.
pub(super) fn keys(file: &File) -> impl Iterator<Item = (&File, BlobKey)> {
    let thumbnail = file.thumbnail.blob().map(BlobKey::thumbnail);
    [Some(BlobKey::file(file.blob)), thumbnail].into_iter().flatten().map(move |key| (file, key))
}
