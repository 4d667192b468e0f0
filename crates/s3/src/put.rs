//! Writing a blob.

use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use fm_domain::blobs::{BlobKey, Bucket, PutBlob, PutHint, StoredBlob};
use fm_domain::body::{ByteSize, ByteStream, PartBytes};
use fm_domain::files::MediaType;

use crate::body::repeatable;
use crate::cleanup::Cleanup;
use crate::client::transfer_timeouts;
use crate::failure::Failure;
use crate::parts::{Part, Parts};
use crate::store::Shared;
use crate::stream::StreamError;

pub(crate) const PUT_OBJECT: &str = "PutObject";

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
    /// A body of one part is one request. So is a longer one that is not too long, of known length, and comes fast enough: it is sent
    /// while it comes. Any other is an upload of parts, which appears only when it is completed.
    pub(crate) async fn put(
        &self,
        key: &BlobKey,
        body: ByteStream,
        hint: &PutHint,
    ) -> Result<StoredBlob, PutBlob> {
        let mut parts = Parts::new(body, hint, self.pool.clone());
        let (owner, wanted) = parts.memory();
        let permit = self.budget.acquire(owner, wanted).await?;
        let first = parts.next(permit).await?;
        let mut cleanup = Cleanup::armed(self, *key);
        match self.put_from(key, first, &mut parts, &hint.content_type, &mut cleanup).await {
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

    async fn put_from(
        &self,
        key: &BlobKey,
        mut first: Part,
        parts: &mut Parts,
        content_type: &MediaType,
        cleanup: &mut Cleanup,
    ) -> Result<(), PutBlob> {
        if first.last {
            let name = key.to_string();
            return self.put_object(key.bucket, &name, first.bytes, content_type).await.map_err(refused);
        }
        if let Some(plan) = self.plan_stream(parts) {
            match self.put_stream(key, first.bytes, parts, plan, content_type).await {
                Ok(()) => return Ok(()),
                Err(StreamError::TooLong(head)) => first = Part { bytes: head, last: false },
                Err(StreamError::Failed(error)) => return Err(error),
            }
        }
        self.put_parts(key, first, parts, content_type, cleanup).await
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
        let mut request = self
            .put_request(bucket, name, length as u64, content_type)
            .body(repeatable(bytes.into_pieces()))
            .customize()
            .disable_payload_signing();
        if let Some(timeouts) = transfer_timeouts(&self.timeouts, length) {
            request = request.config_override(timeouts);
        }
        request.send().await.map(|_| ()).map_err(|error| Failure::new(PUT_OBJECT, &error))
    }

    /// The request without its body.
    pub(crate) fn put_request(
        &self,
        bucket: Bucket,
        name: &str,
        length: u64,
        content_type: &MediaType,
    ) -> PutObjectFluentBuilder {
        self.clients
            .transfer
            .put_object()
            .bucket(self.bucket(bucket))
            .key(name)
            .content_type(stored_type(content_type))
            .content_disposition(DISPOSITION)
            .cache_control(CACHE_CONTROL)
            .content_length(i64::try_from(length).unwrap_or(i64::MAX))
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
