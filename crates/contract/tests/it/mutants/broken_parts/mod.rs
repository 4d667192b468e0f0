//! Stores that make blobs of parts that clients send, with one fault.
//!
//! The honest one keeps parts by their numbers and gives them tags, as S3 does. Others receive parts by offsets.

mod blobs;
mod receiver;
mod store;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use fm_contract::DirectHarness;
use fm_domain::blobs::{BlobStore, DirectStore, PartReceiver, PartTag, PartWrite, WritePart};
use fm_domain::body::ByteSize;

use self::receiver::{Flaw, Receiver};
use self::store::FakeStore;
use crate::mutants::in_memory::memory;
use crate::mutants::{mutants, passes_decorated, planned};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    ShowsPartsAtOnce,
    RangesAreOneByteShort,
    RefusesASmallLastPart,
    KeepsTheFirstOfTwo,
    TakesPartsAfterTheEnd,
    CompletesOnce,
    CompletesAgainWithAnySize,
    LooksAtNoTags,
    ShowsWhatDidNotMatch,
    OrdersNumbersAsText,
    NamesAreNotLookedAt,
    KeepsOtherWritesToTheKey,
    DeletesWholeBlobsAlone,
    BeginsWhatItDoesNotKnow,
    LosesWhatWasCutOff,
    NamesNoSensibleLimits,
    LeavesWhatIsNotNamed,
    OrdersPartsByTheirArrival,
    OrdersPartsByTheList,
}

/// The store with the planned fault.
struct Mutant(Arc<FakeStore>);

#[async_trait]
impl DirectHarness for Mutant {
    async fn fresh() -> Self {
        Self(Arc::new(FakeStore::new(planned())))
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        self.0.clone()
    }

    fn store(&self) -> Arc<dyn DirectStore> {
        self.0.clone()
    }

    fn receiver(&self) -> Option<Arc<dyn PartReceiver>> {
        None
    }

    async fn send(
        &self,
        write: &PartWrite,
        number: u32,
        _offset: ByteSize,
        bytes: Bytes,
    ) -> Result<PartTag, WritePart> {
        self.0.receive(write, number, bytes).await
    }

    async fn debris(&self) -> usize {
        let writes = self.0.writes();
        self.0.blobs.count() + writes.open.len() + writes.lost + writes.left.len()
    }
}

/// The receiver with the planned flaw.
struct Flawed(Arc<Receiver>);

#[async_trait]
impl DirectHarness for Flawed {
    async fn fresh() -> Self {
        Self(Arc::new(Receiver { blobs: memory(), flaw: planned() }))
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        Arc::new(self.0.blobs.clone())
    }

    fn store(&self) -> Arc<dyn DirectStore> {
        self.0.clone()
    }

    fn receiver(&self) -> Option<Arc<dyn PartReceiver>> {
        Some(self.0.clone())
    }

    async fn debris(&self) -> usize {
        self.0.blobs.count()
    }
}

macro_rules! broken {
    ($name:ident, $fault:expr) => {
        type $name = crate::mutants::broken_parts::Mutant;
        crate::mutants::plan(&$fault);
    };
}

macro_rules! flawed {
    ($name:ident, $flaw:expr) => {
        type $name = crate::mutants::broken_parts::Flawed;
        crate::mutants::plan(&$flaw);
    };
}

mutants! {
    a_store_without_a_fault_breaks_no_rule: broken(Fault::None) => direct_store, [];
    a_store_that_shows_parts_at_once: broken(Fault::ShowsPartsAtOnce) => direct_store,
        ["PART-01", "PART-04", "PART-06", "PART-09", "PART-08", "PART-10"];
    a_store_whose_ranges_are_one_byte_short: broken(Fault::RangesAreOneByteShort) => direct_store,
        ["PART-01", "PART-02", "PART-03", "PART-04", "PART-05", "PART-07", "PART-09", "PART-10", "PART-11", "PART-14", "PART-15"];
    a_store_that_refuses_a_small_last_part: broken(Fault::RefusesASmallLastPart) => direct_store,
        ["PART-01", "PART-02", "PART-03", "PART-04", "PART-05", "PART-07", "PART-09", "PART-08", "PART-10", "PART-11", "PART-15"];
    a_store_that_keeps_the_first_of_two: broken(Fault::KeepsTheFirstOfTwo) => direct_store, ["PART-03"];
    a_store_that_takes_parts_after_the_end: broken(Fault::TakesPartsAfterTheEnd) => direct_store,
        ["PART-04", "PART-09"];
    a_store_that_completes_once: broken(Fault::CompletesOnce) => direct_store, ["PART-05"];
    a_store_that_completes_again_with_any_size: broken(Fault::CompletesAgainWithAnySize) => direct_store,
        ["PART-05"];
    a_store_that_looks_at_no_tags: broken(Fault::LooksAtNoTags) => direct_store, ["PART-06"];
    a_store_that_shows_what_did_not_match: broken(Fault::ShowsWhatDidNotMatch) => direct_store, ["PART-06"];
    a_store_that_orders_numbers_as_text: broken(Fault::OrdersNumbersAsText) => direct_store, ["PART-07"];
    a_store_that_looks_at_no_names: broken(Fault::NamesAreNotLookedAt) => direct_store,
        ["PART-06", "PART-09", "PART-14"];
    a_store_that_keeps_other_writes_to_the_key: broken(Fault::KeepsOtherWritesToTheKey) => direct_store,
        ["PART-09", "PART-14"];
    a_store_that_deletes_whole_blobs_alone: broken(Fault::DeletesWholeBlobsAlone) => direct_store,
        ["PART-06", "PART-08", "PART-11"];
    a_store_that_begins_what_it_does_not_know: broken(Fault::BeginsWhatItDoesNotKnow) => direct_store,
        ["PART-04", "PART-08", "PART-10"];
    a_store_that_loses_what_was_cut_off: broken(Fault::LosesWhatWasCutOff) => direct_store, ["PART-11"];
    a_store_that_names_no_sensible_limits: broken(Fault::NamesNoSensibleLimits) => direct_store, ["PART-12"];
    a_store_that_leaves_what_is_not_named: broken(Fault::LeavesWhatIsNotNamed) => direct_store, ["PART-14"];
    a_store_that_orders_parts_by_their_arrival: broken(Fault::OrdersPartsByTheirArrival) => direct_store,
        ["PART-03"];
    a_store_that_orders_parts_by_the_list: broken(Fault::OrdersPartsByTheList) => direct_store, ["PART-15"];
    a_receiver_without_a_flaw_breaks_no_rule: flawed(Flaw::None) => direct_store, [];
    a_receiver_that_looks_at_no_fences_of_parts: flawed(Flaw::LooksAtNoFencesOfParts) => direct_store,
        ["PART-13"];
    a_receiver_that_looks_at_no_fences_at_the_end: flawed(Flaw::LooksAtNoFencesAtTheEnd) => direct_store,
        ["PART-13"];
    a_receiver_that_believes_no_tags_but_its_own: flawed(Flaw::BelievesNoTagsButItsOwn) => direct_store,
        ["PART-13"];
    a_receiver_that_writes_one_piece_alone: flawed(Flaw::WritesOnePieceAlone) => direct_store, ["PART-16"];
    a_receiver_that_shows_what_is_durable: flawed(Flaw::ShowsWhatIsDurable) => direct_store,
        ["PART-01", "PART-08"];
}

passes_decorated! {
    a_decorated_store_breaks_no_rule: broken(Fault::None) => direct_store
}

passes_decorated! {
    a_decorated_receiver_breaks_no_rule: flawed(Flaw::None) => direct_store
}
