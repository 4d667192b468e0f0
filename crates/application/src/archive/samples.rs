//! What the tests of both use cases move: two users with a tree, and what is left of others.

use std::io::{self, Write};

use fm_domain::accounts::{Account, Role, User};
use fm_domain::archive::{
    ArchivedKey, ArchivedNode, ArchivedTrash, LooseBlob, LooseState, MockSnapshot, RowCounts,
};
use fm_domain::audit::{AuditAction, AuditEntry};
use fm_domain::blobs::BlobKey;
use fm_domain::body::ByteSize;
use fm_domain::clock::{Clock as _, Timestamp};
use fm_domain::files::{File, Placeholder, Revision, Sha256, ThumbnailState, VersionNumber};
use fm_domain::idempotency::FinishedUpload;
use fm_domain::ids::{AuditEntryId, BlobId, DriveId, FileId, NodeId, OperationId, UserId};
use fm_domain::testing::{CountingIds, FixedClock, a_file, a_user};
use fm_domain::tree::{FailedItem, Folder, Operation, OperationKind, OperationStatus, Seq, Version};
use serde_json::json;

use super::ExportSink;

pub(super) fn now() -> Timestamp {
    FixedClock::NEW_YEAR.now()
}

pub(super) fn blob(n: u64) -> BlobId {
    BlobId::new(CountingIds::nth(n))
}

/// Ada, and Bob, who is an admin with a quota and suspended.
#[expect(clippy::unwrap_used, reason = "the literals are valid")]
pub(super) fn accounts() -> [Account; 2] {
    let bob = User {
        id: UserId::new(CountingIds::nth(2001)),
        email: "Bob@Example.com".parse().unwrap(),
        name: Some("Bob ✓".parse().unwrap()),
        role: Role::Admin,
        ..a_user()
    };
    let suspended_at = Some(Timestamp::from_unix_micros(1_234_567_890_123_456));
    let quota = Some(ByteSize::new(7));
    [Account::new(a_user()), Account { suspended_at, quota, ..Account::new(bob) }]
}

/// The number of the last change of Bob's drive.
pub(super) const SEQ: Seq = Seq::new(41);

fn bob() -> UserId {
    accounts()[1].user.id
}

pub(super) fn node(n: u64) -> NodeId {
    NodeId::new(CountingIds::nth(n))
}

/// Bob's: a picture with its thumbnail in a folder, one that waits for it in a folder in the trash, and a file whose hash is not known;
/// and the folders, of which the one in the trash was in one that is gone.
#[expect(clippy::unwrap_used, reason = "the literals are valid")]
pub(super) fn nodes() -> [ArchivedNode; 5] {
    let file = |n: u64, parent, thumbnail| File {
        id: FileId::new(CountingIds::nth(n)),
        owner: bob(),
        parent,
        name: "Käse \"1\".png".parse().unwrap(),
        content_type: "text/plain; charset=utf-8".parse().unwrap(),
        size: ByteSize::new(5 << 40),
        blob: blob(n + 1),
        version: VersionNumber::new(4),
        thumbnail,
        revision: Revision::new(3),
        created_at: Timestamp::from_unix_micros(1_700_000_000_000_001),
        modified_at: Timestamp::from_unix_micros(7),
        ..a_file()
    };
    let folder = |n: u64, parent, name: &str| Folder {
        revision: Revision::new(2),
        modified_at: Timestamp::from_unix_micros(8),
        ..Folder::new(node(n), DriveId::of_user(bob()), parent, name.parse().unwrap(), now())
    };
    let root = NodeId::root(DriveId::of_user(bob()));
    let placeholder = Placeholder::new(&[0xB7; 24]);
    let ready = ThumbnailState::Ready { blob: blob(3003), width: 64, height: 48, placeholder };
    let living =
        |item, changed| ArchivedNode { item, changed: Seq::new(changed), trash: None, thumbnail_size: None };
    [
        ArchivedNode {
            thumbnail_size: Some(ByteSize::new(99)),
            ..living(file(3001, node(3101), ready).into(), 7)
        },
        ArchivedNode {
            trash: Some(ArchivedTrash::Below { top: node(3111) }),
            ..living(file(3011, node(3111), ThumbnailState::Pending).into(), 41)
        },
        living(File { sha256: None, ..file(3021, root, ThumbnailState::Failed { times: 2 }) }.into(), 8),
        living(folder(3101, root, "Ordner").into(), 6),
        ArchivedNode {
            trash: Some(ArchivedTrash::Top { at: now(), path: "/gone/was \u{1f600}".to_owned() }),
            ..living(folder(3111, node(3999), "was \u{1f600}").into(), 41)
        },
    ]
}

