//! Each operation, called once.

use std::time::Duration;

use bytes::Bytes;
use fm_application::jobs::{Job as _, SweepBlobs};
use fm_contract::fakes::FakeThumbnailer;
use fm_domain::access::{Access, Client, Right};
use fm_domain::accounts::{Charge, Password, PasswordHash, Role, User, UserFilter};
use fm_domain::audit::{AuditAction, AuditEntry, AuditFilter, AuditPage};
use fm_domain::blobs::{
    BlobIntent, BlobKey, Bucket, Disposition, DownloadLink, LinkTarget, PartLink, PartWrite, StoredBlob,
    WriteId,
};
use fm_domain::body::{ByteSize, PartBytes};
use fm_domain::database::UnitOfWork;
use fm_domain::files::{File, FileFilter, FilePage, FileSort, Sha256, SortOrder, ThumbnailState};
use fm_domain::idempotency::{FinishedUpload, KeyClaim};
use fm_domain::ids::{AuditEntryId, BlobId, DriveId, FileId, JobId, SessionId, UploadId, UserId};
use fm_domain::previews::{Preview, PreviewSize, PreviewState};
use fm_domain::sessions::{AccessClaims, Generation, RefreshState, Session};
use fm_domain::testing::a_file;
use fm_domain::thumbnails::{RenderBudget, RenderSpec};
use fm_domain::tree::Delta;
use fm_domain::uploads::{Chunk, Epoch, Position, WriteState};
use fm_resilience::fault::Operation;
use uuid::Uuid;

use crate::faults::rig::{Got, Rig, body, got, hint, key, now};
use crate::faults::tree_calls::{call_drives, call_nodes, call_operations, call_tree, call_versions};
use crate::faults::upload_calls::call_uploads;

const LIFE: Duration = Duration::from_hours(1);

fn file(name: &str) -> File {
    File {
        id: FileId::new(Uuid::now_v7()),
        owner: UserId::new(Uuid::now_v7()),
        name: name.parse().unwrap(),
        blob: BlobId::new(Uuid::now_v7()),
        sha256: None,
        ..a_file()
    }
}

fn user() -> User {
    User {
        id: UserId::new(Uuid::now_v7()),
        email: "ada@example.com".parse().unwrap(),
        name: None,
        role: Role::User,
        password_hash: hash(),
        created_at: now(),
    }
}

fn hash() -> PasswordHash {
    PasswordHash::new("$fake$0$salt$hash".to_owned())
}

fn session() -> Session {
    Session {
        id: SessionId::new(Uuid::now_v7()),
        user: UserId::new(Uuid::now_v7()),
        created_at: now(),
        last_seen_at: now(),
        ip: None,
        user_agent: None,
        refresh: RefreshState::first([0; 16], now().plus(LIFE)),
    }
}

fn link() -> DownloadLink {
    let target = LinkTarget {
        key: key(),
        content_type: "text/plain".parse().unwrap(),
        disposition: Disposition::Inline,
        filename: "a.txt".parse().unwrap(),
        sha256: None,
    };
    DownloadLink { target, issued_at: now(), expires_at: now().plus(LIFE) }
}

fn part() -> PartLink {
    PartLink {
        owner: UserId::new(Uuid::now_v7()),
        upload: UploadId::new(Uuid::now_v7()),
        write: PartWrite { key: key(), id: WriteId::new("a write".to_owned()) },
        number: 1,
        size: ByteSize::new(5),
        issued_at: now(),
        expires_at: now().plus(LIFE),
    }
}

fn page() -> FilePage {
    FilePage { sort: FileSort::Name, order: SortOrder::Ascending, after: None, limit: 10 }
}

