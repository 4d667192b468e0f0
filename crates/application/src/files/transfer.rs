//! Moves the bytes of an upload to the store: the part that all transports share.
//!
//! ```text
//! unit 1   record the intent, claim the idempotency key, reserve the bytes        commit: a promise to clean up
//! bytes    put; the intent and the key are renewed, a picture is copied           no transaction open
//! unit 2   the use case's own: mark the blob as stored, charge, insert or update  commit: the file exists
//! ```

use std::sync::Arc;

use futures_util::{StreamExt as _, stream};

use super::upload_body::{UploadBody, UploadError};
use crate::engine::intents::{Intent, Intents};
use crate::engine::lease::{LEASE, Leased, renew_until_lost};
use crate::engine::quota::quota_left;
use crate::engine::retry::retry_conflicts;
use crate::ports::{Ports, Settings};
use crate::tree::TreeContext;
use fm_domain::access::Actor;
use fm_domain::blobs::{BlobKey, BlobStore, PutHint, StoredBlob};
use fm_domain::body::{BodyError, ByteSize, ByteStream};
use fm_domain::clock::Clock;
use fm_domain::database::Database;
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::{CharsetCheck, FileName, HEAD_BYTES, MediaType, Sha256, sniff};
use fm_domain::idempotency::{Claimed, FinishedUpload, IdempotencyKey, KeyClaim};
use fm_domain::ids::{BlobId, IdSource, UserId};
use fm_domain::thumbnails::Thumbnailer;
use fm_streaming::meter::{Limit, Meter, Metered};
use fm_streaming::{Picture, PictureCopy, PictureHandover};

/// The upload that an intent is recorded for.
pub(super) struct IntentRequest<'a> {
    pub(super) owner: UserId,
    pub(super) length: Option<ByteSize>,
    /// Bytes of the same owner that are freed when these are stored.
    pub(super) replaces: ByteSize,
    pub(super) key: Option<&'a IdempotencyKey>,
}

/// The outcome of recording an intent.
pub(super) enum IntentOutcome {
    /// The intent is recorded: bytes may be sent, so many as the quota leaves where none were reserved; `None`: any number.
    Ready { intent: Intent, quota: Option<ByteSize> },
    /// An earlier upload with the same idempotency key was finished.
    Done(FinishedUpload),
}

/// How many bytes an upload may bring.
#[derive(Debug, Clone, Copy)]
struct Room {
    /// Bytes that are reserved for it.
    reserved: ByteSize,
    /// So many as the quota leaves where none are reserved; `None`: any number.
    quota: Option<ByteSize>,
}

/// Bytes that the store has, with their hash and type.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) stored: StoredBlob,
    pub(super) sha256: Sha256,
    pub(super) content_type: MediaType,
    /// The name that the request gives the file.
    pub(super) name: Option<FileName>,
    /// The bytes themselves, where they are a picture whose job may have them.
    pub(super) picture: Option<Picture>,
}

/// Moves bytes into the store.
#[derive(Clone)]
pub(super) struct Transfer {
    pub(super) db: Arc<dyn Database>,
    blobs: Arc<dyn BlobStore>,
    thumbnailer: Arc<dyn Thumbnailer>,
    handover: PictureHandover,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) intents: Intents,
    pub(super) ids: Arc<dyn IdSource>,
    pub(super) tree: TreeContext,
    max_upload: ByteSize,
    pub(super) quota: Option<ByteSize>,
}

