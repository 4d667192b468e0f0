//! Blobs of parts that clients sent by themselves.

use async_trait::async_trait;
use fm_domain::blobs::{
    BlobKey, CompleteParts, DirectStore, PartLimits, PartWrite, StoredBlob, WriteId, WrittenPart,
};
use fm_domain::body::ByteSize;
use fm_domain::error::PortResult;
use fm_domain::files::MediaType;

use crate::multipart::named;
use crate::parts::{MOST_PARTS, PART};
use crate::store::S3BlobStore;

/// The server would take 5 GiB, but a part that breaks off is sent again from its beginning.
const LIMITS: PartLimits = PartLimits {
    least: ByteSize::new(PART as u64),
    most: ByteSize::new(64 * 1024 * 1024),
    most_parts: MOST_PARTS,
};

#[async_trait]
impl DirectStore for S3BlobStore {
    fn part_limits(&self) -> PartLimits {
        LIMITS
    }

    async fn begin(&self, key: &BlobKey, content_type: &MediaType) -> PortResult<WriteId> {
        Ok(WriteId::new(self.shared.create_upload(key, content_type).await?))
    }

    /// Fences are not looked at: a writer that was shut out sent parts that are not named here.
    async fn complete(
        &self,
        write: &PartWrite,
        _fence: u64,
        parts: &[WrittenPart],
        size: ByteSize,
    ) -> Result<StoredBlob, CompleteParts> {
        if parts.is_empty() || !WrittenPart::add_up_to(parts, size) {
            return Err(CompleteParts::Mismatch);
        }
        let key = &write.key;
        let mut parts: Vec<&WrittenPart> = parts.iter().collect();
        parts.sort_by_key(|part| part.number);
        let parts = parts.iter().map(|part| named(part.number, part.tag.as_str().to_owned())).collect();
        let failure = self.shared.put_together(key, write.id.as_str(), parts).await.err();
        self.shared.outcome(key, size.bytes(), failure).await?;
        // What is not aborted now stays as long as the blob: only the deletion of the blob looks for it again.
        self.shared.abort_all(key).await?;
        Ok(StoredBlob { size })
    }
}
