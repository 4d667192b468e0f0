//! Stores that write blobs over many requests, with one fault.
//!
//! The honest one keeps numbered parts, and chunks that are too small for one in objects of their own, as S3 does.

mod blobs;
mod fenced;
mod resumable;
mod state;
mod store;

use std::sync::Arc;

use async_trait::async_trait;
use fm_contract::ResumableHarness;
use fm_domain::blobs::BlobStore;
use fm_domain::uploads::ResumableStore;
use fm_memory::MemoryBlobStore;

use self::fenced::Fenced;
use self::store::FakeStore;
use crate::mutants::in_memory::memory;
use crate::mutants::{mutants, passes_decorated, planned};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    ShowsWhatIsDurable,
    RangesAreOneByteShort,
    RefusesEmptyBlobs,
    AppendsAtTheEnd,
    KeepsTheFirstOfTwo,
    RewindsToWhatCounts,
    ForgetsTheChunkOnItsWay,
    IgnoresWhatWasReached,
    MergesWithTwoNumbers,
    StoresSmallChunksUnseen,
    CompletesOnce,
    CompletesAgainWithAnySize,
    DeletesWholeBlobsAlone,
    DeletesNoSmallChunks,
    BeginsWhatItDoesNotKnow,
    FillsUpWithZeros,
    StoresOnePieceAlone,
    LosesWhatWasCutOff,
    PrefersLessThanTheLeast,
    PrunesWhatIsNeeded,
    PrunesNothing,
    LeavesSmallChunksAtTheEnd,
    KeepsOtherWritesToTheKey,
    RemembersInItsProcess,
    TakesAHundredChunks,
    MakesNoPartBeforeTheLast,
    StatesGrow,
    CompletesWithAllThatCame,
    RewindsWithoutSmallChunks,
    AbortsEveryWriteToTheKey,
    CompletesInTwoSteps,
    AppendsOnePieceAlone,
    DeletesWritesInBothBuckets,
}

/// The adapter with the planned fault.
struct Mutant(Arc<FakeStore>);

#[async_trait]
impl ResumableHarness for Mutant {
    async fn fresh() -> Self {
        Self(Arc::new(FakeStore::new(planned())))
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        self.0.clone()
    }

    fn store(&self) -> Arc<dyn ResumableStore> {
        self.0.clone()
    }

    fn another_node(&self) -> Arc<dyn ResumableStore> {
        Arc::new(self.0.another())
    }

    async fn debris(&self) -> usize {
        let objects = self.0.objects();
        self.0.blobs.count() + objects.open.len() + objects.pending.len() + objects.lost
    }
}

struct WithoutFences(MemoryBlobStore);

#[async_trait]
impl ResumableHarness for WithoutFences {
    async fn fresh() -> Self {
        Self(memory())
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        Arc::new(self.0.clone())
    }

    fn store(&self) -> Arc<dyn ResumableStore> {
        Arc::new(Fenced::without_fences(self.0.clone()))
    }

    async fn debris(&self) -> usize {
        self.0.count()
    }
}

/// A store whose fences are known to the node alone that saw them.
struct FencedByNodes(Fenced);

#[async_trait]
impl ResumableHarness for FencedByNodes {
    async fn fresh() -> Self {
        Self(Fenced::on(memory()))
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        Arc::new(self.0.blobs.clone())
    }

    fn store(&self) -> Arc<dyn ResumableStore> {
        Arc::new(self.0.clone())
    }

    fn another_node(&self) -> Arc<dyn ResumableStore> {
        Arc::new(Fenced::on(self.0.blobs.clone()))
    }

    async fn debris(&self) -> usize {
        self.0.blobs.count()
    }
}

macro_rules! fenced_by_nodes {
    ($name:ident, $fault:expr) => {
        type $name = crate::mutants::broken_resumables::FencedByNodes;
        crate::mutants::plan(&$fault);
    };
}

macro_rules! broken {
    ($name:ident, $fault:expr) => {
        type $name = crate::mutants::broken_resumables::Mutant;
        crate::mutants::plan(&$fault);
    };
}

macro_rules! unfenced {
    ($name:ident, $fault:expr) => {
        type $name = crate::mutants::broken_resumables::WithoutFences;
        crate::mutants::plan(&$fault);
    };
}

