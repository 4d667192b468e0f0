//! Writing a blob.

use fm_domain::blob::{BlobKey, PutBlob, PutHint, StoredBlob};
use fm_domain::body::{ByteSize, ByteStream};
use fm_domain::file::MediaType;

use crate::body::repeatable;
use crate::cleanup::Cleanup;
use crate::failure::Failure;
use crate::parts::{Part, Parts};
use crate::store::Shared;

/// For servers that answer with what was given here rather than with what a URL asks for. A blob never changes, but
/// whoever loses the right to it shall lose it soon.
pub(crate) const CACHE_CONTROL: &str = "private, max-age=1800";
pub(crate) const DISPOSITION: &str = "attachment";

impl Shared {
    /// A body of one part is one request; a longer one is an upload of parts, which appears only when it is completed.
    pub(crate) async fn put(
        &self,
        key: &BlobKey,
        body: ByteStream,
        hint: &PutHint,
    ) -> Result<StoredBlob, PutBlob> {
        let mut parts = Parts::new(body, hint.length, self.pool.clone());
        let first = parts.next(&self.budget).await?;
        let mut cleanup = Cleanup::armed(self, *key);
        let written = if first.last {
            self.put_object(key, first, &hint.content_type).await
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

    /// One request that says its length and carries it: a server that answers 200 has had all of it.
    async fn put_object(&self, key: &BlobKey, part: Part, content_type: &MediaType) -> Result<(), PutBlob> {
        let length = i64::try_from(part.length).unwrap_or(i64::MAX);
        self.clients
            .transfer
            .put_object()
            .bucket(self.bucket(key.bucket))
            .key(key.to_string())
            .content_type(content_type.as_str())
            .content_disposition(DISPOSITION)
            .cache_control(CACHE_CONTROL)
            .content_length(length)
            .body(repeatable(part.pieces))
            .customize()
            .disable_payload_signing()
            .send()
            .await
            .map(|_| ())
            .map_err(|error| PutBlob::Store(Failure::new("PutObject", &error).into_store()))
    }
}
