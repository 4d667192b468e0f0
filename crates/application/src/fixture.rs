//! What the tests of use cases share: mocks that note when they are called, a store of bytes that reads what it is
//! sent, and errors.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _, stream};

use crate::files::UploadBody;
use crate::jobs::{Job, payload};
use crate::ports::Ports;
use crate::testing::TestPorts;
use fm_domain::access::{Access, Actor, Client, Right};
use fm_domain::accounts::{Account, StorageUse};
use fm_domain::audit::{AuditAction, AuditEntry};
use fm_domain::blobs::{
    BlobHead, BlobKey, BlobLimits, BlobReader, BlobStore, ByteRange, DownloadLink, GetBlob, PutBlob, PutHint,
    SignedUrl, StoredBlob,
};
use fm_domain::body::{BodyError, ByteSize, ByteStream};
use fm_domain::clock::Clock as _;
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::{File, Sha256};
use fm_domain::ids::{AuditEntryId, JobId};
use fm_domain::jobs::{ClaimedJob, NewJob};
use fm_domain::testing::{
    CountingIds, Effects, FakeReads, FakeUnitOfWork, FixedClock, NotedTrail, PlainLinks, a_session, a_user,
};
use fm_domain::tree::{Entered, Seq};
use fm_streaming::{BufferBudget, PictureHandover};
use uuid::Uuid;

/// Expects one call of a mock, notes it, and answers.
macro_rules! once {
    ($effects:expr, $expectation:expr, $note:expr, || $answer:expr) => {{
        let effects = $effects.clone();
        $expectation.times(1).returning(move || {
            effects.note($note);
            $answer
        });
    }};
    ($effects:expr, $expectation:expr, $note:expr, |$($argument:pat_param),*| $answer:expr) => {{
        let effects = $effects.clone();
        $expectation.times(1).returning(move |$($argument),*| {
            effects.note($note);
            $answer
        });
    }};
}
pub(crate) use once;

/// The job that was enqueued.
pub(crate) fn enqueued<J: Job>(job: &NewJob) -> J {
    assert_eq!(job.kind, J::kind());
    payload::read(&job.payload).unwrap()
}

/// The job as a worker holds it in this attempt.
pub(crate) fn claimed<J: Job>(job: &J, attempt: u32) -> ClaimedJob {
    ClaimedJob {
        id: JobId::new(CountingIds::nth(50)),
        kind: J::kind(),
        payload: payload::write(job).unwrap(),
        attempt,
        run_at: FixedClock::NEW_YEAR.now(),
        trace: None,
    }
}

pub(crate) fn unavailable() -> PortError {
    PortError::Unavailable("cut off".into())
}

pub(crate) fn lost_race() -> PortError {
    PortError::Contended("deadlock".into())
}

pub(crate) fn sha256(bytes: &[u8]) -> Sha256 {
    use sha2::Digest as _;
    Sha256::new(sha2::Sha256::digest(bytes).into())
}

