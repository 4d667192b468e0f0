//! Databases with one fault.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use fm_contract::DatabaseHarness;
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::database::{Database, ReadRepos, UnitOfWork};
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::{NodeId, UploadId};
use fm_domain::jobs::JobSignal;
use fm_domain::uploads::Upload;
use fm_memory::MemoryDatabase;

use crate::mutants::broken_audit::TrailFault;
use crate::mutants::broken_previews::{PreviewFault, UnitPreviews};
use crate::mutants::broken_removal::RemovalFault;
use crate::mutants::broken_standing::StandingFault;
use crate::mutants::broken_tree::TreeFault;
use crate::mutants::fresh_signals::{Deaf, Sleeper};
use crate::mutants::memories::{Common, Memory};
use crate::mutants::{mutants, planned};

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
    CallsEveryJobDue,
    CountsTheDeadAsWaiting,
    CallsTheDeadLiving,
    OverlooksNamesOfRunningJobs,
    TakesTheLiving,
    IgnoresRevision,
    SetsAnyThumbnail,
    SkipsOnPaging,
    RepeatsOnPaging,
    ReadsTypesAsPatterns,
    IgnoresQuota,
    AddsBeforeItFrees,
    ReplacesAnyPassword,
    MarksTombstonesStored,
    EntersWithAnyBlob,
    EntersBeforeItIsRefused,
    CancelsTheStored,
    ForgetsTheLiving,
    GivesKeysTwice,
    ForgetsUploads,
    SetsAnyHash,
    IgnoresEpoch,
    KeepsTheEpoch,
    LosesStates,
    LosesEmptyStates,
    ShowsOthersUploads,
    GivesOwnersNothingButReading,
    FindsNoKey,
    RemembersWhatIsGone,
    GivesPartsBackwards,
    KeepsTheRemoved,
    ForgetsNoFile,
    ExpiresWithoutLimit,
    KeepsUploadsOpen,
    PurgesTheOpen,
    CountsEndedUploads,
    CountsNoOpenUploads,
    SkipsOnWalking,
    TalliesWhatIsRecorded,
    HidesTombstones,
    CountsBeyondTheLimit,
    RemembersAccounts,
    RemembersFiles,
    CallsEveryErrorUnavailable,
    PingsWithoutAsking,
    GivesSingleCallsAnotherDatabase,
    FindsUploadsBeforeItsTurn,
    FindsNothingWithoutADatabase,
    ListsAPageOfFiles,
    WalksAPage,
    TalliesAPage,
    MarksAPageDeleted,
    FindsAPageDue,
    PurgesAPageOfKeys,
    ExpiresAPageOfUploads,
    PurgesAPageOfUploads,
    ClaimsAPage,
    ListsAPageOfJobs,
    ReservesIn32Bits,
    CountsFilesIn32Bits,
    RefusesAFullQuota,
    ForgetsReservations,
    TrimsNames,
    KeepsNamesIn16Bits,
    CallsEveryConflictATakenAddress,
    FiltersAfterTheLimit,
    PagesToTheMillisecond,
    PagesSizesAsFloats,
    TrimsFileNames,
    StoresSizesIn32Bits,
    RecordsIntentsIn32Bits,
    FindsTombstonesInAnyBucket,
    RecordsIntentsAgain,
    CancelsAtOnce,
    CancelsWhatEndsNow,
    FreesTheFinished,
    FinishesAgain,
    LeasesKeysToTheSecond,
    ExpiresResumableUploadsAlone,
    InsertsUploadsAgain,
    LeasesJobsToTheSecond,
    CompletesTheUnclaimed,
    TellsTheTimeOfTheRetry,
    ReleasesNamesOnRetry,
    CutsReasons,
    CountsWhatIsPutBack,
    PutsBackAtOnce,
    PutsBackWithoutAReason,
    PutsBackForAnyAttempt,
    KeepsTextsOfPayloads,
    EnqueuesAgain,
    LosesSignalsWithoutAWaiter,
    FoldsAsciiAlone,
    KeepsNamesThatAreCleared,
    FreesBeforeItAdds,
    ReservesWithOverflow,
    SearchesOldNames,
    SortsByOldNames,
    PagesFiltersByTheKeyAlone,
    ReadsBackslashesAsEscapes,
    ListsFilesOfEveryFolder,
    RemovesAnybodysFiles,
    PagesFromTheRowOfTheKey,
    KeepsOldThumbnails,
    CountsFailuresIn16Bits,
    ForgetsPlaceholders,
    PostponesTheDeletionItself,
    KeepsTheFirstLeaseOfAHolder,
    RemembersUploadsOfReclaimedKeys,
    FreesOneKeyOfAFile,
    FindsTheFirstOfEqualUploads,
    KeepsWhatUploadsNoLongerHave,
    InsertsWhatItUpdates,
    CallsRetriesDueAtOnce,
    ClaimsByTheFirstTime,
    TakesTheDeadWithoutTheirError,
    SignalsBeforeTheCommit,
    FiltersJobsAfterTheLimit,
    ClaimsKindsAfterTheLimit,
    ClaimsWithoutTurns,
    GivesTurnsToAFew,
    ForgetsTraces,
    LosesConnectionsOfDroppedUnits,
    TakesLimitsAs31Bits,
    KeepsHashesIn60Characters,
    IgnoresAccentsOfAddresses,
    KeepsTypesIn64Characters,
    SearchesWithoutAccents,
    KeepsKeysIn128Characters,
    KeepsTagsIn32Characters,
    ComparesNamesTo64Characters,
    ExpiresFilesAlone,
    ForgetsOwnersOfThumbnails,
    Trail(TrailFault),
    Removal(RemovalFault),
    Standing(StandingFault),
    Tree(TreeFault),
    Preview(PreviewFault),
}

