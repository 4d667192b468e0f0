//! The blobs that files and their old versions need, as the database has them, page by page.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::retry::retry_reads;
use super::verify::FileBlob;
use fm_domain::archive::VersionPlace;
use fm_domain::blobs::{BlobKey, BlobRecord, BlobState, Bucket};
use fm_domain::body::ByteSize;
use fm_domain::database::Database;
use fm_domain::error::PortResult;
use fm_domain::files::{File, MediaType, Sha256, VersionNumber};
use fm_domain::ids::{BlobId, FileId};
use fm_domain::tree::Version;
use uuid::Uuid;

/// How many files or versions a page has.
const PAGE: u32 = 500;

/// A blob that a file or a version needs, and what is known of it.
pub(super) struct Needed {
    pub(super) of: FileBlob,
    pub(super) size: Option<ByteSize>,
    pub(super) sha256: Option<Sha256>,
    /// Safe for browsers.
    pub(super) content_type: MediaType,
    pub(super) is_stored: bool,
}

/// Where a page begins: first come all files, those in the trash too, in the order of their ids, then all old versions.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    Files(Option<FileId>),
    Versions(Option<VersionPlace>),
}

impl Place {
    /// Before everything.
    pub(super) const START: Self = Self::Files(None);
}

/// Some files or versions, and their blobs.
pub(super) struct NeededPage {
    pub(super) next: Place,
    pub(super) files: u64,
    pub(super) versions: u64,
    pub(super) blobs: Vec<Needed>,
}

/// The blobs of the files and versions after `place`; `None` when there are no more.
pub(super) async fn needed_after(db: &Arc<dyn Database>, place: Place) -> PortResult<Option<NeededPage>> {
    let after = match place {
        Place::Files(after) => {
            let files = retry_reads(async || db.read().await?.files().walk(after, PAGE).await).await?;
            if let Some(last) = files.last() {
                let blobs = with_states(db, files.iter().flat_map(of_file).collect()).await?;
                let next = Place::Files(Some(last.id));
                return Ok(Some(NeededPage { next, files: files.len() as u64, versions: 0, blobs }));
            }
            None
        }
        Place::Versions(after) => after,
    };
    let versions = retry_reads(async || db.read().await?.tree().walk_versions(after, PAGE).await).await?;
    let Some(last) = versions.last() else { return Ok(None) };
    let blobs = with_states(db, versions.iter().map(of_version).collect()).await?;
    let next = Place::Versions(Some((last.file, last.number)));
    Ok(Some(NeededPage { next, files: 0, versions: versions.len() as u64, blobs }))
}

/// Fills in what the rows of the blobs say.
async fn with_states(db: &Arc<dyn Database>, needed: Vec<Needed>) -> PortResult<Vec<Needed>> {
    let ids: Vec<BlobId> = needed.iter().map(|needed| needed.of.key.id).collect();
    let records = retry_reads(async || db.read().await?.blobs().find(&ids).await).await?;
    let states: BTreeMap<BlobKey, BlobState> =
        records.into_iter().map(|BlobRecord { key, state }| (key, state)).collect();
    let with_state = |needed: Needed| match states.get(&needed.of.key) {
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
        let of = FileBlob { file: file.id, version: None, owner: file.owner, key };
        Needed { of, size, sha256, content_type, is_stored: false }
    })
}

/// The blob that a version needs.
fn of_version(version: &Version) -> Needed {
    let of = FileBlob {
        file: version.file,
        version: Some(version.number),
        owner: version.created_by,
        key: BlobKey::file(version.blob),
    };
    Needed {
        of,
        size: Some(version.size),
        sha256: version.sha256,
        content_type: version.content_type.safe(),
        is_stored: false,
    }
}

/// Whether the file or the version still needs the blob. Those in the trash need it, too: so they are asked for as a walk finds them.
pub(super) async fn is_needed(db: &Arc<dyn Database>, of: &FileBlob) -> PortResult<bool> {
    let FileBlob { file, version, key, .. } = *of;
    let mut reads = db.read().await?;
    Ok(match version {
        None => {
            let before = FileId::new(Uuid::from_u128(file.uuid().as_u128().saturating_sub(1)));
            let found = reads.files().walk(Some(before), 1).await?;
            let same = found.iter().filter(|found| found.id == file);
            same.flat_map(of_file).any(|needed| needed.of.key == key)
        }
        Some(number) => {
            let before = VersionNumber::new(number.number().saturating_sub(1));
            let found = reads.tree().walk_versions(Some((file, before)), 1).await?;
            found.iter().map(of_version).any(|needed| needed.of == *of)
        }
    })
}
