//! Writes what lines hold into a unit of work.

use std::sync::Arc;

use fm_domain::accounts::{Account, InsertUser};
use fm_domain::archive::{
    ArchiveUnit, ArchivedBlob, ArchivedKey, ArchivedNode, LooseBlob, LooseState, TreeFault,
};
use fm_domain::audit::AuditEntry;
use fm_domain::blobs::{BlobIntent, BlobKey, MarkStored, StoredBlob};
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::database::UnitOfWork;
use fm_domain::error::{PortError, PortResult};
use fm_domain::events::Change;
use fm_domain::files::{File, ThumbnailState};
use fm_domain::idempotency::{Claimed, KeyClaim};
use fm_domain::ids::{BlobId, DriveId, IdSource, UserId};
use fm_domain::tree::{Item, Operation, OperationStatus, Seq, Version};

use super::LineProblem;
use super::batch::{Batch, under_a_free_name};
use super::due_jobs::DueJobs;
use super::load_error::LoadError;
use crate::archive::format::{Counts, Line};
use crate::ports::FollowUps;

/// What lines may come.
enum Stage {
    /// Users, each with what is theirs.
    Users(Option<Box<CurrentUser>>),
    Blobs,
    Audit,
}

/// The user whose line came last.
struct CurrentUser {
    account: Account,
    seq: Seq,
    /// The sizes of all their contents, of which counters are made.
    bytes: u64,
}

/// What was read so far.
pub(super) struct Load {
    /// `None`: the file is only checked.
    unit: Option<Box<dyn ArchiveUnit>>,
    ids: Arc<dyn IdSource>,
    jobs: DueJobs,
    now: Timestamp,
    /// Whether the file knows folders, so that names are those of a tree.
    has_folders: bool,
    stage: Stage,
    batch: Batch,
    counts: Counts,
}

impl Load {
    pub(super) fn new(
        unit: Option<Box<dyn ArchiveUnit>>,
        ids: Arc<dyn IdSource>,
        follow_ups: FollowUps,
        now: Timestamp,
    ) -> Self {
        Self {
            unit,
            jobs: DueJobs::new(ids.clone(), follow_ups, now),
            ids,
            now,
            has_folders: true,
            stage: Stage::Users(None),
            batch: Batch::default(),
            counts: Counts::default(),
        }
    }

    /// Lines of this version of the format come.
    pub(super) const fn reads_version(&mut self, version: u32) {
        self.has_folders = version > 1;
    }

    pub(super) const fn counts(&self) -> Counts {
        self.counts
    }

    pub(super) fn into_unit(self) -> Option<Box<dyn ArchiveUnit>> {
        self.unit
    }

    /// Checks a line between the first and the last, and writes what it holds.
    pub(super) async fn line(&mut self, line: Line) -> Result<(), LoadError> {
        match line {
            Line::User(line) => {
                let (account, seq) = line.account()?;
                self.user(account, seq).await
            }
            Line::Folder(line) => self.node(line.archived()?).await,
            Line::File(line) => self.node(line.archived()?).await,
            Line::Version(line) => {
                let (owner, version) = line.archived()?;
                self.version(owner, version).await
            }
            Line::Operation(line) => self.operation(line.archived()?).await,
            Line::Key(line) => {
                let (owner, key) = line.archived()?;
                self.key(owner, key).await
            }
            Line::Blob(line) => self.blob(line.loose()?).await,
            Line::Audit(line) => self.audit(&line.entry()?).await,
            Line::Export(_) => Err(LineProblem::Misplaced("the file has one header").into()),
            Line::End(_) => Ok(()),
        }
    }

    /// Ends the user whose line came last.
    pub(super) async fn finish(&mut self) -> Result<(), LoadError> {
        let Stage::Users(user) = std::mem::replace(&mut self.stage, Stage::Audit) else { return Ok(()) };
        self.end(user).await
    }

    /// Counts the references to blobs, and looks whether the items are a tree.
    pub(super) async fn check_tree(&mut self) -> PortResult<Option<TreeFault>> {
        let now = self.now;
        let Some(unit) = &mut self.unit else { return Ok(None) };
        unit.rows().recount_references(now).await?;
        Ok(unit.rows().faults(1).await?.pop())
    }