/// How many connections there are.
const CONNECTIONS: usize = 16;

/// How many a careless adapter takes at a time.
pub(crate) const PAGE: u32 = 1_000;

/// The moment without what a coarse column loses.
pub(crate) fn whole_second(moment: Timestamp) -> Timestamp {
    Timestamp::from_unix_seconds(moment.unix_seconds())
}

/// The size in a narrow column.
pub(crate) fn narrow(size: ByteSize) -> ByteSize {
    ByteSize::new(size.bytes() & u64::from(u32::MAX))
}

/// Every upload that was ever inserted, by id.
pub(crate) type Inserted = Arc<Mutex<BTreeMap<UploadId, Upload>>>;

/// A database with one fault.
pub(crate) struct Broken {
    pub(crate) inner: MemoryDatabase,
    pub(crate) signal: Arc<dyn JobSignal>,
    pub(crate) fault: Fault,
    pub(crate) inserted: Inserted,
    pub(crate) common: Arc<Common>,
    pub(crate) memory: Arc<Memory>,
    pub(crate) is_refused: bool,
}

/// Its units of work.
pub(crate) struct BrokenUnit {
    /// Taken when the unit ends by an answer.
    pub(crate) inner: Option<Box<dyn UnitOfWork>>,
    /// What was committed before the unit had its turn.
    pub(crate) early: Option<Box<dyn ReadRepos>>,
    pub(crate) fault: Fault,
    /// Whether a statement failed, or was refused where that counts as a failure.
    pub(crate) hurt: bool,
    /// Whether a file was inserted.
    pub(crate) has_files: bool,
    pub(crate) inserted: Inserted,
    pub(crate) common: Arc<Common>,
    pub(crate) own_previews: UnitPreviews,
    /// What is committed.
    pub(crate) database: MemoryDatabase,
}

/// Its reads.
pub(crate) struct BrokenReads {
    pub(crate) inner: Box<dyn ReadRepos>,
    pub(crate) fault: Fault,
    pub(crate) inserted: Inserted,
    pub(crate) common: Arc<Common>,
    pub(crate) memory: Arc<Memory>,
}

impl Broken {
    pub(crate) fn new(fault: Fault) -> Self {
        let inner = MemoryDatabase::new();
        let (inserted, common, memory) = (Inserted::default(), Arc::<Common>::default(), Arc::default());
        let signal: Arc<dyn JobSignal> = match fault {
            Fault::NeverSignals => Arc::new(Sleeper),
            Fault::LosesSignalsWithoutAWaiter => Arc::new(Deaf(inner.signal())),
            Fault::SignalsBeforeTheCommit => Arc::new(common.early.signal()),
            _ => Arc::new(inner.signal()),
        };
        Self { inner, signal, fault, inserted, common, memory, is_refused: false }
    }

    /// The same adapter.
    pub(crate) fn same(&self) -> Self {
        let (signal, inserted) = (Arc::clone(&self.signal), Arc::clone(&self.inserted));
        let (common, memory) = (Arc::clone(&self.common), Arc::clone(&self.memory));
        let (inner, fault) = (self.inner.clone(), self.fault);
        Self { inner, signal, fault, inserted, common, memory, is_refused: self.is_refused }
    }

    /// The adapter of another node.
    pub(crate) fn another(&self, is_refused: bool) -> Self {
        Self { memory: Arc::default(), is_refused, ..self.same() }
    }

