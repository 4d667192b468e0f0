//! Listing what is there, and removing what was left unfinished.

use std::fs::{self, DirEntry, Metadata, ReadDir};
use std::io;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use fm_domain::blobs::{BlobKey, Bucket, ListedBlob};
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt as _, TryStreamExt as _};

use crate::error::{DiskError, Step as _, blocking};
use crate::layout::{Entry, Layout, entry};

/// How many blobs a page holds.
const PAGE: usize = 256;

/// A walk through the folders of a bucket.
struct Walk {
    layout: Arc<Layout>,
    bucket: Bucket,
    shards: std::ops::RangeInclusive<u8>,
    open: Option<ReadDir>,
}

impl Walk {
    const fn through(layout: Arc<Layout>, bucket: Bucket) -> Self {
        Self { layout, bucket, shards: 0..=u8::MAX, open: None }
    }

    /// The next file that is ours, whole or not; it blocks.
    fn next(&mut self) -> Result<Option<(Entry, DirEntry)>, DiskError> {
        loop {
            let Some(folder) = &mut self.open else {
                let Some(shard) = self.shards.next() else { return Ok(None) };
                self.open = match fs::read_dir(self.layout.shard(self.bucket, shard)) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {
                        self.layout.absent(self.bucket, None)?
                    }
                    outcome => Some(outcome.step("opening a folder of blobs")?),
                };
                continue;
            };
            let Some(found) = folder.next() else {
                self.open = None;
                continue;
            };
            let found = found.step("reading a folder of blobs")?;
            match entry(&found.file_name().to_string_lossy()) {
                Entry::Foreign => {}
                ours => return Ok(Some((ours, found))),
            }
        }
    }

    /// Up to a page of whole blobs; it blocks.
    fn page(&mut self) -> Result<Vec<ListedBlob>, DiskError> {
        let mut page = Vec::with_capacity(PAGE);
        while page.len() < PAGE {
            let Some((entry, file)) = self.next()? else { break };
            let Entry::Blob(id) = entry else { continue };
            if let Some(metadata) = unless_gone(file.metadata())? {
                page.push(ListedBlob {
                    key: BlobKey { bucket: self.bucket, id },
                    size: ByteSize::new(metadata.len()),
                    written_at: written_at(&metadata),
                });
            }
        }
        Ok(page)
    }
}

/// Every blob of the bucket, page by page.
pub(crate) fn list(layout: Arc<Layout>, bucket: Bucket) -> BoxStream<'static, PortResult<ListedBlob>> {
    stream::try_unfold(Walk::through(layout, bucket), |mut walk| async move {
        let (walk, page) = blocking(move || {
            let page = walk.page()?;
            Ok((walk, page))
        })
        .await?;
        PortResult::Ok(if page.is_empty() {
            None
        } else {
            Some((stream::iter(page.into_iter().map(Ok)), walk))
        })
    })
    .try_flatten()
    .boxed()
}

/// Removes unfinished files that were last written to before `before`, and returns how many. It blocks.
pub(crate) fn remove_unfinished(layout: &Arc<Layout>, before: Timestamp) -> Result<u64, DiskError> {
    let mut removed = 0;
    for bucket in Bucket::ALL {
        let mut walk = Walk::through(Arc::clone(layout), bucket);
        while let Some((entry, file)) = walk.next()? {
            if entry != Entry::Unfinished {
                continue;
            }
            let cancelled =
                unless_gone(file.metadata())?.is_some_and(|metadata| written_at(&metadata) < before);
            if cancelled && unless_gone(fs::remove_file(file.path()))?.is_some() {
                removed += 1;
            }
        }
    }
    Ok(removed)
}

/// The answer, or `None` when the file went away after its name had been read.
fn unless_gone<T>(answer: io::Result<T>) -> Result<Option<T>, DiskError> {
    match answer {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some).step("looking at a blob"),
    }
}

/// When the file was last written to; the beginning of time where the file system does not say.
fn written_at(metadata: &Metadata) -> Timestamp {
    let since =
        metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    Timestamp::from_unix_seconds(0).plus(since)
}
