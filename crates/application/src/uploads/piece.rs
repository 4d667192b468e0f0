//! One piece of a resumable upload on its way to the store.
//!
//! It is gathered in memory a part at a time, out of the budget of the process. A part that is large enough goes to the
//! store at once; what is left at the end of the piece and is too little for a part is put aside. After each step the
//! database learns how far the upload is, with the state of the hash: one unit, fenced by the epoch.

use std::sync::Arc;

use futures_util::future::try_join;

use super::append::Announced;
use super::context::Context;
use super::finish::Whole;
use super::portion::Held;
use super::save::{CHECKPOINT, Unsaved};
use super::writing::{Writing, writing, written};
use super::{ResumableError, content_type, look};
use crate::engine::retry::retry_conflicts;
use fm_domain::blobs::{BlobKey, PartPlace, PartWrite, WrittenPart};
use fm_domain::body::{BodyError, ByteSize, ByteStream, PartBytes};
use fm_domain::files::{File, MediaType};
use fm_domain::ids::BlobId;
use fm_domain::uploads::{ChecksumHasher, Tail, Upload};
use fm_streaming::BufferPermit;
use fm_streaming::hashing::OffloadedHasher;
use fm_streaming::{ChunkReader, ReadOutcome};

/// From so many blobs with bytes put aside on, they become one.
const MOST_TAILS: usize = 32;

/// A piece.
pub(super) struct Piece<'a> {
    pub(super) context: &'a Context,
    /// As the database has it.
    pub(super) saved: Upload,
    /// As it is.
    pub(super) upload: Upload,
    /// What is still to come, where that is known.
    pub(super) left: Option<u64>,
    pub(super) hasher: OffloadedHasher,
    /// Whether it has a checksum that was not compared yet.
    pub(super) is_unchecked: bool,
    /// Since the database learned how far it is.
    pub(super) unsaved: Unsaved,
    /// Where a part is written while the next one comes.
    pub(super) held: Option<Held>,
    /// Whether the database may know more than `saved` says: the answer to a save was lost.
    pub(super) is_unsure: bool,
}

impl<'a> Piece<'a> {
    pub(super) fn of(context: &'a Context, upload: Upload, announced: &Announced) -> Self {
        let checksum = announced.checksum.as_ref().map(ChecksumHasher::expecting);
        Self {
            context,
            saved: upload.clone(),
            is_unchecked: checksum.is_some(),
            hasher: OffloadedHasher::new(&context.hash_threads, upload.hash.clone(), checksum),
            upload,
            left: announced.body_length.map(ByteSize::bytes),
            unsaved: Unsaved::default(),
            held: None,
            is_unsure: false,
        }
    }

    pub(super) fn into_upload(self) -> Upload {
        self.upload
    }

    /// Takes it in to its end. The file, where the whole upload came at once and needs no parts.
    pub(super) async fn receive(&mut self, body: ByteStream) -> Result<Option<File>, ResumableError> {
        let mut body = ChunkReader::new(body);
        let mut writing: Option<Writing> = None;
        loop {
            let wanted = self.wanted().await?;
            let permit = self.permit(wanted).await;
            let next = async { Ok(body.fill(wanted, &self.context.pool, &permit).await) };
            let ((), (bytes, mut filled)) = try_join(written(writing.take()), next).await?;
            if filled == ReadOutcome::Full && self.comes_to_its_end(bytes.len()) {
                filled = self.end(&mut body, bytes.len(), &permit).await;
            }
            match filled {
                // It can't be checked any more; or more came than there may be.
                ReadOutcome::Broken(error) if self.is_unchecked => return Err(error.into()),
                ReadOutcome::Broken(error @ (BodyError::TooLarge { .. } | BodyError::QuotaExceeded)) => {
                    return Err(error.into());
                }
                ReadOutcome::Full | ReadOutcome::Ended | ReadOutcome::Broken(_) => {}
            }
            let is_end = filled != ReadOutcome::Full;
            self.count(&bytes);
            self.hasher.update(&bytes).await?;
            if is_end && self.is_unchecked {
                self.check().await?;
            }
            if self.upload.is_whole() && self.upload.write.is_none() {
                return self.whole(bytes, &permit).await.map(Some);
            }
            writing = self.store(bytes, is_end, &permit).await?;
            drop(permit);
            if is_end || self.unsaved.bytes >= CHECKPOINT {
                written(writing.take()).await?;
            }
            self.save_if_due(is_end).await?;
            self.share(&mut writing).await?;
            match filled {
                ReadOutcome::Full => {}
                ReadOutcome::Ended => return Ok(None),
                ReadOutcome::Broken(error) => return Err(error.into()),
            }
        }
    }

    /// Whether these bytes are the last that may come.
    fn comes_to_its_end(&self, more: usize) -> bool {
        let end = self.upload.offset.bytes() + more as u64;
        self.left == Some(more as u64)
            || self.upload.length.is_some_and(|length| length.bytes() == end)
            || more == 0
            // There was no room for a whole part.
            || self.upload.aside().bytes() + (more as u64) < self.context.parts.part_limits().least.bytes()
    }