    pub(crate) fn go_away(&self) {
        self.common.is_gone.store(true, Ordering::SeqCst);
    }

    /// The database, if it can be reached and takes us.
    fn reach(&self) -> PortResult<&MemoryDatabase> {
        if self.common.is_gone.load(Ordering::SeqCst) {
            return Err(PortError::Unavailable("no route to the database".into()));
        }
        if self.is_refused && self.fault == Fault::CallsEveryErrorUnavailable {
            return Err(PortError::Unavailable("no such user".into()));
        }
        if self.is_refused {
            return Err(PortError::Unexpected("no such user".into()));
        }
        Ok(&self.inner)
    }
}

impl Broken {
    async fn unit(&self, early: Option<Box<dyn ReadRepos>>) -> PortResult<Box<dyn UnitOfWork>> {
        if self.common.lost.load(Ordering::SeqCst) >= CONNECTIONS {
            return Err(PortError::Unavailable("all connections are in use".into()));
        }
        let own_previews = UnitPreviews::asked_for(&self.common);
        let (inner, fault) = (Some(self.reach()?.begin().await?), self.fault);
        let (inserted, common) = (Arc::clone(&self.inserted), Arc::clone(&self.common));
        let (hurt, has_files, database) = (false, false, self.inner.clone());
        Ok(Box::new(BrokenUnit {
            inner,
            early,
            fault,
            hurt,
            has_files,
            inserted,
            common,
            own_previews,
            database,
        }))
    }
}

#[async_trait]
impl Database for Broken {
    async fn begin(&self) -> PortResult<Box<dyn UnitOfWork>> {
        if self.fault == Fault::Tree(TreeFault::ChecksQuotasBeforeItsTurn) {
            return self.unit(Some(self.reach()?.read().await?)).await;
        }
        self.unit(None).await
    }

    async fn begin_single(&self) -> PortResult<Box<dyn UnitOfWork>> {
        if self.fault == Fault::GivesSingleCallsAnotherDatabase {
            return MemoryDatabase::new().begin().await;
        }
        if self.fault == Fault::FindsUploadsBeforeItsTurn {
            return self.unit(Some(self.reach()?.read().await?)).await;
        }
        self.unit(None).await
    }

    async fn read(&self) -> PortResult<Box<dyn ReadRepos>> {
        let inner = match self.reach() {
            Err(_) if self.fault == Fault::FindsNothingWithoutADatabase => {
                MemoryDatabase::new().read().await?
            }
            reached => reached?.read().await?,
        };
        let (inserted, memory) = (Arc::clone(&self.inserted), Arc::clone(&self.memory));
        let common = Arc::clone(&self.common);
        Ok(Box::new(BrokenReads { inner, fault: self.fault, inserted, common, memory }))
    }

    async fn ping(&self) -> PortResult<()> {
        if self.fault == Fault::PingsWithoutAsking {
            return Ok(());
        }
        self.reach()?.ping().await
    }
}

/// The adapter with the planned fault.
pub(crate) struct Mutant(Broken);

#[async_trait]
impl DatabaseHarness for Mutant {
    async fn fresh() -> Self {
        Self(Broken::new(planned()))
    }

    fn database(&self) -> Arc<dyn Database> {
        Arc::new(self.0.same())
    }

    fn signal(&self) -> Arc<dyn JobSignal> {
        Arc::clone(&self.0.signal)
    }

    async fn row_versions(&self) -> Result<HashMap<NodeId, u64>, fm_contract::Impossible> {
        Ok(self.0.inner.row_versions())
    }

    async fn another_node(&self) -> Result<Arc<dyn Database>, fm_contract::Impossible> {
        Ok(Arc::new(self.0.another(false)))
    }

