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
use fm_domain::jobs::{JobQueries, JobRecord, JobState, QueueDepth};
use fm_domain::previews::{Preview, PreviewQueries, PreviewRepo, PreviewSize, PreviewState};
use fm_domain::uploads::{Epoch, UpdateUpload, Upload, UploadQueries, UploadRepo};

use crate::database::{ObservedReads, ObservedUnit};
use crate::decorate::decorate;

decorate! {
    impl UserQueries for ObservedReads, self: &mut Self, by self.inner.users(), at DEBUG;
    find(id: UserId) -> PortResult<Option<Account>> = "database.users.find";
    find_by_email(email: &Email) -> PortResult<Option<Account>> = "database.users.find_by_email";
    tally(after: Option<UserId>, limit: u32) -> PortResult<Vec<Tally>> = "database.users.tally";
    list(filter: &UserFilter, after: Option<UserId>, limit: u32) -> PortResult<Vec<Account>> = "database.users.list";
    count() -> PortResult<UserCounts> = "database.users.count";
}

decorate! {
    impl FileQueries for ObservedReads, self: &mut Self, by self.inner.files(), at DEBUG;
    find(access: &Access, id: FileId) -> PortResult<Option<File>> = "database.files.find";
    find_with_trash(access: &Access, id: FileId) -> PortResult<Option<File>> = "database.files.find_with_trash";
    list(access: &Access, filter: &FileFilter, page: &FilePage) -> PortResult<Vec<File>> = "database.files.list";
    walk(after: Option<FileId>, limit: u32) -> PortResult<Vec<File>> = "database.files.walk";
}

decorate! {
    impl BlobQueries for ObservedReads, self: &mut Self, by self.inner.blobs(), at DEBUG;
    find(ids: &[BlobId]) -> PortResult<Vec<BlobRecord>> = "database.blobs.find";
    count_sweepable(now: Timestamp, limit: u32) -> PortResult<Sweepable> = "database.blobs.count_sweepable";
}

decorate! {
    impl PreviewQueries for ObservedReads, self: &mut Self, by self.inner.previews(), at DEBUG;
    find(original: BlobId, size: PreviewSize) -> PortResult<Option<PreviewState>> = "database.previews.find";
    walk(after: Option<BlobId>, limit: u32) -> PortResult<Vec<Preview>> = "database.previews.walk";
}

decorate! {
    impl UploadQueries for ObservedReads, self: &mut Self, by self.inner.uploads(), at DEBUG;
    find(access: &Access, id: UploadId) -> PortResult<Option<Upload>> = "database.uploads.find";
}

decorate! {
    impl JobQueries for ObservedReads, self: &mut Self, by self.inner.jobs(), at DEBUG;
    depths(now: Timestamp) -> PortResult<Vec<QueueDepth>> = "database.jobs.depths";
    list(state: Option<JobState>, after: Option<JobId>, limit: u32) -> PortResult<Vec<JobRecord>> = "database.jobs.list";
    has_living(unique: &str) -> PortResult<bool> = "database.jobs.has_living";
}

decorate! {
    impl AuditQueries for ObservedReads, self: &mut Self, by self.inner.audit(), at DEBUG;
    list(filter: &AuditFilter, page: &AuditPage) -> PortResult<Vec<AuditEntry>> = "database.audit.list";
}

decorate! {
    impl UserRepo for ObservedUnit, self: &mut Self, by self.inner.users(), at DEBUG;
    insert(user: &User) -> Result<(), InsertUser> = "database.users.insert";
    find_for_update(id: UserId) -> PortResult<Option<Account>> = "database.users.find_for_update";
    set_name(id: UserId, name: Option<DisplayName>) -> PortResult<bool> = "database.users.set_name";
    set_password(id: UserId, seen: &PasswordHash, new: &PasswordHash) -> PortResult<bool> = "database.users.set_password";
    set_role(id: UserId, role: Role) -> PortResult<bool> = "database.users.set_role";
    set_suspended(id: UserId, since: Option<Timestamp>) -> PortResult<bool> = "database.users.set_suspended";
    set_quota(id: UserId, quota: Option<ByteSize>) -> PortResult<bool> = "database.users.set_quota";
    lock_admins() -> PortResult<Vec<UserId>> = "database.users.lock_admins";
    reserve(id: UserId, bytes: ByteSize, quota: Option<ByteSize>) -> Result<(), ReserveBytes> = "database.users.reserve";
    unreserve(id: UserId, bytes: ByteSize) -> PortResult<()> = "database.users.unreserve";
    charge(id: UserId, charge: &Charge, quota: Option<ByteSize>) -> Result<(), ReserveBytes> = "database.users.charge";
    mark_removed(id: UserId, at: Timestamp) -> PortResult<bool> = "database.users.mark_removed";
    remove_contents(id: UserId, at: Timestamp, limit: u32) -> PortResult<u32> = "database.users.remove_contents";
    remove(id: UserId) -> PortResult<bool> = "database.users.remove";
}

