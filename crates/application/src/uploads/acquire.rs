//! The beginning of a request that appends to an upload: from its commit on no earlier request can change the upload.

use fm_domain::access::Access;
use fm_domain::body::{BodyError, ByteSize};
use fm_domain::database::UnitOfWork;
use fm_domain::uploads::{Epoch, ResumableStore, Transport, Upload, UploadStatus};

use super::ResumableError;
use super::append::AppendRequest;
use super::context::{Context, intent_expiry};
use crate::engine::retry::{retry_conflicts, roll_back};

/// The upload as a request finds it.
pub(super) enum Acquired {
    /// It is open, and the request has acquired it.
    Open(Upload),
    /// It is a file already.
    Complete(Upload),
}

/// How a request finds an upload that it fits to.
enum Found {
    /// It is open, and the request may acquire it.
    Open(Acquisition),
    /// It is a file already.
    Complete(Upload),
}

/// What a request changes by acquiring an upload.
struct Acquisition {
    /// The upload from then on.
    upload: Upload,
    /// The epoch before.
    seen: Epoch,
    /// Whether it lives longer than before, and with it what it holds.
    lives_longer: bool,
    /// Bytes to be reserved for it beside those before.
    more: ByteSize,
}

impl Acquisition {
    /// Whether nothing changes but the row of the upload.
    fn is_row_alone(&self) -> bool {
        !self.lives_longer && self.more == ByteSize::ZERO
    }
}

/// Acquires the upload, if the request fits where it is. A lost answer to the commit is not read back: another request
/// may have the upload by then under the very same epoch.
pub(super) async fn acquire(
    context: &Context,
    store: &dyn ResumableStore,
    access: &Access,
    request: &AppendRequest,
) -> Result<Acquired, ResumableError> {
    retry_conflicts(|| async {
        let mut unit = context.db.begin_single().await?;
        let mut found = find(context, store, access, request, unit.as_mut()).await;
        if matches!(&found, Ok(Found::Open(acquisition)) if !acquisition.is_row_alone()) {
            // It takes more than the one call. The upload is looked at again, under a lock this time: the request before may
            // have saved more bytes since, and pruned what the state found here needs, all under the epoch found here.
            unit.rollback().await?;
            unit = context.db.begin().await?;
            found = find(context, store, access, request, unit.as_mut()).await;
        }
        match acquire_in(context, unit.as_mut(), found).await {
            Ok(Acquired::Open(upload)) => {
                unit.commit().await?;
                Ok(Acquired::Open(upload))
            }
            Ok(complete) => {
                unit.rollback().await?;
                Ok(complete)
            }
            Err(error) => Err(roll_back(unit, error).await),
        }
    })
    .await
}

async fn find(
    context: &Context,
    store: &dyn ResumableStore,
    access: &Access,
    request: &AppendRequest,
    unit: &mut dyn UnitOfWork,
) -> Result<Found, ResumableError> {
    let found = unit.uploads().find_for_update(access, request.upload).await?;
    let resumable = found.filter(|upload| upload.transport == Transport::Resumable);
    let mut upload = resumable.ok_or(ResumableError::NotFound)?;
    if context.is_over(&upload) {
        return Err(ResumableError::Expired);
    }
    if upload.offset != request.offset {
        return Err(ResumableError::WrongOffset { offset: upload.offset });
    }
    let more = declare_length(context, &mut upload, request.length)?;
    check_body_length(context, &upload, request.body_length)?;
    if let UploadStatus::Complete(_) = upload.status {
        return Ok(Found::Complete(upload));
    }
    if upload.is_locked {
        // The last append of the request before may still be on its way to the store.
        upload.state = upload.state.map(|state| store.rewind(&state, &state));
    }
    let seen = upload.epoch;
    upload.acquire();
    let lives_longer = context.extend(&mut upload);
    Ok(Found::Open(Acquisition { upload, seen, lives_longer, more }))
}

async fn acquire_in(
    context: &Context,
    unit: &mut dyn UnitOfWork,
    found: Result<Found, ResumableError>,
) -> Result<Acquired, ResumableError> {
    let Acquisition { upload, seen, lives_longer, more } = match found? {
        Found::Open(acquisition) => acquisition,
        Found::Complete(upload) => return Ok(Acquired::Complete(upload)),
    };
    unit.uploads().update(&upload, seen).await?;
    if lives_longer {
        extend_holdings(unit, &upload).await?;
    }
    if more > ByteSize::ZERO {
        unit.users().reserve(upload.owner, more, context.quota).await?;
    }
    Ok(Acquired::Open(upload))
}

/// Takes the length of an upload whose length was not known; how much more is to be reserved for it.
fn declare_length(
    context: &Context,
    upload: &mut Upload,
    length: Option<ByteSize>,
) -> Result<ByteSize, ResumableError> {
    match (upload.length, length) {
        (_, None) => Ok(ByteSize::ZERO),
        (Some(known), Some(length)) if known == length => Ok(ByteSize::ZERO),
        (Some(_), Some(_)) => Err(ResumableError::LengthConflict),
        (None, Some(length)) => {
            context.check_length(length)?;
            if length < upload.offset {
                return Err(ResumableError::LengthConflict);
            }
            upload.length = Some(length);
            let before = upload.reserved.bytes();
            upload.reserved = length;
            Ok(ByteSize::new(upload.reserved.bytes().saturating_sub(before)))
        }
    }
}

/// 413 before a byte is read, where the declared lengths tell it.
fn check_body_length(
    context: &Context,
    upload: &Upload,
    body_length: Option<ByteSize>,
) -> Result<(), ResumableError> {
    let limit = upload.length.unwrap_or(context.max);
    let end = upload.offset.bytes().saturating_add(body_length.unwrap_or_default().bytes());
    if end > limit.bytes() { Err(BodyError::TooLarge { limit }.into()) } else { Ok(()) }
}

/// The intent of the blob and the idempotency key live as long as the upload.
pub(super) async fn extend_holdings(
    unit: &mut dyn UnitOfWork,
    upload: &Upload,
) -> Result<(), ResumableError> {
    let until = intent_expiry(upload);
    if !unit.blobs().renew(upload.blob, until).await? {
        return Err(ResumableError::Expired);
    }
    if upload.key.is_some() && !unit.keys().renew(upload.blob, until).await? {
        return Err(ResumableError::KeyConflict);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
