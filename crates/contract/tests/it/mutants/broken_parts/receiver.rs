//! A receiver of parts, with one flaw.

use async_trait::async_trait;
use bytes::Bytes;
use fm_domain::blobs::{
    BlobKey, CompleteParts, DirectStore, PartLimits, PartReceiver, PartWrite, StoredBlob, WriteId, WritePart,
    WrittenPart,
};
use fm_domain::body::{ByteSize, PartBytes};
use fm_domain::error::PortResult;
use fm_domain::files::MediaType;
use fm_memory::MemoryBlobStore;

use crate::mutants::in_memory::keep;

/// What is wrong with a store that receives parts by offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    None,
    LooksAtNoFencesOfParts,
    LooksAtNoFencesAtTheEnd,
    BelievesNoTagsButItsOwn,
    ShowsWhatIsDurable,
    WritesOnePieceAlone,
}

/// A store that receives parts by offsets.
pub(super) struct Receiver {
    pub(super) blobs: MemoryBlobStore,
    pub(super) flaw: Flaw,
}

#[async_trait]
impl DirectStore for Receiver {
    fn part_limits(&self) -> PartLimits {
        self.blobs.part_limits()
    }

    async fn begin(&self, key: &BlobKey, content_type: &MediaType) -> PortResult<WriteId> {
        DirectStore::begin(&self.blobs, key, content_type).await
    }

    async fn complete(
        &self,
        write: &PartWrite,
        fence: u64,
        parts: &[WrittenPart],
        size: ByteSize,
    ) -> Result<StoredBlob, CompleteParts> {
        if self.flaw == Flaw::BelievesNoTagsButItsOwn
            && parts.iter().any(|part| part.tag.as_str().contains('\''))
        {
            return Err(CompleteParts::Mismatch);
        }
        let fence = if self.flaw == Flaw::LooksAtNoFencesAtTheEnd { u64::MAX } else { fence };
        DirectStore::complete(&self.blobs, write, fence, parts, size).await
    }
}

#[async_trait]
impl PartReceiver for Receiver {
    async fn write(
        &self,
        write: &PartWrite,
        offset: ByteSize,
        fence: u64,
        bytes: PartBytes,
    ) -> Result<(), WritePart> {
        let fence = if self.flaw == Flaw::LooksAtNoFencesOfParts { 1 } else { fence };
        let one = if self.flaw == Flaw::WritesOnePieceAlone { 1 } else { usize::MAX };
        let mut written = PartBytes::new();
        bytes.into_pieces().into_iter().take(one).for_each(|piece| written.push(piece));
        self.blobs.write(write, offset, fence, written).await
    }

    async fn sync(&self, write: &PartWrite) -> PortResult<()> {
        if self.flaw == Flaw::ShowsWhatIsDurable {
            keep(&self.blobs, &write.key, vec![Bytes::from_static(b"what there is")]).await;
        }
        PartReceiver::sync(&self.blobs, write).await
    }
}
