//! Databases with one fault.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use fm_contract::DatabaseHarness;
use fm_domain::accounts::{UserQueries, UserRepo};
use fm_domain::blobs::{BlobQueries, BlobRepo};
use fm_domain::database::{Database, ReadRepos, Repos, UnitOfWork};
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::{FileQueries, FileRepo};
use fm_domain::idempotency::KeyRepo;
use fm_domain::ids::UploadId;
use fm_domain::jobs::{JobQueue, JobSignal};
use fm_domain::uploads::{Upload, UploadQueries, UploadRepo};
use fm_memory::MemoryDatabase;
use futures_util::FutureExt as _;

use crate::bites;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    CommitsOnDrop,
    CommitsOnRollback,
    KeepsItsLocksWhenDropped,
    LiesAboutCommit,
    PoisonsOnConflict,
    LosesJobsBesideFiles,
    ClaimsTwice,
    TakesLateAnswers,
    TakesAnyAnswer,
    LosesWhatExpired,
    NeverSignals,
    IgnoresPriority,
    ListsEveryJob,
    TakesTheLiving,
    IgnoresRevision,
    SetsAnyThumbnail,
    SkipsOnPaging,
    RepeatsOnPaging,
    ReadsTypesAsPatterns,
    IgnoresQuota,
    AddsBeforeItFrees,
    ReplacesAnyPassword,
    SettlesTheDoomed,
    AbandonsTheSettled,
    ForgetsTheLiving,
    GivesKeysTwice,
    ForgetsUploads,
    SetsAnyHash,
    IgnoresEpoch,
    KeepsTheEpoch,
    LosesStates,
    LosesEmptyStates,
    ShowsOthersUploads,
    FindsNoKey,
    RemembersWhatIsGone,
    GivesPartsBackwards,
    KeepsTheRemoved,
    ForgetsNoFile,
    ExpiresWithoutLimit,
    KeepsUploadsOpen,
    PurgesTheOpen,
    SkipsOnWalking,
    TalliesWhatIsRecorded,
    HidesTheDoomed,
    CountsBeyondTheLimit,
}

/// Every upload that was ever inserted, by id.
pub(crate) type Inserted = Arc<Mutex<BTreeMap<UploadId, Upload>>>;

/// A database with one fault.
pub(crate) struct Broken {
    pub(crate) inner: MemoryDatabase,
    pub(crate) signal: Arc<dyn JobSignal>,
    pub(crate) fault: Fault,
    pub(crate) inserted: Inserted,
}

/// Its units of work.
pub(crate) struct BrokenUnit {
    /// Taken when the unit ends by an answer.
    inner: Option<Box<dyn UnitOfWork>>,
    pub(crate) fault: Fault,
    /// Whether a statement failed, or was refused where that counts as a failure.
    pub(crate) hurt: bool,
    /// Whether a file was inserted.
    pub(crate) has_files: bool,
    pub(crate) inserted: Inserted,
}

/// Its reads.
pub(crate) struct BrokenReads {
    pub(crate) inner: Box<dyn ReadRepos>,
    pub(crate) fault: Fault,
    pub(crate) inserted: Inserted,
}

impl Broken {
    pub(crate) fn new(fault: Fault) -> Self {
        let inner = MemoryDatabase::new();
        let signal: Arc<dyn JobSignal> =
            if fault == Fault::NeverSignals { Arc::new(Sleeper) } else { Arc::new(inner.signal()) };
        Self { inner, signal, fault, inserted: Inserted::default() }
    }
}

/// A signal that nobody gives.
struct Sleeper;

#[async_trait]
impl JobSignal for Sleeper {
    async fn wait(&self, at_most: Duration) -> bool {
        tokio::time::sleep(at_most).await;
        false
    }
}

#[async_trait]
impl Database for Broken {
    async fn begin(&self) -> PortResult<Box<dyn UnitOfWork>> {
        let inner = Some(self.inner.begin().await?);
        let inserted = Arc::clone(&self.inserted);
        Ok(Box::new(BrokenUnit { inner, fault: self.fault, hurt: false, has_files: false, inserted }))
    }

