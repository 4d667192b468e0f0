//! Idempotency keys.

use std::ops::Bound;

use async_trait::async_trait;
use fm_domain::archive::ArchivedKey;
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};
use fm_domain::idempotency::{Claimed, FinishedUpload, IdempotencyKey, KeyClaim, KeyRepo};
use fm_domain::ids::{BlobId, FileId, UserId};

use super::tables::{Map, Set, Tables};
use super::unit::MemoryUnitOfWork;

/// A key with its user.
type Name = (UserId, String);

/// Keys by name, by the attempt that holds them, by the file that came of them, and by when they end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keys {
    by_name: Map<Name, KeyRow>,
    by_attempt: Map<BlobId, Name>,
    by_file: Set<(FileId, Name)>,
    ending: Set<(Timestamp, Name)>,
}

#[derive(Debug, Clone)]
struct KeyRow {
    attempt: BlobId,
    /// The end of the lease, or of the memory of a finished upload.
    ends_at: Timestamp,
    finished: Option<FinishedUpload>,
}

impl Keys {
    fn take(&mut self, name: &Name) -> Option<KeyRow> {
        let row = self.by_name.get(name).cloned()?;
        self.by_name.remove_mut(name);
        self.by_attempt.remove_mut(&row.attempt);
        self.ending.remove_mut(&(row.ends_at, name.clone()));
        if let Some(upload) = &row.finished {
            self.by_file.remove_mut(&(upload.file, name.clone()));
        }
        Some(row)
    }

    fn put(&mut self, name: Name, row: KeyRow) {
        self.take(&name);
        self.by_attempt.insert_mut(row.attempt, name.clone());
        self.ending.insert_mut((row.ends_at, name.clone()));
        if let Some(upload) = &row.finished {
            self.by_file.insert_mut((upload.file, name.clone()));
        }
        self.by_name.insert_mut(name, row);
    }

    /// The key that the unfinished attempt holds.
    fn held_by(&self, attempt: BlobId) -> Option<Name> {
        let name = self.by_attempt.get(&attempt)?;
        self.by_name.get(name).filter(|row| row.finished.is_none()).map(|_| name.clone())
    }

    /// Finished keys of the user after this one, by their bytes.
    pub(crate) fn finished(
        &self,
        user: UserId,
        after: Option<&IdempotencyKey>,
        limit: usize,
    ) -> PortResult<Vec<ArchivedKey>> {
        let after = (user, after.map_or_else(String::new, |key| key.as_str().to_owned()));
        let rows = self.by_name.range((Bound::Excluded(after), Bound::Unbounded));
        let finished = rows.take_while(|(name, _)| name.0 == user).filter_map(|((_, key), row)| {
            let upload = row.finished.clone()?;
            let key = key.parse().map_err(|error| PortError::Unexpected(Box::new(error)));
            Some(key.map(|key| ArchivedKey { key, upload, expires_at: row.ends_at }))
        });
        finished.take(limit).collect()
    }

    fn remove_all(&mut self, names: &[Name]) {
        for name in names {
            self.take(name);
        }
    }

    /// Removes up to `limit` keys of the user; answers how many.
    pub(crate) fn remove_owned(&mut self, user: UserId, limit: usize) -> usize {
        let from = (user, String::new());
        let owned = self.by_name.range(from..).take_while(|(name, _)| name.0 == user).take(limit);
        let names: Vec<Name> = owned.map(|(name, _)| name.clone()).collect();
        self.remove_all(&names);
        names.len()
    }
}

#[async_trait]
impl KeyRepo for MemoryUnitOfWork {
    async fn claim(&mut self, claim: &KeyClaim, now: Timestamp) -> PortResult<Claimed> {
        let Tables { users, keys, .. } = &mut self.tables;
        let name = (claim.user, claim.key.as_str().to_owned());
        let living = keys.by_name.get(&name).filter(|row| row.ends_at > now && !users.is_removed(claim.user));
        if let Some(row) = living {
            if let Some(upload) = &row.finished {
                return Ok(Claimed::Done(upload.clone()));
            }
            if row.attempt != claim.attempt {
                return Ok(Claimed::Running { lease_until: row.ends_at });
            }
        }
        if keys.by_attempt.get(&claim.attempt).is_some_and(|held| *held != name) {
            return Err(self.fail("an attempt that holds another key"));
        }
        keys.put(name, KeyRow { attempt: claim.attempt, ends_at: claim.lease_until, finished: None });
        Ok(Claimed::Held)
    }

    async fn renew(&mut self, attempt: BlobId, lease_until: Timestamp) -> PortResult<bool> {
        let keys = &mut self.tables.keys;
        let Some(name) = keys.held_by(attempt) else { return Ok(false) };
        keys.put(name, KeyRow { attempt, ends_at: lease_until, finished: None });
        Ok(true)
    }

    async fn finish(
        &mut self,
        attempt: BlobId,
        upload: &FinishedUpload,
        expires_at: Timestamp,
    ) -> PortResult<bool> {
        let keys = &mut self.tables.keys;
        let Some(name) = keys.held_by(attempt) else { return Ok(false) };
        keys.put(name, KeyRow { attempt, ends_at: expires_at, finished: Some(upload.clone()) });
        Ok(true)
    }

    async fn free(&mut self, attempt: BlobId) -> PortResult<()> {
        if let Some(name) = self.tables.keys.held_by(attempt) {
            self.tables.keys.take(&name);
        }
        Ok(())
    }

    async fn free_file(&mut self, file: FileId) -> PortResult<()> {
        let keys = &mut self.tables.keys;
        let from = (file, (UserId::new(uuid::Uuid::nil()), String::new()));
        let of_file = keys.by_file.range(from..).take_while(|(of, _)| *of == file);
        let names: Vec<Name> = of_file.map(|(_, name)| name.clone()).collect();
        keys.remove_all(&names);
        Ok(())
    }

    async fn purge_expired(&mut self, now: Timestamp, limit: u32) -> PortResult<u32> {
        let keys = &mut self.tables.keys;
        let ended = keys.ending.iter().take_while(|(ends_at, _)| *ends_at < now).take(limit as usize);
        let names: Vec<Name> = ended.map(|(_, name)| name.clone()).collect();
        keys.remove_all(&names);
        Ok(u32::try_from(names.len()).unwrap_or(u32::MAX))
    }
}
