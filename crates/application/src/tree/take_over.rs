//! A file gives its content to another one, whose old content becomes a version.

use super::context::Context;
use super::error::TreeError;
use super::new_content::NewContent;
use crate::engine::events::EventRecorder;
use fm_domain::access::Access;
use fm_domain::blobs::BlobKey;
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::database::UnitOfWork;
use fm_domain::error::PortResult;
use fm_domain::events::Change;
use fm_domain::files::{File, ThumbnailState, VersionNumber};
use fm_domain::ids::{BlobId, NodeId};
use fm_domain::tree::{Delta, Item, ItemKind, Version};

/// The file where a content of the same bytes takes the place of its own: only the time changes, and with it the revision, since a tag
/// stands for all that is told of a file.
pub(super) fn with_time(before: &File, modified_at: Timestamp) -> File {
    let is_same = modified_at == before.modified_at;
    let revision = if is_same { before.revision } else { before.revision.next() };
    File { modified_at, revision, ..before.clone() }
}

/// Puts the content of `from` in place of that of the file `to`, and removes `from`: the file with its new content, or with the time of
/// the same bytes. Only a file takes the content of a file.
pub(super) async fn content(
    context: &Context,
    unit: &mut dyn UnitOfWork,
    access: &Access,
    from: &Item,
    to: NodeId,
    now: Timestamp,
) -> Result<Item, TreeError> {
    let target = unit.files().find_for_update(access, to.as_file()).await?;
    let (Item::File(source), Some(before)) = (from, target) else {
        let kind = unit.nodes().find(access, to).await?.map_or(ItemKind::Folder, |item| item.kind());
        return Err(TreeError::NameTaken { existing: to, kind });
    };
    let is_same = source.sha256.is_some() && source.sha256 == before.sha256;
    let after = if is_same {
        with_time(&before, source.modified_at)
    } else {
        NewContent::of(source).in_place_of(&before, now)
    };
    unit.keys().free_file(source.id).await?;
    unit.uploads().remove_of_file(source.id).await?;
    let own = unit.versions().all(source.id).await?;
    let numbers: Vec<VersionNumber> = own.iter().map(|version| version.number).collect();
    let own = unit.versions().remove(source.id, &numbers).await?;
    unit.files().remove(access, source.id).await?.ok_or(TreeError::NotFound)?;
    unit.files().update(&after, before.revision).await?;
    let mut kept = if is_same {
        KeptVersion::dropping(source)
    } else {
        // Its blobs are not dropped: the other file refers to them from now on.
        keep_version(context, unit, &before, now).await?
    };
    kept.dropped.extend(own.iter().map(|version| version.blob));
    let own_bytes: u64 = own.iter().map(|version| version.size.bytes()).sum();
    let own_bytes = i64::try_from(own_bytes).unwrap_or(i64::MAX);
    let delta = Delta {
        used: kept.freed.saturating_add(own_bytes).saturating_neg(),
        versions: kept.versions.saturating_sub(own_bytes),
        files: -1,
        nodes: -1,
        ..Delta::default()
    };
    unit.drives().charge(access.drive(), &delta, None).await?;
    drop_blobs(&context.events, unit, &kept.dropped, now).await?;
    if is_same {
        context.events.record(unit, now, Change::FileRemoved { file: source }).await?;
    } else {
        context.events.record(unit, now, Change::ContentReplaced { file: &after }).await?;
        context.events.record(unit, now, Change::FileCopied { file: &after }).await?;
    }
    Ok(Item::File(after))
}

/// Takes a content back that is not what was promised: the file has this old version again, and nothing else of its versions changes.
/// The keys and uploads that led to the file are forgotten. In a unit that has entered the drive; false, and then the unit is to be
/// rolled back, when the file has changed. Called last in a unit.
pub(crate) async fn fall_back(
    context: &Context,
    unit: &mut dyn UnitOfWork,
    bad: &File,
    to: &Version,
    thumbnail: ThumbnailState,
    now: Timestamp,
) -> PortResult<bool> {
    match fall_back_in(context, unit, bad, to, thumbnail, now).await {
        Ok(()) => Ok(true),
        Err(TreeError::Store(error)) => Err(error),
        Err(_) => Ok(false),
    }
}

