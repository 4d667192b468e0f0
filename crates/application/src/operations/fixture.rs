//! A database and a store that tests fill, and change while a check is under way.

mod nothing;
mod previews;

use std::collections::BTreeMap;
use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};

use crate::fixture::{sha256, unavailable};
use crate::ports::Ports;
use crate::testing::TestPorts;
use fm_domain::access::Access;
use fm_domain::accounts::UserQueries;
use fm_domain::audit::{AuditEntry, AuditFilter, AuditPage, AuditQueries};
use fm_domain::blobs::{
    BlobHead, BlobKey, BlobLimits, BlobQueries, BlobReader, BlobRecord, BlobState, BlobStore, Bucket,
    ByteRange, GetBlob, ListBlobs, ListedBlob, PutBlob, PutHint, StoredBlob, Sweepable,
};
use fm_domain::body::{BodyError, ByteSize, ByteStream};
use fm_domain::clock::{Clock as _, Timestamp};
use fm_domain::database::{Database, ReadRepos, UnitOfWork};
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::{File, FileFilter, FilePage, FileQueries};
use fm_domain::ids::{BlobId, FileId};
use fm_domain::jobs::{JobQueries, MockJobQueries};
use fm_domain::previews::{Preview, PreviewQueries};
use fm_domain::testing::{CountingIds, FakeUnitOfWork, FixedClock, NotedTrail, a_file};
use fm_domain::tree::{MockTreeQueries, TreeQueries, Version};
use fm_domain::uploads::UploadQueries;

/// What happens behind a check's back.
type Change = Box<dyn FnOnce(&mut State) + Send>;

/// All that is kept.
#[derive(Default)]
pub(super) struct State {
    pub(super) files: Vec<File>,
    pub(super) records: BTreeMap<BlobKey, BlobState>,
    pub(super) versions: Vec<Version>,
    pub(super) previews: Vec<Preview>,
    pub(super) store: BTreeMap<BlobKey, (Bytes, Timestamp)>,
    /// Blobs whose bytes end with an error.
    pub(super) torn: Vec<BlobKey>,
    /// Blobs of which the store gives no `head`, whenever it is asked.
    pub(super) refused: Vec<BlobKey>,
    /// Blobs that can't be deleted.
    pub(super) stuck: Vec<BlobKey>,
    /// How often the store will not answer to a `head`.
    pub(super) outages: u32,
    /// Happens right after the next `head`.
    pub(super) after_head: Option<Change>,
    /// The most ids that the database was asked about at once.
    pub(super) most_ids: usize,
    /// What is recorded: checks change nothing else.
    pub(super) trail: NotedTrail,
}

/// A deployment.
#[derive(Clone, Default)]
pub(super) struct Deployment(Arc<Mutex<State>>);

pub(super) fn blob(n: u64) -> BlobId {
    BlobId::new(CountingIds::nth(n))
}

/// When everything was written, unless it is said otherwise: long ago.
pub(super) const LONG_AGO: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);

impl Deployment {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A file with these bytes, as it should be; its blob is the `n`th id.
    pub(super) fn file(&self, n: u64, bytes: &'static str) -> File {
        let file = File {
            id: FileId::new(CountingIds::nth(n)),
            size: ByteSize::new(bytes.len() as u64),
            sha256: Some(sha256(bytes.as_bytes())),
            blob: blob(n),
            ..a_file()
        };
        let mut state = self.state();
        state.mark_stored(BlobKey::file(file.blob), bytes);
        state.files.push(file.clone());
        file
    }

    /// An old version of a file with these bytes, as it should be; its blob is the `n`th id.
    pub(super) fn version(&self, file: &File, n: u64, bytes: &'static str) -> Version {
        let held = File {
            size: ByteSize::new(bytes.len() as u64),
            sha256: Some(sha256(bytes.as_bytes())),
            blob: blob(n),
            ..file.clone()
        };
        let version = Version::of(&held, LONG_AGO);
        let mut state = self.state();
        state.mark_stored(BlobKey::file(version.blob), bytes);
        state.versions.push(version.clone());
        version
    }

    /// Its ports; the clock stands at the new year.
    pub(super) fn ports(&self) -> Ports {
        Ports {
            db: Arc::new(self.clone()),
            blobs: Arc::new(self.clone()),
            lister: Some(Arc::new(self.clone())),
            ..TestPorts::default().ports()
        }
    }

    pub(super) fn now() -> Timestamp {
        FixedClock::NEW_YEAR.now()
    }
}

impl State {
    /// A blob that is known and kept.
    pub(super) fn mark_stored(&mut self, key: BlobKey, bytes: &'static str) {
        self.records.insert(key, BlobState::Stored { size: ByteSize::new(bytes.len() as u64) });
        self.put(key, bytes);
    }

    /// A blob in the store alone.
    pub(super) fn put(&mut self, key: BlobKey, bytes: &'static str) {
        self.store.insert(key, (Bytes::from_static(bytes.as_bytes()), LONG_AGO));
    }
}

#[async_trait]
impl Database for Deployment {
    async fn begin(&self) -> PortResult<Box<dyn UnitOfWork>> {
        let mut unit = FakeUnitOfWork::default();
        unit.audit = self.state().trail.clone();
        self.removes_previews(&mut unit);
        Ok(Box::new(unit))
    }
    async fn read(&self) -> PortResult<Box<dyn ReadRepos>> {
        let (tree, jobs) = (self.tree(), MockJobQueries::new());
        Ok(Box::new(Reads { deployment: self.clone(), tree, jobs }))
    }
    async fn ping(&self) -> PortResult<()> {
        Ok(())
    }
}

