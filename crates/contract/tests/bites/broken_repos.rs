//! The repos of databases with one fault: each passes everything on, but for that fault.

use async_trait::async_trait;
use fm_domain::accounts::{
    Account, Charge, DisplayName, InsertUser, PasswordHash, ReserveBytes, User, UserRepo,
};
use fm_domain::blobs::{BlobIntent, BlobKey, BlobRepo, DoomedBlob, ExpiredIntent, SettleBlob, StoredBlob};
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::files::{
    File, FileFilter, FilePage, FileQueries, FileRepo, Revision, Sha256, ThumbnailState, TypeFilter,
    UpdateFile,
};
use fm_domain::ids::{BlobId, FileId, UserId};

use crate::broken_database::{BrokenReads, BrokenUnit, Fault};

#[async_trait]
impl UserRepo for BrokenUnit {
    async fn insert(&mut self, user: &User) -> Result<(), InsertUser> {
        let inserted = self.honest().users().insert(user).await;
        self.hurt |= self.is(Fault::PoisonsOnConflict) && inserted.is_err();
        inserted
    }

    async fn find_for_update(&mut self, id: UserId) -> PortResult<Option<Account>> {
        self.honest().users().find_for_update(id).await
    }

    async fn set_name(&mut self, id: UserId, name: Option<DisplayName>) -> PortResult<bool> {
        self.honest().users().set_name(id, name).await
    }

    async fn set_password(
        &mut self,
        id: UserId,
        seen: &PasswordHash,
        new: &PasswordHash,
    ) -> PortResult<bool> {
        let any = self.is(Fault::ReplacesAnyPassword);
        let users = self.honest().users();
        let stored = users.find_for_update(id).await?.map(|account| account.user.password_hash);
        users.set_password(id, stored.as_ref().filter(|_| any).unwrap_or(seen), new).await
    }

    async fn reserve(
        &mut self,
        id: UserId,
        bytes: ByteSize,
        quota: Option<ByteSize>,
    ) -> Result<(), ReserveBytes> {
        let quota = quota.filter(|_| !self.is(Fault::IgnoresQuota));
        self.honest().users().reserve(id, bytes, quota).await
    }

    async fn unreserve(&mut self, id: UserId, bytes: ByteSize) -> PortResult<()> {
        self.honest().users().unreserve(id, bytes).await
    }

    async fn charge(
        &mut self,
        id: UserId,
        charge: &Charge,
        quota: Option<ByteSize>,
    ) -> Result<(), ReserveBytes> {
        if self.is(Fault::AddsBeforeItFrees) {
            let first = Charge { free: ByteSize::ZERO, unreserve: ByteSize::ZERO, ..*charge };
            let second = Charge { free: charge.free, unreserve: charge.unreserve, ..Charge::default() };
            self.honest().users().charge(id, &first, quota).await?;
            return self.honest().users().charge(id, &second, quota).await;
        }
        self.honest().users().charge(id, charge, quota).await
    }

    async fn remove(&mut self, id: UserId) -> PortResult<bool> {
        self.honest().users().remove(id).await
    }
}

#[async_trait]
impl FileQueries for BrokenReads {
    async fn find(&mut self, owner: UserId, id: FileId) -> PortResult<Option<File>> {
        self.inner.files().find(owner, id).await
    }

    async fn list(&mut self, owner: UserId, filter: &FileFilter, page: &FilePage) -> PortResult<Vec<File>> {
        let mut filter = filter.clone();
        let pattern = match &filter.content_type {
            Some(TypeFilter::Family(family)) if self.fault == Fault::ReadsTypesAsPatterns => {
                family.contains('_')
            }
            _ => false,
        };
        if pattern {
            filter.content_type = None;
        }
        let skip = usize::from(page.after.is_some() && self.fault == Fault::SkipsOnPaging);
        let limit = page.limit + u32::try_from(skip).unwrap();
        let files = self.inner.files().list(owner, &filter, &FilePage { limit, ..page.clone() }).await?;
        if self.fault == Fault::RepeatsOnPaging && page.after.is_some() {
            // The last file of the page before comes first again.
            let all = FilePage { after: None, limit: u32::MAX, ..page.clone() };
            let mut all = self.inner.files().list(owner, &filter, &all).await?;
            let from = all.len() - files.len();
            if files.is_empty() {
                return Ok(files);
            }
            let mut again = all.split_off(from.saturating_sub(1));
            again.truncate(page.limit.max(2) as usize);
            return Ok(again);
        }
        Ok(files.into_iter().skip(skip).collect())
    }