impl Transfer {
    pub(super) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self {
            db: ports.db.clone(),
            blobs: ports.blobs.clone(),
            thumbnailer: ports.thumbnailer.clone(),
            handover: ports.handover.clone(),
            clock: ports.clock.clone(),
            intents: Intents::new(ports),
            ids: ports.ids.clone(),
            tree: TreeContext::new(ports, settings),
            max_upload: settings.max_upload.min(ports.blobs.limits().max_blob),
            quota: settings.quota,
        }
    }

    /// Unit 1. No intent is recorded when it fails.
    pub(super) async fn record_intent(
        &self,
        intent_request: &IntentRequest<'_>,
    ) -> Result<IntentOutcome, UploadError> {
        if intent_request.length.is_some_and(|length| length > self.max_upload) {
            return Err(BodyError::TooLarge { limit: self.max_upload }.into());
        }
        let room = self.room(intent_request).await?;
        retry_conflicts(|| self.try_record_intent(intent_request, room)).await
    }

    /// The room for an upload. The reservation decides, or the charge where nothing is reserved: the account is looked at before that, so that
    /// no bytes are sent in vain.
    async fn room(&self, intent_request: &IntentRequest<'_>) -> PortResult<Room> {
        let IntentRequest { owner, length, replaces, .. } = *intent_request;
        // Only the bytes by which the owner's use will grow.
        let more = length.unwrap_or_default().bytes().saturating_sub(replaces.bytes());
        let is_reserved = more > 0;
        // What was reserved can't be taken by others: the declared length bounds the bytes.
        let reserving = Room { reserved: ByteSize::new(more), quota: None };
        if is_reserved && self.quota.is_some() {
            return Ok(reserving);
        }
        let left = quota_left(self.db.as_ref(), self.quota, owner, replaces.bytes()).await?;
        if is_reserved && left.is_some() {
            return Ok(reserving);
        }
        Ok(Room { reserved: ByteSize::ZERO, quota: left })
    }

    async fn try_record_intent(
        &self,
        intent_request: &IntentRequest<'_>,
        room: Room,
    ) -> Result<IntentOutcome, UploadError> {
        let IntentRequest { owner, key, .. } = *intent_request;
        let Room { reserved, quota } = room;
        let now = self.clock.now();
        let blob = BlobId::new(self.ids.uuid());
        let intent = Intent { key: BlobKey::file(blob), owner, reserved, keyed: key.is_some() };
        // Without a key the reservation is its one call.
        let mut unit = if key.is_some() { self.db.begin().await? } else { self.db.begin_single().await? };
        if let Some(key) = key {
            let claim =
                KeyClaim { user: owner, key: key.clone(), attempt: blob, lease_until: now.plus(LEASE) };
            match unit.keys().claim(&claim, now).await? {
                Claimed::Held => {}
                Claimed::Running { lease_until } => {
                    unit.rollback().await?;
                    return Err(UploadError::KeyBusy { retry_after: lease_until.since(now) });
                }
                Claimed::Done(upload) => {
                    unit.rollback().await?;
                    return Ok(IntentOutcome::Done(upload));
                }
            }
        }
        intent.record(unit.as_mut(), now, now.plus(LEASE)).await?;
        if reserved > ByteSize::ZERO
            && let Err(refusal) = unit.users().reserve(owner, reserved, self.quota).await
        {
            unit.rollback().await?;
            return Err(refusal.into());
        }
        unit.commit().await?;
        Ok(IntentOutcome::Ready { intent, quota })
    }

    /// Sends the bytes, counted, hashed and sniffed on the way, while the intent and its key are kept alive; at most so many as
    /// `quota` says.
    pub(super) async fn write(
        &self,
        intent: &Intent,
        quota: Option<ByteSize>,
        body: UploadBody,
    ) -> Result<Written, UploadError> {
        let blob = intent.key.id;
        let leased = if intent.keyed { Leased::KeyedIntent(blob) } else { Leased::Intent(blob) };
        tokio::select! {
            written = self.send(intent, quota, body) => written,
            lost = renew_until_lost(self.db.as_ref(), self.clock.as_ref(), leased) => Err(lost.into()),
        }
    }

    async fn send(
        &self,
        intent: &Intent,
        quota: Option<ByteSize>,
        body: UploadBody,
    ) -> Result<Written, UploadError> {
        let limit = Limit { max: self.max_upload, quota };
        let UploadBody { mut stream, length, claimed_type, sha256, end } = body;
        let head = fm_streaming::meter::head(&mut stream, HEAD_BYTES).await?;
        // The server mostly hands over all of it at once.
        let content_type = match head.as_slice() {
            [one] => sniff(one, claimed_type.as_ref()),
            some => sniff(&some.concat(), claimed_type.as_ref()),
        };
        let charset = content_type.lacks_charset().then(CharsetCheck::default);
        let (meter, bytes) =
            Meter::wrap(stream::iter(head).map(Ok).chain(stream).boxed(), limit, length, sha256, charset);
        let (copy, bytes) = self.copy_picture(intent.owner, &content_type, length, bytes);
        let hint = PutHint { owner: Some(intent.owner), length, content_type: content_type.safe() };
        let stored = self.blobs.put(&intent.key, bytes, &hint).await?;
        let Some(metered) = meter.result() else {
            return Err(PortError::Unexpected("the store did not read the body to its end".into()).into());
        };
        if stored.size != metered.size {
            return Err(PortError::Unexpected(
                "the store kept another number of bytes than it was sent".into(),
            )
            .into());
        }
        let name = end.await?;
        let picture = copy.and_then(|copy| copy.finish(&metered));
        let Metered { sha256, charset, .. } = metered;
        Ok(Written { stored, sha256, content_type: content_type.or_charset(charset), name, picture })
    }

    /// Copies what passes, where a job will make a thumbnail of it.
    fn copy_picture(
        &self,
        owner: UserId,
        content_type: &MediaType,
        length: Option<ByteSize>,
        bytes: ByteStream,
    ) -> (Option<PictureCopy>, ByteStream) {
        if self.handover.is_on() && self.thumbnailer.accepts(content_type) {
            self.handover.copy(owner, length, bytes)
        } else {
            (None, bytes)
        }
    }

    /// Unit 2 of a picture, which is there for its job from before the commit on: the job may begin before the commit is back.
    /// It is withdrawn where the unit fails.
    pub(super) async fn hand_over<T>(
        &self,
        intent: &Intent,
        picture: Option<Picture>,
        commit: impl Future<Output = Result<T, UploadError>>,
    ) -> Result<T, UploadError> {
        let offer = picture.map(|picture| self.handover.offer(intent.key.id, picture));
        let committed = commit.await;
        if let (Ok(_), Some(offer)) = (&committed, offer) {
            offer.confirm();
        }
        committed
    }

    /// Reads the bytes of a repeated upload without keeping them.
    pub(super) async fn read(&self, body: UploadBody) -> Result<(Sha256, Option<FileName>), UploadError> {
        let limit = Limit { max: self.max_upload, quota: None };
        let (meter, mut bytes) = Meter::wrap(body.stream, limit, body.length, body.sha256, None);
        while let Some(chunk) = bytes.next().await {
            drop(chunk?);
        }
        let name = body.end.await?;
        let read = meter.result().ok_or_else(|| PortError::Unexpected("the body was not read".into()))?;
        Ok((read.sha256, name))
    }

    /// What was lost because the account went meanwhile is not for the client to try again.
    pub(super) async fn explained(&self, actor: &Actor, error: UploadError) -> UploadError {
        if !matches!(error, UploadError::Store(PortError::Unavailable(_))) {
            return error;
        }
        let Ok(mut reads) = self.db.read().await else { return error };
        match reads.users().find(actor.user()).await {
            Ok(None) => UploadError::Unauthenticated,
            Ok(Some(_)) | Err(_) => error,
        }
    }
}

#[cfg(test)]
mod tests;
