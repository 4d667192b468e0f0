//! The repos of units of work, and the queries of reads.

use fm_domain::blob::{
    BlobIntent, BlobKey, BlobQueries, BlobRecord, BlobRepo, DoomedBlob, ExpiredIntent, SettleBlob,
    StoredBlob, Sweepable, WrittenPart,
};
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::file::{
    File, FileFilter, FilePage, FileQueries, FileRepo, Revision, Sha256, ThumbnailState, UpdateFile,
};
use fm_domain::idempotency::{Claimed, FinishedUpload, IdempotencyKey, KeyClaim, KeyRepo};
use fm_domain::ids::{BlobId, FileId, JobId, UploadId, UserId};
use fm_domain::job::{ClaimedJob, Enqueued, JobKind, JobQueue, JobRecord, JobState, NewJob};
use fm_domain::store::Stored;
use fm_domain::upload::{Epoch, UpdateUpload, Upload, UploadQueries, UploadRepo};
use fm_domain::user::{
    Account, Charge, DisplayName, Email, InsertUser, PasswordHash, ReserveBytes, Tally, User, UserQueries,
    UserRepo,
};

use super::database::{FaultyReads, FaultyUnitOfWork};
use super::decorate::decorate;

decorate! {
    impl UserQueries for FaultyReads, self: &mut Self, by self.inner.users();
    find(id: UserId) -> Stored<Option<Account>> = UserQueriesFind;
    find_by_email(email: &Email) -> Stored<Option<Account>> = UserQueriesFindByEmail;
    tally(after: Option<UserId>, limit: u32) -> Stored<Vec<Tally>> = UserQueriesTally;
}

decorate! {
    impl FileQueries for FaultyReads, self: &mut Self, by self.inner.files();
    find(owner: UserId, id: FileId) -> Stored<Option<File>> = FileQueriesFind;
    list(owner: UserId, filter: &FileFilter, page: &FilePage) -> Stored<Vec<File>> = FileQueriesList;
    walk(after: Option<FileId>, limit: u32) -> Stored<Vec<File>> = FileQueriesWalk;
}

decorate! {
    impl BlobQueries for FaultyReads, self: &mut Self, by self.inner.blobs();
    find(ids: &[BlobId]) -> Stored<Vec<BlobRecord>> = BlobQueriesFind;
    count_sweepable(now: Timestamp, limit: u32) -> Stored<Sweepable> = BlobQueriesCountSweepable;
}

decorate! {
    impl UploadQueries for FaultyReads, self: &mut Self, by self.inner.uploads();
    find(owner: UserId, id: UploadId) -> Stored<Option<Upload>> = UploadQueriesFind;
}

decorate! {
    impl UserRepo for FaultyUnitOfWork, self: &mut Self, by self.inner.users();
    insert(user: &User) -> Result<(), InsertUser> = UserRepoInsert;
    find_for_update(id: UserId) -> Stored<Option<Account>> = UserRepoFindForUpdate;
    set_name(id: UserId, name: Option<DisplayName>) -> Stored<bool> = UserRepoSetName;
    set_password(id: UserId, seen: &PasswordHash, new: &PasswordHash) -> Stored<bool> = UserRepoSetPassword;
    reserve(id: UserId, bytes: ByteSize, quota: Option<ByteSize>) -> Result<(), ReserveBytes> = UserRepoReserve;
    unreserve(id: UserId, bytes: ByteSize) -> Stored<()> = UserRepoUnreserve;
    charge(id: UserId, charge: &Charge, quota: Option<ByteSize>) -> Result<(), ReserveBytes> = UserRepoCharge;
    remove(id: UserId) -> Stored<bool> = UserRepoRemove;
}

decorate! {
    impl FileRepo for FaultyUnitOfWork, self: &mut Self, by self.inner.files();
    insert(file: &File) -> Stored<()> = FileRepoInsert;
    find_for_update(owner: UserId, id: FileId) -> Stored<Option<File>> = FileRepoFindForUpdate;
    update(file: &File, seen: Revision) -> Result<(), UpdateFile> = FileRepoUpdate;
    set_thumbnail(id: FileId, of: BlobId, state: &ThumbnailState) -> Stored<bool> = FileRepoSetThumbnail;
    set_sha256(id: FileId, of: BlobId, sha256: Sha256) -> Stored<bool> = FileRepoSetSha256;
    remove(owner: UserId, id: FileId) -> Stored<Option<File>> = FileRepoRemove;
}

