//! The contents that a file had before.

use std::sync::Arc;

use super::context::{Context, file_in};
use super::error::TreeError;
use super::new_content::NewContent;
use super::place_upload::replace;
use super::take_over::drop_blobs;
use crate::engine::retry::{retry_conflicts, roll_back};
use crate::files::{FilePresenter, FileView};
use crate::ports::{Ports, Settings};
use fm_domain::access::{Access, Actor, Right};
use fm_domain::blobs::{Disposition, SignedUrl};
use fm_domain::clock::Timestamp;
use fm_domain::database::UnitOfWork;
use fm_domain::error::PortResult;
use fm_domain::events::Change;
use fm_domain::files::{File, IfMatch, ThumbnailState, VersionNumber};
use fm_domain::ids::{BlobId, FileId};
use fm_domain::thumbnails::Thumbnailer;
use fm_domain::tree::{Delta, Item, Label, MAX_PINNED, Version};

/// An old version with the URL of its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionView {
    /// The version.
    pub version: Version,
    /// Leads to its bytes, as an attachment.
    pub download: SignedUrl,
    /// Until when the URL works.
    pub url_expires_at: Timestamp,
}

/// What to change of a version. What is not given stays.
#[derive(Debug, Clone)]
pub struct ChangeVersionCommand {
    /// The file.
    pub file: FileId,
    /// The version.
    pub number: VersionNumber,
    /// Whether it is pinned.
    pub is_pinned: Option<bool>,
    /// What it is called; `Some(None)`: nothing.
    pub label: Option<Option<Label>>,
}

/// Links, restores, changes and deletes old versions.
pub struct Versions {
    context: Context,
    presenter: FilePresenter,
    thumbnailer: Arc<dyn Thumbnailer>,
}

impl Versions {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self {
            context: Context::new(ports, settings),
            presenter: FilePresenter::new(ports, settings),
            thumbnailer: ports.thumbnailer.clone(),
        }
    }

    /// A URL of the bytes of a version, or of the present content by its number.
    pub async fn link(
        &self,
        actor: &Actor,
        file: FileId,
        number: VersionNumber,
        disposition: Disposition,
    ) -> Result<SignedUrl, TreeError> {
        let access = actor.access(Right::Read)?;
        let mut reads = self.context.db.read().await?;
        let present = reads.files().find(&access, file).await?.ok_or(TreeError::NotFound)?;
        if number == present.version {
            return Ok(self.presenter.content(&present, disposition).await?);
        }
        let version = reads.tree().version(&access, file, number).await?.ok_or(TreeError::NotFound)?;
        drop(reads);
        Ok(self.presenter.content(&holding(present, &version), disposition).await?)
    }

    /// The file with the content of a version, as a new one: the present content becomes a version, and nothing is lost.
    pub async fn restore(
        &self,
        actor: &Actor,
        file: FileId,
        number: VersionNumber,
        if_match: Option<&IfMatch>,
    ) -> Result<FileView, TreeError> {
        let access = actor.access(Right::Write)?;
        let context = self.context.by(actor);
        let restored =
            retry_conflicts(|| self.try_restore(&context, &access, file, number, if_match)).await?;
        Ok(self.presenter.view(restored).await?)
    }

    async fn try_restore(
        &self,
        context: &Context,
        access: &Access,
        file: FileId,
        number: VersionNumber,
        if_match: Option<&IfMatch>,
    ) -> Result<File, TreeError> {
        let (mut unit, _) = context.enter(access.drive(), &Delta::default()).await?;
        let restored = self.restore_in(context, unit.as_mut(), access, (file, number), if_match).await;
        match context.end(unit, restored.map(Item::File)).await? {
            Item::File(file) => Ok(file),
            Item::Folder(_) => Err(TreeError::NotFound),
        }
    }

    async fn restore_in(
        &self,
        context: &Context,
        unit: &mut dyn UnitOfWork,
        access: &Access,
        (file, number): (FileId, VersionNumber),
        if_match: Option<&IfMatch>,
    ) -> Result<File, TreeError> {
        let before = file_in(unit, access, file).await?.ok_or(TreeError::NotFound)?;
        if !IfMatch::allows(if_match, before.revision) {
            return Err(TreeError::PreconditionFailed);
        }
        if number == before.version {
            return Ok(before);
        }
        let version = unit.versions().find(file, number).await?.ok_or(TreeError::NotFound)?;
        if version.blob == before.blob {
            return Ok(before);
        }
        // Before anything is dropped: the version itself may be one too many by now.
        if !unit.blobs().add_references(&[version.blob]).await? {
            return Err(TreeError::NotFound);
        }
        let now = context.clock.now();
        let pictured = self.thumbnailer.accepts(&version.content_type);
        let restored = NewContent {
            content_type: version.content_type,
            size: version.size,
            sha256: version.sha256,
            blob: version.blob,
            thumbnail: if pictured { ThumbnailState::Pending } else { ThumbnailState::None },
            modified_at: now,
            at: now,
        };
        let file = replace(context, unit, &before, &restored, &Delta::default()).await?;
        context.events.record(unit, now, Change::FileCopied { file: &file }).await?;
        Ok(file)
    }

    /// The version after the change. Pinned ones are kept until they are deleted by their numbers.
    pub async fn change(
        &self,
        actor: &Actor,
        command: ChangeVersionCommand,
    ) -> Result<VersionView, TreeError> {
        let access = actor.access(Right::Write)?;
        let context = self.context.by(actor);
        let (present, version) = retry_conflicts(|| try_change(&context, &access, &command)).await?;
        Ok(view_of(&self.presenter, &present, version).await?)
    }

    /// Deletes a version for good, or all that are not pinned.
    pub async fn delete(
        &self,
        actor: &Actor,
        file: FileId,
        number: Option<VersionNumber>,
    ) -> Result<(), TreeError> {
        let access = actor.access(Right::Delete)?;
        let context = self.context.by(actor);
        retry_conflicts(|| delete(&context, &access, file, number)).await
    }
}

