//! Models as tests want them: valid, and the same each time.

use super::FixedClock;
use crate::accounts::{Account, Email, PasswordHash, Role, User};
use crate::body::ByteSize;
use crate::clock::Clock as _;
use crate::files::{File, FileName, MediaType, Revision, Sha256, ThumbnailState, VersionNumber};
use crate::ids::{BlobId, DriveId, FileId, NodeId, SessionId, UploadId, UserId};
use crate::sessions::{RefreshState, Session};
use crate::testing::CountingIds;
use crate::tree::Placing;
use crate::uploads::{Epoch, HashState, Transport, Upload, UploadStatus};

const VALID: &str = "a literal of the builder is valid";

/// Ada, who registered at new year. Her id is the 1001st of [`CountingIds`].
#[must_use]
#[expect(clippy::expect_used, clippy::missing_panics_doc, reason = "the literal is valid")]
pub fn a_user() -> User {
    User {
        id: UserId::new(CountingIds::nth(1001)),
        email: "ada@example.com".parse::<Email>().expect(VALID),
        name: None,
        role: Role::User,
        password_hash: PasswordHash::new("hash of ada".to_owned()),
        created_at: FixedClock::NEW_YEAR.now(),
    }
}

/// Ada's account, empty.
#[must_use]
pub fn an_account() -> Account {
    Account::new(a_user())
}

/// A fresh session of Ada's. Its id is the 1002nd of [`CountingIds`].
#[must_use]
pub fn a_session() -> Session {
    let now = FixedClock::NEW_YEAR.now();
    Session {
        id: SessionId::new(CountingIds::nth(1002)),
        user: a_user().id,
        created_at: now,
        last_seen_at: now,
        ip: None,
        user_agent: None,
        refresh: RefreshState::first([1; 16], now.plus(std::time::Duration::from_hours(1))),
    }
}

/// `hello.txt` in Ada's root folder: five bytes, no thumbnail. Its id is the 1003rd of [`CountingIds`], its blob's the 1004th.
#[must_use]
#[expect(clippy::expect_used, clippy::missing_panics_doc, reason = "the literals are valid")]
pub fn a_file() -> File {
    let now = FixedClock::NEW_YEAR.now();
    File {
        id: FileId::new(CountingIds::nth(1003)),
        owner: a_user().id,
        parent: NodeId::root(DriveId::of_user(a_user().id)),
        name: "hello.txt".parse::<FileName>().expect(VALID),
        content_type: "text/plain".parse::<MediaType>().expect(VALID),
        size: ByteSize::new(5),
        sha256: Some(Sha256::new([9; 32])),
        blob: BlobId::new(CountingIds::nth(1004)),
        version: VersionNumber::FIRST,
        thumbnail: ThumbnailState::None,
        revision: Revision::FIRST,
        created_at: now,
        updated_at: now,
        content_at: now,
        modified_at: now,
    }
}

/// An open resumable upload of Ada's that becomes `hello.txt`: five bytes, none of them received, nothing reserved, for a
/// day. Its id is the 1005th of [`CountingIds`], its blob's the 1006th.
#[must_use]
pub fn an_upload() -> Upload {
    let now = FixedClock::NEW_YEAR.now();
    let File { owner, name, content_type, .. } = a_file();
    Upload {
        id: UploadId::new(CountingIds::nth(1005)),
        owner,
        transport: Transport::Resumable,
        blob: BlobId::new(CountingIds::nth(1006)),
        name,
        placing: Placing::default(),
        claimed_type: Some(content_type),
        promised: None,
        metadata: String::new(),
        key: None,
        length: Some(ByteSize::new(5)),
        offset: ByteSize::ZERO,
        reserved: ByteSize::ZERO,
        epoch: Epoch::FIRST,
        is_locked: false,
        state: None,
        write: None,
        hash: HashState::new(),
        charset_check: None,
        head: bytes::Bytes::new(),
        status: UploadStatus::Open,
        created_at: now,
        expires_at: now.plus(std::time::Duration::from_hours(24)),
    }
}