/// Reads of the deployment, whose trees have old versions alone, and whose queue is not asked.
struct Reads {
    deployment: Deployment,
    tree: MockTreeQueries,
    jobs: MockJobQueries,
}

impl Deployment {
    fn tree(&self) -> MockTreeQueries {
        let deployment = self.clone();
        let mut tree = MockTreeQueries::new();
        tree.expect_walk_versions().returning(move |after, limit| {
            let state = deployment.state();
            let later = state
                .versions
                .iter()
                .filter(|version| after.is_none_or(|after| (version.file, version.number) > after));
            Ok(later.take(limit as usize).cloned().collect())
        });
        tree
    }
}

impl ReadRepos for Reads {
    fn users(&mut self) -> &mut dyn UserQueries {
        &mut self.deployment
    }
    fn files(&mut self) -> &mut dyn FileQueries {
        &mut self.deployment
    }
    fn tree(&mut self) -> &mut dyn TreeQueries {
        &mut self.tree
    }
    fn uploads(&mut self) -> &mut dyn UploadQueries {
        &mut self.deployment
    }
    fn blobs(&mut self) -> &mut dyn BlobQueries {
        &mut self.deployment
    }
    fn previews(&mut self) -> &mut dyn PreviewQueries {
        &mut self.deployment
    }
    fn jobs(&mut self) -> &mut dyn JobQueries {
        &mut self.jobs
    }
    fn audit(&mut self) -> &mut dyn AuditQueries {
        &mut self.deployment
    }
}

#[async_trait]
impl AuditQueries for Deployment {
    async fn list(&mut self, _: &AuditFilter, _: &AuditPage) -> PortResult<Vec<AuditEntry>> {
        Ok(self.state().trail.entries())
    }
}

#[async_trait]
impl FileQueries for Deployment {
    async fn find(&mut self, access: &Access, id: FileId) -> PortResult<Option<File>> {
        let state = self.state();
        Ok(state.files.iter().find(|file| file.owner == access.owner() && file.id == id).cloned())
    }
    async fn find_with_trash(&mut self, access: &Access, id: FileId) -> PortResult<Option<File>> {
        FileQueries::find(self, access, id).await
    }
    async fn list(&mut self, _: &Access, _: &FileFilter, _: &FilePage) -> PortResult<Vec<File>> {
        Ok(Vec::new())
    }
    async fn walk(&mut self, after: Option<FileId>, limit: u32) -> PortResult<Vec<File>> {
        let state = self.state();
        let later = state.files.iter().filter(|file| after.is_none_or(|after| file.id > after));
        Ok(later.take(limit as usize).cloned().collect())
    }
}

#[async_trait]
impl BlobQueries for Deployment {
    async fn find(&mut self, ids: &[BlobId]) -> PortResult<Vec<BlobRecord>> {
        let mut state = self.state();
        state.most_ids = state.most_ids.max(ids.len());
        let known = state.records.iter().filter(|(key, _)| ids.contains(&key.id));
        Ok(known.map(|(key, state)| BlobRecord { key: *key, state: *state }).collect())
    }
    async fn count_sweepable(&mut self, _: Timestamp, _: u32) -> PortResult<Sweepable> {
        Ok(Sweepable::default())
    }
}

#[async_trait]
impl BlobStore for Deployment {
    async fn put(&self, _: &BlobKey, _: ByteStream, _: &PutHint) -> Result<StoredBlob, PutBlob> {
        Err(PortError::Unexpected("a check has nothing to put".into()).into())
    }
    async fn get(&self, key: &BlobKey, _: Option<ByteRange>) -> Result<BlobReader, GetBlob> {
        let state = self.state();
        let bytes = state.store.get(key).map(|(bytes, _)| bytes.clone()).ok_or(GetBlob::NotFound)?;
        let torn = state.torn.contains(key).then(|| Err(BodyError::Source("a bad sector".into())));
        let size = ByteSize::new(bytes.len() as u64);
        Ok(BlobReader {
            size,
            range: None,
            bytes: stream::iter([Ok(bytes)]).chain(stream::iter(torn)).boxed(),
        })
    }
    async fn head(&self, key: &BlobKey) -> PortResult<Option<BlobHead>> {
        let mut state = self.state();
        if state.outages > 0 {
            state.outages -= 1;
            return Err(unavailable());
        }
        if state.refused.contains(key) {
            return Err(PortError::Unexpected("access denied".into()));
        }
        let head =
            state.store.get(key).map(|(bytes, _)| BlobHead { size: ByteSize::new(bytes.len() as u64) });
        if let Some(change) = state.after_head.take() {
            change(&mut state);
        }
        Ok(head)
    }
    async fn delete(&self, key: &BlobKey) -> PortResult<()> {
        let mut state = self.state();
        if state.stuck.contains(key) {
            return Err(unavailable());
        }
        state.store.remove(key);
        Ok(())
    }
    fn limits(&self) -> BlobLimits {
        BlobLimits { max_blob: ByteSize::new(u64::MAX) }
    }
    async fn ping(&self) -> PortResult<()> {
        Ok(())
    }
}

#[async_trait]
impl ListBlobs for Deployment {
    async fn list(&self, bucket: Bucket) -> PortResult<BoxStream<'static, PortResult<ListedBlob>>> {
        let state = self.state();
        let here = state.store.iter().filter(|(key, _)| key.bucket == bucket);
        let listed: Vec<ListedBlob> = here
            .map(|(key, (bytes, at))| ListedBlob {
                key: *key,
                size: ByteSize::new(bytes.len() as u64),
                written_at: *at,
            })
            .collect();
        // Once it has ended it may not be asked again.
        let blobs =
            stream::unfold(listed.into_iter(), |mut rest| ready(rest.next().map(|blob| (Ok(blob), rest))));
        Ok(blobs.boxed())
    }
}