/// A version of this file as it is seen now.
pub(super) async fn view_of(
    presenter: &FilePresenter,
    present: &File,
    version: Version,
) -> PortResult<VersionView> {
    // A version has no thumbnail.
    let then = File { thumbnail: ThumbnailState::None, ..holding(present.clone(), &version) };
    let FileView { download, expires_at, .. } = presenter.view(then).await?;
    Ok(VersionView { version, download, url_expires_at: expires_at })
}

/// The file with the content of a version in place of its own.
fn holding(file: File, version: &Version) -> File {
    File {
        content_type: version.content_type.clone(),
        size: version.size,
        sha256: version.sha256,
        blob: version.blob,
        ..file
    }
}

async fn try_change(
    context: &Context,
    access: &Access,
    command: &ChangeVersionCommand,
) -> Result<(File, Version), TreeError> {
    let (mut unit, _) = context.enter(access.drive(), &Delta::default()).await?;
    match change_in(context, unit.as_mut(), access, command).await {
        Ok(changed) => {
            // Again it comes to the same: a lost answer needs no reading back.
            unit.commit().await?;
            Ok(changed)
        }
        Err(error) => Err(roll_back(unit, error).await),
    }
}

/// The file, and the version after the change.
async fn change_in(
    context: &Context,
    unit: &mut dyn UnitOfWork,
    access: &Access,
    command: &ChangeVersionCommand,
) -> Result<(File, Version), TreeError> {
    let ChangeVersionCommand { file, number, is_pinned, label } = command;
    let present = file_in(unit, access, *file).await?.ok_or(TreeError::NotFound)?;
    if *number == present.version {
        return Err(TreeError::PresentContent);
    }
    let all = unit.versions().all(*file).await?;
    let version = all.iter().find(|version| version.number == *number).ok_or(TreeError::NotFound)?;
    let is_pinned = is_pinned.unwrap_or(version.is_pinned);
    let pinned = all.iter().filter(|version| version.is_pinned).count();
    if is_pinned && !version.is_pinned && pinned >= MAX_PINNED {
        return Err(TreeError::TooManyPinned);
    }
    let label = label.clone().unwrap_or_else(|| version.label.clone());
    unit.versions().set(*file, *number, is_pinned, label.clone()).await?;
    let changed = Version { is_pinned, label, ..version.clone() };
    if changed != *version {
        context.events.record(unit, context.clock.now(), Change::VersionChanged { file: &present }).await?;
    }
    Ok((present, changed))
}

async fn delete(
    context: &Context,
    access: &Access,
    file: FileId,
    number: Option<VersionNumber>,
) -> Result<(), TreeError> {
    let (mut unit, _) = context.enter(access.drive(), &Delta::default()).await?;
    match delete_in(context, unit.as_mut(), access, file, number).await {
        Ok(()) => Ok(unit.commit().await?),
        Err(error) => Err(roll_back(unit, error).await),
    }
}

async fn delete_in(
    context: &Context,
    unit: &mut dyn UnitOfWork,
    access: &Access,
    file: FileId,
    number: Option<VersionNumber>,
) -> Result<(), TreeError> {
    let present = file_in(unit, access, file).await?.ok_or(TreeError::NotFound)?;
    if number == Some(present.version) {
        return Err(TreeError::PresentContent);
    }
    let all = unit.versions().all(file).await?;
    let goes = |version: &&Version| number.map_or(!version.is_pinned, |number| version.number == number);
    let numbers: Vec<VersionNumber> = all.iter().filter(goes).map(|version| version.number).collect();
    if number.is_some() && numbers.is_empty() {
        return Err(TreeError::NotFound);
    }
    let gone = unit.versions().remove(file, &numbers).await?;
    let now = context.clock.now();
    if !gone.is_empty() {
        context.events.record(unit, now, Change::VersionsRemoved { file: &present }).await?;
    }
    let bytes: u64 = gone.iter().map(|version| version.size.bytes()).sum();
    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX).saturating_neg();
    let delta = Delta { used: bytes, versions: bytes, ..Delta::default() };
    unit.drives().charge(access.drive(), &delta, None).await?;
    let blobs: Vec<BlobId> = gone.iter().map(|version| version.blob).collect();
    Ok(drop_blobs(&context.events, unit, &blobs, now).await?)
}

#[cfg(test)]
mod tests;
