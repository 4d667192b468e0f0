//! A store whose parts have a least size, as those of an S3 have, on one that has none.

use std::sync::Arc;

use async_trait::async_trait;
use fm_domain::blobs::{
    BlobKey, CompleteParts, PartLimits, PartPlace, PartTag, PartUpload, PartWrite, StoredBlob, WriteId,
    WritePart, WrittenPart,
};
use fm_domain::body::{ByteSize, PartBytes};
use fm_domain::error::PortResult;
use fm_domain::files::MediaType;

/// What is less than a thousand bytes has to be kept aside, so that small uploads take every way there is.
pub(super) struct CoarseParts(pub(super) Arc<dyn PartUpload>);

#[async_trait]
impl PartUpload for CoarseParts {
    fn part_limits(&self) -> PartLimits {
        let thousand = ByteSize::new(1000);
        PartLimits { least: thousand, preferred: thousand, ..self.0.part_limits() }
    }

    async fn begin(&self, key: &BlobKey, content_type: &MediaType) -> PortResult<WriteId> {
        self.0.begin(key, content_type).await
    }

    async fn write(
        &self,
        write: &PartWrite,
        place: PartPlace,
        bytes: PartBytes,
    ) -> Result<Option<PartTag>, WritePart> {
        self.0.write(write, place, bytes).await
    }

    async fn sync(&self, write: &PartWrite) -> PortResult<()> {
        self.0.sync(write).await
    }

    async fn complete(
        &self,
        write: &PartWrite,
        fence: u64,
        parts: &[WrittenPart],
        size: ByteSize,
    ) -> Result<StoredBlob, CompleteParts> {
        self.0.complete(write, fence, parts, size).await
    }

    async fn keep(
        &self,
        key: &BlobKey,
        bytes: PartBytes,
        content_type: &MediaType,
    ) -> PortResult<StoredBlob> {
        self.0.keep(key, bytes, content_type).await
    }
}