    async fn read(&self) -> PortResult<Box<dyn ReadRepos>> {
        let inserted = Arc::clone(&self.inserted);
        Ok(Box::new(BrokenReads { inner: self.inner.read().await?, fault: self.fault, inserted }))
    }

    async fn ping(&self) -> PortResult<()> {
        self.inner.ping().await
    }
}

impl ReadRepos for BrokenReads {
    fn users(&mut self) -> &mut dyn UserQueries {
        self
    }

    fn files(&mut self) -> &mut dyn FileQueries {
        self
    }

    fn uploads(&mut self) -> &mut dyn UploadQueries {
        self
    }

    fn blobs(&mut self) -> &mut dyn BlobQueries {
        self
    }
}

impl BrokenUnit {
    pub(crate) fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    /// The honest unit beneath.
    pub(crate) fn honest(&mut self) -> &mut dyn UnitOfWork {
        &mut **self.inner.as_mut().unwrap()
    }
}

impl Repos for BrokenUnit {
    fn users(&mut self) -> &mut dyn UserRepo {
        self
    }

    fn files(&mut self) -> &mut dyn FileRepo {
        self
    }

    fn blobs(&mut self) -> &mut dyn BlobRepo {
        self
    }

    fn keys(&mut self) -> &mut dyn KeyRepo {
        self
    }

    fn uploads(&mut self) -> &mut dyn UploadRepo {
        self
    }

    fn jobs(&mut self) -> &mut dyn JobQueue {
        self
    }
}

#[async_trait]
impl UnitOfWork for BrokenUnit {
    async fn commit(mut self: Box<Self>) -> PortResult<()> {
        let inner = self.inner.take().unwrap();
        if self.hurt && self.is(Fault::PoisonsOnConflict) {
            return Err(PortError::Poisoned);
        }
        if self.hurt && self.is(Fault::LiesAboutCommit) {
            return inner.rollback().await;
        }
        inner.commit().await
    }

    async fn rollback(mut self: Box<Self>) -> PortResult<()> {
        let inner = self.inner.take().unwrap();
        if self.is(Fault::CommitsOnRollback) { inner.commit().await } else { inner.rollback().await }
    }
}

impl Drop for BrokenUnit {
    fn drop(&mut self) {
        let Some(inner) = self.inner.take() else { return };
        if self.is(Fault::CommitsOnDrop) {
            inner.commit().now_or_never().unwrap().unwrap();
        } else if self.is(Fault::KeepsItsLocksWhenDropped) {
            std::mem::forget(inner);
        }
    }
}

macro_rules! broken {
    ($name:ident, $fault:expr) => {
        struct $name(Broken);

        #[async_trait]
        impl DatabaseHarness for $name {
            async fn fresh() -> Self {
                Self(Broken::new($fault))
            }

            fn database(&self) -> Arc<dyn Database> {
                let Broken { inner, signal, fault, inserted } = &self.0;
                let (signal, inserted) = (Arc::clone(signal), Arc::clone(inserted));
                Arc::new(Broken { inner: inner.clone(), signal, fault: *fault, inserted })
            }

            fn signal(&self) -> Arc<dyn JobSignal> {
                Arc::clone(&self.0.signal)
            }
        }
    };
}

pub(crate) use broken;

