//! Blobs of parts that clients sent to us, each written at its place in one file.

use std::sync::Arc;

use async_trait::async_trait;
use fm_domain::blobs::{
    BlobKey, CompleteParts, DirectStore, PartLimits, PartReceiver, PartWrite, StoredBlob, WriteId, WritePart,
    WrittenPart,
};
use fm_domain::body::{ByteSize, PartBytes};
use fm_domain::error::PortResult;
use fm_domain::files::MediaType;

use crate::error::blocking;
use crate::store::DiskBlobStore;
use crate::upload::{self, Completed, Place};

/// A key has one write: its file is named by the key.
const THE_WRITE: &str = "file";

const LIMITS: PartLimits =
    PartLimits { least: ByteSize::new(1), most: ByteSize::new(16 * 1024 * 1024), most_parts: u32::MAX };

#[async_trait]
impl DirectStore for DiskBlobStore {
    fn part_limits(&self) -> PartLimits {
        LIMITS
    }

    async fn begin(&self, key: &BlobKey, _content_type: &MediaType) -> PortResult<WriteId> {
        let (layout, key) = (Arc::clone(&self.layout), *key);
        blocking(move || upload::begin(&layout, &key)).await?;
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
        let (layout, key) = (Arc::clone(&self.layout), write.key);
        match blocking(move || upload::complete(&layout, &key, fence, size)).await? {
            Completed::Whole => Ok(StoredBlob { size }),
            Completed::Mismatch => Err(CompleteParts::Mismatch),
            Completed::Gone => Err(CompleteParts::Gone),
        }
    }
}

#[async_trait]
impl PartReceiver for DiskBlobStore {
    async fn write(
        &self,
        write: &PartWrite,
        offset: ByteSize,
        fence: u64,
        bytes: PartBytes,
    ) -> Result<(), WritePart> {
        // Parts come in any order, and blocks reserved behind one that came early would be those of a gap.
        let place = Place { offset, fence, is_in_order: false };
        let (layout, key) = (Arc::clone(&self.layout), write.key);
        let is_written = blocking(move || upload::write(&layout, &key, place, &bytes)).await?;
        if is_written { Ok(()) } else { Err(WritePart::Gone) }
    }

    async fn sync(&self, write: &PartWrite) -> PortResult<()> {
        let (layout, key) = (Arc::clone(&self.layout), write.key);
        blocking(move || upload::sync_written(&layout, &key)).await
    }
}
