//! Incomplete parts: bytes that are too few for a part of an upload, kept as objects beside the blob until there are
//! enough. Their names are no ids of blobs, so no list shows them and no client can ask for them.

use futures_util::future::ready;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use sha2::{Digest as _, Sha256};

use fm_domain::blobs::{BlobKey, Bucket};
use fm_domain::body::PartBytes;
use fm_domain::error::PortResult;
use fm_domain::files::MediaType;
use fm_domain::uploads::AppendError;
use fm_streaming::PIECE_BYTES;

use crate::failure::{Failure, Oddity};
use crate::resumable::not_appended;
use crate::store::Shared;
use crate::write_state::{Pending, Progress};

/// How many objects are read or removed at the same time.
const AT_ONCE: usize = 8;

/// Pages of names that are removed at most, 1000 names each.
const MOST_PAGES: usize = 10;

/// What the names of all incomplete parts of a blob begin with.
fn prefix(key: &BlobKey) -> String {
    format!("{key}.incomplete-")
}

/// Writers that do not know of each other never use the same name: those of one upload have different numbers, and
/// those of different uploads have different digests.
fn name(key: &BlobKey, upload: &str, number: u32) -> String {
    let digest = Sha256::digest(upload.as_bytes());
    format!("{}{}-{number}", prefix(key), hex::encode(&digest[..8]))
}

fn names(key: &BlobKey, progress: &Progress) -> Vec<String> {
    progress.pending.iter().map(|Pending(number, _)| name(key, &progress.upload, *number)).collect()
}

impl Shared {
    /// Stores bytes as the next incomplete part.
    pub(crate) async fn put_incomplete(
        &self,
        key: &BlobKey,
        progress: &Progress,
        bytes: PartBytes,
    ) -> Result<(), AppendError> {
        let name = name(key, &progress.upload, progress.next_pending);
        self.put_object(key.bucket, &name, bytes, &MediaType::octet_stream()).await.map_err(not_appended)?;
        // The server takes an object whatever became of the upload. A node that completes or deletes the blob ends the
        // upload first and looks for objects then: either it finds this one, or this finds that the upload is gone.
        if self.is_unfinished(key, &progress.upload).await? {
            return Ok(());
        }
        self.delete_object(key.bucket, &name).await?;
        Err(AppendError::Gone)
    }

    /// The bytes of all pending incomplete parts, in order. The memory for them is the caller's to account for.
    pub(crate) async fn read_incomplete(
        &self,
        key: &BlobKey,
        progress: &Progress,
    ) -> Result<PartBytes, Failure> {
        let bucket = key.bucket;
        let sizes = progress.pending.iter().map(|Pending(_, size)| *size);
        let reads: Vec<_> = names(key, progress)
            .into_iter()
            .zip(sizes)
            .map(|(name, size)| {
                let shared = self.clone();
                async move { shared.read_object(bucket, &name, size).await }
            })
            .collect();
        let mut reads = stream::iter(reads).buffered(AT_ONCE);
        let mut all = PartBytes::new();
        while let Some(bytes) = reads.next().await {
            let mut bytes = bytes?;
            // Over TLS the HTTP client copies every piece that it writes.
            while !bytes.is_empty() {
                all.push(bytes.split_to(bytes.len().min(PIECE_BYTES)));
            }
        }
        Ok(all)
    }

    /// Removes the incomplete parts of `before` that `after` does not have.
    pub(crate) async fn prune_incomplete(
        &self,
        key: &BlobKey,
        before: &Progress,
        after: &Progress,
    ) -> PortResult<()> {
        let needed = names(key, after);
        let mut names = names(key, before);
        names.retain(|name| !needed.contains(name));
        self.remove_objects(key.bucket, names).await
    }

    /// Removes the incomplete part of this number.
    pub(crate) async fn remove_incomplete(
        &self,
        key: &BlobKey,
        progress: &Progress,
        number: u32,
    ) -> PortResult<()> {
        self.delete_object(key.bucket, &name(key, &progress.upload, number)).await
    }

    /// Removes the incomplete parts that any writer left.
    pub(crate) async fn remove_all_incomplete(&self, key: &BlobKey) -> PortResult<()> {
        let prefix = prefix(key);
        for _ in 0..MOST_PAGES {
            let (names, more) = match self.names(key.bucket, &prefix).await {
                Ok(page) => page,
                Err(failure) if failure.is_unsupported() || failure.is_missing() => return Ok(()),
                Err(failure) => return Err(failure.into_store()),
            };
            if names.is_empty() {
                return Ok(());
            }
            self.remove_objects(key.bucket, names).await?;
            // What was removed is no longer listed, so the next page is again the first.
            if !more {
                return Ok(());
            }
        }
        Err(Oddity::store("ListObjectsV2", "the server keeps listing objects that were removed"))
    }

    async fn remove_objects(&self, bucket: Bucket, names: Vec<String>) -> PortResult<()> {
        let removals: Vec<_> = names
            .into_iter()
            .map(|name| {
                let shared = self.clone();
                async move { shared.delete_object(bucket, &name).await }
            })
            .collect();
        stream::iter(removals).buffer_unordered(AT_ONCE).try_for_each(|()| ready(Ok(()))).await
    }
}
