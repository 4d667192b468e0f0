//! The uploads of databases with one fault: each passes everything on, but for that fault.

use async_trait::async_trait;
use fm_domain::access::{Access, Right};
use fm_domain::blobs::{PartTag, WrittenPart};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::idempotency::IdempotencyKey;
use fm_domain::ids::{FileId, UploadId, UserId};
use fm_domain::uploads::{Epoch, Transport, UpdateUpload, Upload, UploadQueries, UploadRepo, UploadStatus};

use crate::mutants::broken_database::{BrokenReads, BrokenUnit, Fault, PAGE, broken};
use crate::mutants::broken_removal::RemovalFault;
use crate::mutants::fresh_database::first;
use crate::mutants::mutants;

impl BrokenUnit {
    fn inserted(&self, id: UploadId) -> Option<Upload> {
        self.inserted.lock().unwrap().get(&id).cloned()
    }

    /// The upload as this store writes it, with its fault.
    fn with_fault(&self, upload: &Upload) -> Upload {
        let mut upload = upload.clone();
        if self.is(Fault::LosesEmptyStates) {
            upload.state = upload.state.filter(|state| !state.as_bytes().is_empty());
        }
        if self.is(Fault::LosesStates) {
            upload.state = None;
        }
        upload
    }
}

#[async_trait]
impl UploadQueries for BrokenReads {
    async fn find(&mut self, access: &Access, id: UploadId) -> PortResult<Option<Upload>> {
        let inserted = self.inserted.lock().unwrap().get(&id).cloned();
        if self.fault == Fault::RemembersWhatIsGone && inserted.is_some() {
            return Ok(inserted.filter(|upload| upload.owner == access.owner()));
        }
        let anybody = inserted.filter(|_| self.fault == Fault::ShowsOthersUploads);
        let access = anybody
            .map_or_else(|| access.clone(), |upload| Access::on_behalf_of(upload.owner, access.right()));
        self.inner.uploads().find(&access, id).await
    }
}

#[async_trait]
impl UploadRepo for BrokenUnit {
    async fn insert(&mut self, upload: &Upload) -> PortResult<()> {
        let again = self.inserted.lock().unwrap().insert(upload.id, upload.clone()).is_some();
        if again && self.is(Fault::InsertsUploadsAgain) {
            return Ok(());
        }
        let written = self.with_fault(upload);
        self.honest().uploads().insert(&written).await
    }

    async fn find_for_update(&mut self, access: &Access, id: UploadId) -> PortResult<Option<Upload>> {
        if self.is(Fault::GivesOwnersNothingButReading) && access.right() != Right::Read {
            return Ok(None);
        }
        let anybody = self.inserted(id).filter(|_| self.is(Fault::ShowsOthersUploads));
        let access = anybody
            .map_or_else(|| access.clone(), |upload| Access::on_behalf_of(upload.owner, access.right()));
        if self.fault == Fault::FindsUploadsBeforeItsTurn
            && let Some(early) = &mut self.early
        {
            return early.uploads().find(&access, id).await;
        }
        self.honest().uploads().find_for_update(&access, id).await
    }

    async fn find_by_key(&mut self, access: &Access, key: &IdempotencyKey) -> PortResult<Option<Upload>> {
        let found = self.honest().uploads().find_by_key(access, key).await?;
        if self.is(Fault::FindsTheFirstOfEqualUploads)
            && let Some(last) = &found
        {
            let equal = |upload: &&Upload| {
                (upload.owner, &upload.key, upload.created_at) == (last.owner, &last.key, last.created_at)
            };
            let first = self.inserted.lock().unwrap().values().find(equal).map(|upload| upload.id);
            let first = first.unwrap_or(last.id);
            return self.honest().uploads().find_for_update(access, first).await;
        }
        Ok(found.filter(|_| !self.is(Fault::FindsNoKey)))
    }

    async fn count_open(&mut self, owner: UserId) -> PortResult<u64> {
        if self.is(Fault::CountsEndedUploads) {
            let ids = self.inserted.lock().unwrap();
            return Ok(ids.values().filter(|upload| upload.owner == owner).count() as u64);
        }
        let open = self.honest().uploads().count_open(owner).await?;
        Ok(if self.is(Fault::CountsNoOpenUploads) { 0 } else { open })
    }

    async fn update(&mut self, upload: &Upload, seen: Epoch) -> Result<(), UpdateUpload> {
        let mut written = self.with_fault(upload);
        if self.is(Fault::KeepsTheEpoch) {
            written.epoch = seen;
        }
        if self.is(Fault::KeepsUploadsOpen) {
            written.status = UploadStatus::Open;
        }
        let owner = self.inserted(upload.id).map_or(upload.owner, |inserted| inserted.owner);
        let any = self.is(Fault::IgnoresEpoch);
        let (keeps, inserts) =
            (self.is(Fault::KeepsWhatUploadsNoLongerHave), self.is(Fault::InsertsWhatItUpdates));
        let anyway = self.removes(RemovalFault::UpdatesUploadsOfTheRemoved) && self.is_marked(owner);
        let uploads = self.honest().uploads();
        let access = Access::on_behalf_of(owner, Right::Write);
        let stored = uploads.find_for_update(&access, upload.id).await?;
        match &stored {
            Some(stored) if keeps => {
                written.length = written.length.or(stored.length);
                written.state = written.state.or_else(|| stored.state.clone());
            }
            None if inserts => return Ok(uploads.insert(&written).await?),
            None if anyway => return Ok(()),
            _ => {}
        }
        let stored = stored.filter(|_| any);
        uploads.update(&written, stored.map_or(seen, |stored| stored.epoch)).await
    }

