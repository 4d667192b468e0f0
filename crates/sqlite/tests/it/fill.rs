//! What to put into a database.

use fm_domain::accounts::{Account, PasswordHash, Role, User};
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::database::Database;
use fm_domain::files::{File, MediaType, Revision, ThumbnailState, VersionNumber};
use fm_domain::ids::{BlobId, DriveId, FileId, JobId, NodeId, UploadId, UserId};
use fm_domain::jobs::{JobKind, JobPayload, NewJob, Priority};
use fm_domain::tree::{Folder, Placing};
use fm_domain::uploads::{Epoch, HashState, Transport, Upload, UploadStatus};
use fm_sqlite::SqliteDatabase;
use serde_json::json;
use uuid::Uuid;

/// The user, as readers see them.
pub(crate) async fn account(database: &SqliteDatabase, id: UserId) -> Option<Account> {
    database.read().await.unwrap().users().find(id).await.unwrap()
}

pub(crate) const NOW: Timestamp = Timestamp::from_unix_seconds(1_790_000_000);

pub(crate) fn user() -> User {
    let id = UserId::new(Uuid::now_v7());
    User {
        id,
        email: format!("{id}@example.com").parse().unwrap(),
        name: None,
        role: Role::User,
        password_hash: PasswordHash::new("$argon2id$hash".to_owned()),
        created_at: NOW,
    }
}

pub(crate) fn file(owner: UserId, name: &str) -> File {
    File {
        id: FileId::new(Uuid::now_v7()),
        owner,
        parent: root(owner),
        name: name.parse().unwrap(),
        content_type: MediaType::octet_stream(),
        size: ByteSize::new(1),
        sha256: None,
        blob: BlobId::new(Uuid::now_v7()),
        version: VersionNumber::FIRST,
        thumbnail: ThumbnailState::None,
        revision: Revision::FIRST,
        created_at: NOW,
        updated_at: NOW,
        content_at: NOW,
        modified_at: NOW,
    }
}

/// The root folder of a user.
pub(crate) const fn root(owner: UserId) -> NodeId {
    NodeId::root(DriveId::of_user(owner))
}

pub(crate) fn folder(owner: UserId, parent: NodeId, name: &str) -> Folder {
    Folder::new(NodeId::new(Uuid::now_v7()), DriveId::of_user(owner), parent, name.parse().unwrap(), NOW)
}

pub(crate) const KIND: JobKind = JobKind::new("sweep_blobs");

pub(crate) fn job() -> NewJob {
    NewJob {
        id: JobId::new(Uuid::now_v7()),
        kind: KIND,
        payload: JobPayload::new(json!({"work": "sweep_blobs"})),
        priority: Priority::NORMAL,
        run_at: NOW,
        owner: None,
        unique: None,
        trace: None,
    }
}

pub(crate) fn upload(owner: UserId) -> Upload {
    Upload {
        id: UploadId::new(Uuid::now_v7()),
        owner,
        transport: Transport::Resumable,
        blob: BlobId::new(Uuid::now_v7()),
        name: "thing.txt".parse().unwrap(),
        placing: Placing::default(),
        claimed_type: Some(MediaType::octet_stream()),
        promised: None,
        metadata: String::new(),
        key: Some("key".parse().unwrap()),
        length: None,
        offset: ByteSize::ZERO,
        reserved: ByteSize::ZERO,
        epoch: Epoch::FIRST,
        is_locked: false,
        state: None,
        write: None,
        hash: HashState::new(),
        charset_check: None,
        head: "".into(),
        status: UploadStatus::Open,
        created_at: NOW,
        expires_at: NOW,
    }
}
