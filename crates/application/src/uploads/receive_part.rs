//! A part of a direct upload that is sent to ourselves, because the store is ours.

use std::sync::Arc;

use super::ResumableError;
use super::context::Context;
use super::part_plan::plan;
use crate::engine::retry::{failure, retry_conflicts};
use crate::ports::DirectPorts;
use fm_domain::access::{Access, Right};
use fm_domain::blobs::{PartLink, PartReceiver, PartTag, WritePart, WrittenPart};
use fm_domain::body::{BodyError, ByteSize, ByteStream};
use fm_domain::error::PortError;
use fm_domain::uploads::{Upload, UploadStatus};
use fm_streaming::hashing::{Digests, OffloadedHasher};
use fm_streaming::{ChunkReader, ReadOutcome};

/// Why a part was not taken. Nothing of it counts.
#[derive(Debug, thiserror::Error)]
pub enum PartError {
    /// The URL is tampered with or expired, or its upload has ended.
    #[error("the URL is not valid, or no longer")]
    Refused,
    /// The body broke off, or is not as it was declared.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The store takes no file of this size; the upload is gone.
    #[error("the store takes no file of this size")]
    TooLargeForStore,
    /// A store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

failure!(PartError);

/// How much of a part is held in memory at a time.
const CHUNK_BYTES: u64 = 1024 * 1024;

/// A part that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedPart {
    /// What the client has to name at the end.
    pub tag: PartTag,
}

/// Takes parts.
pub struct ReceivePart {
    context: Context,
    direct: DirectPorts,
    receiver: Arc<dyn PartReceiver>,
}

impl ReceivePart {
    /// `None` where the parts are sent to the store itself.
    pub(crate) fn new(context: &Context, direct: &DirectPorts) -> Option<Self> {
        let receiver = direct.receiver.clone()?;
        Some(Self { context: context.clone(), direct: direct.clone(), receiver })
    }

    /// Keeps the part that a genuine link allows to send. Sent again, it replaces the one before.
    pub async fn run(&self, link: &PartLink, body: ByteStream) -> Result<ReceivedPart, PartError> {
        if link.expires_at <= self.context.clock.now() {
            return Err(PartError::Refused);
        }
        let upload = self.upload(link).await?;
        let planned = plan(upload.length.unwrap_or_default(), self.direct.store.part_limits())
            .find(|planned| planned.number == link.number && planned.size == link.size);
        let Some(planned) = planned else { return Err(PartError::Refused) };
        // From its first byte on the part before it is no longer whole: until this one is, no tag is right.
        let part = |tag| WrittenPart { number: link.number, size: link.size, tag };
        let sending = part(PartTag::new(self.context.ids.uuid().to_string()));
        retry_conflicts(|| self.remember(link, &sending, None)).await?;
        let tag = self.write(link, planned.offset, &upload, body).await?;
        let came = part(tag.clone());
        retry_conflicts(|| self.remember(link, &came, Some(&sending))).await?;
        Ok(ReceivedPart { tag })
    }

    async fn upload(&self, link: &PartLink) -> Result<Upload, PartError> {
        let found = self.context.db.read().await?.uploads().find(&access_by(link), link.upload).await?;
        let open = found.filter(|upload| is_open(upload) && !self.context.is_over(upload));
        open.filter(|upload| upload.part_write().as_ref() == Some(&link.write)).ok_or(PartError::Refused)
    }

    async fn write(
        &self,
        link: &PartLink,
        offset: ByteSize,
        upload: &Upload,
        body: ByteStream,
    ) -> Result<PartTag, PartError> {
        let mut body = ChunkReader::new(body);
        let mut hasher = OffloadedHasher::new(&self.context.hash_threads, Digests::default());
        let owner = Some(upload.owner);
        let mut came = 0;
        loop {
            let wanted = CHUNK_BYTES.min(link.size.bytes() - came);
            let permit = Arc::new(self.context.budget.acquire(owner, ByteSize::new(wanted)).await?);
            let (bytes, filled) =
                body.fill(usize::try_from(wanted).unwrap_or(usize::MAX), &self.context.pool, &permit).await;
            match filled {
                ReadOutcome::Full => {}
                ReadOutcome::Ended => {
                    return Err(BodyError::Malformed("the part is shorter than was signed").into());
                }
                ReadOutcome::Broken(error) => return Err(error.into()),
            }
            hasher.update(&bytes).await?;
            let position = ByteSize::new(offset.bytes() + came);
            came += bytes.len() as u64;
            match self.receiver.write(&link.write, position, upload.epoch.number(), bytes).await {
                Ok(()) => {}
                Err(WritePart::Gone) => return Err(PartError::Refused),
                Err(WritePart::TooLarge) => return Err(self.give_up(upload).await),
                Err(WritePart::Store(error)) => return Err(error.into()),
            }
            drop(permit);
            if came == link.size.bytes() {
                break;
            }
        }
        let permit = Arc::new(self.context.budget.acquire(owner, ByteSize::new(1)).await?);
        match body.fill(1, &self.context.pool, &permit).await.1 {
            ReadOutcome::Ended => {}
            ReadOutcome::Full => return Err(BodyError::TooLarge { limit: link.size }.into()),
            ReadOutcome::Broken(error) => return Err(error.into()),
        }
        self.receiver.sync(&link.write).await?;
        Ok(PartTag::new(hasher.digests().await?.whole.finish().to_string()))
    }

    /// Removes an upload that can't be finished.
    async fn give_up(&self, upload: &Upload) -> PartError {
        match self.context.give_up(upload, ResumableError::TooLargeForStore).await {
            ResumableError::TooLargeForStore => PartError::TooLargeForStore,
            ResumableError::Store(error) => PartError::Store(error),
            _taken_over => PartError::Refused,
        }
    }

    /// Only as long as no other request completes the upload or sends the same part.
    async fn remember(
        &self,
        link: &PartLink,
        part: &WrittenPart,
        before: Option<&WrittenPart>,
    ) -> Result<(), PartError> {
        let mut unit = self.context.db.begin().await?;
        let found = unit.uploads().find_for_update(&access_by(link), link.upload).await?;
        if !found.is_some_and(|upload| is_open(&upload)) {
            unit.rollback().await?;
            return Err(PartError::Refused);
        }
        if let Some(before) = before
            && !unit.uploads().parts(link.upload).await?.contains(before)
        {
            unit.rollback().await?;
            return Err(PartError::Refused);
        }
        unit.uploads().add_part(link.upload, part).await?;
        Ok(unit.commit().await?)
    }
}

/// A genuine link is the credential: the owner of the upload had it signed.
const fn access_by(link: &PartLink) -> Access {
    Access::on_behalf_of(link.owner, Right::Write)
}

/// Whether parts may still be sent: no request has begun to complete the upload.
fn is_open(upload: &Upload) -> bool {
    upload.status == UploadStatus::Open && !upload.is_locked
}

#[cfg(test)]
mod tests;
