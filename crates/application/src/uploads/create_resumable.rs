//! A new resumable upload, with or without its first bytes.

use std::sync::Arc;

use fm_domain::access::{Actor, Right};
use fm_domain::body::{ByteSize, ByteStream};
use fm_domain::files::{FileName, MediaType};
use fm_domain::idempotency::IdempotencyKey;
use fm_domain::tree::Placing;
use fm_domain::uploads::{Checksum, ResumableStore, Transport};

use super::append::{AppendCommand, AppendToUpload};
use super::context::Context;
use super::create::Draft;
use super::resume::ResumeUpload;
use super::{Progress, ResumableError};

/// The upload to create.
pub struct CreateResumableCommand {
    /// The idempotency key by which a retry finds this upload.
    pub key: Option<IdempotencyKey>,
    /// The name of the file.
    pub name: FileName,
    /// Where the file goes.
    pub placing: Placing,
    /// The number of its bytes; `None`: the client declares it later.
    pub length: Option<ByteSize>,
    /// The media type that the client claims.
    pub claimed_type: Option<MediaType>,
    /// What else the client says, to be returned to it.
    pub metadata: String,
    /// The first bytes, where they come with the creation.
    pub first: Option<FirstBytes>,
}

/// Bytes that come with the creation of an upload.
pub struct FirstBytes {
    /// The bytes.
    pub body: ByteStream,
    /// How many, where it is known.
    pub length: Option<ByteSize>,
    /// Their checksum.
    pub checksum: Option<Checksum>,
}

/// An upload that exists, and the outcome for its first bytes.
#[derive(Debug)]
pub struct CreatedUpload {
    /// How far it is.
    pub progress: Progress,
    /// Whether it was made just now: a repetition with the same key finds the first.
    pub fresh: bool,
    /// Whether first bytes were appended to it.
    pub appended: bool,
    /// Why the first bytes were not, or not all, appended. The upload exists all the same.
    pub refusal: Option<ResumableError>,
}

/// Creates resumable uploads.
pub struct CreateResumable {
    context: Context,
    append: AppendToUpload,
    resume: ResumeUpload,
}

impl CreateResumable {
    pub(crate) fn new(context: &Context, store: &Arc<dyn ResumableStore>) -> Self {
        Self {
            context: context.clone(),
            append: AppendToUpload::new(context, store),
            resume: ResumeUpload::new(context, store),
        }
    }

    /// Creates the upload and appends its first bytes; one without any bytes is a file at once. Bytes that come with a
    /// repetition are not read.
    pub async fn run(
        &self,
        actor: &Actor,
        command: CreateResumableCommand,
    ) -> Result<CreatedUpload, ResumableError> {
        let access = actor.access(Right::Write)?;
        let CreateResumableCommand { key, name, placing, length, claimed_type, metadata, first } = command;
        let draft = Draft {
            owner: actor.user(),
            transport: Transport::Resumable,
            key,
            name,
            placing,
            length,
            claimed_type,
            promised: None,
            metadata,
        };
        let created = self.context.create(&access, &draft).await?;
        let (progress, fresh) = (Progress::of(&created.upload), created.fresh);
        let first = first.filter(|_| fresh);
        let appended = first.is_some();
        Ok(match self.go_on(actor, &progress, first).await {
            Ok(progress) => CreatedUpload { progress, fresh, appended, refusal: None },
            // The upload is gone.
            Err(gone) if gone.ends_upload() => return Err(gone),
            Err(refusal) => CreatedUpload { progress, fresh, appended, refusal: Some(refusal) },
        })
    }

    async fn go_on(
        &self,
        actor: &Actor,
        progress: &Progress,
        first: Option<FirstBytes>,
    ) -> Result<Progress, ResumableError> {
        if let Some(FirstBytes { body, length, checksum }) = first {
            let command = AppendCommand {
                upload: progress.id,
                offset: progress.offset,
                length: None,
                checksum,
                body,
                body_length: length,
            };
            return self.append.run(actor, command).await;
        }
        if progress.length == Some(progress.offset) && progress.file.is_none() {
            return self.resume.run(actor, progress.id).await;
        }
        Ok(progress.clone())
    }
}

#[cfg(test)]
mod tests;
