//! More stores of blobs with one fault: errors, lists, ranges and connections.

use super::Fault;
use crate::mutants::mutants;

mutants! {
    a_store_whose_head_takes_every_error_for_absence: broken(Fault::TakesEveryErrorForAbsence) => blob_store,
        ["BLOB-24", "BLOB-25"];
    a_store_whose_get_takes_every_error_for_absence: broken(Fault::GetTakesEveryErrorForAbsence) =>
        blob_store, ["BLOB-24", "BLOB-25"];
    a_store_that_pings_without_a_store: broken(Fault::PingsWithoutAStore) => blob_store, ["BLOB-24", "BLOB-25"];
    a_store_that_deletes_without_a_store: broken(Fault::DeletesWithoutAStore) => blob_store, ["BLOB-24"];
    a_store_that_lists_nothing_without_a_store: broken(Fault::ListsNothingWithoutAStore) => blob_store,
        ["BLOB-24"];
    a_store_that_calls_every_error_unavailable: broken(Fault::CallsEveryErrorUnavailable) => blob_store,
        ["BLOB-25"];
    a_store_that_takes_an_empty_chunk_for_the_end: broken(Fault::TakesAnEmptyChunkForTheEnd) => blob_store,
        ["BLOB-26"];
    a_store_that_cuts_chunks_at_a_part: broken(Fault::CutsChunksAtAPart) => blob_store, ["BLOB-26"];
    a_store_that_tells_the_size_of_the_range: broken(Fault::TellsTheSizeOfTheRange) => blob_store, ["BLOB-03"];
    a_store_that_deletes_in_the_background: broken(Fault::DeletesInTheBackground) => blob_store, ["BLOB-07", "BLOB-11", "BLOB-13", "BLOB-23", "BLOB-19", "BLOB-28"];
    a_store_that_loses_connections_of_dropped_reads: broken(Fault::LosesConnectionsOfDroppedReads) => blob_store,
        ["BLOB-28"];
    a_store_that_lists_no_empty_blobs: broken(Fault::ListsNoEmptyBlobs) => blob_store, ["BLOB-13"];
    a_store_that_ends_a_broken_list_as_if_it_were_whole: broken(Fault::EndsABrokenListAsIfItWereWhole) =>
        blob_store, ["BLOB-29"];
    a_store_that_hides_the_error_of_the_body: broken(Fault::HidesTheErrorOfTheBody) => blob_store, ["BLOB-04"];
    a_store_that_counts_places_in_32_bits: broken(Fault::CountsPlacesIn32Bits) => blob_store, ["BLOB-27"];
}
