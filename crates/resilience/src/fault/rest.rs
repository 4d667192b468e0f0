//! The ports whose every method is one plain call.

use std::sync::Arc;

use bytes::Bytes;
use fm_domain::accounts::{Password, PasswordCheck, PasswordHash, PasswordHasher};
use fm_domain::blobs::{
    BlobKey, CompleteParts, DirectStore, DownloadLink, PartLimits, PartLink, PartReceiver, PartWrite,
    PutBlob, SignDownload, SignParts, SignedPart, SignedUrl, StoredBlob, WriteId, WritePart, WrittenPart,
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
use fm_domain::thumbnails::{RenderBudget, RenderSpec, RenderThumbnail, Rendered, Thumbnailer};
use fm_domain::uploads::{
    AppendError, AppendHints, Chunk, CompleteError, Position, ResumableStore, WriteState,
};

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
    find_recent(id: SessionId, now: Timestamp) -> PortResult<Option<Session>> = SessionStoreFindRecent;
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
    /// A store that writes blobs over many requests, with faults. Its hints and what it reads out of states can't fail.
    awaited FaultyResumableStore of ResumableStore
}

decorate! {
    impl ResumableStore for FaultyResumableStore, self: &Self, by self.inner;
    begin(key: &BlobKey, content_type: &MediaType) -> PortResult<WriteState> = ResumableStoreBegin;
    append(key: &BlobKey, position: &Position, chunk: Chunk) -> Result<WriteState, AppendError>
        = ResumableStoreAppend;
    sync(key: &BlobKey) -> PortResult<()> = ResumableStoreSync;
    prune(key: &BlobKey, before: &WriteState, after: &WriteState) -> PortResult<()> = ResumableStorePrune;
    complete(key: &BlobKey, position: &Position) -> Result<StoredBlob, CompleteError> = ResumableStoreComplete;
    put_bytes(key: &BlobKey, bytes: PartBytes, content_type: &MediaType) -> Result<StoredBlob, PutBlob>
        = ResumableStorePutBytes;
    {
        fn append_hints(&self) -> AppendHints {
            self.inner.append_hints()
        }

        fn read_back(&self, state: &WriteState) -> ByteSize {
            self.inner.read_back(state)
        }

        fn rewind(&self, counted: &WriteState, reached: &WriteState) -> WriteState {
            self.inner.rewind(counted, reached)
        }

        async fn abort(&self, key: &BlobKey, begun: &WriteState) -> PortResult<()> {
            self.inner.abort(key, begun).await
        }
    }
}

decorator! {
    /// A store that makes blobs of parts, with faults. Its limits can't fail.
    awaited FaultyDirectStore of DirectStore
}

decorate! {
    impl DirectStore for FaultyDirectStore, self: &Self, by self.inner;
    begin(key: &BlobKey, content_type: &MediaType) -> PortResult<WriteId> = DirectStoreBegin;
    complete(write: &PartWrite, fence: u64, parts: &[WrittenPart], size: ByteSize)
        -> Result<StoredBlob, CompleteParts> = DirectStoreComplete;
    {
        fn part_limits(&self) -> PartLimits {
            self.inner.part_limits()
        }
    }
}

decorator! {
    /// A receiver of parts, with faults.
    awaited FaultyPartReceiver of PartReceiver
}

decorate! {
    impl PartReceiver for FaultyPartReceiver, self: &Self, by self.inner;
    write(write: &PartWrite, offset: ByteSize, fence: u64, bytes: PartBytes) -> Result<(), WritePart>
        = PartReceiverWrite;
    sync(write: &PartWrite) -> PortResult<()> = PartReceiverSync;
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
    render(source: Bytes, spec: RenderSpec, budget: RenderBudget) -> Result<Rendered, RenderThumbnail>
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
