//! Blobs that are written in parts.

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use fm_domain::blobs::{
    BlobKey, CompleteParts, PartLimits, PartPlace, PartTag, PartUpload, PartWrite, StoredBlob, WriteId,
    WritePart, WrittenPart,
};
use fm_domain::body::{ByteSize, PartBytes};
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::MediaType;

use crate::blob_store::{MemoryBlobStore, SEGMENT};

/// A key has one write.
const THE_WRITE: &str = "memory";

const LIMITS: PartLimits = PartLimits {
    least: ByteSize::new(1),
    preferred: ByteSize::new(1024 * 1024),
    most: ByteSize::new(16 * 1024 * 1024),
    most_parts: u32::MAX,
};

/// Bytes that are written at any place, by whoever has the highest fence. Every segment but the last is full.
#[derive(Default)]
pub(crate) struct Unfinished {
    segments: Vec<BytesMut>,
    fence: u64,
}

impl Unfinished {
    /// Whether nobody came with a higher fence; from now on nobody with a lower one is let in.
    fn admits(&mut self, fence: u64) -> bool {
        let highest = self.fence;
        self.fence = highest.max(fence);
        fence >= highest
    }

    fn write(&mut self, mut place: usize, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (index, start) = (place / SEGMENT, place % SEGMENT);
            let (now, later) = bytes.split_at(bytes.len().min(SEGMENT - start));
            let segment = self.reach(index, start + now.len());
            segment[start..start + now.len()].copy_from_slice(now);
            place += now.len();
            bytes = later;
        }
    }

    /// The segment with at least so many bytes. What nobody has written yet is zeros.
    fn reach(&mut self, index: usize, length: usize) -> &mut BytesMut {
        while self.segments.len() <= index {
            if let Some(last) = self.segments.last_mut() {
                last.resize(SEGMENT, 0);
            }
            self.segments.push(BytesMut::with_capacity(SEGMENT));
        }
        let segment = &mut self.segments[index];
        if segment.len() < length {
            segment.resize(length, 0);
        }
        segment
    }

    fn len(&self) -> usize {
        self.segments.iter().map(BytesMut::len).sum()
    }

    /// The first bytes, as segments of a blob.
    fn into_segments(self, size: usize) -> Vec<Bytes> {
        let starts = (0..size).step_by(SEGMENT);
        let segments = self.segments.into_iter().zip(starts);
        segments.map(|(segment, start)| cut(segment, size - start)).collect()
    }
}

fn cut(mut segment: BytesMut, most: usize) -> Bytes {
    segment.truncate(most);
    // A short one does not keep the memory of a full one.
    if segment.len() < SEGMENT { Bytes::copy_from_slice(&segment) } else { segment.freeze() }
}

/// What does not fit into the address space can't be here.
fn place(size: ByteSize) -> PortResult<usize> {
    let place = usize::try_from(size.bytes()).ok().filter(|place| *place <= isize::MAX.unsigned_abs() / 2);
    place.ok_or_else(|| PortError::Unexpected(format!("{size} do not fit into memory").into()))
}

#[async_trait]
impl PartUpload for MemoryBlobStore {
    fn part_limits(&self) -> PartLimits {
        LIMITS
    }

    async fn begin(&self, key: &BlobKey, _content_type: &MediaType) -> PortResult<WriteId> {
        let mut kept = self.kept();
        if !kept.blobs.contains_key(key) {
            kept.unfinished.entry(*key).or_default();
        }
        Ok(WriteId::new(THE_WRITE.to_owned()))
    }

    async fn write(
        &self,
        write: &PartWrite,
        at: PartPlace,
        bytes: PartBytes,
    ) -> Result<Option<PartTag>, WritePart> {
        let mut start = place(at.offset)?;
        let mut kept = self.kept();
        let unfinished = kept.unfinished.get_mut(&write.key).ok_or(WritePart::Gone)?;
        if !unfinished.admits(at.fence) {
            return Err(WritePart::Gone);
        }
        for piece in bytes.pieces() {
            unfinished.write(start, piece);
            start += piece.len();
        }
        Ok(None)
    }

    async fn sync(&self, _write: &PartWrite) -> PortResult<()> {
        Ok(())
    }

    async fn complete(
        &self,
        write: &PartWrite,
        fence: u64,
        parts: &[WrittenPart],
        size: ByteSize,
    ) -> Result<StoredBlob, CompleteParts> {
        let whole = place(size)?;
        if parts.iter().map(|part| part.size.bytes()).sum::<u64>() != size.bytes() {
            return Err(CompleteParts::Mismatch);
        }
        let mut kept = self.kept();
        if let Some(blob) = kept.blobs.get(&write.key) {
            let same = blob.size == size.bytes();
            return if same { Ok(StoredBlob { size }) } else { Err(CompleteParts::Mismatch) };
        }
        let unfinished = kept.unfinished.get_mut(&write.key).ok_or(CompleteParts::Gone)?;
        if !unfinished.admits(fence) {
            return Err(CompleteParts::Gone);
        }
        if unfinished.len() < whole {
            return Err(CompleteParts::Mismatch);
        }
        let unfinished = kept.unfinished.remove(&write.key).unwrap_or_default();
        kept.blobs.insert(write.key, self.blob(unfinished.into_segments(whole), size.bytes()));
        Ok(StoredBlob { size })
    }

    async fn keep(
        &self,
        key: &BlobKey,
        bytes: PartBytes,
        _content_type: &MediaType,
    ) -> PortResult<StoredBlob> {
        let mut kept = Unfinished::default();
        let mut size = 0;
        for piece in bytes.pieces() {
            kept.write(size, piece);
            size += piece.len();
        }
        let blob = self.blob(kept.into_segments(size), size as u64);
        self.kept().blobs.insert(*key, blob);
        Ok(StoredBlob { size: ByteSize::new(size as u64) })
    }
}
