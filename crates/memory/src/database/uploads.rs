//! Uploads and their parts.

use std::sync::Arc;

use async_trait::async_trait;
use fm_domain::access::Access;
use fm_domain::blobs::WrittenPart;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::idempotency::IdempotencyKey;
use fm_domain::ids::{FileId, UploadId, UserId};
use fm_domain::uploads::{Epoch, UpdateUpload, Upload, UploadQueries, UploadRepo, UploadStatus};
use uuid::Uuid;

use super::access::visible_owner;
use super::tables::{Map, Set, Tables};
use super::unit::MemoryUnitOfWork;

/// Before and after every id.
const LEAST: UploadId = UploadId::new(Uuid::nil());
const MOST: UploadId = UploadId::new(Uuid::max());

/// Before and after every moment.
const BEGINNING: Timestamp = Timestamp::from_unix_micros(i64::MIN);
const END: Timestamp = Timestamp::from_unix_micros(i64::MAX);

/// Uploads by id, by what they are found by, and in the orders in which they are swept.
#[derive(Debug, Clone, Default)]
pub(crate) struct Uploads {
    by_id: Map<UploadId, Arc<Upload>>,
    parts: Map<(UploadId, u32), WrittenPart>,
    owned: Set<(UserId, UploadId)>,
    by_key: Set<(UserId, String, Timestamp, UploadId)>,
    by_file: Set<(FileId, UploadId)>,
    /// Open ones, by when they expire.
    open: Set<(Timestamp, UploadId)>,
    /// Complete and expired ones, by when they are to be forgotten.
    ended: Set<(Timestamp, UploadId)>,
}

impl Uploads {
    /// How many are not finished.
    pub(crate) fn count_all_open(&self) -> usize {
        self.open.size()
    }

    fn find(&self, owner: UserId, id: UploadId) -> Option<Upload> {
        self.by_id.get(&id).filter(|upload| upload.owner == owner).map(|upload| Upload::clone(upload))
    }

    fn put(&mut self, upload: Upload) {
        let id = upload.id;
        self.owned.insert_mut((upload.owner, id));
        if let Some(key) = &upload.key {
            self.by_key.insert_mut((upload.owner, key.as_str().to_owned(), upload.created_at, id));
        }
        match upload.status {
            UploadStatus::Open => self.open.insert_mut((upload.expires_at, id)),
            UploadStatus::Complete(file) => {
                self.by_file.insert_mut((file, id));
                self.ended.insert_mut((upload.expires_at, id));
            }
            UploadStatus::Expired => self.ended.insert_mut((upload.expires_at, id)),
        }
        self.by_id.insert_mut(id, Arc::new(upload));
    }

    /// Takes the upload with its places in every order; its parts stay.
    fn take(&mut self, id: UploadId) -> Option<Arc<Upload>> {
        let upload = self.by_id.get(&id).cloned()?;
        self.by_id.remove_mut(&id);
        self.owned.remove_mut(&(upload.owner, id));
        if let Some(key) = &upload.key {
            self.by_key.remove_mut(&(upload.owner, key.as_str().to_owned(), upload.created_at, id));
        }
        match upload.status {
            UploadStatus::Open => self.open.remove_mut(&(upload.expires_at, id)),
            UploadStatus::Complete(file) => {
                self.by_file.remove_mut(&(file, id));
                self.ended.remove_mut(&(upload.expires_at, id))
            }
            UploadStatus::Expired => self.ended.remove_mut(&(upload.expires_at, id)),
        };
        Some(upload)
    }

    fn parts_of(&self, id: UploadId) -> impl Iterator<Item = &WrittenPart> {
        self.parts.range((id, 0)..=(id, u32::MAX)).map(|(_, part)| part)
    }

    fn remove(&mut self, id: UploadId) -> bool {
        let numbers: Vec<u32> = self.parts_of(id).map(|part| part.number).collect();
        for number in numbers {
            self.parts.remove_mut(&(id, number));
        }
        self.take(id).is_some()
    }

    fn remove_all(&mut self, ids: &[UploadId]) {
        for id in ids {
            self.remove(*id);
        }
    }

    fn count_open(&self, owner: UserId) -> usize {
        let theirs = self.owned.range((owner, LEAST)..=(owner, MOST));
        let theirs = theirs.filter_map(|(_, id)| self.by_id.get(id));
        theirs.filter(|upload| upload.status == UploadStatus::Open).count()
    }