/// The chunks as an upload called `hello.txt`, of unknown length.
pub(crate) fn body(chunks: &[&'static str]) -> UploadBody {
    let chunks: Vec<_> = chunks.iter().map(|chunk| Ok(Bytes::from_static(chunk.as_bytes()))).collect();
    body_of(stream::iter(chunks).boxed())
}

/// A stream as an upload called `hello.txt`, of unknown length.
pub(crate) fn body_of(stream: ByteStream) -> UploadBody {
    UploadBody {
        stream,
        length: None,
        claimed_type: "text/plain".parse().ok(),
        sha256: None,
        end: async { "hello.txt".parse().map(Some).map_err(|_invalid| BodyError::Malformed("a name")) }
            .boxed(),
    }
}

/// A handover of pictures, and the memory that it takes.
pub(crate) fn handover() -> (PictureHandover, BufferBudget) {
    let budget = BufferBudget::new(ByteSize::new(1 << 20));
    (PictureHandover::new(&budget, ByteSize::new(1 << 18)), budget)
}

/// Reads that find this file.
pub(crate) fn reads_of_file(effects: &Effects, file: Option<File>) -> FakeReads {
    let mut reads = FakeReads::default();
    once!(effects, reads.files.expect_find(), "find", |asked, _| {
        assert_eq!(asked.owner(), a_user().id);
        Ok(file.clone())
    });
    reads
}

/// Reads of a job that find this file, living or in the trash.
pub(crate) fn reads_of_job_file(effects: &Effects, file: Option<File>) -> FakeReads {
    let mut reads = FakeReads::default();
    once!(effects, reads.files.expect_find_with_trash(), "find", |asked, _| {
        assert_eq!(asked.owner(), a_user().id);
        Ok(file.clone())
    });
    reads
}

/// Reads that find this account.
pub(crate) fn reads_of_account(effects: &Effects, account: Option<Account>) -> FakeReads {
    let mut reads = FakeReads::default();
    once!(effects, reads.users.expect_find(), "find user", |_| Ok(account.clone()));
    reads
}

/// Reads that find this account where its quota is asked for.
pub(crate) fn reads_of_quota(account: Account) -> FakeReads {
    let mut reads = FakeReads::default();
    reads.users.expect_find().returning(move |_| Ok(Some(account.clone())));
    reads
}

/// Ports whose database has this file, or none.
pub(crate) fn found(file: Option<File>) -> Ports {
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(reads_of_file(&Effects::default(), file));
    doubles.ports()
}

/// The link behind a URL that the doubles signed.
pub(crate) fn opened(url: &SignedUrl) -> DownloadLink {
    PlainLinks::open(url.expose()).unwrap()
}

/// Where Ada is.
pub(crate) fn a_client() -> Client {
    Client { ip: Some("192.0.2.7".to_owned()), user_agent: Some("a phone/1.0".to_owned()) }
}

/// Ada, in her session.
pub(crate) fn actor() -> Actor {
    Actor::in_session(a_user().id, a_session().id).through(a_client())
}

/// The entry of what Ada does in her account at new year, with an id of zeros.
pub(crate) fn by_ada(action: AuditAction, target: Option<Uuid>) -> AuditEntry {
    let (id, at, user) = (AuditEntryId::new(Uuid::nil()), FixedClock::NEW_YEAR.now(), Some(a_user().id));
    AuditEntry { id, at, action, actor: user, account: user, target, client: a_client() }
}

/// The entries of a trail, with ids of zeros.
pub(crate) fn noted(trail: &NotedTrail) -> Vec<AuditEntry> {
    let plain = |entry| AuditEntry { id: AuditEntryId::new(Uuid::nil()), ..entry };
    trail.entries().into_iter().map(plain).collect()
}

/// The unit of an entry of its own, and its trail.
pub(crate) fn a_unit_of_the_trail(effects: &Effects) -> (FakeUnitOfWork, NotedTrail) {
    let unit = FakeUnitOfWork::noting(effects);
    let trail = unit.audit.clone();
    (unit, trail)
}

/// Ada's drive as a unit of work enters it.
pub(crate) fn entered() -> Entered {
    Entered { seq: Seq::new(7), nodes: 10, storage: StorageUse::default() }
}

/// Access to what Ada has.
pub(crate) fn access(right: Right) -> Access {
    Access::on_behalf_of(a_user().id, right)
}

/// Expects that Ada's sessions are revoked, all but this one.
pub(crate) fn revoking(
    effects: &Effects,
    doubles: &mut TestPorts,
    but: Option<fm_domain::ids::SessionId>,
    works: bool,
) {
    once!(effects, doubles.sessions.expect_revoke_all(), "revoke all", |_, spared, before| {
        assert_eq!(spared, but);
        assert!(before > FixedClock::NEW_YEAR.now());
        if works { Ok(()) } else { Err(unavailable()) }
    });
}

/// Notes `put` and `delete`, reads what it is sent to its end, and gives `content` back.
pub(crate) struct FakeBlobs {
    pub(crate) effects: Effects,
    /// What a put answers once it read everything, instead of success.
    pub(crate) refusal: Mutex<Option<PutBlob>>,
    /// What a get answers.
    pub(crate) content: Option<Bytes>,
    pub(crate) hints: Mutex<Vec<PutHint>>,
    /// How long writing and deleting take.
    pub(crate) pause: Duration,
}

impl FakeBlobs {
    pub(crate) fn noting(effects: &Effects) -> Self {
        Self {
            effects: effects.clone(),
            refusal: Mutex::default(),
            content: None,
            hints: Mutex::default(),
            pause: Duration::ZERO,
        }
    }

    pub(crate) fn refusing(effects: &Effects, refusal: impl Into<PutBlob>) -> Self {
        Self { refusal: Mutex::new(Some(refusal.into())), ..Self::noting(effects) }
    }

    pub(crate) fn holding(effects: &Effects, content: &'static [u8]) -> Self {
        Self { content: Some(Bytes::from_static(content)), ..Self::noting(effects) }
    }

    async fn wait(&self) {
        if !self.pause.is_zero() {
            tokio::time::sleep(self.pause).await;
        }
    }

    /// The doubles, with this store of bytes among them.
    pub(crate) fn among(self, doubles: TestPorts) -> Ports {
        Ports { blobs: Arc::new(self), ..doubles.ports() }
    }
}

#[async_trait]
impl BlobStore for FakeBlobs {
    async fn put(&self, key: &BlobKey, mut body: ByteStream, hint: &PutHint) -> Result<StoredBlob, PutBlob> {
        self.effects.note(format!("put {}", key.bucket.as_str()));
        self.hints.lock().unwrap_or_else(PoisonError::into_inner).push(hint.clone());
        let mut size = 0;
        while let Some(chunk) = body.next().await {
            size += chunk?.len() as u64;
        }
        self.wait().await;
        match self.refusal.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => Err(error),
            None => Ok(StoredBlob { size: ByteSize::new(size) }),
        }
    }

    async fn get(&self, _: &BlobKey, _: Option<ByteRange>) -> Result<BlobReader, GetBlob> {
        self.effects.note("get");
        let content = self.content.clone().ok_or(GetBlob::NotFound)?;
        Ok(BlobReader {
            size: ByteSize::new(content.len() as u64),
            range: None,
            bytes: stream::iter([Ok(content)]).boxed(),
        })
    }

    async fn head(&self, _: &BlobKey) -> PortResult<Option<BlobHead>> {
        Ok(self.content.as_ref().map(|content| BlobHead { size: ByteSize::new(content.len() as u64) }))
    }

    async fn delete(&self, key: &BlobKey) -> PortResult<()> {
        self.effects.note(format!("delete {}", key.bucket.as_str()));
        self.wait().await;
        Ok(())
    }

    fn limits(&self) -> BlobLimits {
        BlobLimits { max_blob: ByteSize::new(u64::MAX) }
    }

    async fn ping(&self) -> PortResult<()> {
        Ok(())
    }
}
