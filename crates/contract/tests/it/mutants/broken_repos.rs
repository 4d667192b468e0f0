//! The repos of databases with one fault: each passes everything on, but for that fault.

use async_trait::async_trait;
use fm_domain::access::{Access, Right};
use fm_domain::accounts::{
    Account, Charge, DisplayName, Email, InsertUser, PasswordHash, ReserveBytes, Role, User, UserRepo,
};
use fm_domain::blobs::{
    BlobIntent, BlobKey, BlobRepo, Bucket, ExpiredIntent, MarkStored, StoredBlob, Tombstone,
};
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::files::{
    Charset, File, FileFilter, FilePage, FileQueries, FileRepo, PageKey, Revision, Sha256, SortOrder,
    ThumbnailState, TypeFilter, UpdateFile,
};
use fm_domain::ids::{BlobId, FileId, UserId};
use uuid::Uuid;

use crate::mutants::broken_database::{BrokenReads, BrokenUnit, Fault, PAGE, narrow};
use crate::mutants::broken_removal::RemovalFault;
use crate::mutants::broken_tree::TreeFault;
use crate::mutants::fresh_database::{first, limit_31, with_id, without_accents};

impl BrokenUnit {
    /// The hash as its column has it.
    fn hash(&self, hash: &PasswordHash) -> PasswordHash {
        let most = if self.is(Fault::KeepsHashesIn60Characters) { 60 } else { usize::MAX };
        PasswordHash::new(first(hash.expose(), most))
    }
}

#[async_trait]
impl UserRepo for BrokenUnit {
    async fn insert(&mut self, user: &User) -> Result<(), InsertUser> {
        let plain = without_accents(user.email.key());
        let like = |other: &Email| without_accents(other.key()) == plain;
        if self.is(Fault::IgnoresAccentsOfAddresses) && self.common.emails.lock().unwrap().iter().any(like) {
            return Err(InsertUser::EmailTaken);
        }
        if self.has_address_of_the_removed(&user.email) {
            return Err(InsertUser::EmailTaken);
        }
        let user = User { password_hash: self.hash(&user.password_hash), ..user.clone() };
        let inserted = self.honest().users().insert(&user).await;
        if inserted.is_ok() {
            self.bring_back(user.id).await?;
            self.common.trail.users.lock().unwrap().insert(user.id);
            self.common.emails.lock().unwrap().push(user.email);
        }
        self.hurt |= self.is(Fault::PoisonsOnConflict) && inserted.is_err();
        if inserted.is_err() && self.is(Fault::CallsEveryConflictATakenAddress) {
            return Err(InsertUser::EmailTaken);
        }
        inserted
    }

    async fn find_for_update(&mut self, id: UserId) -> PortResult<Option<Account>> {
        self.honest().users().find_for_update(id).await
    }

    async fn set_name(&mut self, id: UserId, name: Option<DisplayName>) -> PortResult<bool> {
        if name.is_none() && self.is(Fault::KeepsNamesThatAreCleared) {
            return Ok(self.honest().users().find_for_update(id).await?.is_some());
        }
        let text = name.as_ref().map(|name| match self.fault {
            Fault::TrimsNames => name.as_str().trim().to_owned(),
            Fault::KeepsNamesIn16Bits => {
                name.as_str().replace(|character| u32::from(character) > 0xFFFF, "\u{FFFD}")
            }
            _ => name.as_str().to_owned(),
        });
        let name = text.map(|text| DisplayName::from_stored(&text).unwrap());
        self.honest().users().set_name(id, name).await
    }

    async fn set_password(
        &mut self,
        id: UserId,
        seen: &PasswordHash,
        new: &PasswordHash,
    ) -> PortResult<bool> {
        let any = self.is(Fault::ReplacesAnyPassword);
        let (seen, new) = (&self.hash(seen), &self.hash(new));
        let users = self.honest().users();
        let stored = users.find_for_update(id).await?.map(|account| account.user.password_hash);
        users.set_password(id, stored.as_ref().filter(|_| any).unwrap_or(seen), new).await
    }

    async fn set_role(&mut self, id: UserId, role: Role) -> PortResult<bool> {
        self.give_role(id, role).await
    }

    async fn set_suspended(&mut self, id: UserId, since: Option<Timestamp>) -> PortResult<bool> {
        self.suspend(id, since).await
    }

    async fn set_quota(&mut self, id: UserId, quota: Option<ByteSize>) -> PortResult<bool> {
        self.give_quota(id, quota).await
    }