decorate! {
    impl FileRepo for ObservedUnit, self: &mut Self, by self.inner.files(), at DEBUG;
    find_for_update(access: &Access, id: FileId) -> PortResult<Option<File>> = "database.files.find_for_update";
    update(file: &File, seen: Revision) -> Result<(), UpdateFile> = "database.files.update";
    set_thumbnail(id: FileId, of: BlobId, state: &ThumbnailState) -> PortResult<bool> = "database.files.set_thumbnail";
    set_sha256(id: FileId, of: BlobId, sha256: Sha256, charset: Option<Charset>) -> PortResult<bool> = "database.files.set_sha256";
    remove(access: &Access, id: FileId) -> PortResult<Option<File>> = "database.files.remove";
}

decorate! {
    impl BlobRepo for ObservedUnit, self: &mut Self, by self.inner.blobs(), at DEBUG;
    record_intent(intent: &BlobIntent) -> PortResult<()> = "database.blobs.record_intent";
    renew(id: BlobId, expires_at: Timestamp) -> PortResult<bool> = "database.blobs.renew";
    mark_stored(id: BlobId, stored: &StoredBlob) -> Result<(), MarkStored> = "database.blobs.mark_stored";
    mark_deleted(id: BlobId, at: Timestamp) -> PortResult<bool> = "database.blobs.mark_deleted";
    cancel_intent(id: BlobId, at: Timestamp) -> PortResult<bool> = "database.blobs.cancel_intent";
    cancel_expired(now: Timestamp, limit: u32) -> PortResult<Vec<ExpiredIntent>> = "database.blobs.cancel_expired";
    due(now: Timestamp, limit: u32) -> PortResult<Vec<Tombstone>> = "database.blobs.due";
    find_tombstones(keys: &[BlobKey]) -> PortResult<Vec<Tombstone>> = "database.blobs.find_tombstones";
    postpone(id: BlobId, until: Timestamp) -> PortResult<()> = "database.blobs.postpone";
    add_references(ids: &[BlobId]) -> PortResult<bool> = "database.blobs.add_references";
    drop_references(ids: &[BlobId], at: Timestamp) -> PortResult<Vec<BlobKey>> = "database.blobs.drop_references";
    remove(id: BlobId) -> PortResult<()> = "database.blobs.remove";
}

decorate! {
    impl PreviewRepo for ObservedUnit, self: &mut Self, by self.inner.previews(), at DEBUG;
    record(preview: &Preview) -> PortResult<bool> = "database.previews.record";
    remove(preview: &Preview) -> PortResult<bool> = "database.previews.remove";
}

decorate! {
    impl KeyRepo for ObservedUnit, self: &mut Self, by self.inner.keys(), at DEBUG;
    claim(claim: &KeyClaim, now: Timestamp) -> PortResult<Claimed> = "database.keys.claim";
    renew(attempt: BlobId, lease_until: Timestamp) -> PortResult<bool> = "database.keys.renew";
    finish(attempt: BlobId, upload: &FinishedUpload, expires_at: Timestamp) -> PortResult<bool> = "database.keys.finish";
    free(attempt: BlobId) -> PortResult<()> = "database.keys.free";
    free_file(file: FileId) -> PortResult<()> = "database.keys.free_file";
    purge_expired(now: Timestamp, limit: u32) -> PortResult<u32> = "database.keys.purge_expired";
}

decorate! {
    impl UploadRepo for ObservedUnit, self: &mut Self, by self.inner.uploads(), at DEBUG;
    insert(upload: &Upload) -> PortResult<()> = "database.uploads.insert";
    find_for_update(access: &Access, id: UploadId) -> PortResult<Option<Upload>> = "database.uploads.find_for_update";
    find_by_key(access: &Access, key: &IdempotencyKey) -> PortResult<Option<Upload>> = "database.uploads.find_by_key";
    count_open(owner: UserId) -> PortResult<u64> = "database.uploads.count_open";
    update(upload: &Upload, seen: Epoch) -> Result<(), UpdateUpload> = "database.uploads.update";
    add_part(id: UploadId, part: &WrittenPart) -> PortResult<()> = "database.uploads.add_part";
    parts(id: UploadId) -> PortResult<Vec<WrittenPart>> = "database.uploads.parts";
    remove(id: UploadId) -> PortResult<bool> = "database.uploads.remove";
    remove_of_file(file: FileId) -> PortResult<()> = "database.uploads.remove_of_file";
    expired(now: Timestamp, limit: u32) -> PortResult<Vec<Upload>> = "database.uploads.expired";
    purge_ended(now: Timestamp, limit: u32) -> PortResult<u32> = "database.uploads.purge_ended";
}

decorate! {
    impl AuditRepo for ObservedUnit, self: &mut Self, by self.inner.audit(), at DEBUG;
    append(entry: &AuditEntry) -> PortResult<()> = "database.audit.append";
    purge_before(before: Timestamp, limit: u32) -> PortResult<u32> = "database.audit.purge_before";
}
