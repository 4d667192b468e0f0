//! Blobs of parts that clients sent to us.

use async_trait::async_trait;
use fm_domain::blobs::{
    BlobKey, CompleteParts, DirectStore, PartLimits, PartReceiver, PartWrite, StoredBlob, WriteId, WritePart,
    WrittenPart,
};
use fm_domain::body::{ByteSize, PartBytes};
use fm_domain::error::PortResult;
use fm_domain::files::MediaType;

use crate::blob_store::MemoryBlobStore;
use crate::unfinished::Completed;

/// A key has one write.
const THE_WRITE: &str = "memory";

const LIMITS: PartLimits =
    PartLimits { least: ByteSize::new(1), most: ByteSize::new(16 * 1024 * 1024), most_parts: u32::MAX };

#[async_trait]
impl DirectStore for MemoryBlobStore {
    fn part_limits(&self) -> PartLimits {
        LIMITS
    }

    async fn begin(&self, key: &BlobKey, _content_type: &MediaType) -> PortResult<WriteId> {
        self.begin_writing(key);
        Ok(WriteId::new(THE_WRITE.to_owned()))
    }

    async fn complete(
        &self,
        write: &PartWrite,
        fence: u64,
        parts: &[WrittenPart],
        size: ByteSize,
    ) -> Result<StoredBlob, CompleteParts> {
        if !WrittenPart::add_up_to(parts, size) {
            return Err(CompleteParts::Mismatch);
        }
        match self.complete_writing(&write.key, fence, size)? {
            Completed::Whole => Ok(StoredBlob { size }),
            Completed::Mismatch => Err(CompleteParts::Mismatch),
            Completed::Gone => Err(CompleteParts::Gone),
        }
    }
}

#[async_trait]
impl PartReceiver for MemoryBlobStore {
    async fn write(
        &self,
        write: &PartWrite,
        offset: ByteSize,
        fence: u64,
        bytes: PartBytes,
    ) -> Result<(), WritePart> {
        if self.write_at(&write.key, offset, fence, &bytes)? { Ok(()) } else { Err(WritePart::Gone) }
    }

    async fn sync(&self, _write: &PartWrite) -> PortResult<()> {
        Ok(())
    }
}