/// Calls the operation once, and through it nothing else that a fault is planned for.
pub(crate) async fn call(rig: &Rig, operation: Operation) -> Got {
    match operation.port() {
        "Database" | "UserQueries" | "FileQueries" | "UploadQueries" | "BlobQueries" | "JobQueries" => {
            call_database(rig, operation).await
        }
        "AuditQueries" | "AuditRepo" => call_audit(rig, operation).await,
        "UnitOfWork" => call_end(rig, operation).await,
        "UserRepo" | "FileRepo" => call_rows(&mut *rig.db.begin().await.unwrap(), operation).await,
        "PreviewQueries" | "PreviewRepo" => call_previews(rig, operation).await,
        "BlobRepo" => call_blobs(&mut *rig.db.begin().await.unwrap(), operation).await,
        "TreeQueries" => call_tree(rig, operation).await,
        "DriveRepo" => call_drives(&mut *rig.db.begin().await.unwrap(), operation).await,
        "NodeRepo" => call_nodes(&mut *rig.db.begin().await.unwrap(), operation).await,
        "VersionRepo" => call_versions(&mut *rig.db.begin().await.unwrap(), operation).await,
        "OperationRepo" => call_operations(&mut *rig.db.begin().await.unwrap(), operation).await,
        "UploadRepo" => call_uploads(&mut *rig.db.begin().await.unwrap(), operation).await,
        "KeyRepo" | "JobQueue" => call_queue(&mut *rig.db.begin().await.unwrap(), operation).await,
        "ResumableStore" => call_resumable(rig, operation).await,
        "DirectStore" | "PartReceiver" | "SignParts" => call_direct(rig, operation).await,
        "SessionStore" => call_sessions(rig, operation).await,
        _ => call_rest(rig, operation).await,
    }
}

async fn call_database(rig: &Rig, operation: Operation) -> Got {
    let owner = UserId::new(Uuid::now_v7());
    match operation {
        Operation::DatabaseBegin => got(rig.db.begin().await),
        Operation::DatabaseRead => got(rig.db.read().await),
        Operation::DatabasePing => got(rig.db.ping().await),
        Operation::UserQueriesFind => got(rig.db.read().await.unwrap().users().find(owner).await),
        Operation::UserQueriesFindByEmail => {
            got(rig.db.read().await.unwrap().users().find_by_email(&user().email).await)
        }
        Operation::FileQueriesFind => {
            let id = FileId::new(Uuid::now_v7());
            got(rig
                .db
                .read()
                .await
                .unwrap()
                .files()
                .find(&Access::on_behalf_of(owner, Right::Read), id)
                .await)
        }
        Operation::FileQueriesFindWithTrash => {
            let (access, id) = (Access::on_behalf_of(owner, Right::Read), FileId::new(Uuid::now_v7()));
            got(rig.db.read().await.unwrap().files().find_with_trash(&access, id).await)
        }
        Operation::FileQueriesList => {
            let mut reads = rig.db.read().await.unwrap();
            got(reads
                .files()
                .list(&Access::on_behalf_of(owner, Right::Read), &FileFilter::default(), &page())
                .await)
        }
        Operation::JobQueriesDepths => got(rig.db.read().await.unwrap().jobs().depths(now()).await),
        Operation::JobQueriesList => got(rig.db.read().await.unwrap().jobs().list(None, None, 1).await),
        Operation::JobQueriesHasLiving => got(rig.db.read().await.unwrap().jobs().has_living("unique").await),
        Operation::UploadQueriesFind => {
            let id = UploadId::new(Uuid::now_v7());
            got(rig
                .db
                .read()
                .await
                .unwrap()
                .uploads()
                .find(&Access::on_behalf_of(owner, Right::Read), id)
                .await)
        }
        Operation::UserQueriesTally => got(rig.db.read().await.unwrap().users().tally(None, 10).await),
        Operation::UserQueriesList => {
            got(rig.db.read().await.unwrap().users().list(&UserFilter::default(), None, 10).await)
        }
        Operation::UserQueriesCount => got(rig.db.read().await.unwrap().users().count().await),
        Operation::FileQueriesWalk => got(rig.db.read().await.unwrap().files().walk(None, 10).await),
        Operation::BlobQueriesFind => got(rig.db.read().await.unwrap().blobs().find(&[key().id]).await),
        Operation::BlobQueriesCountSweepable => {
            got(rig.db.read().await.unwrap().blobs().count_sweepable(now(), 10).await)
        }
        _ => panic!("{operation} is not called"),
    }
}

