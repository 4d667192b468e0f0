//! The repos of units of work, and the queries of reads.

use fm_domain::access::Access;
use fm_domain::accounts::{
    Account, Charge, DisplayName, Email, InsertUser, PasswordHash, ReserveBytes, Role, Tally, User,
    UserCounts, UserFilter, UserQueries, UserRepo,
};
use fm_domain::audit::{AuditEntry, AuditFilter, AuditPage, AuditQueries, AuditRepo};
use fm_domain::blobs::{
    BlobIntent, BlobKey, BlobQueries, BlobRecord, BlobRepo, ExpiredIntent, MarkStored, StoredBlob, Sweepable,
    Tombstone, WrittenPart,
};
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::files::{
    Charset, File, FileFilter, FilePage, FileQueries, FileRepo, Revision, Sha256, ThumbnailState, UpdateFile,
};
use fm_domain::idempotency::{Claimed, FinishedUpload, IdempotencyKey, KeyClaim, KeyRepo};
use fm_domain::ids::{BlobId, FileId, JobId, UploadId, UserId};
use fm_domain::jobs::{
    ClaimedJob, Enqueued, JobKind, JobQueries, JobQueue, JobRecord, JobState, NewJob, QueueDepth,
};
use fm_domain::previews::{Preview, PreviewQueries, PreviewRepo, PreviewSize, PreviewState};
use fm_domain::uploads::{Epoch, UpdateUpload, Upload, UploadQueries, UploadRepo};

use super::database::{FaultyReads, FaultyUnitOfWork};
use super::decorate::decorate;

decorate! {
    impl UserQueries for FaultyReads, self: &mut Self, by self.inner.users();
    find(id: UserId) -> PortResult<Option<Account>> = UserQueriesFind;
    find_by_email(email: &Email) -> PortResult<Option<Account>> = UserQueriesFindByEmail;
    tally(after: Option<UserId>, limit: u32) -> PortResult<Vec<Tally>> = UserQueriesTally;
    list(filter: &UserFilter, after: Option<UserId>, limit: u32) -> PortResult<Vec<Account>> = UserQueriesList;
    count() -> PortResult<UserCounts> = UserQueriesCount;
}

decorate! {
    impl FileQueries for FaultyReads, self: &mut Self, by self.inner.files();
    find(access: &Access, id: FileId) -> PortResult<Option<File>> = FileQueriesFind;
    find_with_trash(access: &Access, id: FileId) -> PortResult<Option<File>> = FileQueriesFindWithTrash;
    list(access: &Access, filter: &FileFilter, page: &FilePage) -> PortResult<Vec<File>> = FileQueriesList;
    walk(after: Option<FileId>, limit: u32) -> PortResult<Vec<File>> = FileQueriesWalk;
}

decorate! {
    impl BlobQueries for FaultyReads, self: &mut Self, by self.inner.blobs();
    find(ids: &[BlobId]) -> PortResult<Vec<BlobRecord>> = BlobQueriesFind;
    count_sweepable(now: Timestamp, limit: u32) -> PortResult<Sweepable> = BlobQueriesCountSweepable;
}

decorate! {
    impl PreviewQueries for FaultyReads, self: &mut Self, by self.inner.previews();
    find(original: BlobId, size: PreviewSize) -> PortResult<Option<PreviewState>> = PreviewQueriesFind;
    walk(after: Option<BlobId>, limit: u32) -> PortResult<Vec<Preview>> = PreviewQueriesWalk;
}

decorate! {
    impl UploadQueries for FaultyReads, self: &mut Self, by self.inner.uploads();
    find(access: &Access, id: UploadId) -> PortResult<Option<Upload>> = UploadQueriesFind;
}

decorate! {
    impl JobQueries for FaultyReads, self: &mut Self, by self.inner.jobs();
    depths(now: Timestamp) -> PortResult<Vec<QueueDepth>> = JobQueriesDepths;
    list(state: Option<JobState>, after: Option<JobId>, limit: u32) -> PortResult<Vec<JobRecord>> = JobQueriesList;
    has_living(unique: &str) -> PortResult<bool> = JobQueriesHasLiving;
}

