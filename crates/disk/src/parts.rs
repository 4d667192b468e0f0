//! The port of writes in parts.

use std::sync::Arc;

use async_trait::async_trait;
use fm_domain::blobs::{
    BlobKey, CompleteParts, PartLimits, PartPlace, PartTag, PartUpload, PartWrite, StoredBlob, WriteId,
    WritePart, WrittenPart,
};
use fm_domain::body::{ByteSize, PartBytes};
use fm_domain::error::PortResult;
use fm_domain::files::MediaType;

use crate::draft::Draft;
use crate::error::blocking;
use crate::store::DiskBlobStore;
use crate::upload::{self, Completed};

/// A key has one write: its file is named by the key.
const THE_WRITE: &str = "file";

const LIMITS: PartLimits = PartLimits {
    least: ByteSize::new(1),
    // Three are held at a time.
    preferred: ByteSize::new(1024 * 1024),
    most: ByteSize::new(16 * 1024 * 1024),
    most_parts: u32::MAX,
};

#[async_trait]
impl PartUpload for DiskBlobStore {
    fn part_limits(&self) -> PartLimits {
        LIMITS
    }

    async fn begin(&self, key: &BlobKey, _content_type: &MediaType) -> PortResult<WriteId> {
        let (layout, key) = (Arc::clone(&self.layout), *key);
        blocking(move || upload::begin(&layout, &key)).await?;
        Ok(WriteId::new(THE_WRITE.to_owned()))
    }

    async fn write(
        &self,
        write: &PartWrite,
        place: PartPlace,
        bytes: PartBytes,
    ) -> Result<Option<PartTag>, WritePart> {
        let paths = self.layout.paths(&write.key);
        let written = blocking(move || upload::write(&paths, place, &bytes)).await?;
        if written { Ok(None) } else { Err(WritePart::Gone) }
    }

    async fn sync(&self, write: &PartWrite) -> PortResult<()> {
        let paths = self.layout.paths(&write.key);
        blocking(move || upload::sync_parts(&paths)).await
    }

    async fn complete(
        &self,
        write: &PartWrite,
        fence: u64,
        parts: &[WrittenPart],
        size: ByteSize,
    ) -> Result<StoredBlob, CompleteParts> {
        if parts.iter().map(|part| part.size.bytes()).sum::<u64>() != size.bytes() {
            return Err(CompleteParts::Mismatch);
        }
        let (layout, key) = (Arc::clone(&self.layout), write.key);
        match blocking(move || upload::complete(&layout, &key, fence, size)).await? {
            Completed::Whole => Ok(StoredBlob { size }),
            Completed::Mismatch => Err(CompleteParts::Mismatch),
            Completed::Gone => Err(CompleteParts::Gone),
        }
    }

    async fn keep(
        &self,
        key: &BlobKey,
        bytes: PartBytes,
        _content_type: &MediaType,
    ) -> PortResult<StoredBlob> {
        let (layout, key) = (Arc::clone(&self.layout), *key);
        let draft = blocking(move || {
            let mut draft = Draft::create(&layout, &key)?;
            for piece in bytes.pieces() {
                draft.write(piece)?;
            }
            draft.finish(&layout, &key)?;
            Ok(draft)
        })
        .await?;
        Ok(StoredBlob { size: ByteSize::new(draft.keep()) })
    }
}
