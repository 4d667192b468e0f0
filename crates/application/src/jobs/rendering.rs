//! What jobs share that render a picture and store it.

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt as _, stream};

use super::job::{Done, JobContext, JobError};
use crate::engine::intents::Intent;
use crate::engine::lease::{LEASE, Leased, renew_until_lost};
use fm_domain::blobs::{BlobKey, GetBlob, MarkStored, PutBlob, PutHint, StoredBlob};
use fm_domain::body::{BodyError, ByteSize, ByteStream};
use fm_domain::database::UnitOfWork;
use fm_domain::error::PortError;
use fm_domain::ids::{BlobId, UserId};
use fm_domain::jobs::ClaimedJob;
use fm_domain::thumbnails::Rendered;

/// The largest picture file that is read: it is held in memory while it is decoded.
pub(super) const MAX_SOURCE: ByteSize = ByteSize::new(128 * 1024 * 1024);
/// How often a picture may take too long before it counts as one that can't be decoded: a busy machine may have been the
/// reason once.
pub(super) const TIMED_ATTEMPTS: u32 = 2;

/// The whole picture file; `None` when the store has no such blob.
pub(super) async fn read(context: &JobContext, original: BlobId) -> Result<Option<Bytes>, JobError> {
    let reader = match context.ports.blobs.get(&BlobKey::file(original), None).await {
        Ok(reader) => reader,
        Err(GetBlob::NotFound) => return Ok(None),
        // No range was asked for; an empty picture is no picture.
        Err(GetBlob::Range(_)) => return Ok(Some(Bytes::new())),
        Err(GetBlob::Store(error)) => return Err(error.into()),
    };
    let mut source = BytesMut::with_capacity(usize::try_from(reader.size.bytes()).unwrap_or_default());
    let mut bytes = reader.bytes;
    while let Some(chunk) = bytes.next().await {
        source.extend_from_slice(&chunk.map_err(|error| match error {
            BodyError::Source(_) => JobError::Store(PortError::Unavailable(Box::new(error))),
            _ => JobError::Failed(error.to_string()),
        })?);
    }
    Ok(Some(source.freeze()))
}

/// Writes a rendered picture under an intent, which is renewed meanwhile. The caller marks it as stored by [`mark_stored`],
/// or cancels its intent.
pub(super) async fn put(
    context: &JobContext,
    owner: UserId,
    rendered: &Rendered,
) -> Result<(BlobKey, StoredBlob), JobError> {
    let ports = &context.ports;
    let key = BlobKey::thumbnail(BlobId::new(ports.ids.uuid()));
    context.intents.record(key, owner, LEASE).await?;
    let hint = PutHint {
        owner: None,
        length: Some(ByteSize::new(rendered.bytes.len() as u64)),
        content_type: rendered.format.media_type(),
    };
    let body: ByteStream = stream::iter([Ok(rendered.bytes.clone())]).boxed();
    let put = tokio::select! {
        put = ports.blobs.put(&key, body, &hint) => put,
        lost = renew_until_lost(ports.db.as_ref(), ports.clock.as_ref(), Leased::Intent(key.id)) => Err(lost.into()),
    };
    match put {
        Ok(stored) => Ok((key, stored)),
        Err(error) => {
            cancel_intent(context, key, owner).await;
            Err(match error {
                PutBlob::Store(error) => error.into(),
                error @ (PutBlob::Body(_) | PutBlob::TooLarge) => JobError::Failed(error.to_string()),
            })
        }
    }
}

/// Cancels the intent of a picture that came too late.
pub(super) async fn cancel_intent(context: &JobContext, key: BlobKey, owner: UserId) {
    context.intents.cancel(&Intent::bare(key, owner)).await;
}

/// Marks the picture as stored, where there is one, in the unit of what points to it: first, before the unit enters a drive or locks another
/// blob. Where its intent was cancelled the unit is rolled back.
pub(super) async fn mark_stored(
    mut unit: Box<dyn UnitOfWork>,
    picture: Option<(BlobId, StoredBlob)>,
) -> Result<Box<dyn UnitOfWork>, JobError> {
    if let Some((blob, stored)) = picture {
        match unit.blobs().mark_stored(blob, &stored).await {
            Ok(()) => {}
            Err(MarkStored::NoIntent) => {
                unit.rollback().await?;
                let cancelled = "the intent of a rendered picture was cancelled meanwhile";
                return Err(PortError::Unavailable(cancelled.into()).into());
            }
            Err(MarkStored::Store(error)) => return Err(error.into()),
        }
    }
    Ok(unit)
}

/// Completes the job, and commits. Where another worker has the job the unit is rolled back.
pub(super) async fn complete(mut unit: Box<dyn UnitOfWork>, claimed: &ClaimedJob) -> Result<Done, JobError> {
    if !unit.jobs().complete(claimed.id, claimed.attempt).await? {
        unit.rollback().await?;
        return Ok(Done::Lost);
    }
    unit.commit().await?;
    Ok(Done::Completed)
}

#[cfg(test)]
pub(super) mod fixture;