async fn fall_back_in(
    context: &Context,
    unit: &mut dyn UnitOfWork,
    bad: &File,
    to: &Version,
    thumbnail: ThumbnailState,
    now: Timestamp,
) -> Result<(), TreeError> {
    let old = NewContent {
        content_type: to.content_type.clone(),
        size: to.size,
        sha256: to.sha256,
        blob: to.blob,
        thumbnail,
        modified_at: to.created_at,
        at: to.created_at,
    };
    let after = old.in_place_of(bad, now);
    unit.keys().free_file(bad.id).await?;
    // Its attempt still holds the key: no job has read the bytes before.
    unit.keys().free(bad.blob).await?;
    unit.uploads().remove_of_file(bad.id).await?;
    unit.versions().remove(bad.id, &[to.number]).await?;
    unit.files().update(&after, bad.revision).await?;
    let gone = |size: ByteSize| i64::try_from(size.bytes()).unwrap_or(i64::MAX).saturating_neg();
    let delta = Delta { used: gone(bad.size), versions: gone(to.size), ..Delta::default() };
    unit.drives().charge(bad.drive(), &delta, None).await?;
    context.events.record(unit, now, Change::ContentReplaced { file: &after }).await?;
    context.events.record(unit, now, Change::FileCopied { file: &after }).await?;
    let dropped: Vec<BlobId> = [Some(bad.blob), bad.thumbnail.blob()].into_iter().flatten().collect();
    drop_blobs(&context.events, unit, &dropped, now).await?;
    Ok(())
}

/// What keeping an old content came to.
#[derive(Debug, Default)]
pub(crate) struct KeptVersion {
    /// Bytes that the drive no longer uses.
    pub(crate) freed: i64,
    /// By how much the bytes of old versions changed.
    pub(crate) versions: i64,
    /// The references that are to be dropped, last in the unit.
    pub(crate) dropped: Vec<BlobId>,
}

impl KeptVersion {
    /// Where the content of this file goes, and no other is kept for it.
    fn dropping(file: &File) -> Self {
        Self {
            freed: i64::try_from(file.size.bytes()).unwrap_or(i64::MAX),
            versions: 0,
            dropped: [Some(file.blob), file.thumbnail.blob()].into_iter().flatten().collect(),
        }
    }
}

/// Keeps the content that a file had as a version, and removes those that are too many or too old by that. An empty content is no
/// version. A thumbnail goes in either case: a version has none.
pub(crate) async fn keep_version(
    context: &Context,
    unit: &mut dyn UnitOfWork,
    before: &File,
    now: Timestamp,
) -> PortResult<KeptVersion> {
    let mut kept =
        KeptVersion { dropped: before.thumbnail.blob().into_iter().collect(), ..KeptVersion::default() };
    let size = i64::try_from(before.size.bytes()).unwrap_or(i64::MAX);
    // Before the new one is added, so that PostgreSQL may send that with the statement after it.
    let mut all = unit.versions().all(before.id).await?;
    if context.retention.versions == 0 || size == 0 {
        kept.freed = size;
        kept.dropped.push(before.blob);
    } else {
        let version = Version::of(before, now);
        unit.versions().insert(&version).await?;
        all.push(version);
        kept.versions = size;
    }
    let surplus =
        Version::surplus(&all, context.retention.versions, now.minus(context.retention.version_age));
    if !surplus.is_empty() {
        for version in unit.versions().remove(before.id, &surplus).await? {
            let size = i64::try_from(version.size.bytes()).unwrap_or(i64::MAX);
            kept.freed = kept.freed.saturating_add(size);
            kept.versions = kept.versions.saturating_sub(size);
            kept.dropped.push(version.blob);
        }
    }
    Ok(kept)
}

/// Drops references, last in a unit: the bytes of blobs that have none left are deleted by a job.
pub(crate) async fn drop_blobs(
    events: &EventRecorder,
    unit: &mut dyn UnitOfWork,
    blobs: &[BlobId],
    now: Timestamp,
) -> PortResult<()> {
    if blobs.is_empty() {
        return Ok(());
    }
    let gone: Vec<BlobKey> = unit.blobs().drop_references(blobs, now).await?;
    if gone.is_empty() {
        return Ok(());
    }
    events.record(unit, now, Change::BlobsMarkedDeleted { keys: &gone }).await
}
