//! The beginning of a request that goes on with an upload.

use super::ResumableError;
use super::append::Announced;
use super::context::Context;
use crate::engine::retry::{retry_conflicts, roll_back};
use fm_domain::body::{BodyError, ByteSize};
use fm_domain::database::UnitOfWork;
use fm_domain::uploads::{Transport, Upload, UploadStatus};

/// What a request found.
pub(super) enum Taken {
    /// It goes on, and the request has it.
    Open(Upload),
    /// It is a file already.
    Complete(Upload),
}

impl Context {
    /// Takes the upload up, if the request fits where it is. Where the answer to the commit is lost nothing is read
    /// back: another process may have it by then under the very same epoch.
    pub(super) async fn take_up(&self, announced: &Announced) -> Result<Taken, ResumableError> {
        retry_conflicts(|| self.try_take_up(announced)).await
    }

    async fn try_take_up(&self, announced: &Announced) -> Result<Taken, ResumableError> {
        let mut unit = self.db.begin().await?;
        match self.taken(unit.as_mut(), announced).await {
            Ok(Taken::Open(upload)) => {
                unit.commit().await?;
                Ok(Taken::Open(upload))
            }
            Ok(complete) => {
                unit.rollback().await?;
                Ok(complete)
            }
            Err(error) => Err(roll_back(unit, error).await),
        }
    }

    async fn taken(&self, unit: &mut dyn UnitOfWork, announced: &Announced) -> Result<Taken, ResumableError> {
        let found = unit.uploads().find_for_update(announced.owner, announced.upload).await?;
        let resumable = found.filter(|upload| upload.transport == Transport::Resumable);
        let mut upload = resumable.ok_or(ResumableError::NotFound)?;
        if self.is_over(&upload) {
            return Err(ResumableError::Expired);
        }
        if upload.offset != announced.offset {
            return Err(ResumableError::WrongOffset { offset: upload.offset });
        }
        let more = self.declare(&mut upload, announced.length)?;
        self.fits(&upload, announced.body_length)?;
        if let UploadStatus::Complete(_) = upload.status {
            return Ok(Taken::Complete(upload));
        }
        let seen = upload.epoch;
        upload.take_up();
        let lives_longer = self.slide(&mut upload);
        unit.uploads().update(&upload, seen).await?;
        if lives_longer {
            prolong(unit, &upload).await?;
        }
        if more > ByteSize::ZERO {
            unit.users().reserve(upload.owner, more, self.quota).await?;
        }
        Ok(Taken::Open(upload))
    }

    /// Takes the length of an upload whose length was not known; what is to be reserved for it.
    fn declare(&self, upload: &mut Upload, length: Option<ByteSize>) -> Result<ByteSize, ResumableError> {
        match (upload.length, length) {
            (_, None) => Ok(ByteSize::ZERO),
            (Some(known), Some(length)) if known == length => Ok(ByteSize::ZERO),
            (Some(_), Some(_)) => Err(ResumableError::LengthConflict),
            (None, Some(length)) => {
                self.allows(length)?;
                if length < upload.offset {
                    return Err(ResumableError::LengthConflict);
                }
                upload.length = Some(length);
                let before = upload.reserved.bytes();
                upload.reserved = self.reservation(length);
                Ok(ByteSize::new(upload.reserved.bytes().saturating_sub(before)))
            }
        }
    }

    /// 413 before a byte is read, where it is known.
    fn fits(&self, upload: &Upload, body_length: Option<ByteSize>) -> Result<(), ResumableError> {
        let limit = upload.length.unwrap_or(self.max);
        let end = upload.offset.bytes().saturating_add(body_length.unwrap_or_default().bytes());
        if end > limit.bytes() { Err(BodyError::TooLarge { limit }.into()) } else { Ok(()) }
    }
}

/// What an upload holds is held as long as it lives.
pub(super) async fn prolong(unit: &mut dyn UnitOfWork, upload: &Upload) -> Result<(), ResumableError> {
    let until = Context::intent_until(upload);
    if !unit.blobs().renew(upload.blob, until).await? {
        return Err(ResumableError::Expired);
    }
    if upload.key.is_some() && !unit.keys().renew(upload.blob, until).await? {
        return Err(ResumableError::KeyConflict);
    }
    Ok(())
}