    async fn user(&mut self, account: Account, seq: Seq) -> Result<(), LoadError> {
        let Stage::Users(before) = &mut self.stage else {
            return Err(LineProblem::Misplaced("users come first").into());
        };
        let before = before.take();
        self.end(before).await?;
        if let Some(unit) = &mut self.unit {
            match unit.users().insert(&account.user).await {
                Ok(()) => {}
                Err(InsertUser::EmailTaken) => return Err(LineProblem::AddressTaken.into()),
                Err(InsertUser::Store(error)) => return Err(error.into()),
            }
        }
        self.stage = Stage::Users(Some(Box::new(CurrentUser { account, seq, bytes: 0 })));
        self.counts.users += 1;
        Ok(())
    }

    /// Counts what is in the drive of the user, and sets what is not of a new one.
    async fn end(&mut self, user: Option<Box<CurrentUser>>) -> Result<(), LoadError> {
        let Some(user) = user else { return Ok(()) };
        let CurrentUser { account, seq, bytes } = *user;
        if i64::try_from(bytes).is_err() {
            return Err(LineProblem::TooManyBytes.into());
        }
        self.flush().await?;
        let Some(unit) = &mut self.unit else { return Ok(()) };
        let id = account.user.id;
        unit.rows().set_seq(DriveId::of_user(id), seq).await?;
        unit.rows().recount_drive(DriveId::of_user(id)).await?;
        if account.quota.is_some() {
            unit.users().set_quota(id, account.quota).await?;
        }
        if account.suspended_at.is_some() {
            unit.users().set_suspended(id, account.suspended_at).await?;
        }
        Ok(())
    }

    /// The user whose line came last, if it is this one.
    fn current(&mut self, owner: UserId) -> Result<&mut CurrentUser, LoadError> {
        match &mut self.stage {
            Stage::Users(Some(user)) if user.account.user.id == owner => Ok(user),
            Stage::Users(_) | Stage::Blobs | Stage::Audit => {
                Err(LineProblem::Misplaced("it follows the line of another user than its owner").into())
            }
        }
    }

    async fn node(&mut self, archived: ArchivedNode) -> Result<(), LoadError> {
        self.current(archived.item.drive().owner())?;
        match &archived.item {
            Item::Folder(_) => self.counts.folders += 1,
            Item::File(file) => self.file(file, archived.thumbnail_size).await?,
        }
        if self.has_folders {
            self.batch.nodes.push(archived);
            return self.flush_if_full().await;
        }
        if let Some(unit) = &mut self.unit {
            let archived = under_a_free_name(unit.nodes(), archived).await?;
            self.batch.nodes.push(archived);
        }
        self.flush().await
    }

    /// Adds the blobs of a file, and enqueues what it waits for.
    async fn file(&mut self, file: &File, thumbnail_size: Option<ByteSize>) -> Result<(), LoadError> {
        self.add_bytes(file.owner, file.size)?;
        self.counts.files += 1;
        self.stored(BlobKey::file(file.blob), file.owner, file.size);
        if let (ThumbnailState::Ready { blob, .. }, Some(size)) = (file.thumbnail, thumbnail_size) {
            self.stored(BlobKey::thumbnail(blob), file.owner, size);
        }
        let Some(unit) = &mut self.unit else { return Ok(()) };
        self.jobs.follow(&mut **unit, Change::FileCreated { file }).await?;
        if file.sha256.is_none() {
            self.jobs.verify(&mut **unit, file).await?;
        }
        Ok(())
    }

    fn add_bytes(&mut self, owner: UserId, size: ByteSize) -> Result<(), LoadError> {
        let user = self.current(owner)?;
        user.bytes = user.bytes.saturating_add(size.bytes());
        Ok(())
    }

    async fn version(&mut self, owner: UserId, version: Version) -> Result<(), LoadError> {
        self.add_bytes(owner, version.size)?;
        self.counts.versions += 1;
        self.stored(BlobKey::file(version.blob), owner, version.size);
        self.batch.versions.push(version);
        self.flush_if_full().await
    }

    /// A blob whose bytes are in the store. It may have come before: items share blobs.
    fn stored(&mut self, key: BlobKey, owner: UserId, size: ByteSize) {
        self.batch.blobs.push(ArchivedBlob { key, owner, size });
    }