    async fn add_part(&mut self, id: UploadId, part: &WrittenPart) -> PortResult<()> {
        let mut part = part.clone();
        if self.is(Fault::KeepsTagsIn32Characters) {
            part.tag = PartTag::new(first(part.tag.as_str(), 32));
        }
        self.honest().uploads().add_part(id, &part).await
    }

    async fn parts(&mut self, id: UploadId) -> PortResult<Vec<WrittenPart>> {
        let mut parts = self.honest().uploads().parts(id).await?;
        if self.is(Fault::GivesPartsBackwards) {
            parts.reverse();
        }
        Ok(parts)
    }

    async fn remove(&mut self, id: UploadId) -> PortResult<bool> {
        if self.is(Fault::KeepsTheRemoved) {
            return Ok(true);
        }
        self.honest().uploads().remove(id).await
    }

    async fn remove_of_file(&mut self, file: FileId) -> PortResult<()> {
        if self.is(Fault::ForgetsNoFile) {
            return Ok(());
        }
        self.honest().uploads().remove_of_file(file).await
    }

    async fn expired(&mut self, now: Timestamp, limit: u32) -> PortResult<Vec<Upload>> {
        let limit = if self.is(Fault::ExpiresWithoutLimit) { u32::MAX } else { limit };
        let limit = if self.is(Fault::ExpiresAPageOfUploads) { limit.min(PAGE) } else { limit };
        let mut expired = self.honest().uploads().expired(now, limit).await?;
        if self.removes(RemovalFault::ExpiresUploadsOfTheRemoved) {
            let inserted = self.inserted.lock().unwrap();
            expired.extend(inserted.values().filter(|upload| self.is_marked(upload.owner)).cloned());
        }
        let every = !self.is(Fault::ExpiresResumableUploadsAlone);
        expired.retain(|upload| every || upload.transport == Transport::Resumable);
        Ok(expired)
    }

    async fn purge_ended(&mut self, now: Timestamp, limit: u32) -> PortResult<u32> {
        let open = self.is(Fault::PurgesTheOpen);
        let limit = if self.is(Fault::PurgesAPageOfUploads) { limit.min(PAGE) } else { limit };
        let uploads = self.honest().uploads();
        let mut purged = uploads.purge_ended(now, limit).await?;
        if open {
            for upload in uploads.expired(now, limit).await? {
                uploads.remove(upload.id).await?;
                purged += 1;
            }
        }
        Ok(purged)
    }
}

mutants! {
    a_repo_that_sets_any_hash: broken(Fault::SetsAnyHash) => database, ["FILE-14", "FILE-20", "FILE-27"];
    a_repo_that_ignores_epochs: broken(Fault::IgnoresEpoch) => database, ["UPLOAD-02", "UPLOAD-03"];
    a_repo_that_keeps_the_epoch: broken(Fault::KeepsTheEpoch) => database,
        ["UPLOAD-02", "UPLOAD-03", "UPLOAD-04", "UPLOAD-07"];
    a_repo_that_loses_states: broken(Fault::LosesStates) => database, ["UPLOAD-01", "UPLOAD-04"];
    a_repo_that_loses_empty_states: broken(Fault::LosesEmptyStates) => database, ["UPLOAD-01"];
    a_repo_that_gives_owners_nothing_but_reading: broken(Fault::GivesOwnersNothingButReading) => database,
        ["FILE-03", "UPLOAD-05"];
    a_repo_that_shows_others_uploads: broken(Fault::ShowsOthersUploads) => database, ["UPLOAD-05"];
    a_repo_that_finds_no_upload_by_its_key: broken(Fault::FindsNoKey) => database, ["UPLOAD-06", "UPLOAD-19"];
    a_repo_that_remembers_uploads_that_are_gone: broken(Fault::RemembersWhatIsGone) => database,
        ["UOW-17", "UPLOAD-02", "UPLOAD-03", "UPLOAD-04", "UPLOAD-07", "UPLOAD-08", "UPLOAD-10", "UPLOAD-11", "UPLOAD-14", "UPLOAD-15", "UOW-12", "UPLOAD-17", "UPLOAD-18", "USER-26", "UPLOAD-23", "TREE-27"];
    a_repo_that_gives_parts_backwards: broken(Fault::GivesPartsBackwards) => database, ["UPLOAD-09"];
    a_repo_that_keeps_removed_uploads: broken(Fault::KeepsTheRemoved) => database,
        ["UPLOAD-06", "UPLOAD-10", "UPLOAD-21"];
    a_repo_that_forgets_no_upload_of_a_file: broken(Fault::ForgetsNoFile) => database, ["UPLOAD-11"];
    a_repo_that_gives_expired_uploads_without_limit: broken(Fault::ExpiresWithoutLimit) => database,
        ["UPLOAD-12", "UPLOAD-16"];
    a_repo_that_gives_expired_uploads_again: broken(Fault::KeepsUploadsOpen) => database,
        ["UPLOAD-04", "UPLOAD-13", "UPLOAD-21"];
    a_repo_that_counts_uploads_that_ended: broken(Fault::CountsEndedUploads) => database, ["UPLOAD-21"];
    a_repo_that_counts_no_open_uploads: broken(Fault::CountsNoOpenUploads) => database,
        ["UPLOAD-21", "UPLOAD-22"];
    a_repo_that_purges_open_uploads: broken(Fault::PurgesTheOpen) => database, ["UPLOAD-14", "UPLOAD-16"];
}