mutants! {
    a_store_without_a_fault_breaks_no_rule: broken(Fault::None) => resumable_store, [];
    a_store_that_shows_what_is_durable: broken(Fault::ShowsWhatIsDurable) => resumable_store, ["RESUME-01"];
    a_store_whose_ranges_are_one_byte_short: broken(Fault::RangesAreOneByteShort) => resumable_store,
        ["RESUME-01", "RESUME-02", "RESUME-03", "RESUME-04", "RESUME-05", "RESUME-06", "RESUME-07", "RESUME-08", "RESUME-17", "RESUME-18", "RESUME-21", "RESUME-10", "RESUME-12", "RESUME-13", "RESUME-15", "RESUME-16", "RESUME-22", "RESUME-23", "RESUME-24", "RESUME-25"];
    a_store_that_refuses_empty_blobs: broken(Fault::RefusesEmptyBlobs) => resumable_store, ["RESUME-02"];
    a_store_that_appends_at_the_end: broken(Fault::AppendsAtTheEnd) => resumable_store,
        ["RESUME-03", "RESUME-04", "RESUME-05", "RESUME-06", "RESUME-17", "RESUME-21", "RESUME-16", "RESUME-23"];
    a_store_that_keeps_the_first_of_two: broken(Fault::KeepsTheFirstOfTwo) => resumable_store, ["RESUME-04"];
    a_store_that_rewinds_to_what_counts: broken(Fault::RewindsToWhatCounts) => resumable_store,
        ["RESUME-05", "RESUME-06", "RESUME-23"];
    a_store_that_forgets_the_chunk_on_its_way: broken(Fault::ForgetsTheChunkOnItsWay) => resumable_store,
        ["RESUME-05", "RESUME-06", "RESUME-23"];
    a_store_that_ignores_what_was_reached: broken(Fault::IgnoresWhatWasReached) => resumable_store,
        ["RESUME-06"];
    a_store_that_merges_with_two_numbers: broken(Fault::MergesWithTwoNumbers) => resumable_store, ["RESUME-06"];
    a_store_that_writes_at_offsets_without_fences: unfenced(Fault::None) => resumable_store,
        ["RESUME-05", "RESUME-06", "RESUME-23"];
    a_store_that_stores_small_chunks_unseen: broken(Fault::StoresSmallChunksUnseen) => resumable_store,
        ["RESUME-07", "RESUME-09", "RESUME-10"];
    a_store_that_completes_once: broken(Fault::CompletesOnce) => resumable_store, ["RESUME-08", "RESUME-17"];
    a_store_that_completes_again_with_any_size: broken(Fault::CompletesAgainWithAnySize) => resumable_store,
        ["RESUME-05", "RESUME-08", "RESUME-16", "RESUME-23"];
    a_store_that_deletes_whole_blobs_alone: broken(Fault::DeletesWholeBlobsAlone) => resumable_store,
        ["RESUME-09", "RESUME-11", "RESUME-13", "RESUME-15", "RESUME-25"];
    a_store_that_deletes_no_small_chunks: broken(Fault::DeletesNoSmallChunks) => resumable_store,
        ["RESUME-09", "RESUME-11", "RESUME-13", "RESUME-25"];
    a_store_that_begins_what_it_does_not_know: broken(Fault::BeginsWhatItDoesNotKnow) => resumable_store,
        ["RESUME-07", "RESUME-21", "RESUME-09", "RESUME-10"];
    a_store_that_fills_up_with_zeros: broken(Fault::FillsUpWithZeros) => resumable_store, ["RESUME-11"];
    a_store_that_stores_one_piece_alone: broken(Fault::StoresOnePieceAlone) => resumable_store, ["RESUME-12"];
    a_store_that_loses_what_was_cut_off: broken(Fault::LosesWhatWasCutOff) => resumable_store, ["RESUME-13"];
    a_store_that_prefers_less_than_the_least: broken(Fault::PrefersLessThanTheLeast) => resumable_store,
        ["RESUME-14"];
    a_store_that_prunes_what_is_needed: broken(Fault::PrunesWhatIsNeeded) => resumable_store,
        ["RESUME-17", "RESUME-15"];
    a_store_that_prunes_nothing: broken(Fault::PrunesNothing) => resumable_store, ["RESUME-15"];
    a_store_that_leaves_small_chunks_at_the_end: broken(Fault::LeavesSmallChunksAtTheEnd) => resumable_store,
        ["RESUME-16"];
    a_store_that_keeps_other_writes_to_the_key: broken(Fault::KeepsOtherWritesToTheKey) => resumable_store,
        ["RESUME-21", "RESUME-16"];
    a_store_that_remembers_in_its_process: broken(Fault::RemembersInItsProcess) => resumable_store,
        ["RESUME-17", "RESUME-19", "RESUME-23"];
    a_store_that_takes_a_hundred_chunks: broken(Fault::TakesAHundredChunks) => resumable_store,
        ["RESUME-18", "RESUME-20"];
    a_store_that_makes_no_part_before_the_last: broken(Fault::MakesNoPartBeforeTheLast) => resumable_store,
        ["RESUME-19"];
    a_store_whose_states_grow: broken(Fault::StatesGrow) => resumable_store, ["RESUME-20"];
    a_store_that_completes_with_all_that_came: broken(Fault::CompletesWithAllThatCame) => resumable_store,
        ["RESUME-03", "RESUME-04", "RESUME-05", "RESUME-06", "RESUME-21", "RESUME-23"];
}

mutants! {
    a_store_that_rewinds_without_small_chunks: broken(Fault::RewindsWithoutSmallChunks) => resumable_store, ["RESUME-05", "RESUME-06", "RESUME-17", "RESUME-09", "RESUME-19", "RESUME-20", "RESUME-23"];
    a_store_that_aborts_every_write_to_the_key: broken(Fault::AbortsEveryWriteToTheKey) => resumable_store, ["RESUME-22"];
    a_store_that_completes_in_two_steps: broken(Fault::CompletesInTwoSteps) => resumable_store, ["RESUME-13"];
    a_store_that_appends_one_piece_alone: broken(Fault::AppendsOnePieceAlone) => resumable_store, ["RESUME-24"];
    a_store_that_deletes_writes_in_both_buckets: broken(Fault::DeletesWritesInBothBuckets) => resumable_store, ["RESUME-25"];
    a_store_whose_fences_hold_on_one_node: fenced_by_nodes(Fault::None) => resumable_store, ["RESUME-23"];
}

passes_decorated! {
    a_decorated_store_breaks_no_rule: broken(Fault::None) => resumable_store
}