    async fn lock_admins(&mut self) -> PortResult<Vec<UserId>> {
        self.admins().await
    }

    async fn reserve(
        &mut self,
        id: UserId,
        bytes: ByteSize,
        quota: Option<ByteSize>,
    ) -> Result<(), ReserveBytes> {
        let reserved = self.reserve_bytes(id, bytes, quota).await;
        self.charged_anyway(id, reserved)
    }

    async fn unreserve(&mut self, id: UserId, bytes: ByteSize) -> PortResult<()> {
        let bytes = if self.is(Fault::ReservesIn32Bits) { narrow(bytes) } else { bytes };
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
        let grows = charge.add.bytes() > charge.unreserve.bytes().saturating_add(charge.free.bytes());
        if self.is(Fault::FreesBeforeItAdds) && !grows {
            let first = Charge { add: ByteSize::ZERO, files_added: 0, ..*charge };
            let second = Charge { add: charge.add, files_added: charge.files_added, ..Charge::default() };
            self.honest().users().charge(id, &first, None).await?;
            return self.honest().users().charge(id, &second, None).await;
        }
        let mut charge = *charge;
        if self.is(Fault::CountsFilesIn32Bits) {
            charge.files_added &= u64::from(u32::MAX);
            charge.files_removed &= u64::from(u32::MAX);
        }
        let charge = &charge;
        let quota = match quota {
            Some(quota) if self.is(Fault::RefusesAFullQuota) => {
                Some(ByteSize::new(quota.bytes().saturating_sub(1)))
            }
            Some(quota) if self.is(Fault::ForgetsReservations) => {
                let account = self.honest().users().find_for_update(id).await?;
                let reserved = account.map_or(0, |account| account.storage.reserved.bytes());
                Some(ByteSize::new(quota.bytes() + reserved - charge.unreserve.bytes().min(reserved)))
            }
            quota => quota,
        };
        let charged = self.honest().users().charge(id, charge, quota).await;
        self.charged_anyway(id, charged)
    }

    async fn mark_removed(&mut self, id: UserId, at: Timestamp) -> PortResult<bool> {
        self.mark_user(id, at).await
    }

    async fn remove_contents(&mut self, id: UserId, at: Timestamp, limit: u32) -> PortResult<u32> {
        self.take_contents(id, at, limit).await
    }

    async fn remove(&mut self, id: UserId) -> PortResult<bool> {
        self.remove_user(id).await
    }
}

#[async_trait]
impl FileQueries for BrokenReads {
    async fn find(&mut self, access: &Access, id: FileId) -> PortResult<Option<File>> {
        if self.fault == Fault::RemembersFiles
            && let Some(file) = self.memory.files.lock().unwrap().get(&id)
        {
            return Ok(Some(file.clone()).filter(|file| file.owner == access.owner()));
        }
        let found = self.inner.files().find(access, id).await?;
        // Files without an edit: most of them are asked for twice.
        if let Some(file) = found.as_ref().filter(|file| file.revision == Revision::FIRST) {
            self.memory.files.lock().unwrap().insert(id, file.clone());
        }
        Ok(found)
    }

    async fn find_with_trash(&mut self, access: &Access, id: FileId) -> PortResult<Option<File>> {
        if self.has(TreeFault::FindsLivingFilesAlone) {
            return self.inner.files().find(access, id).await;
        }
        self.inner.files().find_with_trash(access, id).await
    }