bites! {
    a_database_without_a_fault_breaks_no_rule: broken(Fault::None) => database, [];
    a_unit_that_commits_when_it_is_dropped: broken(Fault::CommitsOnDrop) => database,
        ["UOW-02", "UOW-05", "UOW-06", "UPLOAD-08", "JOB-01"];
    a_unit_that_commits_when_it_is_rolled_back: broken(Fault::CommitsOnRollback) => database,
        ["UOW-09", "JOB-21"];
    a_unit_that_keeps_its_locks_when_it_is_dropped: broken(Fault::KeepsItsLocksWhenDropped) => database,
        ["UOW-02", "UOW-05", "UOW-06", "UPLOAD-08", "JOB-01"];
    a_unit_that_lies_about_its_commit: broken(Fault::LiesAboutCommit) => database, ["UOW-04"];
    a_unit_that_a_conflict_poisons: broken(Fault::PoisonsOnConflict) => database,
        ["UOW-03", "USER-01", "USER-02", "USER-12"];
    a_queue_that_loses_jobs_beside_files: broken(Fault::LosesJobsBesideFiles) => database,
        ["UOW-01", "UOW-03", "UOW-06", "UOW-07"];
    a_queue_that_gives_jobs_twice: broken(Fault::ClaimsTwice) => job_queue,
        ["JOB-02", "JOB-03", "JOB-04", "JOB-05", "JOB-09", "JOB-10", "JOB-11", "JOB-17", "JOB-21"];
    a_queue_that_takes_late_answers: broken(Fault::TakesLateAnswers) => job_queue, ["JOB-04"];
    a_queue_that_takes_any_answer: broken(Fault::TakesAnyAnswer) => job_queue,
        ["JOB-04", "JOB-07", "JOB-21"];
    a_queue_that_loses_what_expired: broken(Fault::LosesWhatExpired) => job_queue,
        ["JOB-03", "JOB-04", "JOB-07", "JOB-15", "JOB-21"];
    a_queue_that_wakes_nobody: broken(Fault::NeverSignals) => job_queue, ["JOB-13"];
    a_queue_that_knows_no_priority: broken(Fault::IgnoresPriority) => job_queue, ["JOB-05"];
    a_queue_that_lists_jobs_of_any_state: broken(Fault::ListsEveryJob) => job_queue, ["JOB-18"];
    a_queue_that_gives_the_living_for_dead: broken(Fault::TakesTheLiving) => job_queue, ["JOB-20"];
    a_repo_that_ignores_revisions: broken(Fault::IgnoresRevision) => database,
        ["UOW-03", "FILE-02", "FILE-08"];
    a_repo_that_sets_any_thumbnail: broken(Fault::SetsAnyThumbnail) => database, ["FILE-06"];
    a_list_that_skips_between_pages: broken(Fault::SkipsOnPaging) => database, ["FILE-01", "FILE-11"];
    a_list_that_repeats_between_pages: broken(Fault::RepeatsOnPaging) => database, ["FILE-01", "FILE-11"];
    a_list_that_reads_types_as_patterns: broken(Fault::ReadsTypesAsPatterns) => database, ["FILE-13"];
    a_repo_that_ignores_quotas: broken(Fault::IgnoresQuota) => database,
        ["UOW-03", "USER-05", "USER-06"];
    a_repo_that_charges_in_two_steps: broken(Fault::AddsBeforeItFrees) => database, ["USER-07"];
    a_repo_that_replaces_any_password: broken(Fault::ReplacesAnyPassword) => database, ["USER-04"];
    a_repo_that_settles_the_doomed: broken(Fault::SettlesTheDoomed) => database,
        ["UOW-03", "BLOBROW-01", "BLOBROW-02", "BLOBROW-11"];
    a_repo_that_abandons_the_settled: broken(Fault::AbandonsTheSettled) => database, ["BLOBROW-04"];
    a_repo_that_forgets_the_living: broken(Fault::ForgetsTheLiving) => database, ["BLOBROW-08"];
    a_repo_that_gives_keys_twice: broken(Fault::GivesKeysTwice) => database,
        ["KEY-01", "KEY-03", "KEY-06", "KEY-07", "KEY-09"];
    a_repo_that_forgets_uploads: broken(Fault::ForgetsUploads) => database,
        ["KEY-04", "KEY-08", "KEY-09"];
    a_walk_that_skips_between_pages: broken(Fault::SkipsOnWalking) => database, ["FILE-15"];
    a_tally_that_counts_nothing_up: broken(Fault::TalliesWhatIsRecorded) => database, ["USER-13"];
    reads_that_hide_the_doomed: broken(Fault::HidesTheDoomed) => database, ["BLOBROW-12"];
    a_count_without_a_limit: broken(Fault::CountsBeyondTheLimit) => database, ["BLOBROW-13"];
}
