//! The port of writes in parts: an upload of the server's, over many requests.

use async_trait::async_trait;
use fm_domain::blobs::{
    BlobKey, CompleteParts, PartLimits, PartPlace, PartTag, PartUpload, PartWrite, StoredBlob, WriteId,
    WritePart, WrittenPart,
};
use fm_domain::body::{ByteSize, PartBytes};
use fm_domain::error::PortResult;
use fm_domain::files::MediaType;

use crate::failure::{Failure, Oddity};
use crate::multipart::{COMPLETE, named};
use crate::parts::{MOST_PARTS, PART};
use crate::store::{S3BlobStore, Shared};

/// The server would take 5 GiB, but a part is held in memory.
const LIMITS: PartLimits = PartLimits {
    least: ByteSize::new(PART as u64),
    preferred: ByteSize::new(PART as u64),
    most: ByteSize::new(64 * 1024 * 1024),
    most_parts: MOST_PARTS,
};

#[async_trait]
impl PartUpload for S3BlobStore {
    fn part_limits(&self) -> PartLimits {
        LIMITS
    }

    async fn begin(&self, key: &BlobKey, content_type: &MediaType) -> PortResult<WriteId> {
        Ok(WriteId::new(self.shared.create_upload(key, content_type).await?))
    }

    /// Fences are not looked at: who was shut out has numbers that nobody names at the end.
    async fn write(
        &self,
        write: &PartWrite,
        place: PartPlace,
        bytes: PartBytes,
    ) -> Result<Option<PartTag>, WritePart> {
        match self.shared.upload_part(&write.key, write.id.as_str(), place.number, bytes).await {
            Ok(tag) => Ok(Some(PartTag::new(tag))),
            Err(failure) if failure.is_missing() => Err(WritePart::Gone),
            Err(failure) => Err(failure.into_store().into()),
        }
    }

    /// What was answered is durable.
    async fn sync(&self, _write: &PartWrite) -> PortResult<()> {
        Ok(())
    }

    async fn complete(
        &self,
        write: &PartWrite,
        _fence: u64,
        parts: &[WrittenPart],
        size: ByteSize,
    ) -> Result<StoredBlob, CompleteParts> {
        if parts.is_empty() || parts.iter().map(|part| part.size.bytes()).sum::<u64>() != size.bytes() {
            return Err(CompleteParts::Mismatch);
        }
        self.shared.end(write, parts, size.bytes()).await?;
        // What is not aborted now is never found again: a whole blob is not discarded.
        self.shared.abort_all(&write.key).await?;
        Ok(StoredBlob { size })
    }

    async fn keep(
        &self,
        key: &BlobKey,
        bytes: PartBytes,
        content_type: &MediaType,
    ) -> PortResult<StoredBlob> {
        self.shared.keep(key, bytes, content_type).await
    }
}

impl Shared {
    /// Puts the parts together and then asks for the size, as for every blob of parts. Where the upload is not there,
    /// it may have been completed before.
    async fn end(&self, write: &PartWrite, parts: &[WrittenPart], size: u64) -> Result<(), CompleteParts> {
        let key = &write.key;
        let mut parts: Vec<&WrittenPart> = parts.iter().collect();
        parts.sort_by_key(|part| part.number);
        let parts = parts.iter().map(|part| named(part.number, part.tag.as_str().to_owned())).collect();
        let failure = self.put_together(key, write.id.as_str(), parts).await.err();
        match (self.size(key).await, failure) {
            (Ok(Some(kept)), _) if kept == size => Ok(()),
            (Ok(Some(_another)), None) => {
                // It was this very call that made it, of parts that are not what they were said to be.
                self.delete(key).await?;
                Err(CompleteParts::Mismatch)
            }
            (Ok(Some(_another)), Some(failure)) if failure.is_missing() => Err(CompleteParts::Mismatch),
            (Ok(None), Some(failure)) if failure.is_missing() => Err(CompleteParts::Gone),
            (_, Some(failure)) if failure.is_mismatch() => Err(CompleteParts::Mismatch),
            (_, Some(failure)) => Err(Failure::into_store(failure).into()),
            (Ok(None), None) => Err(Oddity::store(COMPLETE, "the completed object is not there").into()),
            (Err(error), None) => Err(error.into()),
        }
    }
}