    async fn flush_if_full(&mut self) -> Result<(), LoadError> {
        if self.batch.is_full() { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), LoadError> {
        let batch = std::mem::take(&mut self.batch);
        let Some(unit) = &mut self.unit else { return Ok(()) };
        Ok(batch.write(unit.rows(), self.now).await?)
    }

    async fn operation(&mut self, operation: Operation) -> Result<(), LoadError> {
        self.current(operation.owner)?;
        self.counts.operations += 1;
        let Some(unit) = &mut self.unit else { return Ok(()) };
        unit.operations().insert(&operation).await?;
        if operation.status == OperationStatus::Running {
            let Operation { id, owner, .. } = operation;
            self.jobs.follow(&mut **unit, Change::OperationBegun { operation: id, owner }).await?;
        }
        Ok(())
    }

    async fn key(&mut self, owner: UserId, archived: ArchivedKey) -> Result<(), LoadError> {
        self.current(owner)?;
        self.counts.keys += 1;
        let ArchivedKey { key, upload, expires_at } = archived;
        // Below the time of any claim, so that an expired key is taken like any other.
        let claimed_at = Timestamp::from_unix_micros(-1);
        let attempt = BlobId::new(self.ids.uuid());
        let claim = KeyClaim { user: owner, key, attempt, lease_until: expires_at };
        let Some(unit) = &mut self.unit else { return Ok(()) };
        match unit.keys().claim(&claim, claimed_at).await? {
            Claimed::Held => {}
            Claimed::Running { .. } | Claimed::Done(_) => return Err(LineProblem::KeyTaken.into()),
        }
        unit.keys().finish(attempt, &upload, expires_at).await?;
        Ok(())
    }

    async fn blob(&mut self, blob: LooseBlob) -> Result<(), LoadError> {
        self.enter(Stage::Blobs).await?;
        self.counts.blobs += 1;
        let LooseBlob { key, owner, state } = blob;
        let expires_at = if let LooseState::Intent { expires_at } = state { expires_at } else { self.now };
        let now = self.now;
        let intent = BlobIntent { key, owner, reserved: ByteSize::ZERO, recorded_at: now, expires_at };
        let Some(unit) = &mut self.unit else { return Ok(()) };
        unit.blobs().record_intent(&intent).await?;
        let (deleted_at, due_at, was_stored) = match state {
            LooseState::Intent { .. } => return Ok(()),
            LooseState::Unreferenced => (now, now, true),
            LooseState::Deleted { deleted_at, due_at, was_stored } => (deleted_at, due_at, was_stored),
        };
        if was_stored {
            // Its size is of no use any more.
            mark_stored(&mut **unit, key.id, ByteSize::ZERO).await?;
        }
        unit.blobs().mark_deleted(key.id, deleted_at).await?;
        unit.blobs().postpone(key.id, due_at).await?;
        Ok(())
    }

    async fn audit(&mut self, entry: &AuditEntry) -> Result<(), LoadError> {
        self.enter(Stage::Audit).await?;
        self.counts.audit += 1;
        let Some(unit) = &mut self.unit else { return Ok(()) };
        unit.audit().append(entry).await?;
        Ok(())
    }

    /// Goes on to a stage from it or one before.
    async fn enter(&mut self, next: Stage) -> Result<(), LoadError> {
        if matches!((&self.stage, &next), (Stage::Audit, Stage::Blobs)) {
            return Err(LineProblem::Misplaced("blobs come before the audit trail").into());
        }
        match std::mem::replace(&mut self.stage, next) {
            Stage::Users(user) => self.end(user).await,
            Stage::Blobs | Stage::Audit => Ok(()),
        }
    }
}

async fn mark_stored(unit: &mut dyn UnitOfWork, id: BlobId, size: ByteSize) -> PortResult<()> {
    match unit.blobs().mark_stored(id, &StoredBlob { size }).await {
        Ok(()) => Ok(()),
        Err(MarkStored::Store(error)) => Err(error),
        Err(MarkStored::NoIntent) => Err(PortError::Unexpected("the intent is gone".into())),
    }
}
