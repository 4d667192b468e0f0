//! Stores of bytes and of sessions, and the limiter.

use std::num::NonZeroU64;

use async_trait::async_trait;
use fm_domain::blobs::{
    BlobHead, BlobKey, BlobLimits, BlobReader, BlobStore, Bucket, ByteRange, CompleteParts, DirectStore,
    DownloadLink, GetBlob, ListBlobs, ListedBlob, PartLimits, PartLink, PartReceiver, PartWrite, PutBlob,
    PutHint, SignDownload, SignParts, SignedPart, SignedUrl, StoredBlob, WriteId, WritePart, WrittenPart,
};
use fm_domain::body::{ByteSize, ByteStream, PartBytes};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::files::MediaType;
use fm_domain::ids::{SessionId, UserId};
use fm_domain::limits::{LimitKey, RateDecision, RateLimiter, RatePolicy};
use fm_domain::sessions::{Generation, NewSession, RefreshState, Session, SessionStore};
use fm_domain::uploads::{
    AppendError, AppendHints, Chunk, CompleteError, Position, ResumableStore, WriteState,
};
use futures_util::stream::BoxStream;

use crate::Outcome;
use crate::decorate::{decorate, decorator};
use crate::observe::{Answer as _, observe_by, port_span};

decorator! {
    /// A store of bytes. A call of `get` ends where the blob is open: how long its bytes take is up to their reader.
    ObservedBlobStore of BlobStore
}

decorate! {
    impl BlobStore for ObservedBlobStore, self: &Self, by self.inner, at DEBUG;
    put(key: &BlobKey, body: ByteStream, hint: &PutHint) -> Result<StoredBlob, PutBlob> = "blob_store.put";
    get(key: &BlobKey, range: Option<ByteRange>) -> Result<BlobReader, GetBlob> = "blob_store.get";
    head(key: &BlobKey) -> PortResult<Option<BlobHead>> = "blob_store.head";
    delete(key: &BlobKey) -> PortResult<()> = "blob_store.delete";
    ping() -> PortResult<()> = "blob_store.ping";
    {
        fn limits(&self) -> BlobLimits {
            self.inner.limits()
        }
    }
}

decorator! {
    /// A lister of blobs. A call ends where the list is open.
    ObservedListBlobs of ListBlobs
}

decorate! {
    impl ListBlobs for ObservedListBlobs, self: &Self, by self.inner, at DEBUG;
    list(bucket: Bucket) -> PortResult<BoxStream<'static, PortResult<ListedBlob>>> = "blob_store.list";
}

decorator! {
    /// A store that writes blobs over many requests. Its hints and what it reads out of states are no calls.
    ObservedResumableStore of ResumableStore
}

decorate! {
    impl ResumableStore for ObservedResumableStore, self: &Self, by self.inner, at DEBUG;
    begin(key: &BlobKey, content_type: &MediaType) -> PortResult<WriteState> = "resumable_store.begin";
    append(key: &BlobKey, position: &Position, chunk: Chunk) -> Result<WriteState, AppendError>
        = "resumable_store.append";
    sync(key: &BlobKey) -> PortResult<()> = "resumable_store.sync";
    prune(key: &BlobKey, before: &WriteState, after: &WriteState) -> PortResult<()> = "resumable_store.prune";
    abort(key: &BlobKey, begun: &WriteState) -> PortResult<()> = "resumable_store.abort";
    complete(key: &BlobKey, position: &Position) -> Result<StoredBlob, CompleteError> = "resumable_store.complete";
    put_bytes(key: &BlobKey, bytes: PartBytes, content_type: &MediaType) -> Result<StoredBlob, PutBlob>
        = "resumable_store.put_bytes";
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
    }
}

decorator! {
    /// A store that makes blobs of parts.
    ObservedDirectStore of DirectStore
}

