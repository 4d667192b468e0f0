//! One piece of a resumable upload on its way to the store.
//!
//! It is gathered in memory a part at a time, out of the budget of the process. A part that is large enough goes to the
//! store at once; what is left at the end of the piece and is too little for a part is put aside. After each step the
//! database learns how far the upload is, with the state of the hash: one unit, fenced by the epoch.

use std::sync::Arc;

use futures_util::future::try_join;

use super::append::Announced;
use super::context::Context;
use super::digester::Digester;
use super::finish::Whole;
use super::save::{CHECKPOINT, Unsaved};
use super::writing::{Writing, writing, written};
use super::{ResumableError, content_type, look};
use crate::blob::{BlobKey, PartPlace, PartWrite, WrittenPart};
use crate::body::gather::{Filled, Gatherer};
use crate::body::{BodyError, BufferPermit, ByteSize, ByteStream, PartBytes};
use crate::file::{File, MediaType};
use crate::ids::BlobId;
use crate::upload::{ChecksumHasher, Tail, Upload};
use crate::usecase::retry::contended;

/// By how much smaller parts are where memory is short.
const SMALL: u64 = 8;

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
    left: Option<u64>,
    digester: Digester,
    /// Whether it has a checksum that was not compared yet.
    pub(super) is_unchecked: bool,
    /// Since the database learned how far it is.
    pub(super) unsaved: Unsaved,
    /// Where a part is written while the next one comes.
    held: Option<Held>,
    /// Whether the database may know more than `saved` says: the answer to a save was lost.
    pub(super) is_unsure: bool,
}

/// Memory for two parts.
struct Held {
    permit: Arc<BufferPermit>,
    /// How large each may be.
    most: u64,
}

/// Where parts are written and hashed while the next ones come, the first and the last ones are small: nothing is done
/// before the first one is there, nor is the answer ready before the last one is done.
fn stride(came: u64, left: u64, most: u64) -> u64 {
    let least = most.div_ceil(4);
    let ramp = least.saturating_add(came).min(most);
    let wanted = ramp.min((left / 2).max(least));
    if left < wanted + least / 2 { left } else { wanted }
}

impl<'a> Piece<'a> {
    pub(super) fn of(context: &'a Context, upload: Upload, announced: &Announced) -> Self {
        let checksum = announced.checksum.as_ref().map(ChecksumHasher::expecting);
        Self {
            context,
            saved: upload.clone(),
            is_unchecked: checksum.is_some(),
            digester: Digester::new(upload.hash.clone(), checksum),
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
        let mut body = Gatherer::new(body);
        let mut writing: Option<Writing> = None;
        loop {
            let wanted = self.wanted().await?;
            let permit = self.permit(wanted).await;
            let next = async { Ok(body.fill(wanted, &self.context.pool, &permit).await) };
            let ((), (bytes, mut filled)) = try_join(written(writing.take()), next).await?;
            if filled == Filled::Full && self.comes_to_its_end(bytes.len()) {
                filled = self.end(&mut body, bytes.len(), &permit).await;
            }
            match filled {
                // It can't be checked any more; or more came than there may be.
                Filled::Broken(error) if self.is_unchecked => return Err(error.into()),
                Filled::Broken(error @ (BodyError::TooLarge { .. } | BodyError::QuotaExceeded)) => {
                    return Err(error.into());
                }
                Filled::Full | Filled::Ended | Filled::Broken(_) => {}
            }
            let is_end = filled != Filled::Full;
            self.count(&bytes);
            self.digester.take(&bytes).await?;
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
            match filled {
                Filled::Full => {}
                Filled::Ended => return Ok(None),
                Filled::Broken(error) => return Err(error.into()),
            }
        }
    }

    /// How many bytes the next part shall have that are not there yet.
    async fn wanted(&mut self) -> Result<usize, ResumableError> {
        let limits = self.context.parts.part_limits();
        let aside = self.upload.aside().bytes();
        let room = match self.upload.length {
            Some(length) => length.bytes(),
            None => self.context.most(&self.upload).await?,
        }
        .saturating_sub(self.upload.offset.bytes());
        let preferred = limits.preferred.bytes().max(limits.least.bytes());
        let left = self.left.unwrap_or(u64::MAX).min(room);
        let wanted = if self.overlaps() {
            let most = self.hold(left, preferred).await;
            stride(self.unsaved.bytes, left, most)
        } else if self.left.is_some() && left.saturating_add(aside) < 2 * preferred {
            // Rather one part that is somewhat larger than one and a rest that has to be put aside.
            left
        } else {
            left.min(preferred.saturating_sub(aside))
        };
        Ok(usize::try_from(wanted).unwrap_or(usize::MAX))
    }

    /// Whether a part is written while the next one comes: where parts have numbers the next one's would depend on
    /// what becomes of this one.
    fn overlaps(&self) -> bool {
        self.context.parts.part_limits().least.bytes() <= 1
    }

    /// Memory for the next bytes.
    async fn permit(&self, wanted: usize) -> Arc<BufferPermit> {
        if let Some(held) = &self.held {
            return Arc::clone(&held.permit);
        }
        let part = self.upload.aside().bytes() + wanted as u64;
        Arc::new(self.context.budget.acquire(ByteSize::new(part)).await)
    }

    /// Memory for two parts at once, taken together and kept: asking for more while holding some could wait for ever.
    /// Where there is too little for large parts they are small ones. How large each may be.
    async fn hold(&mut self, left: u64, preferred: u64) -> u64 {
        if self.held.is_none() {
            let budget = &self.context.budget;
            let (large, small) = (left.min(2 * preferred), left.min(2 * preferred / SMALL));
            let (permit, held) = match budget.try_acquire(ByteSize::new(large)) {
                Some(permit) => (permit, large),
                None => (budget.acquire(ByteSize::new(small)).await, small),
            };
            let most = if held == left { preferred } else { held / 2 };
            self.held = Some(Held { permit: Arc::new(permit), most });
        }
        self.held.as_ref().map_or(preferred, |held| held.most)
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
    async fn end(&self, body: &mut Gatherer, more: usize, permit: &Arc<BufferPermit>) -> Filled {
        match body.fill(1, &self.context.pool, permit).await {
            (_, Filled::Full) => Filled::Broken(match self.upload.length {
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
        let checksum = self.digester.settled().await?.checksum.take();
        self.is_unchecked = false;
        if checksum.is_none_or(ChecksumHasher::matches) {
            Ok(())
        } else {
            Err(ResumableError::ChecksumMismatch)
        }
    }

    /// The upload's hash is that of all that came.
    pub(super) async fn hash(&mut self) -> Result<(), ResumableError> {
        self.upload.hash = self.digester.settled().await?.whole.clone();
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
        contended(|| self.context.update(&self.saved)).await?;
        Ok(PartWrite { key, id })
    }
}

impl Context {
    /// How long an upload may become whose length is not known: by its cap, and by the quota.
    async fn most(&self, upload: &Upload) -> Result<u64, ResumableError> {
        let Some(quota) = self.quota else { return Ok(self.max.bytes()) };
        let account = self.db.read().await?.users().find(upload.owner).await?;
        let storage = account.map(|account| account.storage).unwrap_or_default();
        let taken = storage.used.bytes().saturating_add(storage.reserved.bytes());
        let others = taken.saturating_sub(upload.reserved.bytes());
        let room = quota.bytes().saturating_sub(others);
        if room <= upload.offset.bytes() {
            return Err(ResumableError::QuotaExceeded);
        }
        Ok(room.min(self.max.bytes()))
    }
}