    async fn walk(&mut self, after: Option<FileId>, limit: u32) -> PortResult<Vec<File>> {
        let skip = usize::from(after.is_some() && self.fault == Fault::SkipsOnWalking);
        let files = self.inner.files().walk(after, limit).await?;
        Ok(files.into_iter().skip(skip).collect())
    }
}

#[async_trait]
impl FileRepo for BrokenUnit {
    async fn insert(&mut self, file: &File) -> PortResult<()> {
        self.has_files = true;
        let inserted = self.honest().files().insert(file).await;
        self.hurt |= self.is(Fault::LiesAboutCommit) && inserted.is_err();
        inserted
    }

    async fn find_for_update(&mut self, owner: UserId, id: FileId) -> PortResult<Option<File>> {
        self.honest().files().find_for_update(owner, id).await
    }

    async fn update(&mut self, file: &File, seen: Revision) -> Result<(), UpdateFile> {
        let any = self.is(Fault::IgnoresRevision);
        let files = self.honest().files();
        let stored = files.find_for_update(file.owner, file.id).await?.map(|stored| stored.revision);
        files.update(file, stored.filter(|_| any).unwrap_or(seen)).await
    }

    async fn set_thumbnail(&mut self, id: FileId, of: BlobId, state: &ThumbnailState) -> PortResult<bool> {
        let set = self.honest().files().set_thumbnail(id, of, state).await?;
        Ok(set || self.is(Fault::SetsAnyThumbnail))
    }

    async fn set_sha256(&mut self, id: FileId, of: BlobId, sha256: Sha256) -> PortResult<bool> {
        let set = self.honest().files().set_sha256(id, of, sha256).await?;
        Ok(set || self.is(Fault::SetsAnyHash))
    }

    async fn remove(&mut self, owner: UserId, id: FileId) -> PortResult<Option<File>> {
        self.honest().files().remove(owner, id).await
    }
}

#[async_trait]
impl BlobRepo for BrokenUnit {
    async fn announce(&mut self, intent: &BlobIntent) -> PortResult<()> {
        self.honest().blobs().announce(intent).await
    }

    async fn renew(&mut self, id: BlobId, expires_at: Timestamp) -> PortResult<bool> {
        self.honest().blobs().renew(id, expires_at).await
    }

    async fn settle(&mut self, id: BlobId, stored: &StoredBlob) -> Result<(), SettleBlob> {
        let settled = self.honest().blobs().settle(id, stored).await;
        if self.is(Fault::SettlesTheDoomed) { Ok(()) } else { settled }
    }

    async fn doom(&mut self, id: BlobId, at: Timestamp) -> PortResult<bool> {
        self.honest().blobs().doom(id, at).await
    }

    async fn abandon(&mut self, id: BlobId, at: Timestamp) -> PortResult<bool> {
        if self.is(Fault::AbandonsTheSettled) {
            return self.honest().blobs().doom(id, at).await;
        }
        self.honest().blobs().abandon(id, at).await
    }

    async fn doom_owned(&mut self, owner: UserId, at: Timestamp) -> PortResult<u64> {
        self.honest().blobs().doom_owned(owner, at).await
    }

    async fn doom_expired(&mut self, now: Timestamp, limit: u32) -> PortResult<Vec<ExpiredIntent>> {
        self.honest().blobs().doom_expired(now, limit).await
    }

    async fn due(&mut self, now: Timestamp, limit: u32) -> PortResult<Vec<DoomedBlob>> {
        self.honest().blobs().due(now, limit).await
    }

    async fn find_doomed(&mut self, key: &BlobKey) -> PortResult<Option<DoomedBlob>> {
        self.honest().blobs().find_doomed(key).await
    }

    async fn postpone(&mut self, id: BlobId, until: Timestamp) -> PortResult<()> {
        self.honest().blobs().postpone(id, until).await
    }

    async fn forget(&mut self, id: BlobId) -> PortResult<()> {
        if self.is(Fault::ForgetsTheLiving) {
            self.honest().blobs().doom(id, Timestamp::from_unix_seconds(0)).await?;
        }
        self.honest().blobs().forget(id).await
    }
}