decorate! {
    impl DirectStore for ObservedDirectStore, self: &Self, by self.inner, at DEBUG;
    begin(key: &BlobKey, content_type: &MediaType) -> PortResult<WriteId> = "direct_store.begin";
    complete(write: &PartWrite, fence: u64, parts: &[WrittenPart], size: ByteSize)
        -> Result<StoredBlob, CompleteParts> = "direct_store.complete";
    {
        fn part_limits(&self) -> PartLimits {
            self.inner.part_limits()
        }
    }
}

decorator! {
    /// A receiver of parts.
    ObservedPartReceiver of PartReceiver
}

decorate! {
    impl PartReceiver for ObservedPartReceiver, self: &Self, by self.inner, at DEBUG;
    write(write: &PartWrite, offset: ByteSize, fence: u64, bytes: PartBytes) -> Result<(), WritePart>
        = "part_receiver.write";
    sync(write: &PartWrite) -> PortResult<()> = "part_receiver.sync";
}

decorator! {
    /// A signer of URLs. A list signs two hundred of them without asking any service: their spans are at the level `TRACE`,
    /// and not exported.
    ObservedSignDownload of SignDownload
}

decorate! {
    impl SignDownload for ObservedSignDownload, self: &Self, by self.inner, at TRACE;
    sign(link: &DownloadLink) -> PortResult<SignedUrl> = "blob_store.presign";
}

decorator! {
    /// A signer of the parts that clients send. Its spans are those of [`ObservedSignDownload`].
    ObservedSignParts of SignParts
}

decorate! {
    impl SignParts for ObservedSignParts, self: &Self, by self.inner, at TRACE;
    sign(link: &PartLink) -> PortResult<SignedPart> = "direct_store.presign";
}

decorator! {
    /// A store of sessions.
    ObservedSessionStore of SessionStore
}

decorate! {
    impl SessionStore for ObservedSessionStore, self: &Self, by self.inner, at DEBUG;
    create(session: &NewSession) -> PortResult<()> = "session_store.create";
    find(id: SessionId, now: Timestamp) -> PortResult<Option<Session>> = "session_store.find";
    find_recent(id: SessionId, now: Timestamp) -> PortResult<Option<Session>> = "session_store.find_recent";
    touch(id: SessionId, now: Timestamp, ip: Option<String>) -> PortResult<()> = "session_store.touch";
    rotate(id: SessionId, seen: Generation, next: &RefreshState) -> PortResult<bool> = "session_store.rotate";
    revoke(user: UserId, id: SessionId) -> PortResult<bool> = "session_store.revoke";
    revoke_all(user: UserId, but: Option<SessionId>, created_before: Timestamp) -> PortResult<()>
        = "session_store.revoke_all";
    list(user: UserId, now: Timestamp) -> PortResult<Vec<Session>> = "session_store.list";
    purge_expired(now: Timestamp, limit: u32) -> PortResult<u32> = "session_store.purge_expired";
    ping() -> PortResult<()> = "session_store.ping";
}

decorator! {
    /// A limiter. A call that exceeds its limit is refused, though it is no error.
    ObservedRateLimiter of RateLimiter
}

#[async_trait]
impl RateLimiter for ObservedRateLimiter {
    async fn take(&self, key: &LimitKey, policy: &RatePolicy, cost: NonZeroU64) -> PortResult<RateDecision> {
        let (span, call) = (port_span!(DEBUG, "rate_limiter.take"), self.inner.take(key, policy, cost));
        observe_by(self.observer.as_ref(), "rate_limiter.take", span, call, decided).await
    }

    async fn spend(&self, key: &LimitKey, policy: &RatePolicy, cost: NonZeroU64) -> PortResult<RateDecision> {
        let (span, call) = (port_span!(DEBUG, "rate_limiter.spend"), self.inner.spend(key, policy, cost));
        observe_by(self.observer.as_ref(), "rate_limiter.spend", span, call, decided).await
    }
}

fn decided(answer: &PortResult<RateDecision>) -> Outcome {
    match answer {
        Ok(decision) if !decision.is_allowed => Outcome::Refused,
        answer => answer.outcome(),
    }
}
