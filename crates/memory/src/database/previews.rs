//! Previews of pictures.

use std::ops::Bound;

use async_trait::async_trait;
use fm_domain::blobs::BlobKey;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::BlobId;
use fm_domain::previews::{Preview, PreviewQueries, PreviewRepo, PreviewSize, PreviewState};

use super::blobs::{Blobs, Standing};
use super::tables::{Map, Tables};
use super::unit::MemoryUnitOfWork;

/// Previews by what they show, and those that are ready by their own blobs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Previews {
    by_original: Map<(BlobId, PreviewSize), PreviewState>,
    ready: Map<BlobId, Preview>,
}

impl Previews {
    fn get(&self, original: BlobId, size: PreviewSize) -> Option<PreviewState> {
        self.by_original.get(&(original, size)).copied()
    }

    fn put(&mut self, preview: Preview) {
        self.by_original.insert_mut((preview.original, preview.size), preview.state);
        if let Some(blob) = preview.state.blob() {
            self.ready.insert_mut(blob, preview);
        }
    }

    fn take(&mut self, original: BlobId, size: PreviewSize) -> Option<PreviewState> {
        let state = self.get(original, size)?;
        self.by_original.remove_mut(&(original, size));
        if let Some(blob) = state.blob() {
            self.ready.remove_mut(&blob);
        }
        Some(state)
    }

    /// Takes all that is recorded of an original; the blobs of those that were ready.
    pub(super) fn take_all(&mut self, original: BlobId) -> Vec<BlobId> {
        let taken = PreviewSize::ALL.into_iter().filter_map(|size| self.take(original, size));
        taken.filter_map(|state| state.blob()).collect()
    }

    /// The blobs of those that are ready.
    pub(super) fn blobs(&self) -> impl Iterator<Item = BlobId> {
        self.ready.keys().copied()
    }
}

impl Blobs {
    /// Turns a stored blob that nothing refers to into a tombstone, and the blobs of its previews with it: their keys.
    pub(super) fn mark_deleted_with_previews(&mut self, id: BlobId, at: Timestamp) -> Vec<BlobKey> {
        let mut gone = vec![id];
        gone.extend(self.previews.take_all(id));
        gone.retain(|id| self.mark_deleted(*id, at));
        gone.into_iter().filter_map(|id| self.key(id)).collect()
    }
}

#[async_trait]
impl PreviewQueries for Tables {
    async fn find(&mut self, original: BlobId, size: PreviewSize) -> PortResult<Option<PreviewState>> {
        Ok(self.blobs.previews.get(original, size))
    }

    async fn walk(&mut self, after: Option<BlobId>, limit: u32) -> PortResult<Vec<Preview>> {
        let edge = after.map_or(Bound::Unbounded, Bound::Excluded);
        let later = self.blobs.previews.ready.range((edge, Bound::Unbounded)).map(|(_, preview)| *preview);
        Ok(later.take(limit as usize).collect())
    }
}

#[async_trait]
impl PreviewRepo for MemoryUnitOfWork {
    async fn record(&mut self, preview: &Preview) -> PortResult<bool> {
        let blobs = &mut self.tables.blobs;
        let seen = blobs.previews.get(preview.original, preview.size);
        let is_other = seen.is_some_and(|state| state.blob().is_some() && state != preview.state);
        let is_stored = matches!(blobs.state(preview.original), Some(Standing::Stored { .. }));
        let is_free = is_stored && !is_other;
        if is_free {
            blobs.previews.put(*preview);
        }
        Ok(is_free)
    }

    async fn remove(&mut self, preview: &Preview) -> PortResult<bool> {
        let previews = &mut self.tables.blobs.previews;
        let seen = previews.get(preview.original, preview.size);
        let is_same = seen.is_some_and(|state| state.blob() == preview.state.blob());
        if is_same {
            previews.take(preview.original, preview.size);
        }
        Ok(is_same)
    }
}