decorate! {
    impl AuditQueries for FaultyReads, self: &mut Self, by self.inner.audit();
    list(filter: &AuditFilter, page: &AuditPage) -> PortResult<Vec<AuditEntry>> = AuditQueriesList;
}

decorate! {
    impl UserRepo for FaultyUnitOfWork, self: &mut Self, by self.inner.users();
    insert(user: &User) -> Result<(), InsertUser> = UserRepoInsert;
    find_for_update(id: UserId) -> PortResult<Option<Account>> = UserRepoFindForUpdate;
    set_name(id: UserId, name: Option<DisplayName>) -> PortResult<bool> = UserRepoSetName;
    set_password(id: UserId, seen: &PasswordHash, new: &PasswordHash) -> PortResult<bool> = UserRepoSetPassword;
    set_role(id: UserId, role: Role) -> PortResult<bool> = UserRepoSetRole;
    set_suspended(id: UserId, since: Option<Timestamp>) -> PortResult<bool> = UserRepoSetSuspended;
    set_quota(id: UserId, quota: Option<ByteSize>) -> PortResult<bool> = UserRepoSetQuota;
    lock_admins() -> PortResult<Vec<UserId>> = UserRepoLockAdmins;
    reserve(id: UserId, bytes: ByteSize, quota: Option<ByteSize>) -> Result<(), ReserveBytes> = UserRepoReserve;
    unreserve(id: UserId, bytes: ByteSize) -> PortResult<()> = UserRepoUnreserve;
    charge(id: UserId, charge: &Charge, quota: Option<ByteSize>) -> Result<(), ReserveBytes> = UserRepoCharge;
    mark_removed(id: UserId, at: Timestamp) -> PortResult<bool> = UserRepoMarkRemoved;
    remove_contents(id: UserId, at: Timestamp, limit: u32) -> PortResult<u32> = UserRepoRemoveContents;
    remove(id: UserId) -> PortResult<bool> = UserRepoRemove;
}

decorate! {
    impl FileRepo for FaultyUnitOfWork, self: &mut Self, by self.inner.files();
    find_for_update(access: &Access, id: FileId) -> PortResult<Option<File>> = FileRepoFindForUpdate;
    update(file: &File, seen: Revision) -> Result<(), UpdateFile> = FileRepoUpdate;
    set_thumbnail(id: FileId, of: BlobId, state: &ThumbnailState) -> PortResult<bool> = FileRepoSetThumbnail;
    set_sha256(id: FileId, of: BlobId, sha256: Sha256, charset: Option<Charset>) -> PortResult<bool> = FileRepoSetSha256;
    remove(access: &Access, id: FileId) -> PortResult<Option<File>> = FileRepoRemove;
}

decorate! {
    impl BlobRepo for FaultyUnitOfWork, self: &mut Self, by self.inner.blobs();
    record_intent(intent: &BlobIntent) -> PortResult<()> = BlobRepoRecordIntent;
    renew(id: BlobId, expires_at: Timestamp) -> PortResult<bool> = BlobRepoRenew;
    mark_stored(id: BlobId, stored: &StoredBlob) -> Result<(), MarkStored> = BlobRepoMarkStored;
    mark_deleted(id: BlobId, at: Timestamp) -> PortResult<bool> = BlobRepoMarkDeleted;
    cancel_intent(id: BlobId, at: Timestamp) -> PortResult<bool> = BlobRepoCancelIntent;
    cancel_expired(now: Timestamp, limit: u32) -> PortResult<Vec<ExpiredIntent>> = BlobRepoCancelExpired;
    due(now: Timestamp, limit: u32) -> PortResult<Vec<Tombstone>> = BlobRepoDue;
    find_tombstones(keys: &[BlobKey]) -> PortResult<Vec<Tombstone>> = BlobRepoFindTombstones;
    postpone(id: BlobId, until: Timestamp) -> PortResult<()> = BlobRepoPostpone;
    add_references(ids: &[BlobId]) -> PortResult<bool> = BlobRepoAddReferences;
    drop_references(ids: &[BlobId], at: Timestamp) -> PortResult<Vec<BlobKey>> = BlobRepoDropReferences;
    remove(id: BlobId) -> PortResult<()> = BlobRepoRemove;
}