    /// What follows the last byte: nothing.
    async fn end(&self, body: &mut ChunkReader, more: usize, permit: &Arc<BufferPermit>) -> ReadOutcome {
        match body.fill(1, &self.context.pool, permit).await {
            (_, ReadOutcome::Full) => ReadOutcome::Broken(match self.upload.length {
                None if self.upload.offset.bytes() + (more as u64) < self.context.max.bytes() => {
                    BodyError::QuotaExceeded
                }
                length => BodyError::TooLarge { limit: length.unwrap_or(self.context.max) },
            }),
            (_, end) => end,
        }
    }

    /// Compares the checksum: all bytes are there.
    async fn check(&mut self) -> Result<(), ResumableError> {
        let checksum = self.hasher.digests().await?.checksum.take();
        self.is_unchecked = false;
        if checksum.is_none_or(ChecksumHasher::matches) {
            Ok(())
        } else {
            Err(ResumableError::ChecksumMismatch)
        }
    }

    /// The upload's hash is that of all that came.
    pub(super) async fn hash(&mut self) -> Result<(), ResumableError> {
        self.upload.hash = self.hasher.digests().await?.whole.clone();
        Ok(())
    }

    fn count(&mut self, bytes: &PartBytes) {
        for piece in bytes.pieces() {
            look(&mut self.upload, piece);
            self.upload.offset = ByteSize::new(self.upload.offset.bytes() + piece.len() as u64);
        }
        let came = bytes.len() as u64;
        self.left = self.left.map(|left| left.saturating_sub(came));
        self.unsaved.bytes += came;
    }

    /// All bytes are in memory, and none is in a part: they become a blob without one.
    async fn whole(&mut self, bytes: PartBytes, permit: &Arc<BufferPermit>) -> Result<File, ResumableError> {
        let mut all = self.context.read_aside(&self.upload, permit).await?;
        all.append(bytes);
        let content_type = content_type(&self.upload);
        self.hash().await?;
        let sha256 = Some(self.upload.hash.finish());
        let (blob, stored) = self.context.put_aside(self.upload.owner, all, &content_type.safe()).await?;
        let used: Vec<BlobId> = self.upload.tails.iter().map(|tail| tail.blob).collect();
        let whole = Whole { blob, stored, content_type, sha256 };
        match self.context.keep(&self.upload, &whole, &used).await {
            Ok(file) => Ok(file),
            Err(error) => {
                self.context.take_back(blob).await;
                Err(error)
            }
        }
    }

    /// To a part, or aside. The write, where it is not waited for.
    async fn store(
        &mut self,
        bytes: PartBytes,
        is_end: bool,
        permit: &Arc<BufferPermit>,
    ) -> Result<Option<Writing>, ResumableError> {
        let size = self.upload.aside().bytes() + bytes.len() as u64;
        if size == 0 || (bytes.is_empty() && !self.upload.is_whole()) {
            return Ok(None);
        }
        if size >= self.context.parts.part_limits().least.bytes() || self.upload.is_whole() {
            return self.write(bytes, permit).await;
        }
        if is_end {
            self.put_aside(bytes, permit).await?;
        }
        Ok(None)
    }

    async fn put_aside(
        &mut self,
        mut bytes: PartBytes,
        permit: &Arc<BufferPermit>,
    ) -> Result<(), ResumableError> {
        if self.upload.tails.len() >= MOST_TAILS {
            let mut all = self.context.read_aside(&self.upload, permit).await?;
            all.append(bytes);
            bytes = all;
            self.unsaved.used.extend(self.upload.tails.drain(..).map(|tail| tail.blob));
        }
        let size = ByteSize::new(bytes.len() as u64);
        let aside = self.context.put_aside(self.upload.owner, bytes, &MediaType::octet_stream()).await?;
        self.upload.tails.push(Tail { blob: aside.0, size });
        self.unsaved.aside = Some(aside);
        Ok(())
    }

    /// The write, where it is not waited for.
    async fn write(
        &mut self,
        bytes: PartBytes,
        permit: &Arc<BufferPermit>,
    ) -> Result<Option<Writing>, ResumableError> {
        let write = self.begun().await?;
        let mut all = self.context.read_aside(&self.upload, permit).await?;
        all.append(bytes);
        let size = ByteSize::new(all.len() as u64);
        let place = PartPlace {
            number: self.upload.next_part,
            offset: ByteSize::new(self.upload.offset.bytes() - size.bytes()),
            fence: self.upload.epoch.number(),
            in_order: true,
        };
        let part = writing(Arc::clone(&self.context.parts), write, place, all);
        self.unsaved.used.extend(self.upload.tails.drain(..).map(|tail| tail.blob));
        if self.overlaps() {
            return Ok(Some(Box::pin(part)));
        }
        if let Some(tag) = part.await? {
            self.unsaved.parts.push(WrittenPart { number: place.number, size, tag });
            self.upload.next_part += 1;
        }
        Ok(None)
    }

    /// The write in parts, begun before its first part.
    async fn begun(&mut self) -> Result<PartWrite, ResumableError> {
        if let Some(write) = self.upload.part_write() {
            return Ok(write);
        }
        let key = BlobKey::file(self.upload.blob);
        let id = self.context.parts.begin(&key, &content_type(&self.upload).safe()).await?;
        self.upload.write = Some(id.clone());
        self.saved.write = Some(id.clone());
        retry_conflicts(|| self.context.update(&self.saved)).await?;
        Ok(PartWrite { key, id })
    }
}
