//! Writing a blob.

use fm_domain::blobs::{BlobKey, Bucket, PutBlob, PutHint, StoredBlob};
use fm_domain::body::{ByteSize, ByteStream, PartBytes};
use fm_domain::files::MediaType;

use crate::body::repeatable;
use crate::cleanup::Cleanup;
use crate::client::transfer_timeouts;
use crate::failure::Failure;
use crate::parts::Parts;
use crate::store::Shared;

/// For servers that answer with the headers given here rather than with those that a URL asks for. A blob never
/// changes, but a client that loses the right to it shall lose it soon.
pub(crate) const CACHE_CONTROL: &str = "private, max-age=1800";
pub(crate) const DISPOSITION: &str = "attachment";

/// What an object is said to be. Some servers refuse `multipart/…`, or take such a body for a form. No client sees the
/// difference: links and the program's own answers say the type that the file has.
pub(crate) fn stored_type(content_type: &MediaType) -> &str {
    if content_type.family() == "multipart" { "application/octet-stream" } else { content_type.as_str() }
}

impl Shared {
    /// A body of one part is one request; a longer one is an upload of parts, which appears only when it is completed.
    pub(crate) async fn put(
        &self,
        key: &BlobKey,
        body: ByteStream,
        hint: &PutHint,
    ) -> Result<StoredBlob, PutBlob> {
        let mut parts = Parts::new(body, hint, self.pool.clone());
        let first = parts.next(&self.budget).await?;
        let mut cleanup = Cleanup::armed(self, *key);
        let written = if first.last {
            self.put_object(key.bucket, &key.to_string(), first.bytes, &hint.content_type)
                .await
                .map_err(refused)
        } else {
            self.put_parts(key, first, &mut parts, &hint.content_type, &mut cleanup).await
        };
        match written {
            Ok(()) => {
                cleanup.disarm();
                Ok(StoredBlob { size: ByteSize::new(parts.taken()) })
            }
            Err(error) => {
                cleanup.run().await;
                Err(error)
            }
        }
    }

    /// The same for bytes that are held already.
    pub(crate) async fn put_bytes(
        &self,
        key: &BlobKey,
        bytes: PartBytes,
        content_type: &MediaType,
    ) -> Result<StoredBlob, PutBlob> {
        let size = ByteSize::new(bytes.len() as u64);
        let cleanup = Cleanup::armed(self, *key);
        match self.put_object(key.bucket, &key.to_string(), bytes, content_type).await {
            Ok(()) => {
                cleanup.disarm();
                Ok(StoredBlob { size })
            }
            Err(failure) => {
                cleanup.run().await;
                Err(refused(failure))
            }
        }
    }

    /// One request that says its length and carries it: a server that answers 200 has had all of it.
    pub(crate) async fn put_object(
        &self,
        bucket: Bucket,
        name: &str,
        bytes: PartBytes,
        content_type: &MediaType,
    ) -> Result<(), Failure> {
        let length = bytes.len();
        self.clients
            .transfer
            .put_object()
            .bucket(self.bucket(bucket))
            .key(name)
            .content_type(stored_type(content_type))
            .content_disposition(DISPOSITION)
            .cache_control(CACHE_CONTROL)
            .content_length(i64::try_from(length).unwrap_or(i64::MAX))
            .body(repeatable(bytes.into_pieces()))
            .customize()
            .disable_payload_signing()
            .config_override(transfer_timeouts(&self.timeouts, length))
            .send()
            .await
            .map(|_| ())
            .map_err(|error| Failure::new("PutObject", &error))
    }
}

/// Why bytes of a blob were not taken.
pub(crate) fn refused(failure: Failure) -> PutBlob {
    if failure.is_too_large() {
        failure.tell_limit();
        PutBlob::TooLarge
    } else {
        PutBlob::Store(failure.into_store())
    }
}