async fn call_audit(rig: &Rig, operation: Operation) -> Got {
    let entry = AuditEntry {
        id: AuditEntryId::new(Uuid::now_v7()),
        at: now(),
        action: AuditAction::FILE_REMOVED,
        actor: None,
        account: None,
        target: None,
        client: Client::default(),
    };
    let page = AuditPage { after: None, limit: 10 };
    match operation {
        Operation::AuditQueriesList => {
            got(rig.db.read().await.unwrap().audit().list(&AuditFilter::default(), &page).await)
        }
        Operation::AuditRepoAppend => got(rig.db.begin().await.unwrap().audit().append(&entry).await),
        Operation::AuditRepoPurgeBefore => {
            got(rig.db.begin().await.unwrap().audit().purge_before(now(), 10).await)
        }
        _ => panic!("{operation} is not called"),
    }
}

async fn call_end(rig: &Rig, operation: Operation) -> Got {
    let mut unit = rig.db.begin().await.unwrap();
    let (stored, drive) = (StoredBlob { size: ByteSize::new(5) }, DriveId::of_user(user().id));
    match operation {
        Operation::UnitEnterWithBlob => {
            got(unit.enter_with_blob(key().id, &stored, drive, &Delta::default(), None).await)
        }
        Operation::UnitCommit => got(unit.commit().await),
        Operation::UnitRollback => got(unit.rollback().await),
        _ => panic!("{operation} is not called"),
    }
}

async fn call_rows(unit: &mut dyn UnitOfWork, operation: Operation) -> Got {
    let (ada, text, five) = (user(), file("a.txt"), ByteSize::new(5));
    match operation {
        Operation::UserRepoInsert => got(unit.users().insert(&ada).await),
        Operation::UserRepoFindForUpdate => got(unit.users().find_for_update(ada.id).await),
        Operation::UserRepoSetName => got(unit.users().set_name(ada.id, None).await),
        Operation::UserRepoSetPassword => got(unit.users().set_password(ada.id, &hash(), &hash()).await),
        Operation::UserRepoSetRole => got(unit.users().set_role(ada.id, Role::Admin).await),
        Operation::UserRepoSetSuspended => got(unit.users().set_suspended(ada.id, Some(now())).await),
        Operation::UserRepoSetQuota => got(unit.users().set_quota(ada.id, Some(five)).await),
        Operation::UserRepoLockAdmins => got(unit.users().lock_admins().await),
        Operation::UserRepoReserve => got(unit.users().reserve(ada.id, five, None).await),
        Operation::UserRepoUnreserve => got(unit.users().unreserve(ada.id, five).await),
        Operation::UserRepoCharge => got(unit.users().charge(ada.id, &Charge::default(), None).await),
        Operation::UserRepoMarkRemoved => got(unit.users().mark_removed(ada.id, now()).await),
        Operation::UserRepoRemoveContents => got(unit.users().remove_contents(ada.id, now(), 10).await),
        Operation::UserRepoRemove => got(unit.users().remove(ada.id).await),
        Operation::FileRepoFindForUpdate => {
            got(unit.files().find_for_update(&Access::on_behalf_of(text.owner, Right::Read), text.id).await)
        }
        Operation::FileRepoUpdate => got(unit.files().update(&text, text.revision).await),
        Operation::FileRepoSetThumbnail => {
            got(unit.files().set_thumbnail(text.id, text.blob, &ThumbnailState::Failed { times: 1 }).await)
        }
        Operation::FileRepoSetSha256 => {
            got(unit.files().set_sha256(text.id, text.blob, Sha256::new([0; 32]), None).await)
        }
        Operation::FileRepoRemove => {
            got(unit.files().remove(&Access::on_behalf_of(text.owner, Right::Read), text.id).await)
        }
        _ => panic!("{operation} is not called"),
    }
}

