//! Writes what lines hold into a unit of work.

use std::sync::Arc;

use fm_domain::accounts::{Account, Charge, InsertUser, ReserveBytes};
use fm_domain::archive::{ArchivedFile, ArchivedKey, LooseBlob, LooseState};
use fm_domain::audit::AuditEntry;
use fm_domain::blobs::{BlobIntent, BlobKey, MarkStored, StoredBlob};
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::database::UnitOfWork;
use fm_domain::error::{PortError, PortResult};
use fm_domain::events::{Change, Event};
use fm_domain::files::{File, ThumbnailState};
use fm_domain::idempotency::{Claimed, KeyClaim};
use fm_domain::ids::{BlobId, IdSource, JobId, UserId};

use super::{ImportError, LineProblem};
use crate::archive::format::{Counts, Line};
use crate::archive::lines::InvalidField;
use crate::jobs::{Job as _, VerifyBlob};
use crate::ports::FollowUps;

/// Why a line was not written.
pub(super) enum LoadError {
    Line(LineProblem),
    Row(PortError),
}

impl LoadError {
    /// The same, of the line with this number.
    pub(super) fn at(self, line: u64) -> ImportError {
        match self {
            Self::Line(problem) => ImportError::Line { line, problem },
            Self::Row(source) => ImportError::Row { line, source },
        }
    }
}

impl From<PortError> for LoadError {
    fn from(error: PortError) -> Self {
        Self::Row(error)
    }
}

impl From<LineProblem> for LoadError {
    fn from(problem: LineProblem) -> Self {
        Self::Line(problem)
    }
}

impl From<InvalidField> for LoadError {
    fn from(field: InvalidField) -> Self {
        Self::Line(field.into())
    }
}

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
    charge: Charge,
}

/// What was read so far.
pub(super) struct Load {
    /// `None`: the file is only checked.
    unit: Option<Box<dyn UnitOfWork>>,
    ids: Arc<dyn IdSource>,
    follow_ups: FollowUps,
    now: Timestamp,
    stage: Stage,
    counts: Counts,
}

impl Load {
    pub(super) fn new(
        unit: Option<Box<dyn UnitOfWork>>,
        ids: Arc<dyn IdSource>,
        follow_ups: FollowUps,
        now: Timestamp,
    ) -> Self {
        Self { unit, ids, follow_ups, now, stage: Stage::Users(None), counts: Counts::default() }
    }

    pub(super) const fn counts(&self) -> Counts {
        self.counts
    }

    pub(super) fn into_unit(self) -> Option<Box<dyn UnitOfWork>> {
        self.unit
    }

    /// Checks a line between the first and the last, and writes what it holds.
    pub(super) async fn line(&mut self, line: Line) -> Result<(), LoadError> {
        match line {
            Line::User(line) => self.user(line.account()?).await,
            Line::File(line) => self.file(line.archived()?).await,
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

    async fn user(&mut self, account: Account) -> Result<(), LoadError> {
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
        self.stage = Stage::Users(Some(Box::new(CurrentUser { account, charge: Charge::default() })));
        self.counts.users += 1;
        Ok(())
    }

    /// Charges the user for their files, and sets what is not of a new one. The charge goes first: a user may keep more than
    /// their own quota.
    async fn end(&mut self, user: Option<Box<CurrentUser>>) -> Result<(), LoadError> {
        let Some(user) = user else { return Ok(()) };
        let CurrentUser { account, charge } = *user;
        if i64::try_from(charge.add.bytes()).is_err() {
            return Err(LineProblem::TooManyBytes.into());
        }
        let Some(unit) = &mut self.unit else { return Ok(()) };
        let (id, users) = (account.user.id, unit.users());
        if charge != Charge::default() {
            match users.charge(id, &charge, None).await {
                Ok(()) => {}
                Err(ReserveBytes::Store(error)) => return Err(error.into()),
                Err(refused @ (ReserveBytes::QuotaExceeded | ReserveBytes::NoUser)) => {
                    return Err(PortError::Unexpected(Box::new(refused)).into());
                }
            }
        }
        if account.quota.is_some() {
            users.set_quota(id, account.quota).await?;
        }
        if account.suspended_at.is_some() {
            users.set_suspended(id, account.suspended_at).await?;
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

    async fn file(&mut self, archived: ArchivedFile) -> Result<(), LoadError> {
        let ArchivedFile { file, thumbnail_size } = archived;
        let charge = &mut self.current(file.owner)?.charge;
        charge.add = ByteSize::new(charge.add.bytes().saturating_add(file.size.bytes()));
        charge.files_added += 1;
        self.counts.files += 1;
        self.stored(BlobKey::file(file.blob), &file, file.size).await?;
        if let (ThumbnailState::Ready { blob, .. }, Some(size)) = (file.thumbnail, thumbnail_size) {
            self.stored(BlobKey::thumbnail(blob), &file, size).await?;
        }
        let Some(unit) = &mut self.unit else { return Ok(()) };
        unit.files().insert(&file).await?;
        let event = Event { at: self.now, change: Change::FileCreated { file: &file } };
        for follow_up in self.follow_ups.of(&event)? {
            let job = follow_up.due(JobId::new(self.ids.uuid()), self.now);
            unit.jobs().enqueue(&job).await?;
        }
        if file.sha256.is_none() {
            // The client's own promise went with the upload.
            let File { id, owner, blob, .. } = file;
            let verify = VerifyBlob { owner, file: id, blob, promised: None };
            let job = verify.enqueued(JobId::new(self.ids.uuid()), self.now)?;
            unit.jobs().enqueue(&job).await?;
        }
        Ok(())
    }

    /// A blob whose bytes are in the store.
    async fn stored(&mut self, key: BlobKey, file: &File, size: ByteSize) -> Result<(), LoadError> {
        let intent = self.intent(key, file.owner, self.now);
        let Some(unit) = &mut self.unit else { return Ok(()) };
        unit.blobs().record_intent(&intent).await?;
        mark_stored(&mut **unit, key.id, size).await?;
        Ok(())
    }

    fn intent(&self, key: BlobKey, owner: UserId, expires_at: Timestamp) -> BlobIntent {
        BlobIntent { key, owner, reserved: ByteSize::ZERO, recorded_at: self.now, expires_at }
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
        let intent = self.intent(key, owner, expires_at);
        let now = self.now;
        let Some(unit) = &mut self.unit else { return Ok(()) };
        unit.blobs().record_intent(&intent).await?;
        let (deleted_at, due_at, was_stored) = match state {
            LooseState::Intent { .. } => return Ok(()),
            LooseState::Ownerless => (now, now, true),
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
