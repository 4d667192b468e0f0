//! The ports whose every method is one plain call.

use std::sync::Arc;

use bytes::Bytes;
use fm_domain::accounts::{Password, PasswordCheck, PasswordHash, PasswordHasher};
use fm_domain::blobs::{
    BlobKey, CompleteParts, DownloadLink, PartLimits, PartLink, PartPlace, PartTag, PartUpload, PartWrite,
    SignDownload, SignParts, SignedPart, SignedUrl, StoredBlob, WriteId, WritePart, WrittenPart,
};
use fm_domain::body::{ByteSize, PartBytes};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::files::MediaType;
use fm_domain::ids::{SessionId, UserId};
use fm_domain::sessions::{
    AccessClaims, AccessToken, Generation, InvalidToken, NewSession, RefreshState, Session, SessionStore,
    TokenSigner,
};
use fm_domain::thumbnails::{RenderBudget, RenderThumbnail, Thumbnail, ThumbnailSpec, Thumbnailer};

use super::decorate::decorate;
use super::faults::Passage;
use super::{Faults, Operation};

/// Makes the decorator of a port: its type, its constructor, and how its calls enter the handle.
macro_rules! decorator {
    ($(#[$doc:meta])* $faulty:ident of $port:ident) => {
        $(#[$doc])*
        pub struct $faulty {
            inner: Arc<dyn $port>,
            faults: Faults,
        }

        impl $faulty {
            /// `inner`, with whatever is planned in `faults`.
            #[must_use]
            pub fn new(inner: Arc<dyn $port>, faults: &Faults) -> Self {
                Self { inner, faults: faults.clone() }
            }
        }
    };
    ($(#[$doc:meta])* awaited $faulty:ident of $port:ident) => {
        decorator!($(#[$doc])* $faulty of $port);

        impl $faulty {
            async fn enter(&self, operation: Operation) -> PortResult<Passage> {
                self.faults.enter(operation).await
            }
        }
    };
}

decorator! {
    /// A store of sessions with faults.
    awaited FaultySessionStore of SessionStore
}

decorate! {
    impl SessionStore for FaultySessionStore, self: &Self, by self.inner;
    create(session: &NewSession) -> PortResult<()> = SessionStoreCreate;
    find(id: SessionId, now: Timestamp) -> PortResult<Option<Session>> = SessionStoreFind;
    touch(id: SessionId, now: Timestamp, ip: Option<String>) -> PortResult<()> = SessionStoreTouch;
    rotate(id: SessionId, seen: Generation, next: &RefreshState) -> PortResult<bool> = SessionStoreRotate;
    revoke(user: UserId, id: SessionId) -> PortResult<bool> = SessionStoreRevoke;
    revoke_all(user: UserId, but: Option<SessionId>, created_before: Timestamp) -> PortResult<()>
        = SessionStoreRevokeAll;
    list(user: UserId, now: Timestamp) -> PortResult<Vec<Session>> = SessionStoreList;
    purge_expired(now: Timestamp, limit: u32) -> PortResult<u32> = SessionStorePurgeExpired;
    ping() -> PortResult<()> = SessionStorePing;
}

decorator! {
    /// A signer of URLs with faults.
    awaited FaultySignDownload of SignDownload
}

decorate! {
    impl SignDownload for FaultySignDownload, self: &Self, by self.inner;
    sign(link: &DownloadLink) -> PortResult<SignedUrl> = SignDownloadSign;
}

decorator! {
    /// A store that is written to in parts, with faults. Its limits are never in doubt.
    awaited FaultyPartUpload of PartUpload
}

decorate! {
    impl PartUpload for FaultyPartUpload, self: &Self, by self.inner;
    begin(key: &BlobKey, content_type: &MediaType) -> PortResult<WriteId> = PartUploadBegin;
    write(write: &PartWrite, place: PartPlace, bytes: PartBytes) -> Result<Option<PartTag>, WritePart>
        = PartUploadWrite;
    sync(write: &PartWrite) -> PortResult<()> = PartUploadSync;
    complete(write: &PartWrite, fence: u64, parts: &[WrittenPart], size: ByteSize)
        -> Result<StoredBlob, CompleteParts> = PartUploadComplete;
    keep(key: &BlobKey, bytes: PartBytes, content_type: &MediaType) -> PortResult<StoredBlob> = PartUploadKeep;
    {
        fn part_limits(&self) -> PartLimits {
            self.inner.part_limits()
        }
    }
}

decorator! {
    /// A signer of the parts that clients send, with faults.
    awaited FaultySignParts of SignParts
}

decorate! {
    impl SignParts for FaultySignParts, self: &Self, by self.inner;
    sign(link: &PartLink) -> PortResult<SignedPart> = SignPartsSign;
}

decorator! {
    /// A renderer of thumbnails with faults. What it accepts is never in doubt.
    awaited FaultyThumbnailer of Thumbnailer
}

decorate! {
    impl Thumbnailer for FaultyThumbnailer, self: &Self, by self.inner;
    render(source: Bytes, spec: ThumbnailSpec, budget: RenderBudget) -> Result<Thumbnail, RenderThumbnail>
        = ThumbnailerRender;
    {
        fn accepts(&self, content_type: &MediaType) -> bool {
            self.inner.accepts(content_type)
        }

        fn formats(&self) -> Vec<MediaType> {
            self.inner.formats()
        }
    }
}

decorator! {
    /// A hasher of passwords with faults. Its decoy can't fail.
    awaited FaultyPasswordHasher of PasswordHasher
}

decorate! {
    impl PasswordHasher for FaultyPasswordHasher, self: &Self, by self.inner;
    hash(password: &Password) -> PortResult<PasswordHash> = PasswordHasherHash;
    verify(password: &Password, hash: &PasswordHash) -> PortResult<PasswordCheck> = PasswordHasherVerify;
    {
        fn decoy(&self) -> PasswordHash {
            self.inner.decoy()
        }
    }
}

decorator! {
    /// A signer of access tokens with faults. To verify can't fail, only refuse.
    FaultyTokenSigner of TokenSigner
}

impl TokenSigner for FaultyTokenSigner {
    fn sign(&self, claims: &AccessClaims) -> PortResult<AccessToken> {
        let passage = self.faults.enter_at_once(Operation::TokenSignerSign)?;
        if passage.repeats() {
            drop(self.inner.sign(claims));
        }
        passage.leave_at_once(self.inner.sign(claims))
    }

    fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, InvalidToken> {
        self.inner.verify(token, now)
    }
}