    async fn list(&mut self, access: &Access, filter: &FileFilter, page: &FilePage) -> PortResult<Vec<File>> {
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
        if matches!(
            self.fault,
            Fault::SearchesOldNames | Fault::SortsByOldNames | Fault::SearchesWithoutAccents
        ) {
            return self.list_by_old_names(access, &filter, page).await;
        }
        if self.fault == Fault::ReadsBackslashesAsEscapes {
            filter.name_contains = filter.name_contains.map(|text| text.replace('\\', ""));
        }
        if self.fault == Fault::ListsFilesOfEveryFolder {
            filter.parent = None;
        }
        if self.fault == Fault::FiltersAfterTheLimit {
            let mut files = self.inner.files().list(access, &FileFilter::default(), page).await?;
            let all = FilePage { after: None, limit: u32::MAX, ..page.clone() };
            let wanted = self.inner.files().list(access, &filter, &all).await?;
            files.retain(|file| wanted.contains(file));
            return Ok(files);
        }
        let mut page = page.clone();
        page.after = page.after.map(|after| match (after, self.fault) {
            (PageKey::CreatedAt(moment, id), Fault::PagesToTheMillisecond) => {
                let micros = moment.unix_micros();
                PageKey::CreatedAt(Timestamp::from_unix_micros(micros - micros.rem_euclid(1000)), id)
            }
            (PageKey::Size(size, id), Fault::PagesSizesAsFloats) => {
                // As IEEE 754 has it beyond 2^53: even numbers alone.
                let bytes = size.bytes();
                PageKey::Size(ByteSize::new(if bytes < 1 << 53 { bytes } else { bytes & !1 }), id)
            }
            (after, _) => after,
        });
        if self.fault == Fault::PagesFiltersByTheKeyAlone && filter != FileFilter::default() {
            let last = FileId::new(match page.order {
                SortOrder::Ascending => Uuid::max(),
                SortOrder::Descending => Uuid::nil(),
            });
            page.after = page.after.map(|after| with_id(after, last));
        }
        if let Some(after) = page.after.clone()
            && self.fault == Fault::PagesFromTheRowOfTheKey
        {
            let (PageKey::CreatedAt(_, id) | PageKey::Name(_, id) | PageKey::Size(_, id)) = after;
            page.after = self.inner.files().find(access, id).await?.map(|_| after);
        }
        if self.fault == Fault::TakesLimitsAs31Bits {
            page.limit = limit_31(page.limit);
        }
        if self.fault == Fault::ListsAPageOfFiles {
            page.limit = page.limit.min(PAGE);
        }
        let page = &page;
        let skip = usize::from(page.after.is_some() && self.fault == Fault::SkipsOnPaging);
        let limit = page.limit + u32::try_from(skip).unwrap();
        let files = self.inner.files().list(access, &filter, &FilePage { limit, ..page.clone() }).await?;
        if self.fault == Fault::RepeatsOnPaging && page.after.is_some() {
            // The last file of the page before comes first again.
            let all = FilePage { after: None, limit: u32::MAX, ..page.clone() };
            let mut all = self.inner.files().list(access, &filter, &all).await?;
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
        let limit = if self.fault == Fault::WalksAPage { limit.min(PAGE) } else { limit };
        let mut files = self.inner.files().walk(after, limit).await?;
        files.extend(self.walked_anyway());
        Ok(files.into_iter().skip(skip).collect())
    }
}

#[async_trait]
impl FileRepo for BrokenUnit {
    async fn find_for_update(&mut self, access: &Access, id: FileId) -> PortResult<Option<File>> {
        if self.is(Fault::GivesOwnersNothingButReading) && access.right() != Right::Read {
            return Ok(None);
        }
        self.honest().files().find_for_update(access, id).await
    }

    async fn update(&mut self, file: &File, seen: Revision) -> Result<(), UpdateFile> {
        self.replace_file(file, seen).await
    }

    async fn set_thumbnail(&mut self, id: FileId, of: BlobId, state: &ThumbnailState) -> PortResult<bool> {
        let state = &self.thumbnail(*state);
        let set = self.honest().files().set_thumbnail(id, of, state).await?;
        let owner = self.common.files.lock().unwrap().get(&id).map(|file| file.owner);
        let is_marked = owner.is_some_and(|owner| self.is_marked(owner));
        let anyway = self.removes(RemovalFault::SetsThumbnailsOfTheRemoved) && is_marked;
        Ok(set || anyway || self.is(Fault::SetsAnyThumbnail))
    }

    async fn set_sha256(
        &mut self,
        id: FileId,
        of: BlobId,
        sha256: Sha256,
        charset: Option<Charset>,
    ) -> PortResult<bool> {
        let set = self.honest().files().set_sha256(id, of, sha256, charset).await?;
        Ok(set || self.is(Fault::SetsAnyHash))
    }