    /// Removes up to `limit` rows of uploads of the owner, each after its parts, which count too; answers how many.
    pub(crate) fn remove_owned(&mut self, owner: UserId, limit: usize) -> usize {
        let theirs = self.owned.range((owner, LEAST)..=(owner, MOST)).take(limit);
        let ids: Vec<UploadId> = theirs.map(|(_, id)| *id).collect();
        let mut removed = 0;
        for id in ids {
            let numbers: Vec<u32> = self.parts_of(id).take(limit - removed).map(|part| part.number).collect();
            for number in &numbers {
                self.parts.remove_mut(&(id, *number));
            }
            removed += numbers.len();
            if removed == limit {
                break;
            }
            self.take(id);
            removed += 1;
        }
        removed
    }
}

impl Tables {
    fn visible_upload(&self, access: &Access, id: UploadId) -> Option<Upload> {
        self.uploads.find(visible_owner(access, &self.users)?, id)
    }
}

#[async_trait]
impl UploadQueries for Tables {
    async fn find(&mut self, access: &Access, id: UploadId) -> PortResult<Option<Upload>> {
        Ok(self.visible_upload(access, id))
    }
}

#[async_trait]
impl UploadRepo for MemoryUnitOfWork {
    async fn insert(&mut self, upload: &Upload) -> PortResult<()> {
        if self.tables.uploads.by_id.contains_key(&upload.id) {
            return Err(self.fail("a second upload with one id"));
        }
        if !self.tables.users.contains(upload.owner) {
            return Err(self.fail("an upload without an owner"));
        }
        self.tables.uploads.put(upload.clone());
        Ok(())
    }

    async fn find_for_update(&mut self, access: &Access, id: UploadId) -> PortResult<Option<Upload>> {
        Ok(self.tables.visible_upload(access, id))
    }

    async fn find_by_key(&mut self, access: &Access, key: &IdempotencyKey) -> PortResult<Option<Upload>> {
        let Some(owner) = visible_owner(access, &self.tables.users) else { return Ok(None) };
        let uploads = &self.tables.uploads;
        let place = |at, id| (owner, key.as_str().to_owned(), at, id);
        let latest = uploads.by_key.range(place(BEGINNING, LEAST)..=place(END, MOST)).next_back();
        Ok(latest.and_then(|(_, _, _, id)| uploads.find(owner, *id)))
    }

    async fn count_open(&mut self, owner: UserId) -> PortResult<u64> {
        Ok(self.tables.uploads.count_open(owner) as u64)
    }

    async fn update(&mut self, upload: &Upload, seen: Epoch) -> Result<(), UpdateUpload> {
        let Tables { users, uploads, .. } = &mut self.tables;
        let old = uploads.by_id.get(&upload.id).filter(|old| !users.is_removed(old.owner));
        if old.is_none_or(|old| old.epoch != seen) {
            return Err(UpdateUpload::Fenced);
        }
        if let Some(old) = uploads.take(upload.id) {
            uploads.put(Upload {
                owner: old.owner,
                transport: old.transport,
                key: old.key.clone(),
                created_at: old.created_at,
                ..upload.clone()
            });
        }
        Ok(())
    }

    async fn add_part(&mut self, id: UploadId, part: &WrittenPart) -> PortResult<()> {
        if !self.tables.uploads.by_id.contains_key(&id) {
            return Err(self.fail("a part of no upload"));
        }
        self.tables.uploads.parts.insert_mut((id, part.number), part.clone());
        Ok(())
    }

    async fn parts(&mut self, id: UploadId) -> PortResult<Vec<WrittenPart>> {
        Ok(self.tables.uploads.parts_of(id).cloned().collect())
    }

    async fn remove(&mut self, id: UploadId) -> PortResult<bool> {
        Ok(self.tables.uploads.remove(id))
    }

    async fn remove_of_file(&mut self, file: FileId) -> PortResult<()> {
        let uploads = &mut self.tables.uploads;
        let made = uploads.by_file.range((file, LEAST)..=(file, MOST));
        let ids: Vec<UploadId> = made.map(|(_, id)| *id).collect();
        uploads.remove_all(&ids);
        Ok(())
    }

    async fn expired(&mut self, now: Timestamp, limit: u32) -> PortResult<Vec<Upload>> {
        let Tables { users, uploads, .. } = &self.tables;
        let expired = uploads.open.iter().take_while(|(expires_at, _)| *expires_at < now);
        let expired = expired.filter_map(|(_, id)| uploads.by_id.get(id));
        let expired = expired.filter(|upload| !users.is_removed(upload.owner)).take(limit as usize);
        Ok(expired.map(|upload| Upload::clone(upload)).collect())
    }

    async fn purge_ended(&mut self, now: Timestamp, limit: u32) -> PortResult<u32> {
        let uploads = &mut self.tables.uploads;
        let over = uploads.ended.iter().take_while(|(expires_at, _)| *expires_at < now);
        let ids: Vec<UploadId> = over.map(|(_, id)| *id).take(limit as usize).collect();
        uploads.remove_all(&ids);
        Ok(u32::try_from(ids.len()).unwrap_or(u32::MAX))
    }
}
