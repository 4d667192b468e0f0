//! The blobs that files, their old versions and previews need, as the database has them, page by page.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::retry::retry_idempotent;
use super::verify::{FileBlob, Finding, Wrong};
use fm_domain::archive::VersionPlace;
use fm_domain::blobs::{BlobKey, BlobRecord, BlobState, Bucket};
use fm_domain::body::ByteSize;
use fm_domain::database::Database;
use fm_domain::error::PortResult;
use fm_domain::files::{File, MediaType, Sha256, VersionNumber};
use fm_domain::ids::{BlobId, FileId};
use fm_domain::previews::{Preview, PreviewState};
use fm_domain::tree::Version;
use uuid::Uuid;

/// How many files, versions or previews a page has.
const PAGE: u32 = 500;

/// What needs a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holder {
    /// A file or an old version.
    File(FileBlob),
    /// A preview.
    Preview(Preview),
}

/// A blob that is needed, and what is known of it.
pub(super) struct Needed {
    pub(super) holder: Holder,
    pub(super) key: BlobKey,
    pub(super) size: Option<ByteSize>,
    pub(super) sha256: Option<Sha256>,
    /// Safe for browsers.
    pub(super) content_type: MediaType,
    pub(super) is_stored: bool,
}

impl Needed {
    /// What is found out about it.
    pub(super) fn finding(&self, wrong: Wrong) -> Finding {
        match self.holder {
            Holder::File(of) => Finding::File { of, wrong },
            Holder::Preview(of) => Finding::Preview { of, wrong },
        }
    }
}

/// Where a page begins: first come all files, those in the trash too, in the order of their ids, then all old versions, then all previews.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    Files(Option<FileId>),
    Versions(Option<VersionPlace>),
    Previews(Option<BlobId>),
}

impl Place {
    /// Before everything.
    pub(super) const START: Self = Self::Files(None);
}

/// Some files, versions or previews, and their blobs.
pub(super) struct NeededPage {
    pub(super) next: Place,
    pub(super) files: u64,
    pub(super) versions: u64,
    pub(super) blobs: Vec<Needed>,
}

/// The blobs of the holders after `place`; `None` when there are no more.
pub(super) async fn needed_after(db: &Arc<dyn Database>, place: Place) -> PortResult<Option<NeededPage>> {
    match place {
        Place::Files(after) => {
            if let Some(page) = files_after(db, after).await? {
                return Ok(Some(page));
            }
            versions_on(db, None).await
        }
        Place::Versions(after) => versions_on(db, after).await,
        Place::Previews(after) => previews_after(db, after).await,
    }
}

/// Versions, and previews where there are no more.
async fn versions_on(db: &Arc<dyn Database>, after: Option<VersionPlace>) -> PortResult<Option<NeededPage>> {
    if let Some(page) = versions_after(db, after).await? {
        return Ok(Some(page));
    }
    previews_after(db, None).await
}

async fn files_after(db: &Arc<dyn Database>, after: Option<FileId>) -> PortResult<Option<NeededPage>> {
    let files = retry_idempotent(async || db.read().await?.files().walk(after, PAGE).await).await?;
    let Some(last) = files.last() else { return Ok(None) };
    let blobs = with_states(db, files.iter().flat_map(of_file).collect()).await?;
    Ok(Some(NeededPage { next: Place::Files(Some(last.id)), files: files.len() as u64, versions: 0, blobs }))
}

async fn versions_after(
    db: &Arc<dyn Database>,
    after: Option<VersionPlace>,
) -> PortResult<Option<NeededPage>> {
    let versions =
        retry_idempotent(async || db.read().await?.tree().walk_versions(after, PAGE).await).await?;
    let Some(last) = versions.last() else { return Ok(None) };
    let next = Place::Versions(Some((last.file, last.number)));
    let blobs = with_states(db, versions.iter().map(of_version).collect()).await?;
    Ok(Some(NeededPage { next, files: 0, versions: versions.len() as u64, blobs }))
}

