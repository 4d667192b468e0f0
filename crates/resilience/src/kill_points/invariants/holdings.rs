//! All that a user has, as the rows have it.

use std::collections::{BTreeMap, BTreeSet};

use fm_domain::accounts::StorageUse;
use fm_domain::blobs::BlobKey;
use fm_domain::body::ByteSize;
use fm_domain::clock::Clock as _;
use fm_domain::error::PortResult;
use fm_domain::files::File;
use fm_domain::ids::{BlobId, NodeId, UserId};
use fm_domain::previews::Preview;
use fm_domain::tree::Version;

use super::Environment;

/// More rows than any scenario makes.
const ALL: u32 = 10_000;

/// The contents of a user's drive, those in the trash too.
pub(super) struct Holdings {
    pub(super) files: Vec<File>,
    /// Their old versions.
    pub(super) versions: Vec<Version>,
    /// The previews of all these contents that are ready.
    previews: Vec<Preview>,
    /// Those of the files that are not in the trash.
    living: BTreeSet<NodeId>,
}

impl Holdings {
    pub(super) async fn of(environment: &Environment, user: UserId) -> Result<Self, String> {
        Self::read(environment, user).await.map_err(|error| format!("no list of contents: {error:?}"))
    }

    async fn read(environment: &Environment, user: UserId) -> PortResult<Self> {
        let mut reads = environment.database.read().await?;
        let mut files = reads.files().walk(None, ALL).await?;
        files.retain(|file| file.owner == user);
        let mut versions = reads.tree().walk_versions(None, ALL).await?;
        versions.retain(|version| files.iter().any(|file| file.id == version.file));
        let mut previews = reads.previews().walk(None, ALL).await?;
        previews.retain(|preview| {
            let is_shown = |blob| blob == preview.original;
            files.iter().any(|file| is_shown(file.blob)) || versions.iter().any(|old| is_shown(old.blob))
        });
        drop(reads);
        let nodes = environment.nodes(user).await;
        let living = nodes.iter().filter(|node| node.trash.is_none()).map(|node| node.id).collect();
        Ok(Self { files, versions, previews, living })
    }

    /// How many rows refer to each blob.
    fn references(&self) -> BTreeMap<BlobId, usize> {
        let mut references = BTreeMap::new();
        let contents = self.files.iter().map(|file| file.blob);
        let thumbnails = self.files.iter().filter_map(|file| file.thumbnail.blob());
        let versions = self.versions.iter().map(|version| version.blob);
        let previews = self.previews.iter().filter_map(|preview| preview.state.blob());
        for blob in contents.chain(thumbnails).chain(versions).chain(previews) {
            *references.entry(blob).or_insert(0) += 1;
        }
        references
    }

    /// The blobs that these rows refer to.
    pub(super) fn blobs(&self) -> BTreeSet<BlobKey> {
        let contents = self.files.iter().map(|file| BlobKey::file(file.blob));
        let thumbnails = self.files.iter().filter_map(|file| file.thumbnail.blob()).map(BlobKey::thumbnail);
        let versions = self.versions.iter().map(|version| BlobKey::file(version.blob));
        let previews = self.previews.iter().filter_map(|preview| preview.state.blob());
        contents.chain(thumbnails).chain(versions).chain(previews.map(BlobKey::thumbnail)).collect()
    }

    /// The counters of the account are what the rows add up to; an upload may have reserved something.
    pub(super) fn are_counted(&self, storage: &StorageUse) -> Result<(), String> {
        let (mut used, mut trash, mut versions, mut file_count) = (0, 0, 0, 0);
        for file in &self.files {
            let old = self.versions.iter().filter(|version| version.file == file.id);
            let old: u64 = old.map(|version| version.size.bytes()).sum();
            let all = file.size.bytes() + old;
            used += all;
            if self.living.contains(&NodeId::from(file.id)) {
                versions += old;
                file_count += 1;
            } else {
                trash += all;
            }
        }
        let (used, trash, versions) = (ByteSize::new(used), ByteSize::new(trash), ByteSize::new(versions));
        must!(storage.used == used, "{} are used, but the files hold {used}", storage.used);
        let counted = StorageUse { used, trash, versions, file_count, reserved: storage.reserved };
        must!(*storage == counted, "the account has {storage:?}, but its rows {counted:?}");
        Ok(())
    }

    /// Every preview has its bytes.
    pub(super) async fn have_previews(&self, environment: &Environment) -> Result<(), String> {
        for blob in self.previews.iter().filter_map(|preview| preview.state.blob()) {
            let head = environment.blobs.head(&BlobKey::thumbnail(blob)).await;
            must!(matches!(head, Ok(Some(_))), "the preview {blob} has no bytes: {head:?}");
        }
        Ok(())
    }

    /// Every old version has its bytes.
    pub(super) async fn have_versions(&self, environment: &Environment) -> Result<(), String> {
        for version in &self.versions {
            let head = environment.blobs.head(&BlobKey::file(version.blob)).await;
            let size = head.map_err(|error| format!("no head of an old version: {error:?}"))?;
            must!(size.is_some_and(|head| head.size == version.size), "{version:?} lacks its bytes");
        }
        Ok(())
    }

    /// Every blob counts as many references as there are. It is found out in units of work that are undone: all references but one are
    /// dropped, and then all.
    pub(super) async fn are_referred_to(&self, environment: &Environment) -> Result<(), String> {
        let references = self.references();
        let times = |without: usize| -> Vec<BlobId> {
            let each = references.iter();
            each.flat_map(|(blob, count)| std::iter::repeat_n(*blob, count - without)).collect()
        };
        let early = dropped(environment, &times(1)).await?;
        must!(early == 0, "{early} blobs count fewer references than there are");
        let (gone, all) = (dropped(environment, &times(0)).await?, references.len());
        must!(gone == all, "{} blobs count more references than there are", all - gone);
        Ok(())
    }
}

/// How many blobs are gone once these references are dropped.
async fn dropped(environment: &Environment, references: &[BlobId]) -> Result<usize, String> {
    let now = environment.clock.now();
    let dropped = async {
        let mut unit = environment.database.begin().await?;
        let gone = unit.blobs().drop_references(references, now).await?.len();
        unit.rollback().await?;
        PortResult::Ok(gone)
    };
    dropped.await.map_err(|error| format!("no count of references: {error:?}"))
}

#[cfg(test)]
mod tests;