    async fn break_it(&self) -> Result<(), fm_contract::Impossible> {
        self.0.go_away();
        Ok(())
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn Database>, fm_contract::Impossible> {
        Ok(Arc::new(self.0.another(true)))
    }
}

macro_rules! broken {
    ($name:ident, $fault:expr) => {
        type $name = crate::mutants::broken_database::Mutant;
        crate::mutants::plan(&$fault);
    };
}

pub(crate) use broken;

mutants! {
    a_database_without_a_fault_breaks_no_rule: broken(Fault::None) => database, [];
    a_unit_that_commits_when_it_is_dropped: broken(Fault::CommitsOnDrop) => database,
        ["UOW-02", "UOW-05", "UOW-06", "UPLOAD-08", "AUDIT-02", "USER-18", "BLOBROW-17", "UPLOAD-18", "TREE-09", "TREE-31", "JOB-01", "JOB-26"];
    a_unit_that_commits_when_it_is_rolled_back: broken(Fault::CommitsOnRollback) => database,
        ["UOW-09", "UOW-16", "AUDIT-02", "TREE-09", "JOB-21", "JOB-29"];
    a_unit_that_keeps_its_locks_when_it_is_dropped: broken(Fault::KeepsItsLocksWhenDropped) => database,
        ["UOW-02", "UOW-05", "UOW-06", "UOW-15", "UPLOAD-08", "BLOBROW-17", "TREE-03", "TREE-04", "TREE-09", "TREE-31", "JOB-01", "JOB-26"];
    a_unit_that_lies_about_its_commit: broken(Fault::LiesAboutCommit) => database, ["UOW-04"];
    a_database_that_gives_single_calls_another: broken(Fault::GivesSingleCallsAnotherDatabase) => database,
        ["UOW-16", "UOW-17"];
    a_unit_that_finds_uploads_before_its_turn: broken(Fault::FindsUploadsBeforeItsTurn) => database, ["UOW-17"];
    a_unit_that_enters_with_any_blob: broken(Fault::EntersWithAnyBlob) => database, ["UOW-18"];
    a_unit_that_enters_before_it_is_refused: broken(Fault::EntersBeforeItIsRefused) => database, ["UOW-18"];
    a_unit_that_a_conflict_poisons: broken(Fault::PoisonsOnConflict) => database,
        ["UOW-03", "USER-01", "USER-02", "USER-12"];
    a_queue_that_loses_jobs_beside_files: broken(Fault::LosesJobsBesideFiles) => database,
        ["UOW-01", "UOW-03", "UOW-06", "UOW-07"];
    a_repo_that_ignores_revisions: broken(Fault::IgnoresRevision) => database,
        ["UOW-03", "FILE-02", "FILE-08"];
    a_repo_that_sets_any_thumbnail: broken(Fault::SetsAnyThumbnail) => database, ["FILE-06", "FILE-27"];
    a_list_that_skips_between_pages: broken(Fault::SkipsOnPaging) => database, ["FILE-01", "FILE-11", "FILE-29", "FILE-17", "FILE-18", "FILE-21", "FILE-23"];
    a_list_that_repeats_between_pages: broken(Fault::RepeatsOnPaging) => database, ["FILE-01", "FILE-11", "FILE-29", "FILE-17", "FILE-18", "FILE-21", "FILE-23"];
    a_list_that_reads_types_as_patterns: broken(Fault::ReadsTypesAsPatterns) => database, ["FILE-13"];
    a_repo_that_ignores_quotas: broken(Fault::IgnoresQuota) => database,
        ["UOW-03", "UOW-16", "USER-05", "USER-06", "USER-15", "USER-20", "USER-29"];
    a_repo_that_charges_in_two_steps: broken(Fault::AddsBeforeItFrees) => database,
        ["USER-07", "USER-16", "USER-29"];
    a_repo_that_replaces_any_password: broken(Fault::ReplacesAnyPassword) => database, ["USER-04", "USER-21"];
    a_repo_that_marks_tombstones_stored: broken(Fault::MarksTombstonesStored) => database,
        ["UOW-03", "UOW-18", "BLOBROW-01", "BLOBROW-02", "BLOBROW-11"];
    a_repo_that_cancels_the_stored: broken(Fault::CancelsTheStored) => database, ["BLOBROW-04"];
    a_repo_that_forgets_the_living: broken(Fault::ForgetsTheLiving) => database, ["BLOBROW-08"];
    a_repo_that_gives_keys_twice: broken(Fault::GivesKeysTwice) => database,
        ["KEY-01", "KEY-03", "KEY-06", "KEY-07", "KEY-09", "KEY-13", "KEY-14", "KEY-15", "KEY-17"];
    a_repo_that_forgets_uploads: broken(Fault::ForgetsUploads) => database,
        ["KEY-04", "KEY-08", "KEY-09", "KEY-12", "KEY-15", "KEY-16", "USER-26", "TREE-27"];
    a_database_that_calls_every_error_unavailable: broken(Fault::CallsEveryErrorUnavailable) => database, ["UOW-14"];
    a_database_that_answers_pings_by_itself: broken(Fault::PingsWithoutAsking) => database, ["UOW-13", "UOW-14"];
    a_database_that_finds_nothing_without_a_database: broken(Fault::FindsNothingWithoutADatabase) => database, ["UOW-13", "UOW-14"];
}
