//! Blobs that are being written by many requests, at any place.

use bytes::{Bytes, BytesMut};
use fm_domain::blobs::{BlobKey, StoredBlob};
use fm_domain::body::{ByteSize, PartBytes};
use fm_domain::error::{PortError, PortResult};

use crate::blob_store::{Kept, MemoryBlobStore, SEGMENT};

/// What became of an attempt to complete.
pub(crate) enum Completed {
    /// The blob is whole.
    Whole,
    /// It has another size.
    Mismatch,
    /// It is not being written, or not by a writer with this fence.
    Gone,
}

/// Bytes that are written at any place, by the writer with the highest fence. Every segment but the last is full.
#[derive(Default)]
pub(crate) struct Unfinished {
    segments: Vec<BytesMut>,
    fence: u64,
}

impl Unfinished {
    /// Whether no writer came with a higher fence; from now on none with a lower one is let in.
    fn admits(&mut self, fence: u64) -> bool {
        let highest = self.fence;
        self.fence = highest.max(fence);
        fence >= highest
    }

    fn write_all(&mut self, mut place: usize, bytes: &PartBytes) {
        for piece in bytes.pieces() {
            self.write(place, piece);
            place += piece.len();
        }
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

    /// The segment with at least so many bytes. What is not written yet is zeros.
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

impl Kept {
    /// What is being written under the key, if a writer with this fence may.
    fn admitted(&mut self, key: &BlobKey, fence: u64) -> Option<&mut Unfinished> {
        let unfinished = self.unfinished.get_mut(key)?;
        unfinished.admits(fence).then_some(unfinished)
    }
}

impl MemoryBlobStore {
    /// Begins a blob, or finds the one that was begun already.
    pub(crate) fn begin_writing(&self, key: &BlobKey) {
        let mut kept = self.kept();
        if !kept.blobs.contains_key(key) {
            kept.unfinished.entry(*key).or_default();
        }
    }

    /// Writes bytes at their place; whether the blob is being written by a writer with this fence.
    pub(crate) fn write_at(
        &self,
        key: &BlobKey,
        offset: ByteSize,
        fence: u64,
        bytes: &PartBytes,
    ) -> PortResult<bool> {
        let start = place(offset)?;
        let mut kept = self.kept();
        let Some(unfinished) = kept.admitted(key, fence) else { return Ok(false) };
        unfinished.write_all(start, bytes);
        Ok(true)
    }

    /// Makes a blob of the first `size` bytes.
    pub(crate) fn complete_writing(
        &self,
        key: &BlobKey,
        fence: u64,
        size: ByteSize,
    ) -> PortResult<Completed> {
        let whole = place(size)?;
        let mut kept = self.kept();
        if let Some(blob) = kept.blobs.get(key) {
            return Ok(if blob.size == size.bytes() { Completed::Whole } else { Completed::Mismatch });
        }
        let Some(unfinished) = kept.admitted(key, fence) else { return Ok(Completed::Gone) };
        if unfinished.len() < whole {
            return Ok(Completed::Mismatch);
        }
        let unfinished = kept.unfinished.remove(key).unwrap_or_default();
        kept.blobs.insert(*key, self.blob(unfinished.into_segments(whole), size.bytes()));
        Ok(Completed::Whole)
    }

    /// Makes a blob of bytes that are held already.
    pub(crate) fn store_bytes(&self, key: &BlobKey, bytes: &PartBytes) -> StoredBlob {
        let size = bytes.len();
        let mut unfinished = Unfinished::default();
        unfinished.write_all(0, bytes);
        let blob = self.blob(unfinished.into_segments(size), size as u64);
        self.kept().blobs.insert(*key, blob);
        StoredBlob { size: ByteSize::new(size as u64) }
    }
}