async fn previews_after(db: &Arc<dyn Database>, after: Option<BlobId>) -> PortResult<Option<NeededPage>> {
    let previews = retry_idempotent(async || db.read().await?.previews().walk(after, PAGE).await).await?;
    let Some(last) = previews.last() else { return Ok(None) };
    let next = Place::Previews(last.state.blob());
    let blobs = with_states(db, previews.iter().filter_map(of_preview).collect()).await?;
    Ok(Some(NeededPage { next, files: 0, versions: 0, blobs }))
}

/// Fills in what the rows of the blobs say.
async fn with_states(db: &Arc<dyn Database>, needed: Vec<Needed>) -> PortResult<Vec<Needed>> {
    let ids: Vec<BlobId> = needed.iter().map(|needed| needed.key.id).collect();
    let records = retry_idempotent(async || db.read().await?.blobs().find(&ids).await).await?;
    let states: BTreeMap<BlobKey, BlobState> =
        records.into_iter().map(|BlobRecord { key, state }| (key, state)).collect();
    let with_state = |needed: Needed| match states.get(&needed.key) {
        Some(BlobState::Stored { size }) => {
            Needed { size: needed.size.or(Some(*size)), is_stored: true, ..needed }
        }
        Some(BlobState::Intent | BlobState::Deleted) | None => needed,
    };
    Ok(needed.into_iter().map(with_state).collect())
}

/// The blobs that a file needs. Of a thumbnail its row alone knows the size.
fn of_file(file: &File) -> impl Iterator<Item = Needed> {
    let thumbnail = file.thumbnail.blob().map(BlobKey::thumbnail);
    [Some(BlobKey::file(file.blob)), thumbnail].into_iter().flatten().map(move |key| {
        let (size, sha256, content_type) = match key.bucket {
            Bucket::Files => (Some(file.size), file.sha256, file.content_type.safe()),
            Bucket::Thumbnails => (None, None, MediaType::png()),
        };
        let holder = Holder::File(FileBlob { file: file.id, version: None, owner: file.owner, key });
        Needed { holder, key, size, sha256, content_type, is_stored: false }
    })
}

/// The blob that a version needs.
fn of_version(version: &Version) -> Needed {
    let key = BlobKey::file(version.blob);
    let (file, number, owner) = (version.file, version.number, version.created_by);
    Needed {
        holder: Holder::File(FileBlob { file, version: Some(number), owner, key }),
        key,
        size: Some(version.size),
        sha256: version.sha256,
        content_type: version.content_type.safe(),
        is_stored: false,
    }
}

/// The blob that a preview needs. Its row alone knows the size.
fn of_preview(preview: &Preview) -> Option<Needed> {
    let PreviewState::Ready(picture) = preview.state else { return None };
    Some(Needed {
        holder: Holder::Preview(*preview),
        key: BlobKey::thumbnail(picture.blob),
        size: None,
        sha256: None,
        content_type: picture.format.media_type(),
        is_stored: false,
    })
}

/// Whether the holder still needs the blob. Files in the trash need theirs, too: so they are asked for as a walk finds them.
pub(super) async fn is_needed(db: &Arc<dyn Database>, holder: &Holder) -> PortResult<bool> {
    let mut reads = db.read().await?;
    Ok(match *holder {
        Holder::Preview(Preview { original, size, state }) => {
            reads.previews().find(original, size).await? == Some(state)
        }
        Holder::File(FileBlob { file, version: None, key, .. }) => {
            let before = FileId::new(Uuid::from_u128(file.uuid().as_u128().saturating_sub(1)));
            let found = reads.files().walk(Some(before), 1).await?;
            let same = found.iter().filter(|found| found.id == file);
            same.flat_map(of_file).any(|needed| needed.key == key)
        }
        Holder::File(FileBlob { file, version: Some(number), .. }) => {
            let before = VersionNumber::new(number.number().saturating_sub(1));
            let found = reads.tree().walk_versions(Some((file, before)), 1).await?;
            found.iter().map(of_version).any(|needed| needed.holder == *holder)
        }
    })
}
