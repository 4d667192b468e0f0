//! What the tests of both use cases move: two users with files, and what is left of others.

use std::io::{self, Write};

use fm_domain::accounts::{Account, Role, User};
use fm_domain::archive::{ArchivedFile, ArchivedKey, LooseBlob, LooseState, MockSnapshot, RowCounts};
use fm_domain::audit::{AuditAction, AuditEntry};
use fm_domain::blobs::BlobKey;
use fm_domain::body::ByteSize;
use fm_domain::clock::{Clock as _, Timestamp};
use fm_domain::files::{File, Revision, Sha256, ThumbnailState};
use fm_domain::idempotency::FinishedUpload;
use fm_domain::ids::{AuditEntryId, BlobId, FileId, UserId};
use fm_domain::testing::{CountingIds, FixedClock, a_file, a_user};

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

/// Bob's: a picture with its thumbnail, one that waits for it, and a file whose hash is not known.
#[expect(clippy::unwrap_used, reason = "the literals are valid")]
pub(super) fn files() -> [ArchivedFile; 3] {
    let file = |n: u64, thumbnail| File {
        id: FileId::new(CountingIds::nth(n)),
        owner: accounts()[1].user.id,
        name: "Käse \"1\".png".parse().unwrap(),
        content_type: "text/plain; charset=utf-8".parse().unwrap(),
        size: ByteSize::new(5 << 40),
        blob: blob(n + 1),
        thumbnail,
        revision: Revision::new(3),
        created_at: Timestamp::from_unix_micros(1_700_000_000_000_001),
        ..a_file()
    };
    let ready = ThumbnailState::Ready { blob: blob(3003), width: 64, height: 48 };
    [
        ArchivedFile { file: file(3001, ready), thumbnail_size: Some(ByteSize::new(99)) },
        ArchivedFile { file: file(3011, ThumbnailState::Pending), thumbnail_size: None },
        ArchivedFile {
            file: File { sha256: None, ..file(3021, ThumbnailState::Failed { times: 2 }) },
            thumbnail_size: None,
        },
    ]
}

/// Bob's.
#[expect(clippy::unwrap_used, reason = "the literals are valid")]
pub(super) fn key() -> ArchivedKey {
    let upload =
        FinishedUpload { file: files()[0].file.id, name: a_file().name, sha256: Sha256::new([4; 32]) };
    ArchivedKey { key: "upload-1".parse().unwrap(), upload, expires_at: now() }
}

pub(super) fn loose_blobs() -> [LooseBlob; 3] {
    let loose = |key, state| LooseBlob { key, owner: UserId::new(CountingIds::nth(9)), state };
    let (deleted_at, due_at) = (Timestamp::from_unix_seconds(5), Timestamp::from_unix_seconds(6));
    [
        loose(BlobKey::file(blob(4001)), LooseState::Intent { expires_at: now() }),
        loose(BlobKey::thumbnail(blob(4002)), LooseState::Deleted { deleted_at, due_at, was_stored: false }),
        loose(BlobKey::file(blob(4003)), LooseState::Ownerless),
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

pub(super) const ROW_COUNTS: RowCounts =
    RowCounts { users: 2, removed_users: 1, files: 3, blobs: 7, audit_entries: 1, open_uploads: 4 };

/// A database that holds all of these.
pub(super) fn snapshot(row_counts: RowCounts) -> MockSnapshot {
    let mut snapshot = MockSnapshot::new();
    snapshot.expect_row_counts().returning(move || Ok(row_counts));
    snapshot
        .expect_accounts()
        .returning(|after, _| Ok(if after.is_none() { accounts().to_vec() } else { Vec::new() }));
    snapshot.expect_files().returning(|owner, after, _| {
        let has_some = after.is_none() && owner == accounts()[1].user.id;
        Ok(if has_some { files().to_vec() } else { Vec::new() })
    });
    snapshot.expect_keys().returning(|owner, after, _| {
        let has_one = after.is_none() && owner == accounts()[1].user.id;
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