async fn call_blobs(unit: &mut dyn UnitOfWork, operation: Operation) -> Got {
    let (key, blobs) = (key(), unit.blobs());
    let intent = BlobIntent {
        key,
        owner: UserId::new(Uuid::now_v7()),
        reserved: ByteSize::ZERO,
        recorded_at: now(),
        expires_at: now().plus(LIFE),
    };
    match operation {
        Operation::BlobRepoRecordIntent => got(blobs.record_intent(&intent).await),
        Operation::BlobRepoRenew => got(blobs.renew(key.id, now()).await),
        Operation::BlobRepoMarkStored => {
            got(blobs.mark_stored(key.id, &StoredBlob { size: ByteSize::new(5) }).await)
        }
        Operation::BlobRepoMarkDeleted => got(blobs.mark_deleted(key.id, now()).await),
        Operation::BlobRepoCancelIntent => got(blobs.cancel_intent(key.id, now()).await),
        Operation::BlobRepoCancelExpired => got(blobs.cancel_expired(now(), 10).await),
        Operation::BlobRepoDue => got(blobs.due(now(), 10).await),
        Operation::BlobRepoFindTombstones => got(blobs.find_tombstones(&[key]).await),
        Operation::BlobRepoPostpone => got(blobs.postpone(key.id, now()).await),
        Operation::BlobRepoAddReferences => got(blobs.add_references(&[key.id]).await),
        Operation::BlobRepoDropReferences => got(blobs.drop_references(&[key.id], now()).await),
        Operation::BlobRepoRemove => got(blobs.remove(key.id).await),
        _ => panic!("{operation} is not called"),
    }
}

async fn call_previews(rig: &Rig, operation: Operation) -> Got {
    let original = BlobId::new(Uuid::now_v7());
    let failed = Preview { original, size: PreviewSize::Small, state: PreviewState::Failed };
    match operation {
        Operation::PreviewQueriesFind => {
            got(rig.db.read().await.unwrap().previews().find(original, failed.size).await)
        }
        Operation::PreviewQueriesWalk => got(rig.db.read().await.unwrap().previews().walk(None, 10).await),
        Operation::PreviewRepoRecord => got(rig.db.begin().await.unwrap().previews().record(&failed).await),
        Operation::PreviewRepoRemove => got(rig.db.begin().await.unwrap().previews().remove(&failed).await),
        _ => panic!("{operation} is not called"),
    }
}

async fn call_queue(unit: &mut dyn UnitOfWork, operation: Operation) -> Got {
    let attempt = BlobId::new(Uuid::now_v7());
    let job = SweepBlobs {}.enqueued(JobId::new(Uuid::now_v7()), now()).unwrap();
    let file = file("a.txt");
    let sha256 = Sha256::new([0; 32]);
    let claim =
        KeyClaim { user: file.owner, key: "key".parse().unwrap(), attempt, lease_until: now().plus(LIFE) };
    let upload = FinishedUpload { file: file.id, name: file.name.clone(), sha256 };
    match operation {
        Operation::KeyRepoClaim => got(unit.keys().claim(&claim, now()).await),
        Operation::KeyRepoRenew => got(unit.keys().renew(attempt, now()).await),
        Operation::KeyRepoFinish => got(unit.keys().finish(attempt, &upload, now()).await),
        Operation::KeyRepoFree => got(unit.keys().free(attempt).await),
        Operation::KeyRepoFreeFile => got(unit.keys().free_file(file.id).await),
        Operation::KeyRepoPurgeExpired => got(unit.keys().purge_expired(now(), 10).await),
        Operation::JobQueueEnqueue => got(unit.jobs().enqueue(&job).await),
        Operation::JobQueueClaim => got(unit.jobs().claim(&[SweepBlobs::kind()], now(), now(), 1).await),
        Operation::JobQueueRenew => got(unit.jobs().renew(job.id, 1, now()).await),
        Operation::JobQueueComplete => got(unit.jobs().complete(job.id, 1).await),
        Operation::JobQueueFail => got(unit.jobs().fail(job.id, 1, None, "why").await),
        Operation::JobQueuePutBack => got(unit.jobs().put_back(job.id, 1, now(), "why").await),
        Operation::JobQueueNextDue => got(unit.jobs().next_due(&[SweepBlobs::kind()]).await),
        Operation::JobQueueCountLiving => got(unit.jobs().count_living().await),
        Operation::JobQueueTakeDead => got(unit.jobs().take_dead(job.id).await),
        _ => panic!("{operation} is not called"),
    }
}