    async fn remove(&mut self, access: &Access, id: FileId) -> PortResult<Option<File>> {
        let owner = self.common.files.lock().unwrap().get(&id).map(|file| file.owner);
        if let Some(owner) = owner.filter(|_| self.is(Fault::RemovesAnybodysFiles)) {
            return self.honest().files().remove(&Access::on_behalf_of(owner, Right::Delete), id).await;
        }
        self.honest().files().remove(access, id).await
    }
}

#[async_trait]
impl BlobRepo for BrokenUnit {
    async fn record_intent(&mut self, intent: &BlobIntent) -> PortResult<()> {
        let again = !self.common.ids.lock().unwrap().insert(intent.key.id.uuid());
        if again && self.is(Fault::RecordsIntentsAgain) {
            return Ok(());
        }
        self.common.owners.lock().unwrap().insert(intent.key.id, intent.owner);
        let mut intent = intent.clone();
        let is_thumbnail = intent.key.bucket == Bucket::Thumbnails;
        if is_thumbnail && self.is(Fault::ExpiresFilesAlone) {
            intent.expires_at = Timestamp::from_unix_micros(i64::MAX);
        }
        if is_thumbnail && self.is(Fault::ForgetsOwnersOfThumbnails) {
            intent.owner = UserId::new(Uuid::nil());
        }
        if self.is(Fault::RecordsIntentsIn32Bits) {
            intent.reserved = narrow(intent.reserved);
        }
        self.honest().blobs().record_intent(&intent).await
    }

    async fn renew(&mut self, id: BlobId, expires_at: Timestamp) -> PortResult<bool> {
        self.honest().blobs().renew(id, expires_at).await
    }

    async fn mark_stored(&mut self, id: BlobId, stored: &StoredBlob) -> Result<(), MarkStored> {
        let size = if self.is(Fault::StoresSizesIn32Bits) { narrow(stored.size) } else { stored.size };
        let stored = self.honest().blobs().mark_stored(id, &StoredBlob { size }).await;
        if self.is(Fault::MarksTombstonesStored) { Ok(()) } else { stored }
    }

    async fn mark_deleted(&mut self, id: BlobId, at: Timestamp) -> PortResult<bool> {
        self.honest().blobs().mark_deleted(id, at).await
    }

    async fn cancel_intent(&mut self, id: BlobId, at: Timestamp) -> PortResult<bool> {
        if self.is(Fault::CancelsTheStored) {
            return self.honest().blobs().mark_deleted(id, at).await;
        }
        let at = if self.is(Fault::CancelsAtOnce) { Timestamp::from_unix_seconds(0) } else { at };
        self.honest().blobs().cancel_intent(id, at).await
    }

    async fn cancel_expired(&mut self, now: Timestamp, limit: u32) -> PortResult<Vec<ExpiredIntent>> {
        let limit = if self.is(Fault::MarksAPageDeleted) { limit.min(PAGE) } else { limit };
        let later = now.plus(std::time::Duration::from_micros(1));
        let now = if self.is(Fault::CancelsWhatEndsNow) { later } else { now };
        self.honest().blobs().cancel_expired(now, limit).await
    }

    async fn due(&mut self, now: Timestamp, limit: u32) -> PortResult<Vec<Tombstone>> {
        let limit = if self.is(Fault::FindsAPageDue) { limit.min(PAGE) } else { limit };
        let mut due = self.honest().blobs().due(now, limit).await?;
        if self.is(Fault::PostponesTheDeletionItself) {
            let postponed = self.common.postponed.lock().unwrap();
            for tombstone in &mut due {
                tombstone.deleted_at =
                    postponed.get(&tombstone.key.id).copied().unwrap_or(tombstone.deleted_at);
            }
        }
        Ok(due)
    }

    async fn find_tombstones(&mut self, keys: &[BlobKey]) -> PortResult<Vec<Tombstone>> {
        let mut asked = keys.to_vec();
        if self.is(Fault::FindsTombstonesInAnyBucket) {
            asked = keys.iter().flat_map(|key| [BlobKey::file(key.id), BlobKey::thumbnail(key.id)]).collect();
        }
        self.honest().blobs().find_tombstones(&asked).await
    }

    async fn postpone(&mut self, id: BlobId, until: Timestamp) -> PortResult<()> {
        self.common.postponed.lock().unwrap().insert(id, until);
        self.honest().blobs().postpone(id, until).await
    }

    async fn add_references(&mut self, ids: &[BlobId]) -> PortResult<bool> {
        self.refer_to(ids).await
    }

    async fn drop_references(&mut self, ids: &[BlobId], at: Timestamp) -> PortResult<Vec<BlobKey>> {
        self.drop_references_to(ids, at).await
    }

    async fn remove(&mut self, id: BlobId) -> PortResult<()> {
        if self.is(Fault::ForgetsTheLiving) {
            self.honest().blobs().mark_deleted(id, Timestamp::from_unix_seconds(0)).await?;
        }
        self.honest().blobs().remove(id).await
    }
}