/// An old version of Bob's picture, with the content of another one.
#[expect(clippy::unwrap_used, reason = "the literals are valid")]
pub(super) fn version() -> Version {
    Version {
        file: FileId::new(CountingIds::nth(3001)),
        number: VersionNumber::new(2),
        content_type: "image/png".parse().unwrap(),
        size: ByteSize::new(11),
        sha256: None,
        blob: blob(3012),
        created_by: a_user().id,
        created_at: Timestamp::from_unix_micros(3),
        replaced_at: Timestamp::from_unix_micros(4),
        is_pinned: true,
        label: Some("sent".parse().unwrap()),
    }
}

/// Bob's: one that ended, and one that is running.
pub(super) fn operations() -> [Operation; 2] {
    let begun = |n, rest| {
        let id = OperationId::new(CountingIds::nth(n));
        Operation::new(id, bob(), OperationKind::Trash, Some(3_000), rest, now())
    };
    let failed = vec![FailedItem { id: node(3001), code: "name_taken".to_owned() }];
    let ended = begun(6001, json!(null)).ended(OperationStatus::Done, now());
    let running = Operation { done: 1_000, ..begun(6002, json!({"top": node(3111), "left": [1, "Käse"]})) };
    [Operation { failed, result: Some(json!({"item": node(3001)})), ..ended }, running]
}

/// Bob's.
#[expect(clippy::unwrap_used, reason = "the literals are valid")]
pub(super) fn key() -> ArchivedKey {
    let upload = FinishedUpload { file: version().file, name: a_file().name, sha256: Sha256::new([4; 32]) };
    ArchivedKey { key: "upload-1".parse().unwrap(), upload, expires_at: now() }
}

pub(super) fn loose_blobs() -> [LooseBlob; 3] {
    let loose = |key, state| LooseBlob { key, owner: UserId::new(CountingIds::nth(9)), state };
    let (deleted_at, due_at) = (Timestamp::from_unix_seconds(5), Timestamp::from_unix_seconds(6));
    [
        loose(BlobKey::file(blob(4001)), LooseState::Intent { expires_at: now() }),
        loose(BlobKey::thumbnail(blob(4002)), LooseState::Deleted { deleted_at, due_at, was_stored: false }),
        loose(BlobKey::file(blob(4003)), LooseState::Unreferenced),
    ]
}

pub(super) fn entry() -> AuditEntry {
    AuditEntry {
        id: AuditEntryId::new(CountingIds::nth(5001)),
        at: now(),
        action: AuditAction::FILE_UPLOADED,
        actor: Some(a_user().id),
        account: Some(a_user().id),
        target: Some(CountingIds::nth(3001)),
        client: fm_domain::access::Client { ip: Some("192.0.2.1".to_owned()), user_agent: None },
    }
}

pub(super) const ROW_COUNTS: RowCounts = RowCounts {
    users: 2,
    removed_users: 1,
    files: 3,
    folders: 2,
    versions: 1,
    operations: 2,
    blobs: 7,
    audit_entries: 1,
    open_uploads: 4,
};

/// A database that holds all of these.
pub(super) fn snapshot(row_counts: RowCounts) -> MockSnapshot {
    let mut snapshot = MockSnapshot::new();
    snapshot.expect_row_counts().returning(move || Ok(row_counts));
    snapshot
        .expect_accounts()
        .returning(|after, _| Ok(if after.is_none() { accounts().to_vec() } else { Vec::new() }));
    snapshot.expect_seq().returning(|drive| Ok(if drive.owner() == bob() { SEQ } else { Seq::default() }));
    snapshot.expect_nodes().returning(|drive, after, _| {
        let has_some = after.is_none() && drive.owner() == bob();
        Ok(if has_some { nodes().to_vec() } else { Vec::new() })
    });
    snapshot.expect_versions().returning(|drive, after, _| {
        let has_one = after.is_none() && drive.owner() == bob();
        Ok(has_one.then(version).into_iter().collect())
    });
    snapshot.expect_operations().returning(|owner, after, _| {
        let has_some = after.is_none() && owner == bob();
        Ok(if has_some { operations().to_vec() } else { Vec::new() })
    });
    snapshot.expect_keys().returning(|owner, after, _| {
        let has_one = after.is_none() && owner == bob();
        Ok(has_one.then(key).into_iter().collect())
    });
    snapshot
        .expect_loose_blobs()
        .returning(|after, _| Ok(if after.is_none() { loose_blobs().to_vec() } else { Vec::new() }));
    snapshot.expect_audit().returning(|after, _| Ok(after.is_none().then(entry).into_iter().collect()));
    snapshot
}

/// A file in memory.
#[derive(Default)]
pub(super) struct Written {
    pub(super) bytes: Vec<u8>,
    pub(super) finished: bool,
    /// The most bytes that it takes.
    pub(super) room: Option<usize>,
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.room.is_some_and(|room| self.bytes.len() + bytes.len() > room) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl ExportSink for Written {
    fn finish(&mut self) -> io::Result<()> {
        self.finished = true;
        Ok(())
    }
}