decorate! {
    impl BlobRepo for FaultyUnitOfWork, self: &mut Self, by self.inner.blobs();
    announce(intent: &BlobIntent) -> Stored<()> = BlobRepoAnnounce;
    renew(id: BlobId, expires_at: Timestamp) -> Stored<bool> = BlobRepoRenew;
    settle(id: BlobId, stored: &StoredBlob) -> Result<(), SettleBlob> = BlobRepoSettle;
    doom(id: BlobId, at: Timestamp) -> Stored<bool> = BlobRepoDoom;
    abandon(id: BlobId, at: Timestamp) -> Stored<bool> = BlobRepoAbandon;
    doom_owned(owner: UserId, at: Timestamp) -> Stored<u64> = BlobRepoDoomOwned;
    doom_expired(now: Timestamp, limit: u32) -> Stored<Vec<ExpiredIntent>> = BlobRepoDoomExpired;
    due(now: Timestamp, limit: u32) -> Stored<Vec<DoomedBlob>> = BlobRepoDue;
    find_doomed(key: &BlobKey) -> Stored<Option<DoomedBlob>> = BlobRepoFindDoomed;
    postpone(id: BlobId, until: Timestamp) -> Stored<()> = BlobRepoPostpone;
    forget(id: BlobId) -> Stored<()> = BlobRepoForget;
}

decorate! {
    impl KeyRepo for FaultyUnitOfWork, self: &mut Self, by self.inner.keys();
    claim(claim: &KeyClaim, now: Timestamp) -> Stored<Claimed> = KeyRepoClaim;
    renew(attempt: BlobId, lease_until: Timestamp) -> Stored<bool> = KeyRepoRenew;
    finish(attempt: BlobId, upload: &FinishedUpload, expires_at: Timestamp) -> Stored<bool> = KeyRepoFinish;
    free(attempt: BlobId) -> Stored<()> = KeyRepoFree;
    free_file(file: FileId) -> Stored<()> = KeyRepoFreeFile;
    purge_expired(now: Timestamp, limit: u32) -> Stored<u32> = KeyRepoPurgeExpired;
}

decorate! {
    impl UploadRepo for FaultyUnitOfWork, self: &mut Self, by self.inner.uploads();
    insert(upload: &Upload) -> Stored<()> = UploadRepoInsert;
    find_for_update(owner: UserId, id: UploadId) -> Stored<Option<Upload>> = UploadRepoFindForUpdate;
    find_by_key(owner: UserId, key: &IdempotencyKey) -> Stored<Option<Upload>> = UploadRepoFindByKey;
    update(upload: &Upload, seen: Epoch) -> Result<(), UpdateUpload> = UploadRepoUpdate;
    add_part(id: UploadId, part: &WrittenPart) -> Stored<()> = UploadRepoAddPart;
    parts(id: UploadId) -> Stored<Vec<WrittenPart>> = UploadRepoParts;
    remove(id: UploadId) -> Stored<bool> = UploadRepoRemove;
    forget_file(file: FileId) -> Stored<()> = UploadRepoForgetFile;
    expired(now: Timestamp, limit: u32) -> Stored<Vec<Upload>> = UploadRepoExpired;
    purge_ended(now: Timestamp, limit: u32) -> Stored<u32> = UploadRepoPurgeEnded;
}

decorate! {
    impl JobQueue for FaultyUnitOfWork, self: &mut Self, by self.inner.jobs();
    enqueue(job: &NewJob) -> Stored<Enqueued> = JobQueueEnqueue;
    claim(kinds: &[JobKind], now: Timestamp, lease_until: Timestamp, limit: u32)
        -> Stored<Vec<ClaimedJob>> = JobQueueClaim;
    renew(id: JobId, attempt: u32, lease_until: Timestamp) -> Stored<bool> = JobQueueRenew;
    complete(id: JobId, attempt: u32) -> Stored<bool> = JobQueueComplete;
    fail(id: JobId, attempt: u32, retry_at: Option<Timestamp>, reason: &str) -> Stored<bool> = JobQueueFail;
    next_due(kinds: &[JobKind]) -> Stored<Option<Timestamp>> = JobQueueNextDue;
    count_living() -> Stored<u64> = JobQueueCountLiving;
    list(state: Option<JobState>, after: Option<JobId>, limit: u32) -> Stored<Vec<JobRecord>> = JobQueueList;
    take_dead(id: JobId) -> Stored<Option<JobRecord>> = JobQueueTakeDead;
}