decorate! {
    impl PreviewRepo for FaultyUnitOfWork, self: &mut Self, by self.inner.previews();
    record(preview: &Preview) -> PortResult<bool> = PreviewRepoRecord;
    remove(preview: &Preview) -> PortResult<bool> = PreviewRepoRemove;
}

decorate! {
    impl KeyRepo for FaultyUnitOfWork, self: &mut Self, by self.inner.keys();
    claim(claim: &KeyClaim, now: Timestamp) -> PortResult<Claimed> = KeyRepoClaim;
    renew(attempt: BlobId, lease_until: Timestamp) -> PortResult<bool> = KeyRepoRenew;
    finish(attempt: BlobId, upload: &FinishedUpload, expires_at: Timestamp) -> PortResult<bool> = KeyRepoFinish;
    free(attempt: BlobId) -> PortResult<()> = KeyRepoFree;
    free_file(file: FileId) -> PortResult<()> = KeyRepoFreeFile;
    purge_expired(now: Timestamp, limit: u32) -> PortResult<u32> = KeyRepoPurgeExpired;
}

decorate! {
    impl UploadRepo for FaultyUnitOfWork, self: &mut Self, by self.inner.uploads();
    insert(upload: &Upload) -> PortResult<()> = UploadRepoInsert;
    find_for_update(access: &Access, id: UploadId) -> PortResult<Option<Upload>> = UploadRepoFindForUpdate;
    find_by_key(access: &Access, key: &IdempotencyKey) -> PortResult<Option<Upload>> = UploadRepoFindByKey;
    count_open(owner: UserId) -> PortResult<u64> = UploadRepoCountOpen;
    update(upload: &Upload, seen: Epoch) -> Result<(), UpdateUpload> = UploadRepoUpdate;
    add_part(id: UploadId, part: &WrittenPart) -> PortResult<()> = UploadRepoAddPart;
    parts(id: UploadId) -> PortResult<Vec<WrittenPart>> = UploadRepoParts;
    remove(id: UploadId) -> PortResult<bool> = UploadRepoRemove;
    remove_of_file(file: FileId) -> PortResult<()> = UploadRepoRemoveOfFile;
    expired(now: Timestamp, limit: u32) -> PortResult<Vec<Upload>> = UploadRepoExpired;
    purge_ended(now: Timestamp, limit: u32) -> PortResult<u32> = UploadRepoPurgeEnded;
}

decorate! {
    impl JobQueue for FaultyUnitOfWork, self: &mut Self, by self.inner.jobs();
    enqueue(job: &NewJob) -> PortResult<Enqueued> = JobQueueEnqueue;
    claim(kinds: &[JobKind], now: Timestamp, lease_until: Timestamp, limit: u32)
        -> PortResult<Vec<ClaimedJob>> = JobQueueClaim;
    renew(id: JobId, attempt: u32, lease_until: Timestamp) -> PortResult<bool> = JobQueueRenew;
    complete(id: JobId, attempt: u32) -> PortResult<bool> = JobQueueComplete;
    fail(id: JobId, attempt: u32, retry_at: Option<Timestamp>, reason: &str) -> PortResult<bool> = JobQueueFail;
    put_back(id: JobId, attempt: u32, retry_at: Timestamp, reason: &str) -> PortResult<bool> = JobQueuePutBack;
    next_due(kinds: &[JobKind]) -> PortResult<Option<Timestamp>> = JobQueueNextDue;
    count_living() -> PortResult<u64> = JobQueueCountLiving;
    take_dead(id: JobId) -> PortResult<Option<JobRecord>> = JobQueueTakeDead;
}

decorate! {
    impl AuditRepo for FaultyUnitOfWork, self: &mut Self, by self.inner.audit();
    append(entry: &AuditEntry) -> PortResult<()> = AuditRepoAppend;
    purge_before(before: Timestamp, limit: u32) -> PortResult<u32> = AuditRepoPurgeBefore;
}
