//! Blobs.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use fm_domain::blobs::{
    BlobHead, BlobKey, BlobLimits, BlobReader, BlobStore, Bucket, ByteRange, GetBlob, ListBlobs, ListedBlob,
    PutBlob, PutHint, ResolvedRange, StoredBlob,
};
use fm_domain::body::{ByteSize, ByteStream};
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::error::PortResult;
use fm_domain::ids::BlobId;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use uuid::Uuid;

use crate::locked;
use crate::unfinished::Unfinished;

/// Bytes are kept in runs of this length, so that a range is found without a walk, and no chunk of a request keeps a
/// larger buffer alive.
pub(crate) const SEGMENT: usize = 256 * 1024;

/// How many blobs a list takes out at a time.
const PAGE: usize = 256;

/// Blobs in memory.
#[derive(Clone)]
pub struct MemoryBlobStore {
    kept: Arc<Mutex<Kept>>,
    clock: Arc<dyn Clock>,
}

/// All that is kept.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) blobs: BTreeMap<BlobKey, Arc<Blob>>,
    /// What is being written by many requests.
    pub(crate) unfinished: BTreeMap<BlobKey, Unfinished>,
}

/// The bytes of one blob: every segment but the last is full.
pub(crate) struct Blob {
    segments: Vec<Bytes>,
    pub(crate) size: u64,
    written_at: Timestamp,
}

impl MemoryBlobStore {
    /// An empty store. `clock` tells when blobs were written.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { kept: Arc::default(), clock }
    }

    /// How many blobs it keeps, those among them that are being written by many requests.
    #[must_use]
    pub fn count(&self) -> usize {
        let kept = self.kept();
        kept.blobs.len() + kept.unfinished.len()
    }

    pub(crate) fn kept(&self) -> MutexGuard<'_, Kept> {
        locked(&self.kept)
    }

    /// A blob that is written now.
    pub(crate) fn blob(&self, segments: Vec<Bytes>, size: u64) -> Arc<Blob> {
        Arc::new(Blob { segments, size, written_at: self.clock.now() })
    }

    fn find(&self, key: &BlobKey) -> Option<Arc<Blob>> {
        self.kept().blobs.get(key).cloned()
    }
}

impl fmt::Debug for MemoryBlobStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryBlobStore").field("count", &self.count()).finish_non_exhaustive()
    }
}

impl Blob {
    /// Takes the whole body.
    async fn read(mut body: ByteStream) -> Result<(Vec<Bytes>, u64), PutBlob> {
        let (mut segments, mut size) = (Vec::new(), 0);
        let mut open = BytesMut::new();
        while let Some(mut chunk) = body.try_next().await? {
            size += chunk.len() as u64;
            while !chunk.is_empty() {
                let fits = chunk.len().min(SEGMENT - open.len());
                open.extend_from_slice(&chunk.split_to(fits));
                if open.len() == SEGMENT {
                    segments.push(open.split().freeze());
                }
            }
        }
        if !open.is_empty() {
            segments.push(Bytes::copy_from_slice(&open));
        }
        Ok((segments, size))
    }

    /// The bytes from the range, segment by segment.
    fn stream(self: Arc<Self>, range: Option<ResolvedRange>) -> ByteStream {
        let (mut next, end) = range.map_or((0, self.size), |range| (range.first, range.last + 1));
        let slices = std::iter::from_fn(move || {
            let left = usize::try_from(end.checked_sub(next)?).ok()?;
            let place = usize::try_from(next).ok()?;
            let segment = self.segments.get(place / SEGMENT)?;
            let start = place % SEGMENT;
            let slice = segment.slice(start..segment.len().min(start.saturating_add(left)));
            next += slice.len() as u64;
            (!slice.is_empty()).then_some(slice)
        });
        stream::iter(slices.map(Ok)).boxed()
    }
}

#[async_trait]
impl BlobStore for MemoryBlobStore {
    async fn put(&self, key: &BlobKey, body: ByteStream, _hint: &PutHint) -> Result<StoredBlob, PutBlob> {
        let (segments, size) = Blob::read(body).await?;
        let blob = self.blob(segments, size);
        self.kept().blobs.insert(*key, blob);
        Ok(StoredBlob { size: ByteSize::new(size) })
    }

    async fn get(&self, key: &BlobKey, range: Option<ByteRange>) -> Result<BlobReader, GetBlob> {
        let blob = self.find(key).ok_or(GetBlob::NotFound)?;
        let size = ByteSize::new(blob.size);
        let range = range.map(|range| range.resolve(size)).transpose()?;
        Ok(BlobReader { size, range, bytes: blob.stream(range) })
    }

    async fn head(&self, key: &BlobKey) -> PortResult<Option<BlobHead>> {
        Ok(self.find(key).map(|blob| BlobHead { size: ByteSize::new(blob.size) }))
    }

    async fn delete(&self, key: &BlobKey) -> PortResult<()> {
        let mut kept = self.kept();
        let deleted = (kept.unfinished.remove(key), kept.blobs.remove(key));
        drop(kept);
        drop(deleted);
        Ok(())
    }

    fn limits(&self) -> BlobLimits {
        BlobLimits { max_blob: ByteSize::new(isize::MAX.unsigned_abs() as u64) }
    }

    async fn ping(&self) -> PortResult<()> {
        Ok(())
    }
}

#[async_trait]
impl ListBlobs for MemoryBlobStore {
    async fn list(&self, bucket: Bucket) -> PortResult<BoxStream<'static, PortResult<ListedBlob>>> {
        let kept = Arc::clone(&self.kept);
        let first = Bound::Included(BlobKey { bucket, id: BlobId::new(Uuid::nil()) });
        let last = BlobKey { bucket, id: BlobId::new(Uuid::max()) };
        let pages = stream::unfold(first, move |from| {
            let page: Vec<ListedBlob> =
                locked(&kept).blobs.range((from, Bound::Included(last))).take(PAGE).map(listed).collect();
            let next = page.last().map(|blob| Bound::Excluded(blob.key));
            std::future::ready(next.map(|next| (stream::iter(page.into_iter().map(Ok)), next)))
        });
        Ok(pages.flatten().boxed())
    }
}

fn listed((key, blob): (&BlobKey, &Arc<Blob>)) -> ListedBlob {
    ListedBlob { key: *key, size: ByteSize::new(blob.size), written_at: blob.written_at }
}