async fn call_sessions(rig: &Rig, operation: Operation) -> Got {
    let (session, sessions) = (session(), &rig.sessions);
    let (user, id) = (session.user, session.id);
    match operation {
        Operation::SessionStoreCreate => got(sessions.create(&session).await),
        Operation::SessionStoreFind => got(sessions.find(id, now()).await),
        Operation::SessionStoreFindRecent => got(sessions.find_recent(id, now()).await),
        Operation::SessionStoreTouch => got(sessions.touch(id, now(), Some("::1".to_owned())).await),
        Operation::SessionStoreRotate => got(sessions.rotate(id, Generation::FIRST, &session.refresh).await),
        Operation::SessionStoreRevoke => got(sessions.revoke(user, id).await),
        Operation::SessionStoreRevokeAll => got(sessions.revoke_all(user, None, now()).await),
        Operation::SessionStoreList => got(sessions.list(user, now()).await),
        Operation::SessionStorePurgeExpired => got(sessions.purge_expired(now(), 10).await),
        Operation::SessionStorePing => got(sessions.ping().await),
        _ => panic!("{operation} is not called"),
    }
}

fn hello() -> PartBytes {
    Bytes::from_static(b"hello").into()
}

async fn call_resumable(rig: &Rig, operation: Operation) -> Got {
    let (key, store, state, media) = (key(), &rig.resumable, WriteState::default(), hint().content_type);
    let position = Position { state: state.clone(), offset: ByteSize::ZERO, fence: Epoch::FIRST };
    let chunk = Chunk { bytes: hello(), is_last: true };
    match operation {
        Operation::ResumableStoreBegin => got(store.begin(&key, &media).await),
        Operation::ResumableStoreAppend => got(store.append(&key, &position, chunk).await),
        Operation::ResumableStoreSync => got(store.sync(&key).await),
        Operation::ResumableStorePrune => got(store.prune(&key, &state, &state).await),
        Operation::ResumableStoreComplete => got(store.complete(&key, &position).await),
        Operation::ResumableStorePutBytes => got(store.put_bytes(&key, hello(), &media).await),
        _ => panic!("{operation} is not called"),
    }
}

async fn call_direct(rig: &Rig, operation: Operation) -> Got {
    let (write, five) = (part().write, ByteSize::new(5));
    match operation {
        Operation::DirectStoreBegin => got(rig.direct.begin(&write.key, &hint().content_type).await),
        Operation::DirectStoreComplete => got(rig.direct.complete(&write, 1, &[], five).await),
        Operation::PartReceiverWrite => got(rig.receiver.write(&write, ByteSize::ZERO, 1, hello()).await),
        Operation::PartReceiverSync => got(rig.receiver.sync(&write).await),
        Operation::SignPartsSign => got(rig.part_links.sign(&part()).await),
        _ => panic!("{operation} is not called"),
    }
}

async fn call_rest(rig: &Rig, operation: Operation) -> Got {
    let password = Password::candidate("correct horse".to_owned());
    match operation {
        Operation::JobSignalWait => {
            rig.signal.wait(Duration::from_secs(1)).await;
            Got::Answer
        }
        Operation::BlobStorePut => got(rig.blobs.put(&key(), body(&["he", "llo"]), &hint()).await),
        Operation::BlobStoreGet => got(rig.blobs.get(&BlobKey::thumbnail(key().id), None).await),
        Operation::BlobStoreHead => got(rig.blobs.head(&key()).await),
        Operation::BlobStoreDelete => got(rig.blobs.delete(&key()).await),
        Operation::BlobStorePing => got(rig.blobs.ping().await),
        Operation::ListBlobsList => got(rig.lister.list(Bucket::Files).await),
        Operation::SignDownloadSign => got(rig.links.sign(&link()).await),
        Operation::ThumbnailerRender => {
            let picture = FakeThumbnailer::picture(b"a picture");
            got(rig.thumbnailer.render(picture, RenderSpec::THUMBNAIL, RenderBudget::STANDARD).await)
        }
        Operation::PasswordHasherHash => got(rig.passwords.hash(&password).await),
        Operation::PasswordHasherVerify => got(rig.passwords.verify(&password, &hash()).await),
        Operation::TokenSignerSign => {
            let claims = AccessClaims {
                user: UserId::new(Uuid::now_v7()),
                session: SessionId::new(Uuid::now_v7()),
                token: Uuid::now_v7(),
                issued_at: now(),
                expires_at: now().plus(LIFE),
            };
            got(rig.tokens.sign(&claims))
        }
        _ => panic!("{operation} is not called"),
    }
}
