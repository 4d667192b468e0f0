//! A new direct upload: its client gets a signed request for every part.

use super::ResumableError;
use super::context::Context;
use super::create::Draft;
use super::part_plan::{PlannedPart, plan};
use crate::engine::retry::{retry_conflicts, roll_back};
use crate::ports::DirectPorts;
use fm_domain::access::{Access, Actor, Right};
use fm_domain::blobs::{BlobKey, PartLink, PartWrite, SignedPart, WriteId};
use fm_domain::body::{BodyError, ByteSize};
use fm_domain::clock::Timestamp;
use fm_domain::files::{FileName, MediaType, Sha256};
use fm_domain::idempotency::IdempotencyKey;
use fm_domain::ids::UploadId;
use fm_domain::tree::Placing;
use fm_domain::uploads::{HashState, Transport, Upload, UploadStatus};

/// The upload to create.
#[derive(Debug, Clone)]
pub struct CreateDirectCommand {
    /// The idempotency key by which a retry finds this upload.
    pub key: Option<IdempotencyKey>,
    /// The name of the file.
    pub name: FileName,
    /// Where the file goes.
    pub placing: Placing,
    /// Exactly how many bytes.
    pub size: ByteSize,
    /// The media type that the client claims.
    pub claimed_type: Option<MediaType>,
    /// The hash that the bytes will have.
    pub sha256: Option<Sha256>,
}

/// A part to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectPart {
    /// Its number, from 1 on.
    pub number: u32,
    /// Where its first byte is in the file.
    pub offset: ByteSize,
    /// Exactly how many bytes.
    pub size: ByteSize,
    /// The request to send it with.
    pub request: SignedPart,
}

/// A direct upload that can begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectUpload {
    /// Its id.
    pub id: UploadId,
    /// Until when it has to be complete.
    pub expires_at: Timestamp,
    /// The parts to be sent, in any order; none where it is complete already.
    pub parts: Vec<DirectPart>,
    /// Whether it was made just now.
    pub fresh: bool,
}

/// Creates direct uploads.
pub struct CreateDirect {
    context: Context,
    direct: DirectPorts,
}

impl CreateDirect {
    pub(crate) fn new(context: &Context, direct: &DirectPorts) -> Self {
        Self { context: context.clone(), direct: direct.clone() }
    }

    /// The upload and its parts; a repetition with the same key gets those of the first.
    pub async fn run(
        &self,
        actor: &Actor,
        command: CreateDirectCommand,
    ) -> Result<DirectUpload, ResumableError> {
        let access = actor.access(Right::Write)?;
        let nothing = HashState::new().finish();
        if command.size == ByteSize::ZERO && command.sha256.is_some_and(|promised| promised != nothing) {
            return Err(BodyError::DigestMismatch.into());
        }
        let draft = Draft {
            owner: actor.user(),
            transport: Transport::Direct,
            key: command.key,
            name: command.name,
            placing: command.placing,
            length: Some(command.size),
            claimed_type: command.claimed_type,
            promised: command.sha256,
            metadata: String::new(),
        };
        let created = self.context.create(&access, &draft).await?;
        let (upload, fresh) = (created.upload, created.fresh);
        let parts = match self.parts(&access, &upload).await {
            Ok(parts) => parts,
            Err(error) => {
                if fresh {
                    self.cancel(&upload).await;
                }
                return Err(error);
            }
        };
        Ok(DirectUpload { id: upload.id, expires_at: upload.expires_at, parts, fresh })
    }

    async fn parts(&self, access: &Access, upload: &Upload) -> Result<Vec<DirectPart>, ResumableError> {
        let size = upload.length.unwrap_or_default();
        if upload.status != UploadStatus::Open || size == ByteSize::ZERO {
            return Ok(Vec::new());
        }
        let write = self.begun(access, upload).await?;
        let mut parts = Vec::new();
        for PlannedPart { number, offset, size } in plan(size, self.direct.store.part_limits()) {
            let link = PartLink {
                owner: upload.owner,
                upload: upload.id,
                write: write.clone(),
                number,
                size,
                issued_at: upload.created_at,
                expires_at: upload.expires_at,
            };
            parts.push(DirectPart { number, offset, size, request: self.direct.links.sign(&link).await? });
        }
        Ok(parts)
    }

    /// The write that the parts belong to; begun now, unless it was before.
    async fn begun(&self, access: &Access, upload: &Upload) -> Result<PartWrite, ResumableError> {
        if let Some(write) = upload.part_write() {
            return Ok(write);
        }
        let key = BlobKey::file(upload.blob);
        let content_type = upload.claimed_type.as_ref().map_or_else(MediaType::octet_stream, MediaType::safe);
        let id = self.direct.store.begin(&key, &content_type).await?;
        retry_conflicts(|| self.agree(access, upload, &id)).await
    }

    /// Two repetitions that begin a write at the same time both go on with the one that is saved first.
    async fn agree(
        &self,
        access: &Access,
        upload: &Upload,
        id: &WriteId,
    ) -> Result<PartWrite, ResumableError> {
        let mut unit = self.context.db.begin().await?;
        let Some(found) = unit.uploads().find_for_update(access, upload.id).await? else {
            unit.rollback().await?;
            return Err(ResumableError::NotFound);
        };
        if let Some(write) = found.part_write() {
            unit.rollback().await?;
            return Ok(write);
        }
        let begun = Upload { write: Some(id.clone()), ..found };
        match unit.uploads().update(&begun, begun.epoch).await {
            Ok(()) => unit.commit().await?,
            Err(error) => return Err(roll_back(unit, error.into()).await),
        }
        Ok(PartWrite { key: BlobKey::file(upload.blob), id: id.clone() })
    }

    /// Cancels the upload at once; a failure is logged, and a sweep cancels it later.
    async fn cancel(&self, upload: &Upload) {
        if let Err(error) = self.context.cancel(upload).await {
            tracing::info!(upload.id = %upload.id, %error, "a direct upload is left to the sweep");
        }
    }
}

#[cfg(test)]
mod tests;
